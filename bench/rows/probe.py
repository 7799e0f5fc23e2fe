"""A probe, as a container's supervisor runs it: the whole command, from its start to its exit code."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import time
from typing import TYPE_CHECKING

from bench.programs import PASSED_ON
from bench.rounds import Figure
from bench.stage import PLEXSEND, PREFIX
from bench.valkey import Valkey
from plexsend.outbox.doors import Door
from plexsend.outbox.doors import announce as announce_door
from plexsend.outbox.fleet import Announcement, alive, announce
from plexsend.outbox.form import FORM
from plexsend.outbox.redis.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.row import Plan

_ASKED = ("worker", "receipts", "outbox")
_PROBES = 10


def probe(plan: Plan) -> list[Figure]:
    """Each of the three questions, ten times a round."""
    found: dict[str, list[float]] = {what: [] for what in _ASKED}
    with Valkey(plan.folder / "valkey") as valkey:
        store = Store.connect(valkey.url, PREFIX)
        host = socket.gethostname()
        announce(store, "bench", Announcement(host, 1, "bench", FORM, 1, ("mms-bulk",), 16))
        door = Door("bench", host, 1, "bench", ("receipts",))
        inherited = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environ = {**inherited, "PLEXSEND_REDIS_URL": valkey.url}
        for number in range(min(plan.rounds, 3)):
            for what in _ASKED:
                took = []
                for _ in range(2 if plan.quick else _PROBES):
                    alive(store, "bench")
                    announce_door(store, door)
                    took.append(_ask(what, environ) * 1000)
                found[what].append(statistics.median(took))
            plan.log(
                f"  round {number + 1}: " + ", ".join(f"{what} {found[what][-1]:.0f} ms" for what in _ASKED)
            )
        store.close()
    return [Figure(what, found[what], at_most=300, unit="ms", best=True) for what in _ASKED]


def _ask(what: str, environ: Mapping[str, str]) -> float:
    began_s = time.perf_counter()
    subprocess.run([str(PLEXSEND), "health", what], env=environ, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began_s
