"""What a producer asks of an outbox: the one in Redis, or one in memory for tests of applications.

What a caller may ask for is checked before, by the producer, and is the same with both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.outbox.groups import GroupCancelled
    from plexsend.outbox.imports import Imports
    from plexsend.outbox.records import Record
    from plexsend.outbox.steer import Decision
    from plexsend.producers.chunks import Taker
    from plexsend.producers.guards import Policies
    from plexsend.producers.pictures.shelf import PictureGateway, Shelf
    from plexsend.producers.sources import ResultSource
    from plexsend.settings import NumberKey


class Outbox(Protocol):
    """Where messages are put in, asked for and taken back. Safe to share between threads."""

    @property
    def policies(self) -> Policies:
        """What the fleet agreed on."""
        ...

    def inspect(self, *, durable: bool) -> None:
        """Raise OutboxUnsuitable where messages must not be trusted to it."""
        ...

    def now_ms(self) -> int:
        """Return the time by which messages become due and expire."""
        ...

    def taker(self) -> Taker:
        """Return what takes messages in."""
        ...

    @property
    def picture_gateway(self) -> PictureGateway | None:
        """What takes pictures in place of the gateway; None: the gateway does."""
        ...

    def pictures(self, account: str) -> Shelf:
        """Return where the pictures of an account are known."""
        ...

    def imports(self, account: str, number_key: NumberKey | None) -> Imports:
        """Return what is remembered of the files that were imported for an account."""
        ...

    def find(self, msg_key: str, account: str | None) -> list[Record]:
        """Return the records with this key: in the account, or in all where it is None."""
        ...

    def cancel(self, account: str, msg_key: str) -> Decision:
        """Cancel a message."""
        ...

    def known_accounts(self, named: Iterable[str]) -> set[str]:
        """Return the accounts that a group may be in, and those named; none where nobody ever sent."""
        ...

    def group_account(self, group: str) -> str:
        """Return the one account that knows a group, `main` where none does; UsageError where several do."""
        ...

    def cancel_group(self, account: str, group: str, *, by: str, why: str) -> GroupCancelled:
        """Close a group and cancel all of it that was not sent."""
        ...

    def source(self) -> ResultSource:
        """Return where results come from."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...
