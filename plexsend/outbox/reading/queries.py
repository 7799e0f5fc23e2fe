"""What operators see: accounts, lanes, holds, processes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from plexsend.errors import RecordBroken, UsageError
from plexsend.outbox.fleet import fleet
from plexsend.outbox.holds import Hold, Reason, Scope, parse_holds
from plexsend.outbox.index import LaneNames, indexed_lanes
from plexsend.outbox.lanes import Lane
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.records import Record, parse_record, read_record
from plexsend.outbox.redis.reads import ask, execute, insist
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plexsend.outbox.redis.keys import Keys
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.states import State

_PAGE = 500
_LANES_AT_ONCE = 50
"""In one transaction, which nothing else interrupts: that many take about a millisecond."""
_SETS = ("ready", "later", "sending", "uncertain", "dead")
_ASKED = len(_SETS) + 3
"""Commands for each lane."""


@dataclass(frozen=True, slots=True)
class LaneView:
    """A lane as it is now. Counts are messages; times are ms."""

    lane: Lane
    ready: int
    later: int
    sending: int
    uncertain: int
    dead: int
    drains: int
    """Running drains, without outstanding doorbells."""
    oldest_ready_ms: int | None
    """Age of the message that has been ready the longest (since it first became ready)."""
    counts: Mapping[str, int]
    """Everything counted, by the names in dictionary.py (`submitted`, `s:waiting`, `c:C100`, ...)."""

    def ever(self, state: State) -> int:
        """Return how many messages are in a state, or were in it until their records were taken away."""
        return self.counts.get(f"s:{state}", 0) + self.counts.get(f"a:{state}", 0)


def server_ms(store: Store) -> int:
    """Return Redis's clock in ms: the only clock that counts."""
    with mapped():
        seconds, micros = store.client.time()
    return int(seconds) * 1000 + int(micros) // 1000


def started_ms(store: Store) -> int:
    """Return when the server was started, on its clock, or up to a second before: it counts in seconds."""
    with mapped():
        info: Any = store.client.info("server")
    return server_ms(store) - (number(info.get("uptime_in_seconds")) + 1) * 1000


def lanes(store: Store) -> list[Lane]:
    """Return all lanes that have a message, and all routes that ever had one, sorted."""
    known = {lane for account in accounts(store) for lane in indexed_lanes(store, account)}
    return sorted(known | set(routes(store)), key=lambda lane: lane.name)


def routes(store: Store) -> list[Lane]:
    """Return all routes that ever had a message."""
    names = ask(store, lambda pipe: pipe.smembers(store.keys.lanes))
    return list(_known(text(name) for name in names))


# What another program put there under a name that is not a lane's must not keep the lanes from being served.
def _known(names: Iterable[str]) -> Iterator[Lane]:
    for name in names:
        with suppress(UsageError):
            yield Lane.parse(name)


def here(store: Store, account: str) -> str:
    """Return which server this is for an account: the ms of its first submit here; empty without one."""
    return text(insist(store, lambda pipe: pipe.get(store.keys.here(account))))


def accounts(store: Store) -> list[str]:
    """Return all accounts that ever had a message, sorted."""
    return sorted({lane.account for lane in routes(store)})


def held_accounts(store: Store) -> list[str]:
    """Return all accounts that may be held: those that ever had a message, and those that a person held."""
    held = ask(store, lambda pipe: pipe.smembers(store.keys.held))
    return sorted({*accounts(store), *(text(name) for name in held)})


def look_at(store: Store, lane: Lane) -> LaneView:
    """Return one lane, read in one transaction."""
    return next(look_at_all(store, [lane]))


def look_at_all(store: Store, lanes: Iterable[Lane]) -> Iterator[LaneView]:
    """Yield lanes in the order given, fifty in one round trip and one transaction."""
    remaining = iter(lanes)
    while page := list(islice(remaining, _LANES_AT_ONCE)):
        pipe = store.client.pipeline(transaction=True)
        for lane in page:
            _ask(pipe, store.keys, lane)
        pipe.time()
        *replies, (seconds, micros) = execute(store, pipe)
        now_us, answers = int(seconds) * 1_000_000 + int(micros), iter(replies)
        for lane in page:
            yield _view(lane, tuple(islice(answers, _ASKED)), now_us)


def _ask(pipe: Any, keys: Keys, lane: Lane) -> None:
    ready, *others = (keys.lane(lane.account, lane.name, part) for part in _SETS)
    for name in (ready, *others):
        pipe.zcard(name)
    drains = keys.lane(lane.account, lane.route.name, "drains")
    pipe.zrangebyscore(drains, "-inf", "+inf", withscores=True)
    pipe.zrange(ready, 0, 0, withscores=True)
    pipe.hgetall(keys.lane(lane.account, lane.name, "counts"))


def _view(lane: Lane, replies: tuple[Any, ...], now_us: int) -> LaneView:
    ready, later, sending, uncertain, dead, drains, oldest, counts = replies
    return LaneView(
        lane=lane,
        ready=ready,
        later=later,
        sending=sending,
        uncertain=uncertain,
        dead=dead,
        drains=sum(1 for name, lapses in drains if lapses > now_us / 1000 and _is_drain_of(lane, text(name))),
        oldest_ready_ms=int(now_us - oldest[0][1]) // 1000 if oldest and isfinite(oldest[0][1]) else None,
        counts={text(name): number(value) for name, value in counts.items()},
    )


