"""What runs: Valkey, the gateway, workers and beats, under a supervisor that starts anew what was killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.crash import build_shim
from bench.durability import SLOW_FLUSH_MS
from plexsend.errors import OutboxError
from plexsend.outbox.redis.store import Store
from plexsend.outbox.runs import reading
from plexsend.stack.child import Program
from plexsend.stack.ports import free_port
from tests.chaos.child import Supervisor, Wanted
from tests.chaos.control import GatewayControl
from tests.chaos.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.runs.run import Run

ROOT = Path(__file__).parents[3]
SLOW = "slow"
_WORKERS, _BEATS = 2, 2
_SETTINGS = {
    "PLEXSEND_RATE": "0",
    "PLEXSEND_LINGER_MS": "50",
    "PLEXSEND_RECLAIM_S": "20",
    "PLEXSEND_RETRY_FIRST_S": "0.2",
    "PLEXSEND_RETRY_LONGEST_S": "0.5",
    "PLEXSEND_SHUT_FIRST_S": "0.2",
    "PLEXSEND_SHUT_LONGEST_S": "0.5",
    "PLEXSEND_ACCOUNT_MAIN": "u;s",
}
_LOOK_S = 0.05


class TooLong(Exception):
    """What was waited for did not come in time."""


class Field:
    """The processes of a run, and how they are looked at.

    Args:
        folder: For everything that they write.
        fsync: Of Valkey: `always`, `everysec`, or `slow`: `everysec`, and each flush takes 1.5 s, as on a
            busy disk. Needs a C compiler.
        knows_keys: Whether the gateway refuses a key that it accepted; else a message that goes twice is
            accepted twice, and the ledger shows it.
        workers: How many.
        beats: How many.
    """

    def __init__(
        self,
        folder: Path,
        *,
        fsync: str = "always",
        knows_keys: bool = True,
        workers: int = _WORKERS,
        beats: int = _BEATS,
    ) -> None:
        self.folder = folder
        self.ledger = folder / "ledger.jsonl"
        self.root = folder / "campaigns"
        self.supervisor = Supervisor()
        slow = fsync == SLOW
        more = {"LD_PRELOAD": str(build_shim(folder)), "SYNC_DELAY_MS": str(SLOW_FLUSH_MS)} if slow else {}
        every = "everysec" if slow else fsync
        self.valkey = Valkey(folder, free_port(), fsync=every, tmpfs=False, more=more)
        gateway_port = free_port()
        url = f"redis://127.0.0.1:{self.valkey.port}/0"
        self.environ = {
            **dict.fromkeys(("PLEXSEND_MMS_URL", "PLEXSEND_SMS_URL"), f"http://127.0.0.1:{gateway_port}"),
            **_SETTINGS,
            "PLEXSEND_REDIS_URL": url,
            "PLEXSEND_CAMPAIGN_DIR": str(self.root),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
        }
        self.supervisor.add(self.valkey.child)
        self.valkey.wait_ready()
        self.supervisor.begin()
        words = ("--port", str(gateway_port), "--ledger", str(self.ledger))
        self._add("gateway", "-m", "tests.chaos.gateway", *words, *(("--knows-keys",) if knows_keys else ()))
        self.gateway = GatewayControl(gateway_port)
        self.workers = [self._add(f"worker-{n}", "-m", "plexsend", "worker") for n in range(workers)]
        self.beats = [self._add(f"beat-{n}", "-m", "plexsend", "beat") for n in range(beats)]
        self.store = Store.connect(url, "plexsend:")

    def _add(self, name: str, *words: str) -> Wanted:
        log = self.folder / f"{name}.log"
        program = Program(name, (sys.executable, "-P", *words), log, self.folder, self.environ)
        return self.supervisor.add(Wanted(program))

    def look(self, run: Run) -> Run | None:
        """Return the run as it is now; None: Valkey does not answer."""
        try:
            return reading.run(self.store, run.account, run.group)
        except OutboxError:
            return None

    def requests(self) -> int:
        """Return how many requests the gateway has seen."""
        return int(self.gateway.stats()["requests"])

    def wait_until(self, is_so: Callable[[], bool], what: str, within_s: float = 60.0) -> None:
        """Return once it is so. Raises TooLong."""
        until_s = time.monotonic() + within_s
        while not is_so():
            if time.monotonic() > until_s:
                raise TooLong(f"after {within_s:g} s: {what}")
            time.sleep(_LOOK_S)

    def command(self, *words: str) -> dict[str, Any]:
        """Return what a command says to programs; its last object where it says several."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "plexsend", *words, "--json"],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 1) or not done.stdout.strip():
            raise RuntimeError(f"plexsend {' '.join(words)} failed ({done.returncode}): {done.stderr[-500:]}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def end(self) -> None:
        """End all."""
        self.store.close()
        for child in (*self.workers, *self.beats):
            child.send(signal.SIGCONT)
        self.supervisor.end()
        self.valkey.close()
