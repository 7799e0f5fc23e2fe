"""The whole fleet in figures, as Redis has them at one moment: for metrics and probes.

A lane costs one part of one call: fifty lanes are added up by a script in less than a millisecond, so it does
not matter how many groups there are, and no other script waits for long.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from plexsend.errors import UsageError
from plexsend.outbox.fleet import fleet
from plexsend.outbox.holds import parse_holds
from plexsend.outbox.lanes import Lane
from plexsend.outbox.metrics import counted_of
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.reading.disagreements import disagreements
from plexsend.outbox.reading.queries import held_accounts, parse_service_pauses, routes, server_ms
from plexsend.outbox.reading.waiting import WaitingLane, Waits, read_waits
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.server_state import read_server_state
from plexsend.outbox.replies import number, text
from plexsend.outbox.suppression import SuppressionKind
from plexsend.outbox.suppression_log import unanswered_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plexsend.outbox.fleet import FleetProcess
    from plexsend.outbox.holds import Hold
    from plexsend.outbox.metrics import Counted
    from plexsend.outbox.redis.server_state import ServerState
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.states import State
    from plexsend.outbox.suppression_log import Unanswered

_LANES_A_CALL = 50
"""Half a millisecond, or a little more on a busy machine."""
_LANES_AT_ONCE = 100
"""In one round trip: the server makes the calls that come together one after the other."""
_ACCOUNTS_AT_ONCE = 20
_FIELDS_AT_ONCE = 500
"""Of an index, which has two fields a lane."""
EVERY_ACCOUNT = "*"
"""The account of what holds a service for all of them."""


@dataclass(slots=True)
class PartFigures:
    """One service of one account, over all its lanes."""

    counts: Counter[str] = field(default_factory=Counter)
    """By the names in dictionary.py (`s:waiting`, `a:accepted`, `c:C100`, ...)."""
    waiting: list[WaitingLane] = field(default_factory=list)
    """Its lanes in which something waits."""

    def living(self, state: State) -> int:
        """Return how many messages are in a state."""
        return self.counts[f"s:{state}"]

    def entries(self, state: State) -> int:
        """Return how many messages ever came into a final state: those in it, and those that left it."""
        return sum(self.counts[f"{kind}:{state}"] for kind in ("s", "a", "x"))

    def codes(self) -> dict[str, int]:
        """Return the codes of verdicts, with how often each was given."""
        return {name[2:]: n for name, n in self.counts.items() if name.startswith("c:")}


@dataclass(frozen=True, slots=True)
class Figures:
    """What Redis has of the whole fleet."""

    now_ms: int
    """Redis's clock."""
    parts: Mapping[tuple[str, str], PartFigures]
    """Service and account → its figures, for every service and account that ever had a message."""
    waits: Mapping[tuple[str, str], Waits]
    """What waits of them, for those of which something does."""
    accounts: tuple[str, ...]
    """Those that ever had a message, and those that a person held."""
    holds: Mapping[tuple[str, str, str], int]
    """Account, scope and reason → how many such holds there are."""
    fleet: Sequence[FleetProcess]
    """Every process that was seen within ten minutes."""
    disagreements: int
    """How many things living processes disagree about."""
    server: ServerState
    counted: Counted
    """What processes counted themselves."""
    receipts: Mapping[str, Mapping[str, int]]
    """Account → what its receipts were counted as."""
    unread: Mapping[str, int]
    """Why posts were refused or could not be read → how many."""
    read_in: tuple[str, ...]
    """Accounts whose results a reader reads."""
    suppressed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Account → kind of suppressions → how many; without those that have none."""
    unanswered: Mapping[str, Unanswered] = field(default_factory=dict)
    """Account → refusals whose persons have not heard that they count; of the same accounts."""

    def waits_of(self, service: str, account: str) -> Waits:
        """Return what waits of a service of an account."""
        return self.waits.get((service, account), Waits())

    @property
    def living(self) -> list[FleetProcess]:
        """The processes that are alive."""
        return [process for process in self.fleet if process.lives]


def read_figures(store: Store) -> Figures:
    """Return what Redis has of the whole fleet now."""
    known = routes(store)
    accounts = held_accounts(store)
    parts = read_parts(store, known)
    processes = fleet(store, accounts)
    pipe = store.client.pipeline(transaction=False)
    pipe.hgetall(store.keys.metrics)
    pipe.hgetall(store.keys.unread_counts)
    pipe.hgetall(store.keys.pauses)
    for account in accounts:
        pipe.hgetall(store.keys.holds(account))
        pipe.hgetall(store.keys.receipts(account))
        pipe.scard(store.keys.readers(account))
        pipe.hmget(store.keys.suppressed(account), [f"n:{kind}" for kind in SuppressionKind])
        pipe.hgetall(store.keys.unanswered(account))
    counted, unread, pauses, *beside = execute(store, pipe)
    suppressed = _suppressed(dict(zip(accounts, beside[3::5], strict=True)))
    agreed, now_ms = read_to_show(store), server_ms(store)
    return Figures(
        now_ms=now_ms,
        parts=parts,
        waits=read_waits(store, waiting_in(parts), agreed, now_ms),
        accounts=tuple(accounts),
        holds=_holds(parse_service_pauses(pauses), dict(zip(accounts, beside[::5], strict=True))),
        fleet=processes,
        disagreements=len(disagreements(processes, agreed)),
        server=read_server_state(store),
        counted=counted_of(counted),
        receipts={account: _numbers(fields) for account, fields in zip(accounts, beside[1::5], strict=True)},
        read_in=tuple(account for account, n in zip(accounts, beside[2::5], strict=True) if n),
        unread=_numbers(unread),
        suppressed=suppressed,
        unanswered={
            account: unanswered_of(days)
            for account, days in zip(accounts, beside[4::5], strict=True)
            if account in suppressed
        },
    )


def waiting_in(parts: Mapping[tuple[str, str], PartFigures]) -> Iterator[WaitingLane]:
    """Yield the lanes in which something waits."""
    for part in parts.values():
        yield from part.waiting


def _suppressed(of_account: Mapping[str, Sequence[bytes | None] | None]) -> dict[str, dict[str, int]]:
    return {
        account: {str(kind): number(n) for kind, n in zip(SuppressionKind, counts, strict=True)}
        for account, counts in of_account.items()
        if counts and any(n is not None for n in counts)
    }


def _numbers(fields: Mapping[bytes, bytes]) -> dict[str, int]:
    return {text(name): number(value) for name, value in fields.items()}


def read_parts(store: Store, known: Iterable[Lane]) -> dict[tuple[str, str], PartFigures]:
    """Return the figures of all services and accounts that have one of these routes, over all their lanes.

    Routes come before lanes of groups: what a lane counted moves to its route when the lane ends, so it may
    be missing for a moment, and is never there twice.
    """
    of_account: dict[str, list[Lane]] = defaultdict(list)
    for route in known:
        of_account[route.account].append(route)
    parts = {(lane.service, lane.account): PartFigures() for its in of_account.values() for lane in its}
    calls = []
    for account, grouped in _indexed(store, of_account).items():
        # The index may name a lane twice while others come and go.
        names = list(dict.fromkeys([*(lane.name for lane in of_account[account]), *grouped]))
        calls += [(account, names[at : at + _LANES_A_CALL]) for at in range(0, len(names), _LANES_A_CALL)]
    for account, rows in _called(store, calls):
        for row in rows:
            _add(parts, account, row)
    return parts


def _indexed(store: Store, accounts: Iterable[str]) -> dict[str, list[str]]:
    """Return the names of the lanes in the index of each account; each round trip asks for twenty of them."""
    found: dict[str, list[str]] = {account: [] for account in accounts}
    left = dict.fromkeys(found, 0)
    while left:
        page = list(islice(left.items(), _ACCOUNTS_AT_ONCE))
        pipe = store.client.pipeline(transaction=False)
        for account, cursor in page:
            pipe.hscan(store.keys.lane_index(account), cursor, count=_FIELDS_AT_ONCE)
        for (account, _), reply in zip(page, execute(store, pipe), strict=True):
            cursor, fields = reply or (0, {})
            # Beside the names are the numbers' fields.
            found[account] += [name for name in map(text, fields) if _is_lane(name)]
            if cursor:
                left[account] = cursor
            else:
                del left[account]
    return found


def _is_lane(name: str) -> bool:
    with suppress(UsageError):
        return bool(Lane.parse(name))
    return False


def _called(store: Store, calls: Sequence[tuple[str, Sequence[str]]]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield account and answer of each call; as many go in one round trip as have a hundred lanes."""
    if not calls:
        return
    # With this one a server that was restarted gets the script.
    account, names = calls[0]
    yield account, store.run(Script.FIGURES, account, names)
    page: list[tuple[str, Sequence[str]]] = []
    for call in calls[1:]:
        if sum(len(its) for _, its in [*page, call]) > _LANES_AT_ONCE:
            yield from _together(store, page)
            page = []
        page.append(call)
    yield from _together(store, page)