# Behind the name of a drain is the group for which it works, where there is one.
def _is_drain_of(lane: Lane, name: str) -> bool:
    return not name.startswith("bell:") and name.partition("/")[2] == lane.branch


def holds(store: Store, account: str) -> list[Hold]:
    """Return an account's holds, oldest first."""
    return parse_holds(account, _hash(store, store.keys.holds(account)))


def _hash(store: Store, key: str) -> dict[bytes, bytes]:
    # redis-py's types do not know that the client answers in bytes.
    return cast("dict[bytes, bytes]", ask(store, lambda pipe: pipe.hgetall(key)))


def service_pauses(store: Store) -> list[Hold]:
    """Return services paused for every account, whether it has a lane yet or not; `account` is `*`."""
    return parse_service_pauses(_hash(store, store.keys.pauses))


def parse_service_pauses(fields: Mapping[bytes, bytes]) -> list[Hold]:
    """Return the same from what Redis holds of them."""
    return parse_holds(
        "*",
        {f"{Scope.SERVICE} {Reason.PAUSE} {text(name)}".encode(): value for name, value in fields.items()},
    )


def holds_anywhere(store: Store, names: Iterable[str] = ()) -> list[Hold]:
    """Return the holds of these accounts, or of all; a service that is paused everywhere comes once."""
    everywhere = service_pauses(store)
    shown = {hold.field for hold in everywhere}
    # The scripts see a service's pause as a copy in each account; people see it on one line.
    return everywhere + [
        hold
        for name in names or held_accounts(store)
        for hold in holds(store, name)
        if hold.field not in shown
    ]


def covering(found: list[Hold], lane: Lane) -> list[Hold]:
    """Return those holds that keep this lane from sending (a smaller batch size does not)."""
    names: dict[Scope, set[str | None]] = {
        Scope.ACCOUNT: {lane.account},
        Scope.SERVICE: {lane.service},
        Scope.GROUP: {lane.group},
        Scope.LANE: {lane.name, lane.route.name},
    }
    return [hold for hold in found if hold.what in names[hold.scope] and not hold.is_size]


def processes(store: Store, account: str) -> list[WorkerProcess]:
    """Return the worker processes that are alive; of an older program, those that the account has seen."""
    return [
        WorkerProcess(process.name, process.announced.threads, process.announced.services)
        for process in fleet(store, [account])
        if process.lives
    ]


def find(store: Store, msg_key: str, account: str | None = None) -> list[Record]:
    """Return the records with this key: in the account, or in all accounts when none is named."""
    names = [account] if account is not None else accounts(store)
    found = (read_record(store, name, msg_key) for name in names)
    return [record for record in found if record is not None]


def only_account(
    msg_key: str, accounts: Iterable[str], *, known: str = "known", remedy: str = "Name the account."
) -> str | None:
    """Return the one account in which a key was found; None where it was found in none.

    Raises UsageError where there are several: which is meant is never guessed.

    Args:
        msg_key: The key.
        accounts: Where it was found, each account at least once.
        known: What the key is there, for the error.
        remedy: What its reader can do about it.
    """
    names = list(dict.fromkeys(accounts))
    if len(names) > 1:
        raise UsageError(f"{msg_key!r} is {known} in several accounts: {', '.join(names)}. {remedy}")
    return names[0] if names else None


def place_in_line(store: Store, record: Record) -> int | None:
    """Return how many messages are before this one in its lane's `ready`; None if it is not there."""
    ready = store.keys.lane(record.lane.account, record.lane.name, "ready")
    rank = ask(store, lambda pipe: pipe.zrank(ready, record.msg_key))
    return None if rank is None else number(rank)


def due_time(store: Store, record: Record) -> int | None:
    """Return when a scheduled message is due (ms); None when it is not scheduled."""
    later = store.keys.lane(record.lane.account, record.lane.name, "later")
    score = ask(store, lambda pipe: pipe.zscore(later, record.msg_key))
    return int(score) if score is not None and isfinite(score) else None


def listing(store: Store, lane: Lane, part: str) -> Iterator[Record]:
    """Yield the records in one of a lane's sets (`dead`, `uncertain`, ...), oldest first, a page at a time.

    What leaves the set while it is read may be missing or come twice; records that are gone are left out.
    """
    keys = store.keys
    names = LaneNames(store, lane.account)
    offset = 0
    while True:
        first, its_set = offset, keys.lane(lane.account, lane.name, part)
        page = ask(store, lambda pipe: pipe.zrange(its_set, first, first + _PAGE - 1))  # noqa: B023  called here
        pipe = store.client.pipeline(transaction=False)
        for name in page:
            pipe.hgetall(keys.record(lane.account, text(name)))
            pipe.lrange(keys.history(lane.account, text(name)), 0, -1)
        replies = execute(store, pipe)
        names.learn(fields.get(b"l") for fields in replies[::2])
        for name, fields, history in zip(page, replies[::2], replies[1::2], strict=True):
            # Audit names one that is not whole; here it must not hide the others.
            with suppress(RecordBroken):
                if fields:
                    yield parse_record(text(name), fields, history, names)
        if len(page) < _PAGE:
            return
        offset += _PAGE
