"""Groups as they are: their lanes, who knows one, what is closed, how many messages are in each state."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from plexsend.errors import UsageError
from plexsend.outbox.closings import parse_closing
from plexsend.outbox.holds import Reason, Scope, hold_field
from plexsend.outbox.index import indexed_lanes
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.queries import accounts, covering, held_accounts, holds, only_account
from plexsend.outbox.redis.reads import ask, execute, up_to
from plexsend.outbox.replies import number, text
from plexsend.outbox.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plexsend.errors import Closing
    from plexsend.outbox.holds import Hold
    from plexsend.outbox.redis.store import Store

_PAGE = 1_000
"""Fields of the index, or lanes, in one round trip."""
DEFAULT_ACCOUNT = "main"
"""Where a group is looked for that no account knows: calls that name no account submit there."""


def lanes_of(store: Store, account: str, group: str) -> list[Lane]:
    """Return the lanes of a group, in the order of their names."""
    return sorted(set(_find_lanes(store, account, group)), key=lambda lane: lane.name)


# Redis looks through the index: an account may have tens of thousands of lanes, and a group has a handful.
def _find_lanes(store: Store, account: str, group: str) -> Iterator[Lane]:
    index = store.keys.lane_index(account)
    with up_to(store, index):
        for name, _ in store.client.hscan_iter(index, match=f"*/{group}*@*", count=_PAGE):
            # The pattern finds groups too whose names only begin with it.
            with suppress(UsageError):
                lane = Lane.parse(text(name))
                if lane.group == group:
                    yield lane


def living(store: Store, lane: Lane) -> int:
    """Return how many messages of a lane wait, or are scheduled or being sent."""
    pipe = store.client.pipeline(transaction=True)
    for part in ("ready", "later", "sending"):
        pipe.zcard(store.keys.lane(lane.account, lane.name, part))
    return sum(execute(store, pipe))


def closings(store: Store, account: str) -> dict[str, Closing]:
    """Return an account's closed groups by their names."""
    fields = cast("dict[bytes, bytes]", ask(store, lambda pipe: pipe.hgetall(store.keys.closed(account))))
    return {text(name): parse_closing(account, text(name), value) for name, value in fields.items()}


def closings_among(store: Store, account: str, names: Sequence[str]) -> dict[str, Closing]:
    """Return those of these groups that are closed, by their names."""
    if not names:
        return {}
    values = ask(store, lambda pipe: pipe.hmget(store.keys.closed(account), list(names)))
    return {
        name: parse_closing(account, name, value)
        for name, value in zip(names, values, strict=True)
        if value is not None
    }


def accounts_of(store: Store, group: str) -> list[str]:
    """Return the accounts that know a group: it has a lane there, or is paused or closed."""
    return [account for account in held_accounts(store) if knows(store, account, group)]


def knows(store: Store, account: str, group: str) -> bool:
    """Return whether an account knows a group: it has a lane there, or is paused or closed."""
    pause = hold_field(Scope.GROUP, Reason.PAUSE, group)
    pipe = store.client.pipeline(transaction=False)
    pipe.hexists(store.keys.closed(account), group)
    pipe.hexists(store.keys.holds(account), pause)
    return any(execute(store, pipe)) or any(True for _ in _find_lanes(store, account, group))


def known_accounts(store: Store, named: Iterable[str]) -> set[str]:
    """Return the accounts that a group may be in, and those named; none where nobody ever sent."""
    if not accounts(store):
        return set()
    return {DEFAULT_ACCOUNT, *named, *held_accounts(store)}


def group_account(store: Store, group: str) -> str:
    """Return the one account that knows a group, `main` where none does.

    Raises UsageError where several do: which is meant is never guessed.
    """
    return only_account(group, accounts_of(store, group), known="a group") or DEFAULT_ACCOUNT


@dataclass(frozen=True, slots=True)
class GroupView:
    """The messages of a group that go through one service, over all its routes."""

    group: str
    service: str
    """Empty for a group without a lane, which is only paused or closed."""
    account: str
    lanes: tuple[Lane, ...]
    states: Counter[State]
    """How many messages there are or were, by state; those whose records are gone count too."""
    holds: tuple[Hold, ...]
    """Those that keep all or some of it."""
    closing: Closing | None
    fallbacks: int = 0
    """Messages in whose place a fallback was sent: `states` counts that instead, so a chain counts once."""
    reached: int = 0
    """Fallbacks that were delivered, of those that go through this service."""
    both: int = 0
    """Messages that were delivered after their fallback had gone."""

    @property
    def unsent(self) -> int:
        """How many may still go."""
        return sum(self.states[state] for state in (State.SCHEDULED, State.WAITING, State.SENDING))


def groups(store: Store, account: str | None = None) -> Iterator[GroupView]:
    """Yield all groups that have a lane, and those that are only closed or paused, sorted by name."""
    for name in held_accounts(store) if account is None else [account]:
        yield from _groups_of(store, name)


def _groups_of(store: Store, account: str) -> Iterator[GroupView]:
    found = {lane for lane in indexed_lanes(store, account) if lane.group is not None}
    lanes = sorted(found, key=lambda lane: (lane.group or "", lane.service, lane.name))
    standing, closed = holds(store, account), closings(store, account)
    merged: list[Lane] = []
    counted: Counter[str] = Counter()
    for lane, counts in zip(lanes, _counts(store, account, lanes), strict=True):
        if merged and (merged[0].group, merged[0].service) != (lane.group, lane.service):
            yield _view(merged, counted, standing, closed)
            merged, counted = [], Counter()
        merged.append(lane)
        counted += counts
    if merged:
        yield _view(merged, counted, standing, closed)
    yield from _without_lanes(account, {lane.group for lane in lanes}, standing, closed)


def _without_lanes(
    account: str, there: set[str | None], standing: list[Hold], closed: dict[str, Closing]
) -> Iterator[GroupView]:
    paused = {hold.what: hold for hold in standing if hold.scope is Scope.GROUP}
    for group in sorted({*paused, *closed} - there):
        found = (paused[group],) if group in paused else ()
        yield GroupView(group, "", account, (), Counter(), found, closed.get(group))


def _view(
    lanes: Sequence[Lane], counts: Counter[str], standing: list[Hold], closed: dict[str, Closing]
) -> GroupView:
    first = lanes[0]
    states = Counter(
        {state: counts[f"s:{state}"] + counts[f"a:{state}"] - counts[f"b:{state}"] for state in State}
    )
    covered = {hold.field: hold for lane in lanes for hold in covering(standing, lane)}
    group = first.group or ""
    kept = tuple(covered.values())
    return GroupView(
        group,
        first.service,
        first.account,
        tuple(lanes),
        states,
        kept,
        closed.get(group),
        counts["fallbacks"],
        counts["reached"],
        counts["both"],
    )


def _counts(store: Store, account: str, lanes: Sequence[Lane]) -> Iterator[Counter[str]]:
    """Yield for each lane what it counted of its messages by state, and of fallbacks."""
    fields = [*(f"{kind}:{state}" for kind in "sab" for state in State), "fallbacks", "reached", "both"]
    for at in range(0, len(lanes), _PAGE):
        pipe = store.client.pipeline(transaction=False)
        for lane in lanes[at : at + _PAGE]:
            pipe.hmget(store.keys.lane(account, lane.name, "counts"), fields)
        for counts in execute(store, pipe):
            yield Counter({name: number(value) for name, value in zip(fields, counts, strict=True)})
