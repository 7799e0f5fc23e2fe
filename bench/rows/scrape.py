"""A scrape of the whole fleet: `plexsend serve metrics` as a process, with many lanes behind it."""

from __future__ import annotations

import http.client
import re
import statistics
import time
from typing import TYPE_CHECKING

from bench.programs import measure
from bench.rounds import Figure
from bench.stage import PLEXSEND, PREFIX
from bench.valkey import Valkey
from plexsend.gateway.services import SERVICES
from plexsend.outbox.fleet import Announcement, alive, announce
from plexsend.outbox.form import FORM
from plexsend.outbox.lanes import Lane
from plexsend.outbox.redis.store import Store
from plexsend.outbox.submit import NewMessage, Submitter

if TYPE_CHECKING:
    from bench.row import Plan

LANES = 200
_ACCOUNTS = ("main", "shop", "bank", "club")
_WORKERS = 8
_CODES = 10
_SCRAPES = 20
_BETWEEN_S = 1.05
"""A look is kept for a second: each scrape is to make one of its own."""


def scrape(plan: Plan) -> list[Figure]:
    """Two hundred lanes of four accounts, eight workers; each scrape over a connection of its own."""
    found: dict[str, list[float]] = {"median": [], "slowest": [], "cpu": []}
    with Valkey(plan.folder / "valkey") as valkey:
        store = Store.connect(valkey.url, PREFIX)
        _fill(store)
        environ = {"PLEXSEND_REDIS_URL": valkey.url}
        command = [str(PLEXSEND), "serve", "metrics", "--port", "0"]
        with measure(command, log=plan.folder / "serve.log", folder=plan.folder, environ=environ) as process:
            process.wait_for("It listens on ")
            log = plan.folder.joinpath("serve.log").read_text("utf-8")
            port = int(re.findall(r"http://127\.0\.0\.1:(\d+)", log)[0])
            _ask(port)
            for number in range(min(plan.rounds, 3)):
                before_s, took = process.cpu_s(), []
                for _ in range(2 if plan.quick else _SCRAPES):
                    time.sleep(_BETWEEN_S)
                    took.append(_ask(port) * 1000)
                found["median"].append(statistics.median(took))
                found["slowest"].append(max(took))
                found["cpu"].append((process.cpu_s() - before_s) / len(took) * 1000)
                plan.log(f"  round {number + 1}: {found['median'][-1]:.1f} ms, at most {max(took):.1f}")
        store.close()
    return [
        Figure("median", found["median"], at_most=50, unit="ms", best=True),
        Figure("slowest of twenty", found["slowest"], unit="ms", best=True),
        Figure("processor time of a scrape", found["cpu"], unit="ms", best=True),
    ]


def _ask(port: int) -> float:
    began_s = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != http.client.OK or body.count(b"\nplexsend_messages{") < len(_ACCOUNTS):
        raise RuntimeError(f"not metrics: {answer.status} {body[:200]!r}")
    return time.perf_counter() - began_s


def _fill(store: Store) -> None:
    services = [name for name, service in SERVICES.items() if not service.product.variants]
    submitter = Submitter(store)
    for number in range(LANES):
        at, account = divmod(number, len(_ACCOUNTS))
        group = None if at < len(services) else f"group-{at}"
        lane = Lane(services[at % len(services)], None, _ACCOUNTS[account], group)
        drafts = [NewMessage(f"{number}-{each}", b"{}") for each in range(5)]
        submitter.add(lane, drafts, stamp="bench")
        # Lanes that have worked for a while count a few codes and states.
        counts = {f"c:G{code:03}": 7 for code in range(_CODES)} | {"s:accepted": 5, "a:accepted": 900}
        store.client.hset(store.keys.lane(lane.account, lane.name, "counts"), mapping=counts)  # type: ignore[arg-type]  # redis-py's dict is invariant
    for number in range(_WORKERS):
        announced = Announcement(f"host{number}", number, "bench", FORM, 1, tuple(SERVICES), 16)
        announce(store, f"bench{number}", announced)
        alive(store, f"bench{number}", busy=3)
