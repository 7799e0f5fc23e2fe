"""The books of lanes: what each counted, the sizes of its sets, and what the records say beside that.

A running system moves while its records are read. Counts and sets of a lane are read in one look and must
agree whatever moves. Records are compared with the counts of a lane that rested meanwhile; of one that moved
those that had ended before the records were read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plexsend.outbox.arguments import AUDIT
from plexsend.outbox.reading.discrepancies import Discrepancy
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text
from plexsend.outbox.states import BY_RECEIPT, FINAL, SET_OF, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store

SETS = ("later", "ready", "sending", "uncertain", "dead")
_LANES_A_CALL = 50
"""About a millisecond."""


@dataclass(frozen=True, slots=True)
class Books:
    """What one lane counted, at one moment."""

    at_ms: int
    counts: Mapping[str, int]
    sizes: Mapping[str, int]
    """Set → members; -1 where the key is of another type."""
    wrong: tuple[str, ...] = ()
    """What keeps the lane from being looked at."""

    @property
    def submitted(self) -> int:
        """How many messages were ever added."""
        return self.counts.get("submitted", 0)

    def count(self, state: State) -> int:
        """Return how many messages are counted in a state."""
        return self.counts.get(f"s:{state}", 0)

    def archived(self, state: State) -> int:
        """Return how many records of a state aged out or were dropped."""
        return self.counts.get(f"a:{state}", 0)

    @property
    def living(self) -> int:
        """How many records there should be."""
        return sum(n for name, n in self.counts.items() if name.startswith("s:"))

    def is_as(self, other: Books) -> bool:
        """Whether nothing moved between the two."""
        return (self.counts, self.sizes) == (other.counts, other.sizes)


@dataclass(slots=True)
class Tally:
    """What the records of one lane say."""

    states: Counter[str] = field(default_factory=Counter)
    lately: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    """State, ms of the end and ms of the last change → records, of those that ended, or were changed by a
    receipt or for want of one, since the records began to be read."""


@dataclass(frozen=True, slots=True)
class Miscount:
    """A state of which a lane counts more or fewer messages than there are records."""

    lane: str
    state: str
    """`ended`: all that have ended, together."""
    counted: int
    records: int

    @property
    def shift(self) -> tuple[str, str, int]:
        """What stays as it is while the lane moves on."""
        return self.lane, self.state, self.counted - self.records

    @property
    def discrepancy(self) -> Discrepancy:
        """The same in words."""
        words = f"{self.counted} counted as {self.state}, but {self.records} records are"
        return Discrepancy(self.lane, "", words)


def read_books(store: Store, account: str, lanes: Iterable[Lane]) -> dict[str, Books]:
    """Return the books of an account's lanes by their names, fifty in one look."""
    names = [lane.name for lane in lanes]
    found: dict[str, Books] = {}
    for at in range(0, len(names), _LANES_A_CALL):
        part = names[at : at + _LANES_A_CALL]
        args = AUDIT.write(act="lanes", lane="", part="", since_ms=0)
        at_ms, *rows = store.run(Script.AUDIT, account, [*args, *part])
        found |= {name: _books(number(at_ms), row) for name, row in zip(part, rows, strict=True)}
    return found


def _books(at_ms: int, row: Sequence[Any]) -> Books:
    counts, sizes, wrong = row
    return Books(
        at_ms,
        {text(name): number(value) for name, value in zip(counts[::2], counts[1::2], strict=True)},
        dict(zip(SETS, sizes, strict=True)),
        tuple(text(word) for word in wrong),
    )


def sum_breaks(lane: str, book: Books) -> Iterator[Discrepancy]:
    """Yield where a lane's own counts do not add up, or its sets differ from them."""
    found = sum(n for name, n in book.counts.items() if name[:2] in ("s:", "a:"))
    if book.submitted != found:
        yield Discrepancy(
            lane, "", f"{book.submitted} submitted, but {found} counted in all states and forgotten"
        )
    for part in sets_that_differ(book):
        if book.sizes[part] >= 0:
            counted = _counted_in(book, part)
            yield Discrepancy(
                lane, "", f"{counted} counted in the states of `{part}`, but it holds {book.sizes[part]}"
            )


def sets_that_differ(book: Books) -> list[str]:
    """Return the sets that have not as many members as are counted in their states."""
    return [part for part, size in book.sizes.items() if _counted_in(book, part) != size]


def _counted_in(book: Books, part: str) -> int:
    return sum(book.count(state) for state, its in SET_OF.items() if its == part)


def miscounts(lane: str, before: Books, after: Books, seen: Tally) -> Iterator[Miscount]:
    """Yield where a lane's counts differ from its records, which were read between the two looks."""
    if before.is_as(after):
        for state in State:
            if before.count(state) != seen.states[state]:
                yield Miscount(lane, state, before.count(state), seen.states[state])
        return
    # A lane with a group that ended meanwhile has no books any more.
    if after.submitted >= before.submitted:
        yield from _miscounts_of_ended(lane, before, after, seen)


# Receipts move what has ended from one state to another: so each state is compared with that much room, and
# all of them together without.
def _miscounts_of_ended(lane: str, before: Books, after: Books, seen: Tally) -> list[Miscount]:
    looks = _Looks(lane, before, after, seen)
    moved = _moved_by_receipts(before, after, seen)
    found = [miscount for state in FINAL for miscount in _differs(looks, (state,), moved)]
    return found or list(_differs(looks, FINAL))


@dataclass(frozen=True, slots=True)
class _Looks:
    """Two looks at a lane's books, and what its records said between them."""

    lane: str
    before: Books
    after: Books
    seen: Tally


def _differs(looks: _Looks, states: tuple[State, ...], moved: int = 0) -> Iterator[Miscount]:
    before, after = looks.before, looks.after
    least, most = _seen_before(before.at_ms, after.at_ms, states, looks.seen)
    counted = sum(before.count(state) for state in states)
    gone = sum(max(0, after.archived(state) - before.archived(state)) for state in states)
    if least > counted or most < counted - gone - moved:
        name = states[0] if len(states) == 1 else "ended"
        yield Miscount(looks.lane, name, counted, least if least > counted else most)


# How many of the records seen were in one of these states at a moment, at least and at most: of those that
# came into it in the very ms it is not known. What is behind the last look is from before the clock was set
# back.
def _seen_before(at_ms: int, last_ms: int, states: tuple[State, ...], seen: Tally) -> tuple[int, int]:
    after = same = 0
    for (state, ended_ms, changed_ms), n in seen.lately.items():
        came_ms = changed_ms if len(states) == 1 else ended_ms
        if state in states and at_ms < came_ms <= last_ms:
            after += n
        elif state in states and came_ms == at_ms:
            same += n
    most = sum(seen.states[state] for state in states) - after
    return most - same, most


# How many may have gone from one state to another since they ended, those taken away then among them.
def _moved_by_receipts(before: Books, after: Books, seen: Tally) -> int:
    gone = sum(max(0, after.archived(state) - before.archived(state)) for state in BY_RECEIPT)
    return gone + sum(
        n
        for (_, ended_ms, changed_ms), n in seen.lately.items()
        if ended_ms <= before.at_ms <= changed_ms <= after.at_ms
    )
