"""Taking messages in: one call adds up to 500 of one lane, and reports for each whether it is new."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING

from plexsend.errors import OutboxFull, UsageError
from plexsend.gateway.services import MOST_ITEMS
from plexsend.outbox.announcing import announce
from plexsend.outbox.arguments import KEPT, MESSAGE, SUBMIT
from plexsend.outbox.closings import parse_closing, refusal
from plexsend.outbox.constants import MOST_SUBMITTED
from plexsend.outbox.form import FORM_WITH_ADVERTISEMENTS, FORM_WITH_FALLBACKS, form_in_force
from plexsend.outbox.lanes import Advertising
from plexsend.outbox.policies.state import run
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.receivers import hashed_by
from plexsend.outbox.redis.failures import MAKE_ROOM
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.under_way import CallUnderWay
from plexsend.outbox.replies import text
from plexsend.outbox.runs.failures import RunFenced, RunMustWait
from plexsend.outbox.runs.run import NO_FEED, is_run
from plexsend.outbox.states import State
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plexsend.outbox.fallbacks import Fallback
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import RunFeed
    from plexsend.settings import NumberKey

MOST_AT_ONCE = MOST_SUBMITTED
"""Messages in one call: few enough that no other script waits long for it."""

_MEMORY_MARK = 0.8
"""Share of `maxmemory` above which nothing is taken in, so that what waits can be sent and recorded."""


FORM_WITH_GROUPS = 2
"""The form of records that names lanes by number, so that a group's name costs no message anything."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be added: its key, the item exactly as it goes on the wire, and traces of its receiver."""

    msg_key: str
    body: bytes = field(repr=False)
    receiver: bytes = field(default=b"", repr=False)
    """What `receiver_of` returns; empty where the number is not known."""
    said: bytes = field(default=b"", repr=False)
    """The body with its pictures by their content, whatever addresses they have; empty: as the body is."""
    fallback: Fallback | None = field(default=None, repr=False)
    """What is sent where it reaches nobody; None: nothing is."""

    @property
    def digest(self) -> bytes:
        """16 bytes that identify what the message says after its body is gone."""
        return blake2b(self.said or self.body, digest_size=16).digest()

    @property
    def digests(self) -> bytes:
        """The same as it is written, and behind it 16 bytes of the body where that says something else."""
        if not self.said or self.said == self.body:
            return self.digest
        return self.digest + blake2b(self.body, digest_size=16).digest()

    @property
    def instead(self) -> bytes:
        """16 bytes that tell its fallback from another; empty without one."""
        return b"" if self.fallback is None else self.fallback.identity


# The names of the values are those of the attributes.
_of_message = attrgetter(*MESSAGE.names)


class SubmitOutcome(StrEnum):
    """What the outbox knew of a key before."""

    ADDED = "added"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    MIXED = "mixed"
    """Its group holds advertisements and it is none, or the other way round: it was not added."""
    OTHER_KEY = "other key"
    """It is an advertisement, and its receiver was not hashed under the key of its account."""
    TOO_EARLY = "too early"
    """It is an advertisement, and an older program still runs that would send it in the quiet hours."""
    NO_FALLBACKS_YET = "no fallbacks yet"
    """It has a fallback, and an older program still runs that would never send it."""
    SPOILT = "spoilt"
    """Another program put something else where the record of this key belongs: it was not added."""


@dataclass(frozen=True, slots=True)
class KeptTimes:
    """Times of a message that was submitted before, in ms since 1970; None: it is as asked for now."""

    send_at_ms: int | None = None
    """0: it goes as soon as it can."""
    expires_at_ms: int | None = None
    """0: it never expires."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of one message; `state` is that of the message now known by its key, None if spoilt."""

    outcome: SubmitOutcome
    state: State | None
    kept: KeptTimes | None = None
    """Of a duplicate that waits: its times, where others were asked for now. They are not changed."""


