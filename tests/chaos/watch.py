"""Looks all the time at what no ledger holds: policies in force, holds for credentials."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.chaos.in_force import Policies
from tests.chaos.load import ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.chaos.world import World

_GAP_S = 1.0
"""Two looks further apart than this are not one hold."""


@dataclass
class Watch:
    """What was seen of a world until now."""

    world: World
    policies: Policies = field(default_factory=Policies)
    auth_holds: list[tuple[str, float, float]] = field(default_factory=list)
    """Account, from, until."""

    def look(self) -> None:
        """Look once; raises what the connection raises."""
        world = self.world
        pipe: Any = world.valkey.client.pipeline(transaction=False)
        for account in ACCOUNTS:
            pipe.hgetall(world.key(account, "policy"))
            pipe.hkeys(world.key(account, "holds"))
        began, replies = time.time(), pipe.execute()
        for account, values, holds in zip(ACCOUNTS, replies[::2], replies[1::2], strict=True):
            # Nobody has submitted to an account whose policies nobody has written.
            if values:
                self._note_policies(account, began, values)
            if any(name.startswith(b"account auth") for name in holds):
                self._note_hold(account, began)

    # What changed is written down for whoever looks into a break.
    def _note_policies(self, account: str, at: float, values: Mapping[bytes, bytes]) -> None:
        found = {name.decode(): value.decode() for name, value in values.items() if name != b"epoch"}
        before = self.policies.note(account, at, found)
        changed = {name: value for name, value in found.items() if before.get(name) != value}
        gone = sorted(before.keys() - found.keys())
        if changed or gone:
            with (self.world.folder / "policies.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps({"at": at, "account": account, "now": changed, "gone": gone}) + "\n")

    def _note_hold(self, account: str, at: float) -> None:
        for i, (of, since, until) in enumerate(self.auth_holds):
            if of == account and at - until < _GAP_S:
                self.auth_holds[i] = (of, since, at)
                return
        self.auth_holds.append((account, at, at))
