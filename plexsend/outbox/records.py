"""A message's record and history, as they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.errors import RecordBroken, UsageError
from plexsend.gateway.codes import Meaning, find_code
from plexsend.gateway.receipt_codes import ReceiptCode, family_of, receipt_code
from plexsend.outbox.fallbacks import FallbackFate, first_of, read_after_ms, read_fate
from plexsend.outbox.flags import Flag
from plexsend.outbox.index import LaneNames
from plexsend.outbox.lanes import Lane
from plexsend.outbox.receivers import last_digits
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.replies import number, text
from plexsend.outbox.states import SENT, Event, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plexsend.outbox.redis.store import Store


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One line of a message's history."""

    at_ms: int
    event: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReceiptNote:
    """What the gateway's webhook said of a message, as its record keeps it."""

    meaning: ReceiptCode
    """The code, and what it means for a message of this product."""
    carrier: str
    """Through whom it went; empty where the gateway did not say."""
    done_ms: int | None
    """When the carrier was done with it; None where the gateway did not say."""
    came_ms: int
    """When it came, or, if that was before the request was answered, when it counted."""

    @property
    def code(self) -> str:
        """The code."""
        return self.meaning.code


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known of a message but its body. Times in ms since 1970, None where there is none."""

    msg_key: str
    state: State
    lane: Lane
    submitted_ms: int
    attempts: int
    tries: int
    code: str
    stamp: str
    token: str
    flags: str
    position: int | None
    ended_ms: int | None
    send_at_ms: int | None
    expires_at_ms: int | None
    receiver_last: str = ""
    """The last four digits of the receiver's number; empty where they were not known at the submit."""
    history: tuple[HistoryEvent, ...] = ()
    receipt: ReceiptNote | None = None
    """None: none came."""
    fallback: FallbackFate | None = None
    """What is with its fallback; None: it has none, or none any more."""
    fallback_after_ms: int = 0
    """How long after the acceptance it is sent without a receipt; 0: never by that."""

    @property
    def fallback_of(self) -> str | None:
        """The key of the message of which it is the fallback; None: it is none."""
        return first_of(self.msg_key)

    @property
    def fallback_due_ms(self) -> int | None:
        """When its fallback is sent where no receipt has come by then; None: by no time, or none yet."""
        is_open = self.state in (State.ACCEPTED, State.UNKNOWN) and self.fallback is FallbackFate.KEPT
        if not is_open or not self.fallback_after_ms or self.ended_ms is None:
            return None
        # That its key was taken before says nothing of what became of it.
        known = None if self.receipt is None else find_code(self.receipt.code)
        is_heard = self.receipt is not None and (known is None or known.as_item is not Meaning.DUPLICATE)
        return None if is_heard else self.ended_ms + self.fallback_after_ms

    @property
    def may_have_been_sent(self) -> bool:
        """Whether a request that held it was not answered."""
        return Flag.MAY_HAVE_BEEN_SENT in self.flags

    @property
    def alone(self) -> bool:
        """Whether it goes in a request of its own."""
        return Flag.ALONE in self.flags

    @property
    def desc(self) -> str:
        """The last words about it, the gateway's where there are any; empty once it went without trouble."""
        if self.went_by_itself:
            return ""
        if self.state is State.ACCEPTED and self._last is not None:
            return self._last.detail
        return next((line.detail for line in reversed(self.history) if line.detail), "")

    @property
    def went_by_itself(self) -> bool:
        """Whether it was accepted without trouble: what its history holds is about earlier tries."""
        return self.state in SENT and (self._last is None or self._last.event not in _ENDED_TROUBLE)

    @property
    def _last(self) -> HistoryEvent | None:
        """The last that changed it: a receipt that was only noted did not."""
        return next((line for line in reversed(self.history) if line.event not in _CHANGED_NOTHING), None)


RECEIPT_NOTED = "receipt"
"""What a history says of a receipt that changed nothing."""
_CHANGED_NOTHING = (RECEIPT_NOTED, "fallback", "no_fallback")
"""Nor did what became of its fallback."""
_ENDED_TROUBLE = (
    Event.ACCEPT,
    Event.ACCEPT_LATE,
    Event.SETTLE_ACCEPTED,
    Event.DELIVER,
    Event.UNDELIVER,
    Event.RECEIPT_UNKNOWN,
)


def parse_record(
    msg_key: str, fields: Mapping[bytes, bytes], history: Sequence[bytes] = (), names: LaneNames | None = None
) -> Record:
    """Return the record that a hash holds; raises RecordBroken where it names no state or no lane.

    `names`: the account's lanes; None where the record names its lane by name.
    """

    def moment(name: bytes) -> int | None:
        return number(fields[name]) if fields.get(name) else None

    lane_name = text(fields.get(b"l")) if names is None else names.name(fields.get(b"l"))
    try:
        state, lane = State(text(fields.get(b"s"))), Lane.parse(lane_name)
    except (ValueError, UsageError) as exc:
        raise _broken(msg_key) from exc
    return Record(
        msg_key=msg_key,
        state=state,
        lane=lane,
        # What was submitted to go at once has the position of that moment.
        submitted_ms=number(fields.get(b"t")) or (moment(b"p") or 0) // 1000,
        attempts=number(fields.get(b"n")),
        tries=number(fields.get(b"y")),
        code=text(fields.get(b"c")),
        stamp=text(fields.get(b"v")),
        token=text(fields.get(b"k")),
        flags=text(fields.get(b"f")),
        position=moment(b"p"),
        ended_ms=moment(b"e"),
        send_at_ms=moment(b"q"),
        expires_at_ms=moment(b"z"),
        receiver_last=last_digits(fields.get(b"i")),
        history=tuple(_happening(line) for line in history),
        receipt=_receipt(lane, text(fields.get(b"w"))),
        fallback=read_fate(text(fields.get(b"b"))),
        fallback_after_ms=read_after_ms(text(fields.get(b"b"))),
    )


# The record says of which product it is, so it is never asked what the receipt said of that.
def _receipt(lane: Lane, words: str) -> ReceiptNote | None:
    if not words:
        return None
    code, carrier, done, came = [*words.split("|", 3), "", "", ""][:4]
    meaning = receipt_code(family_of(lane.service), code)
    return ReceiptNote(meaning, carrier, number(done) if done else None, number(came))


def _broken(msg_key: str) -> RecordBroken:
    return RecordBroken(
        f"The record of {msg_key!r} is not whole: another program wrote it. `plexsend audit` names all."
    )


def _happening(line: bytes) -> HistoryEvent:
    at, event, code, detail = [*text(line).split("|", 3), "", "", ""][:4]
    return HistoryEvent(number(at), event, code, detail)


def read_record(store: Store, account: str, msg_key: str) -> Record | None:
    """Return a message's record with its history, None where the account does not know the key."""
    keys = store.keys
    pipe = store.client.pipeline(transaction=True)
    pipe.hgetall(keys.record(account, msg_key))
    pipe.lrange(keys.history(account, msg_key), 0, -1)
    fields, history = execute(store, pipe)
    if keys.record(account, msg_key) in store.spoilt and not fields:
        raise _broken(msg_key)
    return parse_record(msg_key, fields, history, LaneNames(store, account)) if fields else None
