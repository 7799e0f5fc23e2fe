"""Suppressed rows: how many of a campaign's numbers must not be written to, as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import Problem
from plexsend.gateway.numbers import normalise_sender
from plexsend.outbox.suppression import SuppressionKind, Suppressions, counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.campaigns.definitions.defined import Definition
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.suppression import Suppression
    from plexsend.producers.guards import Guards
    from plexsend.settings import NumberKey


class SuppressedRows:
    """Counts suppressed numbers. Whether one is written to is decided when its message is taken to be sent.

    Args:
        store: Where the suppressions are.
        number_key: Under which their numbers are hashed; None: nobody can look.
        definition: The campaign.
        guards: What holds for the numbers of its account.
    """

    def __init__(
        self, store: Store, number_key: NumberKey | None, definition: Definition, guards: Guards
    ) -> None:
        account = definition.account
        kinds = {SuppressionKind.ALL} | ({SuppressionKind.ADS} if definition.advertisement else set())
        known = counts(store, account)
        self._kinds = kinds
        self._scopes = {"", *_scopes(definition, guards)}
        self._found: Suppressions | None = None
        self.rows = 0
        self.problems: tuple[Problem, ...] = ()
        """Why nobody could look."""
        if not any(known[kind] for kind in kinds):
            return
        if number_key is None:
            self.problems = (
                Problem(
                    "PLEXSEND_NUMBER_KEY",
                    "is not set here, so nobody can tell which of these numbers are suppressed",
                    "Set the key that the workers have. Suppressed numbers are not written to in any case.",
                ),
            )
            return
        self._found = Suppressions(store, account, number_key)

    @property
    def looks(self) -> bool:
        """Whether any number is suppressed at all, and somebody can look."""
        return self._found is not None

    def count(self, numbers: Sequence[int]) -> None:
        """Count those of these numbers, each its digits read as one, that are suppressed."""
        if self._found is not None:
            looked = self._found.look(f"0{number}" for number in numbers)
            self.rows += sum(any(map(self._counts, found)) for found in looked)

    def _counts(self, one: Suppression) -> bool:
        return one.kind in self._kinds and one.scope in self._scopes


def _scopes(definition: Definition, guards: Guards) -> list[str]:
    sender = normalise_sender(definition.sender) if definition.sender else guards.default_sender
    found = [f"sender {sender}"] if isinstance(sender, str) else []
    if guards.marks is not None and guards.marks.refusal_number:
        number = normalise_sender(guards.marks.refusal_number)
        found += [f"refusal {number}"] if isinstance(number, str) else []
    return found
