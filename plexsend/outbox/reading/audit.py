"""Proof that the counts add up, and that no message waits where nobody looks.

Every record is compared with its sets and its body, each lane's counts with its sets and its records, every
key with the type that it should have. A running system moves meanwhile; what is compared is read in one look,
or twice, see books.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.arguments import AUDIT
from plexsend.outbox.form import OLD_FORM, form_in_force
from plexsend.outbox.index import indexed_lanes
from plexsend.outbox.lanes import NAME
from plexsend.outbox.reading.books import (
    SETS,
    Books,
    Miscount,
    Tally,
    miscounts,
    read_books,
    sets_that_differ,
    sum_breaks,
)
from plexsend.outbox.reading.day_audit import compare_days
from plexsend.outbox.reading.day_fields import fields_of_days, lacks
from plexsend.outbox.reading.discrepancies import HEALS, Discrepancy, about_hold, about_lane, without_sequels
from plexsend.outbox.reading.queries import accounts, lanes, routes, server_ms
from plexsend.outbox.reading.record_pass import RecordPass, members_that_are_wrong, wrong_types
from plexsend.outbox.reading.run_audit import run_breaks
from plexsend.outbox.redis.key_types import OF_FLEET
from plexsend.outbox.redis.reads import ask
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import text
from plexsend.outbox.states import SET_OF, State
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.reading.record_pass import PassResult
    from plexsend.outbox.redis.store import Store

_TRIES = 3
"""A difference of a lane that moves counts if so many passes find it."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The result: `messages` were submitted; `states` counts the records, `archived` those that aged out."""

    messages: int
    states: Mapping[str, int]
    archived: Mapping[str, int]
    discrepancies: tuple[Discrepancy, ...]
    moving: tuple[str, ...] = ()
    """Lanes that moved meanwhile: of what waits only the sums were compared with the sets."""
    uncompared: tuple[str, ...] = ()
    """Accounts whose days were not compared: older programs counted nothing by day, and stock is still to be
    taken of that."""

    @property
    def ok(self) -> bool:
        """Whether everything adds up."""
        return not self.discrepancies

    @property
    def in_words(self) -> str:
        """All that is accounted for, where everything adds up."""
        all_ = "" if self.messages == 1 else "all "
        return f"{all_}{counted(self.messages, 'message is', 'messages are')} accounted for"


def audit(store: Store, *, progress: Callable[[int, int], None] | None = None) -> Audit:
    """Compare every record with its lane's sets and counts. `progress` gets the records read and expected."""
    return _Audit(store, progress or (lambda _, __: None)).run()


