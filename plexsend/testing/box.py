"""What a producer asks of an outbox, answered in memory: `Outbox` of producers.outboxes, without Redis."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plexsend.errors import Closing, OutboxUnavailable, UsageError
from plexsend.outbox.closings import refusal
from plexsend.outbox.fallbacks import FallbackFate, fallback_key
from plexsend.outbox.groups import GroupCancelled
from plexsend.outbox.reading.groups import DEFAULT_ACCOUNT
from plexsend.outbox.reading.queries import only_account
from plexsend.outbox.states import FINAL, Event, State
from plexsend.outbox.steer import Decision
from plexsend.outbox.submit import KeptTimes, SubmitOutcome, Submitted
from plexsend.producers.moments import Moments
from plexsend.terminal.moments import WallClock
from plexsend.testing.fallbacks import after_ms_of, make_fallback, make_overdue
from plexsend.testing.messages import SubmittedMessage
from plexsend.testing.pictures import MemoryShelf, PlayedPictures
from plexsend.testing.streams import MemoryStreams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import NoReturn

    from plexsend.outbox.imports import Imports
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.records import ReceiptNote, Record
    from plexsend.outbox.submit import NewMessage
    from plexsend.settings import NumberKey
    from plexsend.testing.policies import MemoryPolicies

_TOLD = frozenset({State.UNCERTAIN, *FINAL})
"""States that applications hear of."""


class Box:
    """Messages in memory. Safe to share between threads.

    Args:
        policies: What is in force.
        now: Returns the time in seconds since 1970.
    """

    def __init__(self, policies: MemoryPolicies, now: Callable[[], float]) -> None:
        self.policies = policies
        self._now = now
        self._lock = threading.RLock()
        self._messages: dict[tuple[str, str], SubmittedMessage] = {}
        self._closed: dict[tuple[str, str], Closing] = {}
        self._holds_ads: dict[tuple[str, str], bool] = {}
        """Account and group → whether it holds advertisements, or anything else."""
        self._streams = MemoryStreams()
        self._pictures = PlayedPictures()
        self._shelves: dict[str, MemoryShelf] = {}

    def messages(self) -> list[SubmittedMessage]:
        """Return all messages, the oldest first."""
        with self._lock:
            return list(self._messages.values())

    def with_key(self, msg_key: str, account: str | None) -> list[SubmittedMessage]:
        """Return the messages with this key: in the account, or in all where it is None."""
        with self._lock:
            found = [each for each in self._messages.values() if each.msg_key == msg_key]
        return [each for each in found if account in (None, each.account)]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep other threads out while a test says what becomes of a message."""
        with self._lock:
            yield

    @contextmanager
    def away(self) -> Iterator[None]:
        """Answer nothing meanwhile."""
        self._streams.is_away = True
        try:
            yield
        finally:
            self._streams.is_away = False

    def move(
        self,
        message: SubmittedMessage,
        event: Event,
        *,
        code: str = "",
        words: str = "",
        receipt: ReceiptNote | None = None,
    ) -> None:
        """Let something happen to a message, and publish it where applications hear of it."""
        now_ms = self.now_ms()
        message.move(event, now_ms, code=code, words=words, receipt=receipt)
        if message.state in _TOLD:
            self._streams.add(
                message.lane,
                message.msg_key,
                message.state,
                code=code if receipt is None else receipt.code,
                now_ms=now_ms,
                receipt=None if receipt is None else (receipt.carrier, receipt.done_ms),
            )
        instead = make_fallback(message, self.policies, now_ms)
        if instead is not None:
            self._messages[instead.account, instead.msg_key] = instead
        if message.state is State.DELIVERED:
            self._call_back(message)

    def fall_back(self, message: SubmittedMessage) -> None:
        """Send the fallback of a message of which no receipt came in time."""
        instead = make_overdue(message, self.now_ms())
        self._messages[instead.account, instead.msg_key] = instead

    def _call_back(self, message: SubmittedMessage) -> None:
        """Cancel the fallback of a message that was delivered after all, where it has not gone."""
        instead = self._instead_of(message)
        if instead is not None and instead.waits_unsent:
            message.fallback = None
            self.move(instead, Event.CANCEL, words="its message was delivered after all")

    def _instead_of(self, message: SubmittedMessage) -> SubmittedMessage | None:
        if message.fallback is not FallbackFate.SENT:
            return None
        return self._messages.get((message.account, fallback_key(message.msg_key)))

    def inspect(self, *, durable: bool) -> None:
        """Do nothing: there is no server."""
        del durable
        self._answer()

    def now_ms(self) -> int:
        """Return the time."""
        return int(self._now() * 1000)

    def taker(self) -> Box:
        """Return what takes messages in."""
        return self

    def add(
        self,
        lane: Lane,
        messages: Sequence[NewMessage],
        *,
        stamp: str,
        most_items: int,
        send_at_ms: int | None,
        expires_at_ms: int | None,
    ) -> list[Submitted]:
        """Take messages in and return what became of each."""
        del most_items
        self._answer()
        with self._lock:
            closing = self._closed.get((lane.account, lane.group or ""))
            if closing is not None:
                raise refusal(closing, WallClock())
            if lane.own_group is not None:
                key, is_ad = (lane.account, lane.own_group), lane.is_advertising
                if self._holds_ads.setdefault(key, is_ad) is not is_ad:
                    return [Submitted(SubmitOutcome.MIXED, None)] * len(messages)
            now_ms = self.now_ms()
            later_ms = send_at_ms if send_at_ms is not None and send_at_ms > now_ms else None
            moments = Moments(later_ms, expires_at_ms)
            return [self._add(lane, each, stamp, moments) for each in messages]

    def _add(self, lane: Lane, new: NewMessage, stamp: str, moments: Moments) -> Submitted:
        known = self._messages.get((lane.account, new.msg_key))
        if known is None:
            message = SubmittedMessage(lane, new, stamp, self.now_ms(), moments)
            message.fallback_after_ms = after_ms_of(lane, new, self.policies)
            self._messages[lane.account, new.msg_key] = message
            return Submitted(SubmitOutcome.ADDED, message.state)
        if known.lane != lane or known.new.digest != new.digest or known.new.instead != new.instead:
            return Submitted(SubmitOutcome.CONFLICT, known.state)
        return Submitted(SubmitOutcome.DUPLICATE, known.state, _kept(known, moments, self.now_ms()))

    @property
    def picture_gateway(self) -> PlayedPictures:
        """What takes pictures here: nothing leaves the process."""
        return self._pictures

    def pictures(self, account: str) -> MemoryShelf:
        """Return where the pictures of an account are known."""
        self._answer()
        with self._lock:
            return self._shelves.setdefault(account, MemoryShelf(self.now_ms))

    def imports(self, account: str, number_key: NumberKey | None) -> Imports:
        """Raise UsageError: what imports remember is kept in Redis alone."""
        del account, number_key
        return _no_imports()

    def find(self, msg_key: str, account: str | None) -> list[Record]:
        """Return the records with this key."""
        self._answer()
        return [each.record() for each in self.with_key(msg_key, account)]

    def cancel(self, account: str, msg_key: str) -> Decision:
        """Cancel a message."""
        self._answer()
        with self._lock:
            message = self._messages.get((account, msg_key))
            if message is None:
                return Decision("unknown", "")
            had_one = message.fallback is FallbackFate.KEPT
            words = "asked for by a person"
            decision = self._take_back(message, words)
            if decision.done:
                return decision
            instead = self._instead_of(message)
            if instead is not None:
                had_one = self._take_back(instead, words).outcome == "cancelled"
                if instead.state is State.SENDING:
                    return Decision("fallback_wanted", message.state)
            return Decision("no_fallback", message.state) if had_one else decision

    def _take_back(self, message: SubmittedMessage, words: str) -> Decision:
        if message.fallback is FallbackFate.KEPT:
            message.fallback = None
        if message.state is State.SENDING:
            message.want_cancel(self.now_ms(), f"{words} while it was being sent")
            return Decision("wanted", message.state)
        if not message.can(Event.CANCEL):
            return Decision("refused", message.state)
        self.move(message, Event.CANCEL, words=words)
        return Decision("cancelled", message.state)

    def known_accounts(self, named: Iterable[str]) -> set[str]:
        """Return the accounts that a group may be in; none where nobody ever sent."""
        self._answer()
        known = {account for account, _ in self._messages}
        return {DEFAULT_ACCOUNT, *named, *known} if known else set()

    def group_account(self, group: str) -> str:
        """Return the one account that knows a group, `main` where none does."""
        self._answer()
        known = [each.account for each in self.messages() if each.group == group]
        known += [account for account, closed in self._closed if closed == group]
        return only_account(group, sorted(known), known="a group") or DEFAULT_ACCOUNT

    def cancel_group(self, account: str, group: str, *, by: str, why: str) -> GroupCancelled:
        """Close a group and cancel all of it that was not sent."""
        self._answer()
        with self._lock:
            known = (account, group) in self._closed or any(
                (each.account, each.group) == (account, group) for each in self.messages()
            )
            closing = Closing(group, account, self.now_ms(), by, why)
            self._closed.setdefault((account, group), closing)
            decisions = [
                self._take_back(each, "its group was cancelled").outcome
                for each in self.messages()
                if (each.account, each.group) == (account, group)
            ]
        cancelled, wanted = decisions.count("cancelled"), decisions.count("wanted")
        return GroupCancelled(group, account, cancelled, wanted, (), known)

    def source(self) -> MemoryStreams:
        """Return where results come from."""
        return self._streams

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def _answer(self) -> None:
        if self._streams.is_away:
            raise OutboxUnavailable("Redis does not answer (a test says so).")


def _no_imports() -> NoReturn:
    raise UsageError(
        "A file is not imported into the outbox in memory: what imports remember is in Redis alone. "
        "`plexsend.check_file` judges it."
    )


def _kept(known: SubmittedMessage, asked: Moments, now_ms: int) -> KeptTimes | None:
    """Return the times of a duplicate that waits, where others are asked for now."""
    if known.state not in (State.WAITING, State.SCHEDULED):
        return None
    send_at_ms = known.moments.send_at_ms or 0
    kept = (send_at_ms if send_at_ms > now_ms else 0, known.moments.expires_at_ms or 0)
    wanted = (asked.send_at_ms or 0, asked.expires_at_ms or 0)
    if kept == wanted:
        return None
    return KeptTimes(*(None if one == other else one for one, other in zip(kept, wanted, strict=True)))
