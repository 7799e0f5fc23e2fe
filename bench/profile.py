"""Where a batch's time goes: one drain in this process, without Celery, against the bench's gateway.

`python -m bench.profile` prints processor time for each batch of ten: of the whole drain, of its two great
parts by themselves, and of a bare loop of `session.post(data=…).json()`, all in turn and none profiled. Then
it prints the shares of functions in a profiled drain, of processor time too: waiting is free. Profiling slows
Python down and C not, so these shares show where to look and not what can be gained.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import requests

from bench.environments import gateway_python
from bench.gateway import Gateway
from bench.items import ACCOUNT, accepted, msg_key, preload, wire_body
from bench.valkey import Valkey
from plexsend.gateway.environment import read_settings
from plexsend.gateway.services import get_service
from plexsend.outbox.advance import Ticket, advance
from plexsend.outbox.batches import Batch
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.state import renew
from plexsend.worker.drain import Drain, Surroundings
from plexsend.worker.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable

LANE = Lane("mms-bulk", None, "main")

PARTS = (
    ("client.post", "plexsend/gateway/http/client.py", "post"),
    ("  adapter.send", "requests/adapters.py", "send"),
    ("    urlopen", "urllib3/connectionpool.py", "urlopen"),
    ("      request out", "plexsend/gateway/http/connections.py", "request"),
    ("      answer in", "plexsend/gateway/http/connections.py", "getresponse"),
    ("        of it in llhttp", "plexsend/gateway/http/response_reader.py", "feed"),
    ("  read_answer", "plexsend/gateway/answers.py", "read_answer"),
    ("advance", "plexsend/outbox/advance.py", "advance"),
    ("  settlement to arguments", "plexsend/outbox/advance.py", "_settlement_args"),
    ("  call of the script", "plexsend/outbox/redis/connections.py", "call"),
    ("    packs", "redis/connection.py", "pack"),
    ("    sends", "redis/connection.py", "send_packed_command"),
    ("    reads", "redis/connection.py", "read_response"),
    ("  reply to batch", "plexsend/outbox/advance.py", "_batch"),
    ("judge", "worker/verdicts.py", "judge"),
    ("recheck", "worker/recheck.py", "recheck"),
    ("log line", "worker/batch_log.py", "note"),
)
"""What is shown: words, end of the file's name, function. Indented parts are within those above them."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one batch of ten took, in µs."""

    cpu_us: float
    wall_us: float

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.cpu_us:6.0f} µs of processor, {self.wall_us:6.0f} µs in all"


def measure(run: Callable[[], object], batches: int) -> Cost:
    """Return what each of this many batches took."""
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    run()
    return Cost((time.process_time() - cpu_s) / batches * 1e6, (time.perf_counter() - wall_s) / batches * 1e6)


class Stage:
    """A lane with messages, and a runtime that drains it."""

    def __init__(self, valkey: Valkey, gateway: Gateway) -> None:
        environ = {
            "PLEXSEND_REDIS_URL": valkey.url,
            "PLEXSEND_MMS_URL": gateway.url,
            "PLEXSEND_ACCOUNT_MAIN": ACCOUNT,
            "PLEXSEND_RATE": "0",
        }
        self._valkey = valkey
        self.runtime = Runtime(read_settings(environ=environ))
        self.url = f"{gateway.url}/mms-bulk/v2/send"

    def fill(self, batches: int, *, stamp: str | None = None) -> None:
        """Put messages in, on an empty server."""
        self._valkey.client.flushall()
        renew(self.runtime.store, lambda: [self.runtime.settings.asks])
        self.runtime.policies.forget()
        preload(self.runtime.store, LANE, 0, batches * 10, stamp=stamp)

    def drain(self) -> None:
        """Send all there is. A drain's slice is bounded, so there may be several."""
        # Alone in its process: no doorbell waits, and none has to be sent.
        around = Surroundings(
            bell_waits=lambda: False,
            ungrouped_waits=lambda: False,
            ring=lambda lane, bell: None,  # noqa: ARG005  the signature of a ring
        )
        waiting = f"plexsend:{{main}}:{LANE.name}:ready"
        while self._valkey.client.zcard(waiting):
            Drain(self.runtime, LANE, around).run("")

    def post(self, batches: int) -> None:
        """Only send: the client's part of a drain."""
        keys, bodies = [msg_key(n) for n in range(10)], [wire_body(n) for n in range(10)]
        service = get_service(LANE.service)
        for _ in range(batches):
            self.runtime.client.post(service, ACCOUNT, keys, bodies)

    def advance(self) -> None:
        """Only settle and take: the outbox's part of a drain."""
        settlement, name = None, self.runtime.next_drain()
        for sequence in count(1):
            reply = advance(self.runtime.store, LANE, Ticket(name, sequence), settlement=settlement)
            if not isinstance(reply, Batch):
                return
            settlement = accepted(reply)


