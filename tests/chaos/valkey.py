"""The Valkey of a run: killed, started again from its append-only file, filled up and freed."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from plexsend.stack.programs import server
from tests.chaos.child import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TMPFS_MB = 512
"""Room for the append-only file of the longest run; memory is used only as it fills."""
_PIECES = tuple(bytes(size) for size in (1 << 22, 1 << 16, 1 << 12))
_MAXMEMORY = "2gb"
_READY_S = 60.0
_AOF = "appendonlydir"
_REWRITING = ("aof_rewrite_in_progress", "aof_rewrite_scheduled")


def can_mount() -> bool:
    """Return whether a small file system can be mounted here: needs root."""
    return os.geteuid() == 0 and Path("/bin/mount").exists()


class Valkey:
    """One server process under a supervisor, with its data in a folder of its own.

    Args:
        folder: Where its data and log go.
        port: On which it listens, in each of its lives.
        fsync: `everysec` or `always`.
        tmpfs: Whether its data is on a small file system of its own, which can be filled.
        more: What its environment has beside that of this process.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        fsync: str,
        tmpfs: bool,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.port = port
        self.fsync = fsync
        self.tmpfs = tmpfs
        self.data = folder / "valkey"
        self.data.mkdir()
        self.kills: list[float] = []
        """When it was killed, or ended by itself."""
        self._filler = self.data / "filler"
        if tmpfs:
            subprocess.run(
                ["/bin/mount", "-t", "tmpfs", "-o", f"size={TMPFS_MB}m", "plexsend-chaos", str(self.data)],
                check=True,
            )
        settings = {
            "bind": "127.0.0.1",
            "port": str(port),
            "dir": str(self.data),
            "appendonly": "yes",
            "appendfsync": fsync,
            "aof-load-truncated": "yes",
            "save": "",
            "maxmemory": _MAXMEMORY,
            "maxmemory-policy": "noeviction",
            "hash-max-listpack-value": "64",
        }
        program = server(folder, folder / "valkey.log", settings, environ={**os.environ, **more})
        self.child = Wanted(program)
        self.client = Redis(
            port=port, socket_timeout=10, socket_connect_timeout=3, retry=Retry(NoBackoff(), 0), protocol=2
        )
        self._lock = threading.Lock()

    def wait_ready(self, within_s: float = _READY_S) -> None:
        """Return once it answers and has loaded its file."""
        until = time.monotonic() + within_s
        while True:
            try:
                self.client.ping()
            except (RedisError, OSError):
                if time.monotonic() > until:
                    raise TimeoutError(f"valkey does not answer within {within_s} s") from None
                time.sleep(0.05)
            else:
                return

    def patiently(self, ask: Callable[[Redis], Any]) -> Any:
        """Ask the server something, over its restarts."""
        until = time.monotonic() + _READY_S
        while True:
            try:
                return ask(self.client)
            except (RedisError, OSError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def kill(self) -> bool:
        """Kill it where it stands; the supervisor starts it again from its file."""
        with self._lock:
            killed = self.child.send(signal.SIGKILL)
            if killed:
                self.kills.append(time.time())
            return killed

    def rewrite(self) -> None:
        """Let it write its file anew, as a person does after a disk was full.

        Valkey 9.1.2 cuts off what it could not write whole at the wrong place if it has rewritten its file
        before, and cannot read it at its next start.
        """
        self.patiently(lambda client: client.bgrewriteaof())
        while any(self.patiently(lambda client: client.info("persistence"))[name] for name in _REWRITING):
            time.sleep(0.1)

    def copy(self) -> Path:
        """Return a copy of its append-only file, as a backup makes one: while it goes on."""
        self.patiently(lambda client: client.config_set("auto-aof-rewrite-percentage", 0))
        while self.patiently(lambda client: client.info("persistence"))["aof_rewrite_in_progress"]:
            time.sleep(0.1)
        copy = self.data.parent / "valkey-copy"
        shutil.copytree(self.data / _AOF, copy)
        self.patiently(lambda client: client.config_set("auto-aof-rewrite-percentage", 100))
        return copy

    def restore(self, copy: Path) -> None:
        """End it, put a copy in place of its file, and start it again."""
        with self._lock:
            self.child.wanted = False
            self.child.kill()
            self.kills.append(time.time())
            shutil.rmtree(self.data / _AOF)
            shutil.move(copy, self.data / _AOF)
            self.child.wanted = True
        self.wait_ready()

    def refusals(self, kind: str) -> int:
        """Return how many calls this life has refused with an error of this kind (OOM, MISCONF)."""
        found = self.patiently(lambda client: client.info("errorstats")).get(f"errorstat_{kind}", {})
        return int(found.get("count", 0))

    def fill_memory(self) -> None:
        """Lower its limit below what it holds: only what may exceed it is still written."""
        used = int(self.patiently(lambda client: client.info("memory"))["used_memory"])
        self.patiently(lambda client: client.config_set("maxmemory", max(1_000_000, used * 9 // 10)))

    def free_memory(self) -> None:
        """Give it room again."""
        self.patiently(lambda client: client.config_set("maxmemory", _MAXMEMORY))

    def limit_file(self) -> None:
        """Let no file of it grow, as if its disk were full."""
        largest = max((path.stat().st_size for path in self.data.rglob("*.aof*")), default=0)
        _, hard = resource.prlimit(self.child.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.child.pid, resource.RLIMIT_FSIZE, (largest, hard))

    def free_file(self) -> None:
        """Let its files grow again."""
        if self.child.is_running:
            _, hard = resource.prlimit(self.child.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(self.child.pid, resource.RLIMIT_FSIZE, (hard, hard))

    def fill_disk(self) -> None:
        """Take all the room that its file system has left."""
        # In steps that shrink: the server takes room meanwhile, so how much is left cannot be known.
        with self._filler.open("wb", buffering=0) as file:
            for piece in _PIECES:
                with suppress(OSError):
                    while file.write(piece) == len(piece):
                        pass

    def free_disk(self) -> None:
        """Give the room back."""
        self._filler.unlink(missing_ok=True)

    def close(self) -> None:
        """Release what the process does not: the connection and the file system."""
        self.client.close()
        if self.tmpfs:
            subprocess.run(["/bin/umount", "-l", str(self.data)], check=False)
