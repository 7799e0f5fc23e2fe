"""The whole way: an application submits a message, and hears that it was delivered.

Everything is as an operator has it: a worker, the server for receipts and, in place of API PLEX, the sandbox,
which posts each receipt at once. The application is this process: one thread submits, one loops over results.
"""

from __future__ import annotations

import random
import re
import threading
import time
from contextlib import ExitStack
from statistics import quantiles
from typing import TYPE_CHECKING

from bench.items import raw_item
from bench.programs import Measured, measure
from bench.rounds import Figure
from bench.stage import PLEXSEND, PREFIX
from bench.valkey import Valkey
from plexsend.gateway.environment import read_settings
from plexsend.outbox.redis.store import Store
from plexsend.outbox.states import State
from plexsend.producers import Producer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bench.row import Plan

SENDS = 200
_PAUSE_S = (0.05, 0.15)
_CREDENTIALS = "bench;made-up"
_SECRET = "made-up-secret-of-a-bench"  # noqa: S105  nobody's
_WITHIN_S = 30


def heard(plan: Plan) -> list[Figure]:
    """From the call of submit to the result *delivered* in the application's loop, linger 0."""
    found = [_round(plan, number) for number in range(min(plan.rounds, 3))]
    for p50, p99 in found:
        plan.log(f"  p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    return [
        Figure("p50", [p50 for p50, _ in found], at_most=40, unit="ms", best=True),
        Figure("p99", [p99 for _, p99 in found], unit="ms", best=True),
    ]


def _round(plan: Plan, number: int) -> tuple[float, float]:
    folder = plan.folder / f"heard-{number}"
    with ExitStack() as stack:
        valkey = stack.enter_context(Valkey(folder / "valkey"))
        environ = {
            "PLEXSEND_REDIS_URL": valkey.url,
            "PLEXSEND_LINGER_MS": "0",
            "PLEXSEND_RECEIPT_SECRET_MAIN": _SECRET,
            "PLEXSEND_RECEIPT_ALLOW": "127.0.0.1",
            "PLEXSEND_ACCOUNT_MAIN": _CREDENTIALS,
        }
        door = _start(stack, folder, environ, "serve", "receipts", "--port", "0")
        receipts = f"{_url(folder, door)}/receipts/main/{_SECRET}"
        sandbox = _start(stack, folder, environ, "sandbox", "--account", _CREDENTIALS, "--receipts", receipts)
        environ["PLEXSEND_MMS_URL"] = _url(folder, sandbox)
        worker = _start(stack, folder, environ, "worker")
        worker.wait_for(" ready.")
        store = Store.connect(valkey.url, PREFIX)
        stack.callback(store.close)
        producer = Producer(read_settings(environ), store)
        return _measure(producer, random.Random(number), 20 if plan.quick else SENDS)


def _start(stack: ExitStack, folder: Path, environ: Mapping[str, str], *line: str) -> Measured:
    log = folder / f"{line[0]}.log"
    process = measure([str(PLEXSEND), *line], log=log, folder=folder, environ=environ)
    stack.callback(process.end)
    return process


def _url(folder: Path, process: Measured) -> str:
    """Return where a server listens, which its log says."""
    process.wait_for("http://127.0.0.1:")
    found = re.findall(r"http://127\.0\.0\.1:\d+", process.program.log.read_text("utf-8"))
    if not found:
        raise RuntimeError(f"{process.name} in {folder} says no address")
    return str(found[0])


def _measure(producer: Producer, chance: random.Random, sends: int) -> tuple[float, float]:
    stop, came = threading.Event(), threading.Event()
    heard_s: list[float] = []

    def listen() -> None:
        for result in producer.results("bench", from_start=True, stop=stop):
            if result.state is State.DELIVERED:
                heard_s.append(time.monotonic())
                came.set()

    listener = threading.Thread(target=listen)
    listener.start()
    waits = []
    try:
        # The first send finds no lane yet: the workers look for new ones twice a second.
        for send in range(sends + 1):
            came.clear()
            began_s = time.monotonic()
            producer.submit("mms-bulk", [raw_item(send)])
            if not came.wait(_WITHIN_S):
                raise RuntimeError(f"nothing was heard of message {send} within {_WITHIN_S} s")
            waits.append((heard_s[-1] - began_s) * 1000)
            time.sleep(chance.uniform(*_PAUSE_S))
    finally:
        stop.set()
        listener.join()
    points = quantiles(waits[1:], n=100)
    return points[49], points[98]
