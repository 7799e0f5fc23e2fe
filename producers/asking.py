"""Asking and hearing what became of messages, and taking back what was not sent."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.outbox.reading import queries
from plexsend.outbox.steer import Decision
from plexsend.producers.accounts import check_account
from plexsend.producers.groups import check_group
from plexsend.producers.listening import AsyncResults, Results
from plexsend.producers.wanted import want

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.outbox.groups import GroupCancelled
    from plexsend.outbox.imports import Imports
    from plexsend.outbox.records import Record
    from plexsend.outbox.states import State
    from plexsend.producers.outboxes import Outbox
    from plexsend.producers.wanted import OnMissed, Stop
    from plexsend.settings import Settings


class Asking:
    """What a producer can do with messages that are in.

    Args:
        settings: What the environment says.
        outbox: Where the messages are.
    """

    def __init__(self, settings: Settings, outbox: Outbox) -> None:
        self._settings = settings
        self._outbox = outbox
        self._inspected = False

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
            return Decision("unknown", "")
        return self._outbox.cancel(where, msg_key)

    def cancel_group(
        self, group: str, *, account: str | None = None, reason: str = "", by: str = "an application"
    ) -> GroupCancelled:
        """Close a group and cancel all of it that was not sent; return how much, and what may have been sent.

        Nothing can be submitted into it from then on, until `plexsend resume group:NAME` opens it again. A
        group that has no message yet is closed as well: `known` is False then, as it is for a slip. After an
        error the call may be repeated: it goes on.

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
        where = account or self._outbox.group_account(group)
        return self._outbox.cancel_group(where, group, by=by, why=reason)

    def results(
        self,
        reader: str,
        *,
        account: str | Iterable[str] | None = None,
        state: State | Iterable[State] | None = None,
        service: str | Iterable[str] | None = None,
        group: str | Iterable[str] | None = None,
        from_start: bool = False,
        follow: bool = True,
        stop: Stop | None = None,
        on_missed: OnMissed | None = None,
        lease_s: float = 60.0,
        patience_s: float | None = None,
    ) -> Results:
        """Return the results of messages, to loop over: each time a message is accepted, parked or ends.

        Each result comes at least once, to one process of the reader, and is done with when the loop comes
        round for the next one. So write down what you did by its `id`, or compare its `rank`. A reader's loop
        begins where its last one ended. While Redis is away the loop waits.

        Args:
            reader: The reader's name, such as `billing`. Processes that give the same name share its results,
                and each result goes to one of them; readers of other names hear everything too.
            account: The account, or several, to hear of; None: all, those that come later too.
            state: The state, or several, to hear of; None: all. What is left out counts as heard.
            service: As `state`.
            group: As `state`: of its groups, without what belongs to none.
            from_start: Where this reader's name is new, begin with the oldest results that are kept, instead
                of those that come from now on.
            follow: Wait for more. False: end once all that is there was given.
            stop: An event that ends the loop soon after it is set, within half a second where it waits. What
                is not done with is given back.
            on_missed: Called where the reader fell behind what is kept, with the error that says what it
                missed; then the loop goes on. None: that error is raised.
            lease_s: For how long a process has results before others are given them too, where it died or is
                slow: at least twice what the loop needs for one result, or one list of `batches`.
            patience_s: For how many seconds the loop waits for a Redis that is away before it raises; None:
                for ever, and logs it once.

        Raises:
            UsageError: an argument is not what it must be; raised by this call itself. All others are raised
                by the loop.
            ResultsMissed: the reader fell behind what is kept. A loop that begins again goes on behind that.
            OutboxUnavailable: Redis was away for longer than `patience_s`.
            OutboxFull: as OutboxUnavailable.
            OutboxUnsuitable: Redis refuses the login, or a call.
        """
        wanted = want(
            reader,
            account=account,
            state=state,
            service=service,
            group=group,
            from_start=from_start,
            follow=follow,
            stop=stop,
            on_missed=on_missed,
            lease_s=lease_s,
            patience_s=patience_s,
            known_accounts=self._settings.accounts,
        )
        return Results(self._outbox.source(), wanted)

    def aresults(
        self,
        reader: str,
        *,
        account: str | Iterable[str] | None = None,
        state: State | Iterable[State] | None = None,
        service: str | Iterable[str] | None = None,
        group: str | Iterable[str] | None = None,
        from_start: bool = False,
        follow: bool = True,
        stop: Stop | None = None,
        on_missed: OnMissed | None = None,
        lease_s: float = 60.0,
        patience_s: float | None = None,
    ) -> AsyncResults:
        """Return the results of messages, to loop over with `async for`; otherwise as `results`.

        Redis is waited for in a thread. A task that is cancelled, or leaves the loop, gives back what it has
        in hand.

        Args:
            reader: The reader's name, such as `billing`. Processes that give the same name share its results,
                and each result goes to one of them; readers of other names hear everything too.
            account: The account, or several, to hear of; None: all, those that come later too.
            state: The state, or several, to hear of; None: all. What is left out counts as heard.
            service: As `state`.
            group: As `state`: of its groups, without what belongs to none.
            from_start: Where this reader's name is new, begin with the oldest results that are kept, instead
                of those that come from now on.
            follow: Wait for more. False: end once all that is there was given.
            stop: An event that ends the loop soon after it is set, within half a second where it waits. What
                is not done with is given back.
            on_missed: Called where the reader fell behind what is kept, with the error that says what it
                missed; then the loop goes on. None: that error is raised.
            lease_s: For how long a process has results before others are given them too, where it died or is
                slow: at least twice what the loop needs for one result, or one list of `batches`.
            patience_s: For how many seconds the loop waits for a Redis that is away before it raises; None:
                for ever, and logs it once.

        Raises:
            UsageError: an argument is not what it must be; raised by this call itself. All others are raised
                by the loop.
            ResultsMissed: the reader fell behind what is kept. A loop that begins again goes on behind that.
            OutboxUnavailable: Redis was away for longer than `patience_s`.
            OutboxFull: as OutboxUnavailable.
            OutboxUnsuitable: Redis refuses the login, or a call.
        """
        wanted = want(
            reader,
            account=account,
            state=state,
            service=service,
            group=group,
            from_start=from_start,
            follow=follow,
            stop=stop,
            on_missed=on_missed,
            lease_s=lease_s,
            patience_s=patience_s,
            known_accounts=self._settings.accounts,
        )
        return AsyncResults(self._outbox.source(), wanted)

    # Of a slip nothing would be cancelled, and the answer would look as if the group were empty.
    def _check_known(self, account: str) -> None:
        known = self._outbox.known_accounts(self._settings.accounts)
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
        return self._outbox.find(msg_key, account)

    def imports(self, account: str) -> Imports:
        """Return what the outbox remembers of the files that were imported for an account."""
        return self._outbox.imports(account, self._settings.number_key)

    def _inspect(self) -> None:
        """Make sure once that the server may be trusted with messages."""
        if not self._inspected:
            self._outbox.inspect(durable=self._settings.durable)
            self._inspected = True
