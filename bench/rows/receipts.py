"""Receipts: how many one process takes, and how quickly beside a worker that sends."""

from __future__ import annotations

import json
import socket
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from bench.clock import wait_for
from bench.environments import ROOT
from bench.items import accepted
from bench.programs import measure
from bench.rounds import Figure, take_turns
from bench.rows.limits import steady_pace
from bench.stage import PLEXSEND, Stage
from plexsend.gateway.services import MOST_ITEMS
from plexsend.outbox.advance import Mode, Ticket, advance
from plexsend.outbox.batches import Batch
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.stack.ports import free_port

if TYPE_CHECKING:
    from bench.programs import Measured
    from bench.row import Plan

POSTS = 40_000
CONNECTIONS = 64
"""As the gateway may have open when it has much to say. How many it has is not known."""
FEW_CONNECTIONS = 16
"""So few wait for each other: all are read, then written, then answered. Shown beside."""
RATE = 3_000
WORKER_RATE = 5_000
BESIDE_S, _ALONE_S = 12.0, 6.0
_WARM_S = 3.0
_SECRET = "secret-of-the-bench-0123"  # noqa: S105  nothing is behind it
_PATH = f"/receipts/main/{_SECRET}"
_SENT = Lane("mms-standard", None, "main")
"""Where the messages were accepted whose receipts come."""
_PEERS = ROOT / "bench" / "peers"


def against_bare(plan: Plan) -> list[Figure]:
    """One process that settles messages, against a bare route with one awaited write a request."""
    posts = plan.size(POSTS)
    with Stage(plan.folder) as stage:
        sides = {
            "receipts": partial(_take, stage, posts, CONNECTIONS),
            "bare": partial(_take_bare, stage, posts, CONNECTIONS),
            "receipts, few": partial(_take, stage, posts, FEW_CONNECTIONS),
            "bare, few": partial(_take_bare, stage, posts, FEW_CONNECTIONS),
        }
        turns = take_turns(sides, plan.rounds, log=plan.log)
    few = turns.ratio("receipts, few", "bare, few", "per_s")
    return [
        Figure("posts/s: receipts / bare route", turns.ratio("receipts", "bare", "per_s"), at_least=1.5),
        Figure(f"the same, with {FEW_CONNECTIONS} connections", few),
        Figure("receipts/s", turns.values("receipts", "per_s"), unit="/s"),
        Figure("bare posts/s", turns.values("bare", "per_s"), unit="/s"),
        Figure("server's CPU a receipt", turns.values("receipts", "server_us"), unit="µs"),
        Figure("bare server's CPU a post", turns.values("bare", "server_us"), unit="µs"),
        Figure("Valkey's CPU a receipt", turns.values("receipts", "valkey_us"), unit="µs"),
        Figure("p99 of an answer", turns.values("receipts", "p99_ms"), unit="ms"),
    ]


def beside_a_worker(plan: Plan) -> list[Figure]:
    """Receipts at a rate, beside a worker that sends under a limit."""
    rounds = []
    for number in range(plan.rounds):
        with Stage(plan.folder / f"beside-{number}") as stage:
            shown = _beside(stage, plan.seconds(_ALONE_S), plan.seconds(BESIDE_S))
        plan.log(
            f"  round {number + 1}: " + ", ".join(f"{name} {value:.4g}" for name, value in shown.items())
        )
        rounds.append(shown)
    found = {name: [shown[name] for shown in rounds] for name in rounds[0]}
    return [
        Figure(f"p99 of an answer at {RATE:,}/s", found["p99_ms"], at_most=50, unit="ms"),
        Figure("p50", found["p50_ms"], unit="ms"),
        Figure("posts answered", found["per_s"], at_least=0.99 * RATE, unit="/s"),
        Figure("posts refused", found["refused"], at_most=0, unit=""),
        Figure("worker's pace: beside receipts / alone", found["kept"], at_least=0.99),
        Figure(f"worker's pace beside receipts, of {WORKER_RATE:,}/s", found["used"]),
        Figure("server's CPU a receipt", found["server_us"], unit="µs"),
    ]


def _take(stage: Stage, posts: int, connections: int) -> dict[str, float]:
    stage.clear()
    _accept(stage, posts)
    port = free_port()
    with _serve(stage, port) as server:
        shown, _ = _post(stage, server, port, _PATH, posts, connections=connections)
    # Counted where it was meant to arrive: answers alone prove nothing.
    delivered = stage.valkey.client.hget(stage.store.keys.lane("main", _SENT.name, "counts"), "s:delivered")
    if int(delivered or 0) != posts:
        raise RuntimeError(f"{int(delivered or 0)} of {posts} messages were delivered")
    return shown


