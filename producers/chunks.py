"""Chunks: some items of a submission, judged, and on their way into the outbox."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from plexsend.errors import GroupClosed, KeySpoilt, OutboxError, OutboxFull, PlexsendError
from plexsend.gateway.pictures.failures import UploadFailed
from plexsend.outbox.submit import SubmitOutcome
from plexsend.producers.kept import remarks_on
from plexsend.producers.refused import REFUSED, why_refused
from plexsend.producers.submissions import (
    Added,
    Changed,
    Conflict,
    Duplicate,
    InDoubt,
    Invalid,
    NotAdded,
    Submission,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.submit import NewMessage, Submitted
    from plexsend.producers.calls import Calls
    from plexsend.producers.moments import Moments
    from plexsend.producers.placing import Placed
    from plexsend.terminal.moments import WallClock

    Answers = Callable[[], Sequence["Submitted | HeldBack"]]
    Add = Callable[[Lane, Moments, list[NewMessage]], Answers]
    Complete = Callable[[Sequence["Waiting"]], tuple[Sequence["Waiting"], Sequence[Invalid]]]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """The answer for a message that was not added, since an import added another one in its place before."""


class Taker(Protocol):
    """Where a pipeline ends: the outbox's Submitter."""

    def add(
        self,
        lane: Lane,
        messages: Sequence[NewMessage],
        *,
        stamp: str,
        most_items: int,
        send_at_ms: int | None,
        expires_at_ms: int | None,
    ) -> Sequence[Submitted | HeldBack]:
        """Take messages in and return what became of each."""
        ...


@runtime_checkable
class LateTaker(Taker, Protocol):
    """One that need not be waited for: messages are sent, and what became of them is asked for later."""

    def send(
        self,
        lane: Lane,
        messages: Sequence[NewMessage],
        *,
        stamp: str,
        most_items: int,
        send_at_ms: int | None,
        expires_at_ms: int | None,
    ) -> Callable[[], Sequence[Submitted]]:
        """Send messages, and return what waits for their answers."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A valid item that waits for its chunk."""

    index: int
    lane: Lane
    moments: Moments
    message: NewMessage
    placed: Placed | None = None
    """The pictures that it shows; None: it shows none."""
    has_key: bool = True
    """Whether the caller gave it its key."""


@dataclass(slots=True)
class Chunk:
    """Some entries that were judged: what became of them so far, and the items that wait to be added."""

    part: Submission = field(default_factory=Submission)
    waiting: list[Waiting] = field(default_factory=list)
    is_full: bool = False
    """Whether it ended because it was long enough; otherwise it is the last."""
    first: int = 0
    """How many entries were read before its own."""

    @property
    def judged(self) -> int:
        """How many of its entries were judged."""
        return len(self.part.invalid) + len(self.waiting)

    def give_up(self) -> Submission:
        """Return what became of the entries where nothing of the chunk is added."""
        _note_not_added(self.part, self.waiting)
        self.part.sort()
        return self.part


