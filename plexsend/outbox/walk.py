"""The walk over all that Redis has under the prefix, a page at a time: what was lost is put right.

It is one walk for the whole fleet: the server's keys are gone through once, whatever the number of accounts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.errors import OutboxError, OutboxMoved, OutboxUnavailable, UsageError
from plexsend.outbox.arguments import HEAL, WALK, WALK_ANSWER
from plexsend.outbox.lanes import NAME, Lane
from plexsend.outbox.redis.put import put
from plexsend.outbox.redis.reads import ask, execute, up_to
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text
from plexsend.outbox.runs.calls import call_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plexsend.outbox.redis.store import Store

KEYS_A_PAGE = 1_000
"""Keys of the server that one page looks at, whatever they are."""
NAMES_A_CALL = 50
"""Lanes and groups that one call looks over, in 1 to 3 ms."""
RUNS_A_CALL = 250
"""Runs of campaigns that one call looks at, in about a millisecond."""
RECORDS_A_CALL = 250
"""Messages that one call looks at, in about a millisecond."""
END = "end"
"""The place behind the last page."""

_PLACE = re.compile(rf"(keys) (\d+)|(index|closed|runs) ({NAME.pattern}) (\d+)")
_KEY = re.compile(rf"\{{({NAME.pattern})\}}:(?:[mf]:(.+)|([^:]+@[^:]+):.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class WalkTurn:
    """Whether the caller is to walk now."""

    place: str
    """From where it is to go on; empty: not now."""
    wait_ms: int
    """Until it should ask again."""


def ask_for_turn(store: Store, process: str, *, place: str, is_new: bool) -> WalkTurn:
    """Ask whether this process is to walk, and from where.

    Args:
        store: Where the messages are.
        process: Its name.
        place: How far its walk is, END behind the last page; empty: it made no step.
        is_new: Whether it has just begun: then a walk begins soon.
    """
    reply = store.run_for_fleet(Script.WALK, WALK.write(process=process, place=place, is_new=int(is_new)))
    answer = WALK_ANSWER.read(reply)
    return WalkTurn(text(answer["place"]), number(answer["wait_ms"]))


@dataclass(frozen=True, slots=True)
class Page:
    """What one page named, by account."""

    names: Mapping[str, Sequence[str]]
    """Lanes and closed groups; a lane comes more than once in a walk."""
    records: Mapping[str, Sequence[str]]
    """Keys of messages."""
    next_place: str
    runs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Groups of runs."""


def read_page(store: Store, place: str) -> Page:
    """Read the page at a place: the server's keys first, then each account's index, closed groups and runs.

    A place is a cursor of the server, so that any process goes on where another stopped. One that cannot be
    read is the beginning. After a fail-over a walk can miss something; the next one finds it.
    """
    found = _PLACE.fullmatch(place)
    if found and found[3] == "runs":
        return _page_of_runs(store, found[4], int(found[5]))
    if found and found[3]:
        return _page_of_account(store, found[3], found[4], int(found[5]))
    return _page_of_keys(store, int(found[2]) if found else 0)


def _page_of_keys(store: Store, cursor: int) -> Page:
    prefix = store.keys.prefix
    with mapped():
        behind, page = store.client.scan(cursor, match=_escape(prefix) + "{*", count=KEYS_A_PAGE)
    names: dict[str, set[str]] = defaultdict(set)
    records: dict[str, set[str]] = defaultdict(set)
    for key in map(text, page):
        found = _KEY.fullmatch(key, len(prefix))
        if found and found[2]:
            records[found[1]].add(found[2])
        elif found:
            names[found[1]].update(_lanes([found[3]], found[1]))
    return Page(
        _in_order(names), _in_order(records), f"keys {behind}" if behind else _first_behind(store, "")
    )


def _page_of_account(store: Store, part: str, account: str, cursor: int) -> Page:
    key = store.keys.lane_index(account) if part == "index" else store.keys.closed(account)
    try:
        with mapped():
            behind, fields = store.client.hscan(key, cursor, count=NAMES_A_CALL)
    except OutboxUnavailable:
        raise
    except OutboxError:
        # Of another type, which audit names.
        behind, fields = 0, {}
    # Beside the lanes are the fields of their numbers.
    names = _lanes(map(text, fields), account) if part == "index" else map(text, fields)
    if behind:
        place = f"{part} {account} {behind}"
    elif part == "index":
        place = f"closed {account} 0"
    else:
        place = f"runs {account} 0"
    return Page(_in_order({account: set(names)}), {}, place)