class Submitter:
    """Adds messages to lanes.

    Args:
        store: Where they are.
        number_key: Under which their receivers were hashed; advertisements go by it. None: by none.
    """

    def __init__(self, store: Store, number_key: NumberKey | None = None) -> None:
        self._store = store
        self._hashed_by = hashed_by(number_key)

    def add(
        self,
        lane: Lane,
        messages: Sequence[NewMessage],
        *,
        stamp: str,
        most_items: int = MOST_ITEMS,
        send_at_ms: int | None = None,
        expires_at_ms: int | None = None,
        form: int | None = None,
        feed: RunFeed = NO_FEED,
    ) -> list[Submitted]:
        """Add messages (at most 500) and return what became of each, in their order.

        `most_items`: the largest batch of the lane's product; this many do not wait for more to come. A time
        `send_at_ms` that has passed means now. `form`: the form in which to write; None: that in force.
        `feed`: of the lane of a run, by which right and how far it is fed with this call.

        Raises UsageError for a lane with a group while an older form is in force (advertisements are refused
        one by one then), or of a run that is not fed; OutboxFull, GroupClosed, RunFenced or RunMustWait (none
        was added), or OutboxUnavailable (whether they were added is not known: call again, what was added
        before is then a duplicate).
        """
        return self.begin(
            lane,
            messages,
            stamp=stamp,
            most_items=most_items,
            send_at_ms=send_at_ms,
            expires_at_ms=expires_at_ms,
            form=form,
            feed=feed,
            is_ahead=False,
        )()

    def begin(
        self,
        lane: Lane,
        messages: Sequence[NewMessage],
        *,
        stamp: str,
        most_items: int = MOST_ITEMS,
        send_at_ms: int | None = None,
        expires_at_ms: int | None = None,
        form: int | None = None,
        feed: RunFeed = NO_FEED,
        is_ahead: bool = True,
    ) -> Callable[[], list[Submitted]]:
        """Send messages, and return what waits for their answers: to be called once, and returns as `add`.

        The server works meanwhile. What `add` raises is raised here, or where the answers are asked for.
        `is_ahead`: False: they are sent only then.
        """
        _check(lane, len(messages), feed)
        form = form_in_force(self._store) if form is None else form
        if lane.advertising is not Advertising.NO and form < FORM_WITH_ADVERTISEMENTS:
            return lambda: [Submitted(SubmitOutcome.TOO_EARLY, None)] * len(messages)
        if lane.group is not None and form < FORM_WITH_GROUPS:
            raise UsageError(
                f"Groups cannot be used yet, and {lane.group!r} is one: an older version of plexsend still "
                "runs beside this one and knows no groups. They can be used ten minutes after its last "
                "process has ended."
            )
        # In an older form those with a fallback are refused, and the others are added.
        added = messages if form >= FORM_WITH_FALLBACKS else [each for each in messages if not each.fallback]
        refused = Submitted(SubmitOutcome.NO_FALLBACKS_YET, None)
        if not added:
            return lambda: [refused] * len(messages)
        fallbacks = [message.fallback for message in added if message.fallback is not None]
        lanes = {fallback.lane.name: fallback.lane for fallback in fallbacks}
        write = partial(
            SUBMIT.write,
            lane=lane.name,
            most_items=most_items,
            send_at_ms=send_at_ms or 0,
            expires_at_ms=expires_at_ms or 0,
            stamp=stamp,
            mark=repr(_MEMORY_MARK),
            form=form,
            hashed_by=self._hashed_by,
            fallback_lanes=" ".join(lanes),
            fallback_count=len(fallbacks),
            run_lease=feed.lease,
            run_since=feed.since,
            run_fed=feed.fed,
            run_skipped=feed.skipped,
        )
        entries: list[str | bytes | int] = list(_kept(added) if fallbacks else ())
        for message in added:
            entries += _of_message(message)
        args = [*write(announced=0), *entries]
        sent = CallUnderWay(self._store, Script.SUBMIT, lane.account, args) if is_ahead else None

        def answers() -> list[Submitted]:
            reply = sent.reply() if sent else None
            reply = reply or run(self._store, Script.SUBMIT, lane.account, args)
            if text(reply[0]) == "announce":
                for each in (lane, *lanes.values()):
                    announce(self._store, each)
                reply = run(self._store, Script.SUBMIT, lane.account, [*write(announced=1), *entries])
            found = self._read(lane, [text(value) for value in reply], len(added))
            if added is messages:
                return found
            rest = iter(found)
            return [refused if each.fallback else next(rest) for each in messages]

        return answers

    def _read(self, lane: Lane, reply: Sequence[str], messages: int) -> list[Submitted]:
        if reply[0] == "closed":
            closing = parse_closing(lane.account, lane.group or "", reply[1])
            raise refusal(closing, clock_of(self._store, lane.account))
        if reply[0] == "fenced":
            raise RunFenced(lane.group or "", reply[1])
        if reply[0] == "later":
            raise RunMustWait(lane.group or "", int(reply[1]))
        if reply[0] in _OF_ALL:
            return [Submitted(_OF_ALL[reply[0]], None)] * messages
        return _answers(reply)


def _check(lane: Lane, messages: int, feed: RunFeed) -> None:
    if is_run(lane.group) and feed is NO_FEED:
        raise UsageError(
            f"{lane.group!r} is a run of a campaign, and only its campaign adds to it. "
            "Give the messages another group, without a ~."
        )
    if messages > MOST_AT_ONCE:
        raise UsageError(f"{counted(messages, 'message')} in one call; at most {MOST_AT_ONCE} are taken.")


def _kept(messages: Sequence[NewMessage]) -> Iterator[str | bytes | int]:
    for place, message in enumerate(messages, 1):
        if message.fallback is not None:
            yield from KEPT.write(place=place, text=message.fallback.kept)


def _answers(reply: Sequence[str]) -> list[Submitted]:
    if reply[0] == "full":
        raise OutboxFull(
            f"Redis holds {int(reply[1]):,} of {int(reply[2]):,} bytes, above {_MEMORY_MARK:.0%}: "
            f"nothing new is taken in. {MAKE_ROOM}"
        )
    return [_answer(known, state) for known, state in zip(reply[::2], reply[1::2], strict=True)]


# A record in a state that nobody knows is another program's.
def _answer(known: str, answered: str) -> Submitted:
    state, *times = answered.split(" ")
    if state not in _STATES:
        return Submitted(SubmitOutcome.SPOILT, None)
    kept = KeptTimes(*(None if each == "-" else int(each) for each in times)) if times else None
    return Submitted(SubmitOutcome(known), State(state), kept)


_OF_ALL = {str(outcome): outcome for outcome in (SubmitOutcome.MIXED, SubmitOutcome.OTHER_KEY)}
"""What the script answers for all messages of a call at once."""
_STATES = frozenset(State)
"""The words of all states."""