def bare_loop(url: str, batches: int) -> None:
    """Post ready bytes, in the fewest words that requests allows."""
    session = requests.Session()
    body = b'{"msg_data":[' + b",".join(wire_body(number) for number in range(10)) + b"]}"
    headers = {"Authorization": ACCOUNT, "Content-Type": "application/json;charset=utf-8"}
    for _ in range(batches):
        session.post(url, data=body, headers=headers).json()


def profile(run: Callable[[], object]) -> pstats.Stats:
    """Return the profile of a run."""
    profiler = cProfile.Profile(time.thread_time)
    profiler.runcall(run)
    return pstats.Stats(profiler)


def shares(stats: pstats.Stats) -> list[tuple[str, float]]:
    """Return what share of the profiled time each part took, itself and what it calls."""
    found = []
    total = stats.total_tt  # type: ignore[attr-defined]  # typeshed does not know it
    for words, file, function in PARTS:
        took = sum(
            cumulative
            for (name, _, called), (_, _, _, cumulative, _) in stats.stats.items()  # type: ignore[attr-defined]  # nor this
            if called == function and name.endswith(file)
        )
        found.append((words, took / total))
    return found


def main() -> None:
    """Print the profile."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description="Where a batch's time goes.")
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--functions", type=int, default=0, help="also list this many functions by their own time"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plexsend-bench-") as name:
        folder = Path(name)
        with Valkey(folder / "valkey") as valkey, Gateway(folder, python=gateway_python()) as gateway:
            _print(valkey, gateway, given)


def _print(valkey: Valkey, gateway: Gateway, given: argparse.Namespace) -> None:
    stage, batches = Stage(valkey, gateway), given.batches
    bare_loop(stage.url, 100)
    found: dict[str, list[Cost]] = {}
    scripts_us = []
    for _ in range(given.rounds):
        stage.fill(batches)
        before_us = valkey.script_us()
        found.setdefault("drain", []).append(measure(stage.drain, batches))
        scripts_us.append((valkey.script_us() - before_us) / batches)
        found.setdefault("bare loop", []).append(measure(lambda: bare_loop(stage.url, batches), batches))
        found.setdefault("client.post", []).append(measure(lambda: stage.post(batches), batches))
        stage.fill(batches)
        found.setdefault("advance", []).append(measure(stage.advance, batches))
    bare = found["bare loop"]
    for name, costs in found.items():
        cost = Cost(median(one.cpu_us for one in costs), median(one.wall_us for one in costs))
        ratios = [one.cpu_us / other.cpu_us for one, other in zip(costs, bare, strict=True)]
        spread = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) of the bare loop's processor"
        print(f"{name:12} {cost}; {spread}")
    print(f"scripts in Valkey {median(scripts_us):.0f} µs a batch\n")
    stage.fill(batches)
    stats = profile(stage.drain)
    for words, share in shares(stats):
        if share:
            print(f"{words:28} {share:6.1%}")
    if given.functions:
        stats.sort_stats("tottime").print_stats(given.functions)


if __name__ == "__main__":
    main()
