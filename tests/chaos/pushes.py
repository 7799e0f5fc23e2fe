"""Refusals that a provider of 080 numbers pushes: each again until it is answered that it was taken."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.chaos.law import Refusal
    from tests.chaos.world import World

_ANSWER_S = 3.0
_AGAIN_S = 0.2
_TAKEN_WITHIN_S = 30.0
"""Longer than any fault beside it lasts; what is not answered by then nobody is held to."""


@dataclass
class Pushes:
    """The pushes of one provider.

    Attributes:
        unanswered: How often a push had no answer, or one that says that it must come again.
    """

    world: World
    unanswered: int = 0

    def refuse(self, account: str, numbers: Collection[str], kind: str, scope: str) -> list[Refusal]:
        """Push that these refuse; `scope` as the route reads it."""
        found = self.world.persons.refusals.add(account, numbers, kind, time.time())
        if self._push(account, {"numbers": [*numbers], "kind": kind, "scope": scope}):
            for each in found:
                each.answered_at = time.time()
        return found

    def take_back(self, account: str, refusals: Collection[Refusal], kind: str, scope: str) -> None:
        """Push that these agree again."""
        for each in refusals:
            # Another refusal of the number may be the same entry: no more is promised of it.
            for same in self.world.persons.refusals.of(account, each.number):
                same.taken_back_at = min(same.taken_back_at, time.time())
        numbers = [each.number for each in refusals]
        if self._push(account, {"numbers": numbers, "kind": kind, "scope": scope, "action": "remove"}):
            for each in refusals:
                each.gone_at = time.time()

    def _push(self, account: str, said: dict[str, Any]) -> bool:
        until = time.monotonic() + _TAKEN_WITHIN_S
        while not self._is_taken(account, json.dumps(said).encode()):
            self.unanswered += 1
            if time.monotonic() > until:
                return False
            time.sleep(_AGAIN_S)
        return True

    def _is_taken(self, account: str, body: bytes) -> bool:
        url = urlsplit(self.world.hearers.refusals_url(account))
        connection = http.client.HTTPConnection(url.netloc, timeout=_ANSWER_S)
        try:
            connection.request("POST", url.path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return bool(
                response.status == http.HTTPStatus.OK and json.loads(response.read())["code"] == "100"
            )
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return False
        finally:
            connection.close()
