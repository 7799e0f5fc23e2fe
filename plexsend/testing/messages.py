"""Messages of the outbox in memory: they move along the one table of transitions, as those in Redis do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plexsend.errors import UsageError
from plexsend.outbox.fallbacks import FallbackFate
from plexsend.outbox.flags import Flag
from plexsend.outbox.receivers import last_digits
from plexsend.outbox.records import HistoryEvent, ReceiptNote, Record
from plexsend.outbox.states import FINAL, TRANSITIONS, Event, State
from plexsend.producers.message import in_words

if TYPE_CHECKING:
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.submit import NewMessage
    from plexsend.producers.moments import Moments

_TO = {(event, state): to for event, froms, to in TRANSITIONS for state in froms if to is not None}


@dataclass(slots=True, eq=False)
class SubmittedMessage:
    """A message that a test's outbox took in, as it is now."""

    lane: Lane = field(repr=False)
    new: NewMessage = field(repr=False)
    stamp: str = field(repr=False)
    submitted_ms: int = field(repr=False)
    moments: Moments = field(repr=False)
    msg_key: str = ""
    state: State = State.WAITING
    code: str = ""
    """The last code that came with it."""
    flags: str = field(default="", repr=False)
    ended_ms: int | None = field(default=None, repr=False)
    history: list[HistoryEvent] = field(default_factory=list, repr=False)
    receipt: ReceiptNote | None = field(default=None, repr=False)
    """What the receipt says that counts; None: none came."""
    fallback: FallbackFate | None = field(default=None, repr=False)
    """What is with its fallback; None: it has none, or none any more."""
    fallback_after_ms: int = field(default=0, repr=False)
    """How long after the acceptance it is sent without a receipt; 0: never by that."""

    def __post_init__(self) -> None:
        self.msg_key = self.new.msg_key
        self.fallback = None if self.new.fallback is None else FallbackFate.KEPT
        self.state = State.WAITING if self.moments.send_at_ms is None else State.SCHEDULED

    @property
    def service(self) -> str:
        """The service id."""
        return self.lane.service

    @property
    def msg_type(self) -> str | None:
        """The `msg_type` of RCS; None for other products."""
        return self.lane.variant

    @property
    def account(self) -> str:
        """The account that it is sent with."""
        return self.lane.account

    @property
    def group(self) -> str | None:
        """The group that it was given."""
        return self.lane.own_group

    @property
    def advertisement(self) -> bool:
        """Whether it is an advertisement."""
        return self.lane.is_advertising

    @property
    def night_consent(self) -> bool:
        """Whether it is one to somebody who agreed to get them at night."""
        return self.lane.has_night_consent

    @property
    def send_at(self) -> datetime | None:
        """The moment before which it does not go, in UTC; None: it goes at once."""
        return _moment(self.moments.send_at_ms)

    @property
    def expires_at(self) -> datetime | None:
        """The moment from which on it does not go, in UTC; None: never."""
        return _moment(self.moments.expires_at_ms)

    @property
    def waits_unsent(self) -> bool:
        """Whether it waits, and was in no request yet."""
        waits = self.state in (State.WAITING, State.SCHEDULED)
        return waits and Flag.MAY_HAVE_BEEN_SENT not in self.flags

    @property
    def item(self) -> dict[str, Any]:
        """The item as it goes on the wire: numbers are digits alone, and its texts are as they are sent."""
        item: dict[str, Any] = json.loads(self.new.body)
        return item

    @property
    def to(self) -> str:
        """The receiver's number, digits alone."""
        return str(in_words(self.service, self.item)["to"])

    @property
    def from_(self) -> str:
        """The sender's number, digits alone."""
        return str(in_words(self.service, self.item)["from_"])

    @property
    def title(self) -> str:
        """Its title; empty where it has none."""
        return str(in_words(self.service, self.item)["title"] or "")

    @property
    def text(self) -> str:
        """Its text; for an RCS card its description."""
        return str(in_words(self.service, self.item)["text"] or "")

    @property
    def images(self) -> list[str]:
        """The addresses of its images."""
        found = in_words(self.service, self.item)["images"] or []
        return [found] if isinstance(found, str) else list(found)

    def can(self, event: Event) -> bool:
        """Whether this can happen to it now."""
        return (event, self.state) in _TO

    def move(
        self,
        event: Event,
        now_ms: int,
        *,
        code: str = "",
        words: str = "",
        receipt: ReceiptNote | None = None,
    ) -> None:
        """Let it happen; raises UsageError where the table of transitions has no such way.

        Args:
            event: What happens.
            now_ms: When.
            code: The code that comes with it; empty: none.
            words: What the history says of it; empty: it goes the straight way.
            receipt: The receipt that says it; None: none does.
        """
        if not self.can(event):
            raise UsageError(
                f"The message {self.msg_key} is {self.state}, so it cannot {_VERBS.get(event, event)}: "
                f"only what is {_states(event)} can."
            )
        was_final, to = self.state in FINAL, _TO[event, self.state]
        self.state = to
        if receipt is None:
            self.code = code or self.code
        else:
            self.receipt = receipt
        if event is Event.PARK:
            self.flags = _with(self.flags, Flag.MAY_HAVE_BEEN_SENT)
        if to in FINAL and not was_final:
            self.ended_ms = now_ms
        if words:
            self.history.append(HistoryEvent(now_ms, event, code, words))

    def want_cancel(self, now_ms: int, words: str) -> None:
        """Note that it is to be cancelled if it comes back unsent."""
        self.flags = _with(self.flags, Flag.CANCEL_WANTED)
        self.history.append(HistoryEvent(now_ms, "cancel_wanted", "", words))

    @property
    def may_have_been_sent(self) -> bool:
        """Whether a request that held it was not answered."""
        return Flag.MAY_HAVE_BEEN_SENT in self.flags

    @property
    def is_cancel_wanted(self) -> bool:
        """Whether somebody asked to cancel it while it was being sent."""
        return Flag.CANCEL_WANTED in self.flags

    def record(self) -> Record:
        """Return what `plexsend.status` returns of it."""
        return Record(
            msg_key=self.msg_key,
            state=self.state,
            lane=self.lane,
            submitted_ms=self.submitted_ms,
            attempts=0,
            tries=0,
            code=self.code,
            stamp=self.stamp,
            token="",
            flags=self.flags,
            position=self.submitted_ms * 1000,
            ended_ms=self.ended_ms,
            send_at_ms=self.moments.send_at_ms,
            expires_at_ms=self.moments.expires_at_ms,
            receiver_last=last_digits(self.new.receiver),
            history=tuple(self.history),
            receipt=self.receipt,
            fallback=self.fallback,
            fallback_after_ms=self.fallback_after_ms,
        )


_VERBS = {
    Event.TAKE: "be sent",
    Event.ACCEPT: "be accepted",
    Event.REJECT: "be rejected",
    Event.FAIL: "fail",
    Event.PARK: "be parked",
    Event.GIVE_BACK: "come back unsent",
    Event.CANCEL: "be cancelled",
    Event.EXPIRE: "expire",
    Event.NO_RECEIPT: "wait in vain for its receipt",
}
"""What a test lets happen that may be impossible, as its message says it; receipts may come at any time."""


# What is scheduled becomes due first, where a worker takes it.
def _states(event: Event) -> str:
    froms = [state for found, state in _TO if found is event and state is not None]
    if event in (Event.TAKE, Event.EXPIRE):
        froms.insert(0, State.SCHEDULED)
    return " or ".join(froms)


def _with(flags: str, flag: Flag) -> str:
    return flags if flag in flags else flags + flag


def _moment(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)
