"""Looks all the time at what no ledger holds: policies in force, holds for credentials."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.chaos.in_force import Policies
from tests.chaos.load import ACCOUNTS

if TYPE_CHECKING:
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
                self.policies.note(
                    account,
                    began,
                    {name.decode(): value.decode() for name, value in values.items() if name != b"epoch"},
                )
            if any(name.startswith(b"account auth") for name in holds):
                self._note_hold(account, began)

    def _note_hold(self, account: str, at: float) -> None:
        for i, (of, since, until) in enumerate(self.auth_holds):
            if of == account and at - until < _GAP_S:
                self.auth_holds[i] = (of, since, at)
                return
        self.auth_holds.append((account, at, at))