def _take_bare(stage: Stage, posts: int, connections: int) -> dict[str, float]:
    stage.clear()
    port = free_port()
    command = [sys.executable, str(_PEERS / "receipts_bare.py"), str(port)]
    environ = {"BENCH_REDIS": stage.valkey.url}
    with measure(
        command, log=stage.folder / f"bare-{port}.log", folder=stage.folder, environ=environ
    ) as server:
        wait_for(lambda: _listens(port), what="the bare route")
        shown, _ = _post(stage, server, port, "/receipts", posts, connections=connections)
    if (written := stage.valkey.client.llen("bare")) != posts:
        raise RuntimeError(f"{written} of {posts} posts were written")
    return shown


def _beside(stage: Stage, alone_s: float, seconds: float) -> dict[str, float]:
    posts = round(RATE * seconds)
    _accept(stage, posts)
    put(stage.store, Where(), {"rate_per_s": WORKER_RATE}, by="bench", reason="the worker is limited")
    # More than it can send, so that it has work to the end.
    stage.preload(round(WORKER_RATE * (alone_s + seconds + 3 * _WARM_S)), first=10_000_000)
    port = free_port()
    with _serve(stage, port) as server:
        stage.ready_worker("--concurrency", "8")
        stage.wait_sent(10)
        # What a bucket held at the start does not belong to the pace.
        time.sleep(_WARM_S)
        began_s = time.monotonic()
        time.sleep(alone_s)
        between_s = time.monotonic()
        shown, posted = _post(stage, server, port, _PATH, posts, rate=RATE, connections=CONNECTIONS)
        arrivals = stage.gateway.arrivals()
    alone_per_s = steady_pace(arrivals, began_s, between_s)
    per_s = steady_pace(arrivals, *posted)
    return shown | {"used": per_s / WORKER_RATE, "kept": per_s / alone_per_s}


def _accept(stage: Stage, messages: int) -> None:
    """Have messages accepted by nobody, in scripts alone."""
    values = {"rate_per_s": 0, "linger_ms": 0}
    put(stage.store, Where(), values, by="bench", reason="their receipts are measured")
    stage.preload(messages, lane=_SENT)
    settlement = None
    for sequence in range(1, messages // MOST_ITEMS + 1):
        taken = advance(stage.store, _SENT, Ticket("bench", sequence), settlement=settlement)
        if not isinstance(taken, Batch):
            raise TypeError(f"batch {sequence} was not there: {taken}")
        settlement = accepted(taken)
    advance(stage.store, _SENT, Ticket("bench", 0), mode=Mode.STOP, settlement=settlement)


def _serve(stage: Stage, port: int) -> Measured:
    environ = stage.environ(PLEXSEND_RECEIPT_SECRET_MAIN=_SECRET, PLEXSEND_RECEIPT_ALLOW="127.0.0.1")
    command = [str(PLEXSEND), "serve", "receipts", "--port", str(port)]
    server = measure(command, log=stage.folder / f"receipts-{port}.log", folder=stage.folder, environ=environ)
    server.wait_for("listens on")
    return server


def _post(
    stage: Stage,
    server: Measured,
    port: int,
    path: str,
    posts: int,
    *,
    connections: int,
    rate: float = 0,
) -> tuple[dict[str, float], tuple[float, float]]:
    """Post a receipt for each of the first messages.

    Returns the pace, the times, and what each post cost; and when the first was posted and the last answered.
    """
    words = (str(port), path, str(posts), str(connections), str(rate))
    server_s, valkey_s = server.cpu_s(), stage.valkey.program.cpu_s()
    command = [sys.executable, str(_PEERS / "poster.py"), *words]
    with measure(command, log=stage.folder / f"poster-{port}.log", folder=stage.folder) as poster:
        if (code := poster.wait(600)) != 0:
            raise RuntimeError(f"the poster ended with {code}:\n{poster.words[-2000:]}")
        shown: dict[str, float] = json.loads(poster.words)
    shown["server_us"] = (server.cpu_s() - server_s) / posts * 1e6
    shown["valkey_us"] = (stage.valkey.program.cpu_s() - valkey_s) / posts * 1e6
    return shown, (shown.pop("began_s"), shown.pop("ended_s"))


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True
