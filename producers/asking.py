"""Asking what became of messages, and taking back what was not sent."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.outbox import groups, steer
from plexsend.outbox.form import form_in_force
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.groups import group_account, known_accounts
from plexsend.producers.accounts import check_account
from plexsend.producers.groups import check_group

if TYPE_CHECKING:
    from plexsend.outbox.groups import GroupCancelled
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.steer import Decision
    from plexsend.settings import Settings


class Asking:
    """What a producer can do with messages that are in.

    Args:
        settings: What the environment says.
        store: Where the messages are.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store

    def status(self, msg_key: str, *, account: str | None = None) -> Record | None:
        """Return the record of a message, or None where there is none with this key.

        Args:
            msg_key: The key of the message.
            account: The account to look in; None: all, in the order of their names. The first record counts.

        Raises:
            UsageError: the key is not text, or the account is not a name.
            OutboxUnavailable: Redis does not answer.
            OutboxUnsuitable: Redis refuses the login, or a call.
            RecordBroken: another program spoilt the record.
        """
        found = self._find(msg_key, account)
        return found[0] if found else None

    def cancel(self, msg_key: str, *, account: str | None = None) -> Decision:
        """Cancel a message that waits; one that is being sent is cancelled if it comes back unsent.

        Args:
            msg_key: The key of the message.
            account: The account that it was sent with; None: all are searched.

        Raises:
            UsageError: the key is not text, the account is not a name, or several accounts have a message of
                this key: nothing is cancelled by guessing.
            OutboxUnavailable: Redis does not answer. The call may be repeated.
            OutboxFull: Redis has no memory left even for this. Try again later.
            OutboxUnsuitable: Redis refuses the login, or a call.
            RecordBroken: another program spoilt the record.
        """
        found = self._find(msg_key, account)
        where = queries.only_account(msg_key, (record.lane.account for record in found)) or account
        if where is None:
            return steer.Decision("unknown", "")
        return steer.ask(self._store, where, msg_key, steer.Act.CANCEL)

    def cancel_group(
        self, group: str, *, account: str | None = None, reason: str = "", by: str = "an application"
    ) -> GroupCancelled:
        """Close a group and cancel all of it that was not sent; return how much, and what may have been sent.

        Nothing can be submitted into it from then on, until `plexsend resume group:NAME` opens it again. A
        group that has no message yet is closed as well. After an error the call may be repeated: it goes on.

        Args:
            group: The group's name.
            account: The account that it belongs to; None: the one that knows it, `main` where none does.
            reason: Why, for the people who find it closed.
            by: Who cancels it.

        Raises:
            UsageError: an argument is not what it must be, several accounts know the group, or nobody has
                ever sent with the account: nothing is cancelled by guessing.
            OutboxUnavailable: Redis does not answer. What was cancelled before stays so.
            OutboxFull: Redis has no memory left even for this. Try again later.
            OutboxUnsuitable: Redis refuses the login, or a call.
        """
        check_group(group)
        if group is None:
            raise UsageError("group is None. Give the name of the group that is to be cancelled.")
        for name, value in (("reason", reason), ("by", by)):
            if not isinstance(value, str):
                raise UsageError(f"{name} is of type {type(value).__name__}. Give it as text.")
        if account is not None:
            check_account(account, self._settings.accounts)
            self._check_known(account)
        where = account or group_account(self._store, group)
        return groups.cancel(self._store, where, group, by=by, why=reason)

    # Of a slip nothing would be cancelled, and the answer would look as if the group were empty.
    def _check_known(self, account: str) -> None:
        known = known_accounts(self._store, self._settings.accounts)
        if known and account not in known:
            near = get_close_matches(account, sorted(known), n=1)
            raise UsageError(
                f"Nobody has ever sent with the account {account!r}, and the settings do not name it. "
                f"{f'Did you mean {near[0]}?' if near else 'Check its name.'} Nothing was cancelled."
            )

    def _find(self, msg_key: str, account: str | None) -> list[Record]:
        if not isinstance(msg_key, str):
            raise UsageError(f"msg_key is of type {type(msg_key).__name__}. Give the key as text: str(…).")
        try:
            msg_key.encode()
        except UnicodeEncodeError:
            raise UsageError("msg_key holds half a character, so no message has this key.") from None
        if account is not None:
            check_account(account, self._settings.accounts)
        form_in_force(self._store)
        return queries.find(self._store, msg_key, account)
