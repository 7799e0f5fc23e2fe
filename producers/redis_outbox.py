"""The outbox in Redis, as a producer asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox import groups, steer
from plexsend.outbox.form import form_in_force
from plexsend.outbox.imports import Imports
from plexsend.outbox.pictures import Pictures
from plexsend.outbox.policies.known import KnownPolicies
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.groups import group_account, known_accounts
from plexsend.outbox.redis.requirements import inspect
from plexsend.outbox.submit import Submitter
from plexsend.producers.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.outbox.groups import GroupCancelled
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.steer import Decision
    from plexsend.producers.chunks import Taker
    from plexsend.producers.sources import ResultSource
    from plexsend.settings import NumberKey


class RedisOutbox:
    """The outbox in Redis.

    Args:
        store: Where it is.
        is_owned: Whether the store is closed with it.
        number_key: Under which receivers are hashed.
    """

    def __init__(self, store: Store, *, is_owned: bool, number_key: NumberKey | None = None) -> None:
        self._store = store
        self._number_key = number_key
        self._is_owned = is_owned
        self.policies = KnownPolicies(store)

    def inspect(self, *, durable: bool) -> None:
        """Raise OutboxUnsuitable where the server must not be trusted with messages."""
        inspect(self._store, durable=durable)

    def now_ms(self) -> int:
        """Return Redis's time."""
        return queries.server_ms(self._store)

    def taker(self) -> Taker:
        """Return what takes messages in."""
        return Submitter(self._store, self._number_key)

    @property
    def picture_gateway(self) -> None:
        """The gateway itself takes pictures."""
        return None

    def pictures(self, account: str) -> Pictures:
        """Return where the pictures of an account are known."""
        return Pictures(self._store, account)

    def imports(self, account: str, number_key: NumberKey | None) -> Imports:
        """Return what is remembered of the files that were imported for an account."""
        return Imports(self._store, account, number_key)

    def find(self, msg_key: str, account: str | None) -> list[Record]:
        """Return the records with this key: in the account, or in all where it is None."""
        form_in_force(self._store)
        return queries.find(self._store, msg_key, account)

    def cancel(self, account: str, msg_key: str) -> Decision:
        """Cancel a message."""
        return steer.ask(self._store, account, msg_key, steer.Act.CANCEL)

    def known_accounts(self, named: Iterable[str]) -> set[str]:
        """Return the accounts that a group may be in, and those named; none where nobody ever sent."""
        return known_accounts(self._store, named)

    def group_account(self, group: str) -> str:
        """Return the one account that knows a group, `main` where none does."""
        return group_account(self._store, group)

    def cancel_group(self, account: str, group: str, *, by: str, why: str) -> GroupCancelled:
        """Close a group and cancel all of it that was not sent."""
        return groups.cancel(self._store, account, group, by=by, why=why)

    def source(self) -> ResultSource:
        """Return where results come from."""
        return Streams(self._store, self.policies)

    def close(self) -> None:
        """Close the connections, where they are its own."""
        if self._is_owned:
            self._store.close()
