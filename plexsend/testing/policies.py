"""Policies of the outbox in memory: those that a test sets, and the defaults."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.outbox.policies.in_force import Agreed, PersonsValue
from plexsend.outbox.policies.rows import ROWS
from plexsend.outbox.policies.where import Where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.outbox.policies.in_force import PoliciesOf


class MemoryPolicies:
    """What is in force for every account and service.

    Args:
        values: Policy → its value as a person writes it.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        for name in values:
            if name not in ROWS:
                near = get_close_matches(name, ROWS, n=1)
                hint = f"Did you mean {near[0]}?" if near else f"Policies: {', '.join(ROWS)}."
                raise UsageError(f"There is no policy {name!r}. {hint}")
        self._agreed = Agreed(
            set_values={
                (Where(), name): PersonsValue(ROWS[name].tidy(value), "a test", "", 0)
                for name, value in values.items()
            }
        )

    def look(self) -> Agreed:
        """Return what is in force."""
        return self._agreed

    def of(self, account: str) -> PoliciesOf:
        """Return the policies of an account."""
        return self._agreed.of(account)
