"""Forks the processes that are stopped: a process of its own with one thread, so that a fork copies no lock.

Reads one order a line, and answers each, once its process is gone, with how it ended and what it told.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from plexsend.gateway.items import get_loader
from plexsend.gateway.services import SERVICES
from plexsend.outbox import form
from plexsend.outbox.policies import known
from plexsend.outbox.redis.scripts import Script, source
from plexsend.outbox.redis.store import Store
from tests.integration.crash.calls import watched_store
from tests.integration.crash.scenarios import SCENARIOS
from tests.integration.crash.stage import make_stage
from tests.integration.crash.watch import Watch
from tests.integration.crash.wire import watch_client

_ROOT = Path(__file__).parents[3]
_PATIENCE_S = 20


@dataclass(frozen=True)
class Order:
    """What a process is to play, and where it is to end."""

    scenario: str
    redis_url: str
    prefix: str
    gateway_url: str
    folder: str
    stop_at: str = ""
    """A boundary; empty: it plays to the end."""
    lose: bool = False
    """Whether only the call is lost there, and the process lives on."""


@dataclass(frozen=True)
class End:
    """How a process ended."""

    killed: bool
    """By itself, at the boundary it was to end at."""
    reached: tuple[str, ...]
    """The boundaries that it came to, where it played to the end."""
    failure: str
    """A traceback, or what else went wrong; empty where nothing did."""


class Nursery:
    """The parent's side: starts the nursery and gives it orders."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
        )

    def play(self, order: Order) -> End:
        """Let a process play, and return how it ended."""
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        pipe_in.write(json.dumps(asdict(order)).encode() + b"\n")
        pipe_in.flush()
        told = json.loads(pipe_out.readline())
        return End(told["killed"], tuple(told["reached"]), told["failure"])

    def close(self) -> None:
        """End the nursery."""
        self._process.communicate(timeout=_PATIENCE_S)


def _serve() -> None:
    logging.disable()
    # Looked at once in a process's life: a busy machine must not make other calls of it.
    known.LOOK_S = form._KEPT_S = 3600.0
    # What every child would have to do, done once.
    for service in SERVICES:
        get_loader(service)
    for script in Script:
        source(script)
    Store.connect("redis://127.0.0.1", "").client.connection_pool.make_connection()
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(_raise_child(Order(**json.loads(line)))), flush=True)  # noqa: T201  the answer


def _raise_child(order: Order) -> dict[str, Any]:
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _live(order, write_end)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        told = pipe.read()
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    end: dict[str, Any] = {"killed": code == -signal.SIGKILL, "reached": [], "failure": ""}
    if told:
        end.update(json.loads(told))
        return end
    return end if end["killed"] else end | {"failure": f"the process ended with {code}"}


def _live(order: Order, write_end: int) -> None:
    # A process that hangs is ended by this, which is no kill that counts.
    signal.alarm(_PATIENCE_S)
    told: dict[str, Any]
    try:
        told = {"reached": _play(order)}
    except BaseException:  # noqa: BLE001  whatever it was, the parent must read it
        told = {"failure": traceback.format_exc()}
    os.write(write_end, json.dumps(told).encode())
    os._exit(0)


def _play(order: Order) -> list[str]:
    scenario = SCENARIOS[order.scenario]
    watch = Watch(order.stop_at, lose=order.lose)
    plain = Store.connect(order.redis_url, order.prefix)
    stage = make_stage(
        plain, watched_store(plain, watch), order.gateway_url, Path(order.folder), scenario.settings
    )
    watch_client(stage.client, watch)
    if order.lose:
        # A drain waits half a second before it repeats a call; nothing is gained by waiting here.
        time.sleep = lambda _: None
    done: set[str] = set()

    def meanwhile(boundary: str) -> None:
        done.add(boundary)
        scenario.meanwhile[boundary](stage)

    watch.meanwhile = {boundary: partial(meanwhile, boundary) for boundary in scenario.meanwhile}
    watch.is_armed = True
    scenario.act(stage)
    watch.is_armed = False
    missed = scenario.meanwhile.keys() - done
    assert not missed, f"{missed} were not reached; {watch.reached} were"
    return watch.reached


if __name__ == "__main__":
    _serve()
