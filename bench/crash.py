"""A server that is killed during writes, or loses its power, and what it still knows afterwards."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from redis import Redis
from redis.exceptions import RedisError

from bench.clock import wait_for
from bench.items import drafts
from bench.programs import Measured
from plexsend.errors import OutboxUnavailable
from plexsend.gateway.items import get_loader
from plexsend.outbox.lanes import Lane
from plexsend.outbox.redis.store import Store
from plexsend.outbox.submit import SubmitOutcome, Submitter
from plexsend.stack.ports import free_port
from plexsend.stack.programs import server

if TYPE_CHECKING:
    from collections.abc import Mapping

LANE = Lane("mms-bulk", None, "main")
_SHIM = Path(__file__).with_name("sync_shim.c")
_AT_ONCE = 10


def build_shim(folder: Path) -> Path:
    """Compile what makes flushes slow and records them; needs a C compiler called `cc`."""
    built = folder / "sync_shim.so"
    # The compiler of this machine, wherever it is.
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", built, _SHIM, "-ldl"], check=True)  # noqa: S607
    return built


class Server:
    """A Valkey in a folder, whose flushes to disk are recorded."""

    def __init__(self, folder: Path, shim: Path, settings: Mapping[str, str], *, flush_ms: int) -> None:
        self._folder = folder
        self._synced = folder / "synced"
        self._settings = {"save": "", "auto-aof-rewrite-percentage": "0", "dir": str(folder), **settings}
        self._environ = {"LD_PRELOAD": str(shim), "SYNC_LOG": str(self._synced)}
        self._slow = {"SYNC_DELAY_MS": str(flush_ms)} if flush_ms else {}
        folder.mkdir(parents=True)
        self.url = ""

    def start(self, *, slow: bool) -> Measured:
        """Start it on what its folder holds; returns once it serves."""
        port = free_port()
        self.url = f"redis://127.0.0.1:{port}/0"
        settings = {"port": str(port), **self._settings}
        environ = {**self._environ, **(self._slow if slow else {})}
        program = Measured(server(self._folder, self._folder / "log", settings, environ=environ))

        def serves() -> bool:
            program.check()
            with Redis.from_url(self.url, protocol=2) as client:
                try:
                    return not client.info("persistence")["loading"]
                except RedisError:
                    return False

        wait_for(serves, what="an answer of Valkey")
        return program

    def cut_power(self) -> None:
        """Take from its files what no flush had made durable. Only after its end."""
        lasting: dict[int, int] = {}
        if self._synced.exists():
            for line in self._synced.read_text().splitlines():
                inode, size = map(int, line.split())
                lasting[inode] = max(lasting.get(inode, 0), size)
        for file in self._folder.glob("appendonlydir/*.incr.aof"):
            os.truncate(file, lasting.get(file.stat().st_ino, 0))


class Writing:
    """A producer in a thread that adds ten messages at a time until the server is gone."""

    def __init__(self, url: str) -> None:
        self._store = Store.connect(url, "plexsend:")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.added: list[str] = []
        """Keys that the server answered as added, in their order."""
        self._thread.start()

    def wait_end(self) -> None:
        """Wait until it has noticed."""
        self._thread.join(30)
        self._store.close()

    def _run(self) -> None:
        intake, stamp = Submitter(self._store), str(get_loader(LANE.service).stamp)
        first = 0
        while True:
            [chunk] = drafts(first, _AT_ONCE)
            try:
                answers = intake.add(LANE, chunk, stamp=stamp)
            except OutboxUnavailable:
                return
            first += _AT_ONCE
            self.added += [
                draft.msg_key
                for draft, submitted in zip(chunk, answers, strict=True)
                if submitted.outcome is SubmitOutcome.ADDED
            ]


def crash(server: Server, *, after_s: float, power: bool) -> dict[str, float]:
    """Kill a server during writes, start it again, and count what was answered "added" and is gone."""
    program = server.start(slow=True)
    writing = Writing(server.url)
    time.sleep(after_s)  # how long it writes is what is asked for, not a wait for a result
    program.kill()
    program.wait(10)
    writing.wait_end()
    if power:
        server.cut_power()
    program = server.start(slow=False)
    try:
        store = Store.connect(server.url, "plexsend:")
        pipe = store.client.pipeline(transaction=False)
        for key in writing.added:
            pipe.exists(store.keys.record(LANE.account, key))
        lost = pipe.execute().count(0)
        store.close()
    finally:
        program.end()
    per_s = len(writing.added) / after_s
    return {"added": len(writing.added), "lost": lost, "lost_s": lost / per_s if per_s else 0.0}