def _page_of_runs(store: Store, account: str, cursor: int) -> Page:
    key = store.keys.runs(account)
    found: list[str] = []
    behind = 0
    with up_to(store, key):
        behind, page = store.client.zscan(key, cursor, count=KEYS_A_PAGE)
        found = [text(name) for name, _ in page]
    place = f"runs {account} {behind}" if behind else _first_behind(store, account)
    return Page({}, {}, place, {account: found} if found else {})


def _in_order(named: Mapping[str, set[str]]) -> dict[str, list[str]]:
    return {account: sorted(names) for account, names in named.items() if names}


# Where the walk goes on behind an account.
def _first_behind(store: Store, account: str) -> str:
    listed = {
        *ask(store, lambda pipe: pipe.smembers(store.keys.accounts)),
        *ask(store, lambda pipe: pipe.smembers(store.keys.campaigns)),
    }
    behind = (name for name in map(text, listed) if name > account and NAME.fullmatch(name))
    name = min(behind, default="")
    return f"index {name} 0" if name else END


# A key may be a part of a longer name.
def _lanes(names: Iterable[str], account: str) -> Iterator[str]:
    for name in names:
        with suppress(UsageError):
            if Lane.parse(name).account == account:
                yield name


@dataclass(slots=True)
class Healed:
    """What was found on one page, each with its account."""

    put_back: list[tuple[str, str]] = field(default_factory=list)
    """Messages that were in no set, or would have waited there for ever."""
    runs: int = 0
    """Runs of campaigns that no tick would have looked at."""
    unlisted: list[str] = field(default_factory=list)
    """Routes that no worker knew of."""
    spoilt: list[tuple[str, str]] = field(default_factory=list)
    """Lanes, groups and messages that another program spoilt; audit names the keys."""


def look_over(store: Store, page: Page) -> Healed:
    """Put right what was lost about the lanes and messages of a page; an account that is not here is left."""
    healed = Healed()
    for account, names in page.names.items():
        for part in _parts(names, NAMES_A_CALL):
            found = _heal(store, account, "lanes", part, healed)
            _list_routes(store, account, found, healed)
    for account, keys in page.records.items():
        for part in _parts(keys, RECORDS_A_CALL):
            healed.put_back += [(account, key) for key in _heal(store, account, "records", part, healed)]
    for account, groups in page.runs.items():
        for part in _parts(groups, RUNS_A_CALL):
            healed.runs += number(call_run(store, account, "mend", "", rest=part)["fed"])
    return healed


def _heal(store: Store, account: str, act: str, names: Sequence[str], healed: Healed) -> list[str]:
    try:
        _, spoilt, found, aside = store.run(Script.HEAL, account, [*HEAL.write(act=act), *names])
    except OutboxMoved:
        return []
    healed.spoilt += [(account, text(name)) for name in spoilt]
    store.on_put_aside([text(key) for key in aside])
    return [text(name) for name in found]


# Workers look for accounts and routes in these two sets alone.
def _list_routes(store: Store, account: str, lanes: Iterable[str], healed: Healed) -> None:
    routes = sorted({Lane.parse(name).route.name for name in lanes})
    if not routes:
        return
    listed = [(store.keys.accounts, account), *((store.keys.lanes, route) for route in routes)]
    pipe = store.client.pipeline(transaction=False)
    for key, name in listed:
        pipe.sismember(key, name)
    for (key, name), is_there in zip(listed, execute(store, pipe), strict=True):
        # Where another program spoilt one of the two sets, the walk goes on, and a worker reports the key.
        if not is_there and key not in store.spoilt and put(store, "SADD", key, name):
            healed.unlisted += [name] if key == store.keys.lanes else []


def _parts(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for at in range(0, len(names), size):
        yield names[at : at + size]


def _escape(pattern: str) -> str:
    return "".join(f"\\{char}" if char in "*?[]\\" else char for char in pattern)