def _together(store: Store, page: Sequence[tuple[str, Sequence[str]]]) -> Iterator[tuple[str, Sequence[Any]]]:
    pipe = store.client.pipeline(transaction=False)
    for account, names in page:
        pipe.execute_command(*store.command_of(Script.FIGURES, account, names))  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    yield from zip((account for account, _ in page), execute(store, pipe), strict=True)


def _add(parts: dict[tuple[str, str], PartFigures], account: str, row: Sequence[Any]) -> None:
    service, waiting, *fields = row
    part = parts.setdefault((text(service), account), PartFigures())
    for name, n in zip(fields[::2], fields[1::2], strict=True):
        part.counts[text(name)] += number(n)
    for name, since, messages in zip(waiting[::3], waiting[1::3], waiting[2::3], strict=True):
        part.waiting.append(WaitingLane(Lane.parse(text(name)), number(since), number(messages)))


# A service's pause is copied into each account, and counts once, for all of them.
def _holds(pauses: Sequence[Hold], of_account: Mapping[str, Any]) -> dict[tuple[str, str, str], int]:
    found = Counter((EVERY_ACCOUNT, str(hold.scope), str(hold.reason)) for hold in pauses)
    everywhere = {hold.field for hold in pauses}
    for account, fields in of_account.items():
        found.update(
            (account, str(hold.scope), str(hold.reason))
            for hold in parse_holds(account, fields)
            if hold.field not in everywhere
        )
    return dict(found)