class Adding:
    """A chunk being added, group by group, in a thread that may be given up.

    Args:
        chunk: The chunk; nothing else uses it any more.
        add: Adds messages of one lane and the same moments, at most a chunk of them. What it returns waits
            for their answers.
        clock: Shows times in remarks.
        complete: Called first, to upload the pictures of messages before they are added.
    """

    def __init__(self, chunk: Chunk, add: Add, clock: WallClock, complete: Complete) -> None:
        self.part = chunk.part
        """What became of every entry, once it ran or was given up."""
        self.failure: PlexsendError | None = None
        """What ended it early."""
        self._groups = group(chunk.waiting)
        self._add = add
        self._complete, self._is_bringing = complete, False
        self._clock = clock
        # Held while a group is begun or answered, never while Redis is waited for.
        self._lock = threading.Lock()
        self._answered = 0
        """Groups that were answered."""
        self._begun = 0
        self._ended = threading.Event()

    def run(self) -> PlexsendError | None:
        """Add what waits and note what became of every item. Return what ended it early, or None."""
        for _ in self.steps():
            pass
        return self.failure

    def steps(self) -> Iterator[None]:
        """Do the same, and pause wherever messages were sent whose answers are asked for next."""
        try:
            self._bring_pictures()
        except PlexsendError as exc:
            self.failure = exc
            with self._lock:
                if not self._ended.is_set():
                    self._end(in_doubt=False)
            return
        for messages in self._groups:
            with self._lock:
                if self._ended.is_set():
                    return
                self._begun += 1
            first = messages[0]
            try:
                answers_of = self._add(first.lane, first.moments, [each.message for each in messages])
                yield
                answers = answers_of()
            except OutboxError as exc:
                self.failure = exc
                break
            with self._lock:
                if self._ended.is_set():
                    return
                _note(self.part, messages, answers, self._clock)
                self._answered += 1
        with self._lock:
            if not self._ended.is_set():
                # Of these alone it is known that nothing was added.
                added_nothing = isinstance(self.failure, (OutboxFull, GroupClosed, KeySpoilt))
                self._end(in_doubt=self.failure is not None and not added_nothing)

    def _bring_pictures(self) -> None:
        waiting = [each for messages in self._groups for each in messages]
        if not any(each.placed for each in waiting):
            return
        self._is_bringing = True
        whole, invalid = self._complete(sorted(waiting, key=attrgetter("index")))
        self._is_bringing = False
        with self._lock:
            if not self._ended.is_set():
                self.part.invalid.extend(invalid)
                self._groups = group(whole)

    def too_late(self, calls: Calls) -> PlexsendError:
        """Return what took too long: the pictures, or Redis."""
        if not self._is_bringing:
            return calls.too_late()
        words = f"Not all pictures were uploaded within {calls.timeout_s or 0:g} s (timeout_s). Call again."
        return UploadFailed(words, "TIME", again=True)

    def give_up(self) -> bool:
        """Stop it: no further group is begun. Return whether any item was not answered."""
        with self._lock:
            if not self._ended.is_set():
                self._end(in_doubt=True)
            return bool(self.part.in_doubt or self.part.not_added)

    def _end(self, *, in_doubt: bool) -> None:
        """Note what became of the groups without an answer."""
        self._ended.set()
        for messages in self._groups[self._answered : self._begun]:
            if in_doubt:
                # Where Ctrl-C came while the answers were noted, some of them are.
                noted = {each.index for each in self.part.added}
                noted |= {each.index for each in self.part.duplicates}
                noted |= {each.index for each in self.part.conflicts}
                noted |= {each.index for each in self.part.changed}
                unanswered = [each for each in messages if each.index not in noted]
                self.part.in_doubt.extend(InDoubt(each.index, each.message.msg_key) for each in unanswered)
            else:
                _note_not_added(self.part, messages)
        for messages in self._groups[self._begun :]:
            _note_not_added(self.part, messages)
        self.part.sort()


def _note(
    part: Submission,
    messages: Sequence[Waiting],
    answers: Sequence[Submitted | HeldBack],
    clock: WallClock,
) -> None:
    for each, submitted in zip(messages, answers, strict=True):
        index, msg_key = each.index, each.message.msg_key
        if isinstance(submitted, HeldBack):
            part.changed.append(Changed(index, msg_key))
        elif submitted.state is None or submitted.outcome in REFUSED:
            problem = why_refused(submitted.outcome, each.lane, msg_key)
            part.invalid.append(Invalid(index, msg_key, (problem,)))
        elif submitted.outcome is SubmitOutcome.ADDED:
            part.added.append(Added(index, msg_key))
        elif submitted.outcome is SubmitOutcome.DUPLICATE:
            part.duplicates.append(Duplicate(index, msg_key, submitted.state, submitted.kept))
            if submitted.kept is not None:
                part.warnings.extend(remarks_on(index, msg_key, submitted.kept, clock))
        else:
            part.conflicts.append(Conflict(index, msg_key, submitted.state))


def _note_not_added(part: Submission, messages: Iterable[Waiting]) -> None:
    part.not_added.extend(NotAdded(each.index, each.message.msg_key) for each in messages)


_Slot = tuple["Lane", "Moments"]
"""What the messages of one call share."""


def group(waiting: Sequence[Waiting]) -> list[list[Waiting]]:
    """Return the waiting items in groups that share lane and moments, one group each where the order allows.

    Of two items with the same key, the one given first must be added first. Items that are due at once are in
    their lane in the order in which they are added, items due later in the order of their moments. So a new
    round of groups begins where an item would overtake another.
    """
    # Most chunks are of one lane, without moments of their own: grouping them would cost a twentieth more.
    if waiting and all(
        each.lane is waiting[0].lane and each.moments is waiting[0].moments for each in waiting
    ):
        return [list(waiting)]
    groups: list[list[Waiting]] = []
    current: dict[_Slot, list[Waiting]] = {}
    slot_of: dict[str, _Slot] = {}
    last_due: dict[Lane, _Slot] = {}
    for each in waiting:
        slot = (each.lane, each.moments)
        is_due = each.moments.send_at_ms is None
        overtakes = is_due and slot in current and last_due[each.lane] != slot
        if overtakes or slot_of.setdefault(each.message.msg_key, slot) != slot:
            groups += current.values()
            current = {}
            slot_of = {each.message.msg_key: slot}
        current.setdefault(slot, []).append(each)
        if is_due:
            last_due[each.lane] = slot
    return [*groups, *current.values()]