class _Audit:
    def __init__(self, store: Store, progress: Callable[[int, int], None]) -> None:
        self._store = store
        self._progress = progress
        self._read = self._expected = 0
        self._has_index = form_in_force(store) != OLD_FORM
        self._before: dict[str, Books] = {}
        self._after: dict[str, Books] = {}
        self._uncompared: list[str] = []
        self._unlisted: set[str] = set()
        """Accounts that have keys, but are in neither set of the fleet."""

    def run(self) -> Audit:
        """Make passes until what is found cannot come from what moved meanwhile."""
        constant: list[Miscount] = []
        lacking: list[Discrepancy] = []
        for tried in range(_TRIES):
            mine = _by_account(self._known_lanes())
            since_ms = server_ms(self._store)
            self._before = self._books(mine)
            held = {account: fields_of_days(self._store, account) for account in mine}
            self._expected = max(self._expected, sum(book.living for book in self._before.values()))
            seen = RecordPass(self._store, since_ms, self._on_page, exactly=tried > 0).run()
            self._after = self._books(mine)
            differ = list(self._miscounts(seen.tallies))
            shifts = {found.shift for found in constant}
            constant = [found for found in differ if tried == 0 or found.shift in shifts]
            lacking = [
                each for name, its in seen.of_days.items() for each in lacks(name, held.get(name), its)
            ]
            fresh = {*seen.lanes, *seen.named} - {*mine, *self._unlisted}
            self._unlisted |= fresh
            # The next pass does not find a difference that a lane's moves made, or a key that came twice.
            if not fresh and (not lacking or tried) and (not constant or (tried and self._rested(constant))):
                break
        found = [*self._of_keys(), *self._of_holds(mine), *seen.found, *self._of_lanes(mine, seen)]
        found += run_breaks(self._store)
        found += [each.discrepancy for each in constant]
        found += [*self._of_days(mine, constant), *lacking]
        return self._result(without_sequels(dict.fromkeys(found)))

    # An account that is in neither set of the fleet is found by its keys.
    def _known_lanes(self) -> set[Lane]:
        announced = ask(self._store, lambda pipe: pipe.smembers(self._store.keys.accounts))
        named = {name for name in map(text, announced) if NAME.fullmatch(name)}
        others = (named | self._unlisted) - {*accounts(self._store)}
        return {*lanes(self._store)}.union(*(indexed_lanes(self._store, account) for account in others))

    def _rested(self, found: Iterable[Miscount]) -> bool:
        return all(self._before[each.lane].is_as(self._after[each.lane]) for each in found)

    def _on_page(self, n: int) -> None:
        self._read += n
        self._progress(self._read, max(self._expected, self._read))

    def _books(self, mine: Mapping[str, Iterable[Lane]]) -> dict[str, Books]:
        found: dict[str, Books] = {}
        for account, its in mine.items():
            found |= read_books(self._store, account, its)
        return found

    def _miscounts(self, tallies: Mapping[str, Tally]) -> Iterator[Miscount]:
        for name, before in self._before.items():
            yield from miscounts(name, before, self._after[name], tallies.get(name) or Tally())

    def _of_keys(self) -> Iterator[Discrepancy]:
        yield from wrong_types(self._store, OF_FLEET.items())

    def _of_holds(self, accounts_: Iterable[str]) -> Iterator[Discrepancy]:
        args = AUDIT.write(act="holds", lane="", part="", since_ms=0)
        for account in accounts_:
            for field in self._store.run(Script.AUDIT, account, [*args]):
                yield about_hold(account, text(field))

    # Where lanes do not agree with themselves or their records, days cannot agree with them.
    def _of_days(self, mine: Mapping[str, list[Lane]], wrong: Iterable[Miscount]) -> Iterator[Discrepancy]:
        lost = {each.lane for each in wrong}
        for account, its in mine.items():
            names = [lane.name for lane in its]
            if lost.intersection(names) or any(any(sum_breaks(each, self._after[each])) for each in names):
                continue
            is_compared, found = compare_days(self._store, account, [lane for lane in its if lane.is_route])
            if not is_compared:
                self._uncompared.append(account)
            yield from found

    def _of_lanes(self, mine: Mapping[str, list[Lane]], seen: PassResult) -> Iterator[Discrepancy]:
        for account, its in mine.items():
            for lane in its:
                yield from self._of_lane(lane, seen.tallies.get(lane.name) or Tally())
            yield from self._not_listed(account, its, seen)
        for account in sorted({*seen.lanes, *seen.named} - mine.keys()):
            yield from self._not_listed(account, [], seen)

    def _of_lane(self, lane: Lane, tally: Tally) -> Iterator[Discrepancy]:
        before, after = self._before[lane.name], self._after[lane.name]
        yield from sum_breaks(lane.name, after)
        # What a program has just announced is there in one look and not in the other.
        for wrong in after.wrong:
            if wrong in before.wrong and (self._has_index or wrong != "index"):
                yield about_lane(lane.name, wrong)
        strangers = {*sets_that_differ(after)}
        if before.is_as(after):
            strangers |= {part for part in SETS if _seen_in(tally, part) != after.sizes[part]}
        for part in sorted(strangers):
            if after.sizes[part] > 0:
                yield from members_that_are_wrong(self._store, lane, part)

    def _not_listed(self, account: str, known: list[Lane], seen: PassResult) -> Iterator[Discrepancy]:
        names = {lane.name for lane in known}
        named = seen.named.get(account, set()) - names
        having = {lane for lane in seen.lanes.get(account, set()) if lane.name not in names}
        if named or having:
            # A lane can have begun since they were read.
            names |= {lane.name for lane in indexed_lanes(self._store, account)}
        for name in sorted(named - names):
            words = "records name this lane, but it is not among the known lanes"
            yield Discrepancy(name, "", words, HEALS)
        lost = {lane.name: lane for lane in having if lane.name not in {*names, *named}}
        for name, book in sorted(read_books(self._store, account, lost.values()).items()):
            if any(book.sizes.values()):
                yield Discrepancy(name, "", "its sets are there, but it is not among the known lanes", HEALS)
        yield from self._not_served(account, known, having)

    # Workers find accounts and routes in the set of the whole fleet alone.
    def _not_served(
        self, account: str, known: Iterable[Lane], having: Iterable[Lane]
    ) -> Iterator[Discrepancy]:
        keys = self._store.keys
        listed = set(routes(self._store))
        for route in sorted({lane.route for lane in (*known, *having)} - listed, key=lambda lane: lane.name):
            words = f"it is not in the set {keys.lanes}, so no worker looks after it"
            yield Discrepancy(route.name, "", words, HEALS)
        with mapped():
            is_here = bool(self._store.client.exists(keys.here(account)))
        if not is_here and any(self._after[lane.name].submitted for lane in known):
            here = keys.here(account)
            yield Discrepancy(
                "",
                "",
                f"the key {here} is missing, so nothing of the account {account} is sent",
                "If its messages are on another server now, use that one. If they were restored here: "
                f"redis-cli SET {here} 1",
            )

    def _result(self, found: Iterable[Discrepancy]) -> Audit:
        states: Counter[str] = Counter()
        archived: Counter[str] = Counter()
        for book in self._after.values():
            for state in State:
                states[state] += book.count(state)
                archived[state] += book.archived(state)
        return Audit(
            sum(book.submitted for book in self._after.values()),
            {str(state): n for state, n in states.items() if n},
            {str(state): n for state, n in archived.items() if n},
            tuple(found),
            tuple(name for name, book in self._before.items() if not book.is_as(self._after[name])),
            tuple(self._uncompared),
        )


def _by_account(known: Iterable[Lane]) -> dict[str, list[Lane]]:
    found: dict[str, list[Lane]] = defaultdict(list)
    for lane in known:
        found[lane.account].append(lane)
    return found


def _seen_in(tally: Tally, part: str) -> int:
    return sum(tally.states[state] for state, its in SET_OF.items() if its == part)
