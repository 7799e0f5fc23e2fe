"""Proof that the counts add up: every record against the sets and the counts of its lane.

A running system moves while it is read. So each record is compared with its sets in one transaction, and the
counts of a lane are compared with its records only if they did not move meanwhile; of a lane that never rests
only its own counts and sets are compared, which are read in one transaction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plexsend.outbox.index import LaneNames, indexed_lanes
from plexsend.outbox.reading.queries import accounts, lanes
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text
from plexsend.outbox.states import SET_OF, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store

_PAGE = 500
_TRIES = 3
_SETS = ("later", "ready", "sending", "uncertain", "dead")


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One place where the books do not agree. `msg_key` is empty where it is about a lane's counts."""

    lane: str
    msg_key: str
    what: str


@dataclass(frozen=True, slots=True)
class Audit:
    """The result: `messages` were submitted; `states` counts the records, `archived` those that aged out."""

    messages: int
    states: Mapping[str, int]
    archived: Mapping[str, int]
    discrepancies: tuple[Discrepancy, ...]
    moving: tuple[str, ...] = ()
    """Lanes that moved all the time: records were compared one by one, sums only with the sets."""

    @property
    def ok(self) -> bool:
        """Whether everything adds up."""
        return not self.discrepancies


@dataclass(slots=True)
class _Books:
    counts: dict[str, int]
    cards: dict[str, int]

    @property
    def states(self) -> Counter[str]:
        return Counter(
            {name[2:]: count for name, count in self.counts.items() if name.startswith("s:") and count}
        )

    @property
    def archived(self) -> Counter[str]:
        return Counter(
            {name[2:]: count for name, count in self.counts.items() if name.startswith("a:") and count}
        )


@dataclass(slots=True)
class _Seen:
    """What one pass over an account's records found, by lane."""

    states: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    discrepancies: list[Discrepancy] = field(default_factory=list)


def audit(store: Store, *, progress: Callable[[int, int], None] | None = None) -> Audit:
    """Compare every record with its lane's sets and counts. `progress` gets the records read and expected."""
    known = lanes(store)
    expected = sum(sum(_read_books(store, lane).states.values()) for lane in known)
    total: Counter[str] = Counter()
    archived: Counter[str] = Counter()
    discrepancies: list[Discrepancy] = []
    moving: list[str] = []
    read = 0

    def on_page(n: int) -> None:
        nonlocal read
        read += n
        if progress is not None:
            progress(read, max(expected, read))

    submitted = 0
    for account in accounts(store):
        mine = [lane for lane in known if lane.account == account]
        books, seen, still = _settled_pass(store, account, mine, on_page)
        discrepancies += seen.discrepancies
        for lane in mine:
            book = books[lane.name]
            submitted += book.counts.get("submitted", 0)
            total += book.states
            archived += book.archived
            discrepancies += _sum_breaks(lane.name, book)
            if still[lane.name]:
                discrepancies += _record_breaks(lane.name, book, seen.states[lane.name])
            else:
                moving.append(lane.name)
        unknown = seen.states.keys() - {lane.name for lane in mine}
        # A lane can have begun since they were read.
        for name in sorted(unknown - _lanes_now(store, account) if unknown else unknown):
            discrepancies.append(
                Discrepancy(name, "", "records name this lane, but it is not among the known lanes")
            )
    return Audit(submitted, dict(total), dict(archived), tuple(discrepancies), tuple(moving))


def _lanes_now(store: Store, account: str) -> set[str]:
    return {lane.name for lane in indexed_lanes(store, account)}


def _settled_pass(
    store: Store, account: str, mine: list[Lane], on_page: Callable[[int], None]
) -> tuple[dict[str, _Books], _Seen, dict[str, bool]]:
    for _ in range(_TRIES):
        before = {lane.name: _read_books(store, lane) for lane in mine}
        seen = _Seen()
        _read_records(store, account, seen, on_page)
        for lane in mine:
            _read_members(store, lane, seen)
        after = {lane.name: _read_books(store, lane) for lane in mine}
        still = {name: before[name] == after[name] for name in after}
        if all(still.values()):
            break
    return after, seen, still


def _read_books(store: Store, lane: Lane) -> _Books:
    with mapped():
        pipe = store.client.pipeline(transaction=True)
        pipe.hgetall(store.keys.lane(lane.account, lane.name, "counts"))
        for part in _SETS:
            pipe.zcard(store.keys.lane(lane.account, lane.name, part))
        counts, *cards = pipe.execute()
    return _Books(
        {text(name): number(value) for name, value in counts.items()}, dict(zip(_SETS, cards, strict=True))
    )


def _sum_breaks(lane: str, book: _Books) -> Iterator[Discrepancy]:
    submitted = book.counts.get("submitted", 0)
    found = sum(book.states.values()) + sum(book.archived.values())
    if submitted != found:
        yield Discrepancy(lane, "", f"{submitted} submitted, but {found} counted in all states and archived")
    in_sets: Counter[str] = Counter()
    for state, part in SET_OF.items():
        in_sets[part] += book.states[state]
    for part, card in book.cards.items():
        if in_sets[part] != card:
            yield Discrepancy(
                lane, "", f"{in_sets[part]} counted in the states of `{part}`, but it holds {card}"
            )


