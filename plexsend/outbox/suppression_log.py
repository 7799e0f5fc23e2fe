"""What persons changed in an account's suppressions, and how many of their refusals were not answered yet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plexsend.outbox.redis.reads import ask
from plexsend.outbox.replies import number
from plexsend.outbox.suppression import read_origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.suppression import Suppressor

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class SuppressionChange:
    """One command or post that changed suppressions. It names no number."""

    at_ms: int
    """When it began."""
    act: str
    """`add`, `remove`, `tell`, `accept` or `decline`."""
    count: int
    """How many numbers it changed."""
    kind: str
    """Empty for all kinds."""
    scope: str
    """Empty for the account, `all` for all scopes."""
    origin: Suppressor


def read_log(store: Store, account: str) -> list[SuppressionChange]:
    """Return what persons changed, the newest first; what another program wrote there is left out."""
    found = ask(store, lambda pipe: pipe.lrange(store.keys.suppressing(account), 0, -1))
    changes = []
    for text in found:
        try:
            facts = json.loads(text)
            changes.append(
                SuppressionChange(
                    int(facts["at"]),
                    str(facts["act"]),
                    int(facts["count"]),
                    str(facts["kind"]),
                    str(facts["scope"]),
                    read_origin(str(facts["origin"])),
                )
            )
        except (ValueError, TypeError, KeyError):
            continue
    return changes


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Refusals whose persons have not heard yet that they count."""

    count: int
    oldest_ms: int
    """When the day of the oldest began, in UTC; 0 where none waits."""


def unanswered_of(days: Mapping[Any, Any]) -> Unanswered:
    """Return what is kept by day, summed up."""
    waiting = {number(day): number(count) for day, count in days.items() if number(count) > 0}
    return Unanswered(sum(waiting.values()), min(waiting, default=0) * _DAY_MS)