def _record_breaks(lane: str, book: _Books, seen: Counter[str]) -> Iterator[Discrepancy]:
    for state in State:
        if book.states[state] != seen[state]:
            yield Discrepancy(
                lane, "", f"{book.states[state]} counted as {state}, but {seen[state]} records are"
            )


def _read_records(store: Store, account: str, seen: _Seen, on_page: Callable[[int], None]) -> None:
    start = store.keys.record(account, "")
    done: set[str] = set()
    names = LaneNames(store, account)
    with mapped():
        for page in _pages(store.client.scan_iter(match=_escape(start) + "*", count=_PAGE)):
            # SCAN may return a key twice while the keyspace grows or shrinks.
            keys = [key for key in (text(name)[len(start) :] for name in page) if key not in done]
            done.update(keys)
            _check_records(store, account, keys, seen, names)
            on_page(len(keys))


def _check_records(store: Store, account: str, keys: list[str], seen: _Seen, names: LaneNames) -> None:
    pipe = store.client.pipeline(transaction=True)
    for key in keys:
        pipe.hmget(store.keys.record(account, key), "s", "l")
        pipe.exists(store.keys.body(account, key))
    replies = pipe.execute()
    wanted: list[tuple[str, str, str]] = []
    names.learn(named for _, named in replies[::2])
    for key, (state, named), has_body in zip(keys, replies[::2], replies[1::2], strict=True):
        lane = names.name(named)
        if state is None or (lane.isdigit() and not _names(store, account, key, named)):
            continue
        if not lane or text(state) not in set(State):
            seen.discrepancies.append(Discrepancy(lane, key, "its record is not whole"))
            continue
        seen.states[lane][text(state)] += 1
        wanted.append((key, text(state), lane))
        needs_body = State(text(state)) in SET_OF
        if needs_body != bool(has_body):
            problem = "its body is gone" if needs_body else "its body was kept"
            found = Discrepancy(lane, key, problem)
            seen.discrepancies.extend(_still(store, account, key, found, state=text(state)))
    _check_places(store, account, wanted, seen)


# A lane ends with its last record: a number that nobody knows is a break only if its record is still there.
def _names(store: Store, account: str, key: str, named: bytes) -> bool:
    return store.client.hget(store.keys.record(account, key), "l") == named


def _check_places(store: Store, account: str, records: list[tuple[str, str, str]], seen: _Seen) -> None:
    pipe = store.client.pipeline(transaction=True)
    for key, _, lane in records:
        pipe.hget(store.keys.record(account, key), "s")
        for part in _SETS:
            pipe.zscore(store.keys.lane(account, lane, part), key)
    replies = pipe.execute()
    width = 1 + len(_SETS)
    for i, (key, _, lane) in enumerate(records):
        state, *scores = replies[i * width : (i + 1) * width]
        if state is None:
            continue
        places = [part for part, score in zip(_SETS, scores, strict=True) if score is not None]
        right = SET_OF.get(State(text(state)))
        if places != ([right] if right else []):
            found = ", ".join(places) or "no set"
            seen.discrepancies.append(Discrepancy(lane, key, f"it is {text(state)}, but it is in {found}"))


# A body comes and goes with the state; a difference between two reads is only a break if the state stayed.
def _still(store: Store, account: str, key: str, found: Discrepancy, *, state: str) -> Iterator[Discrepancy]:
    pipe = store.client.pipeline(transaction=True)
    pipe.hget(store.keys.record(account, key), "s")
    pipe.exists(store.keys.body(account, key))
    now, has_body = pipe.execute()
    if now is not None and text(now) == state and bool(has_body) != (State(state) in SET_OF):
        yield found


def _read_members(store: Store, lane: Lane, seen: _Seen) -> None:
    for part in _SETS:
        name = store.keys.lane(lane.account, lane.name, part)
        with mapped():
            for page in _pages(store.client.zscan_iter(name, count=_PAGE)):
                _check_members(store, lane, name, [text(key) for key, _ in page], seen)


def _check_members(store: Store, lane: Lane, name: str, keys: list[str], seen: _Seen) -> None:
    pipe = store.client.pipeline(transaction=True)
    for key in keys:
        pipe.exists(store.keys.record(lane.account, key))
        pipe.zscore(name, key)
    replies = pipe.execute()
    for key, exists, score in zip(keys, replies[::2], replies[1::2], strict=True):
        if score is not None and not exists:
            seen.discrepancies.append(
                Discrepancy(lane.name, key, f"it is in {name.rpartition(':')[2]}, but has no record")
            )


def _pages(items: Iterator[Any]) -> Iterator[list[Any]]:
    page: list[Any] = []
    for item in items:
        page.append(item)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


def _escape(pattern: str) -> str:
    return "".join(f"\\{char}" if char in "*?[]\\" else char for char in pattern)
