"""Everything that runs during a run of faults: Valkey, wire, gateway, workers, beats and applications."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.stack.child import Program
from plexsend.stack.ports import free_port
from tests.chaos.asks import asks_of
from tests.chaos.child import Supervisor, Wanted
from tests.chaos.hearers import Hearers
from tests.chaos.law import is_day
from tests.chaos.liars import Liars
from tests.chaos.load import ACCOUNTS, QUICK, service_settings
from tests.chaos.looked_up import GOOD, HOST, VARIABLE, write
from tests.chaos.persons import Persons
from tests.chaos.reader import READER
from tests.chaos.uploaders import PROCESSES, Uploaders
from tests.chaos.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tests.chaos.evidence import Absence, Planted, Restore
    from tests.chaos.in_force import Ask

ROOT = Path(__file__).parents[2]
PREFIX = "plexsend:"
WORKERS = 3
RECLAIM_S = 20
LONGEST_RUN_S = 2700.0
"""Beyond that no run lasts; one that would last into the night sends no advertisements, for none could go."""
_BIN = Path(sys.executable).parent
NAMED = ROOT / "tests/chaos/named"
"""The folder whose code each process loads at its start."""


class World:
    """One installation under load, in a folder of its own.

    Args:
        folder: Empty; holds all logs and ledgers afterwards.
        seed: Of the applications' choices.
        fsync: Valkey's `appendfsync`.
        on_uncertain: resend, park, or both.
        rate_per_s: Messages of all applications together.
        tmpfs: Whether Valkey's data is on a file system that can be filled.
        workers: How many worker processes.
        readers: Names of the readers of results.
        uploaders: How many processes upload pictures.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: int,
        fsync: str,
        on_uncertain: str,
        rate_per_s: float,
        tmpfs: bool,
        workers: int = WORKERS,
        readers: tuple[str, ...] = (READER,),
        uploaders: int = PROCESSES,
    ) -> None:
        self.folder = folder
        self.on_uncertain = on_uncertain
        self.pause_file = folder / "pause"
        self.names_file = folder / "names.json"
        self.ledgers: list[Path] = []
        self.secrets = {name: secrets.token_hex(12) for name in ACCOUNTS}
        self.wrong_secret = secrets.token_hex(12)
        self._number_key = secrets.token_hex(32)
        self.users = {name: f"user-{name}" for name in ACCOUNTS}
        self.supervisor = Supervisor()
        self.valkey = Valkey(folder, free_port(), fsync=fsync, tmpfs=tmpfs)
        self.liars = Liars(self)
        self.proxy, self.gateway = self.liars.proxy, self.liars.gateway
        self._seed, self._rate_per_s, self._worker_count = seed, rate_per_s, workers
        self._uploader_count = uploaders
        self.advertises = is_day(time.time(), LONGEST_RUN_S)
        self._made = 0
        self.persons = Persons(self)
        self.hearers = Hearers(self, readers)
        self.uploaders = Uploaders(self)
        self.asks: list[Ask] = []
        self.absences: list[Absence] = []
        self.restores: list[Restore] = []
        self.planted: list[Planted] = []
        self.good_secrets: list[tuple[str, float, float]] = []
        self.workers: list[Wanted] = []
        self.beats: list[Wanted] = []
        self.applications: list[Wanted] = []
        self.importers: list[Path] = []
        """Logs of imports."""

    def begin(self, applications: int = 2, *options: str) -> None:
        """Start everything and return once messages flow; `options`: of the applications."""
        self.set_names()
        self.supervisor.add(self.valkey.child)
        self.valkey.child.again_s = 0.1
        self.liars.add()
        self.supervisor.begin()
        self.valkey.wait_ready()
        self.liars.wait_ready()
        self.hearers.begin()
        for _ in range(self._worker_count):
            self.add_worker()
        self.add_beat()
        if self.advertises:
            self.persons.begin_advertising()
            options = (*options, "--advertises")
        for i in range(applications):
            self.add_application(i, self._rate_per_s / applications, *options)
        self.uploaders.begin(self._uploader_count, self._seed)
        # What strikes while they still start would strike nothing.
        for worker in self.workers:
            self.wait_loading(worker, "batches sent")
        self.hearers.wait_ready()
        self.asks += asks_of(self.environ(), "each worker", time.time())

    def set_names(self, *, delay_s: float = 0.0, addresses: tuple[str, ...] = (GOOD,)) -> None:
        """Let look-ups of the gateway's host take this time and find these addresses."""
        write(self.names_file, delay_s=delay_s, addresses=addresses)

    def mend(self) -> None:
        """Undo whatever a fault that failed half-way may have left behind."""
        for child in self.workers:
            child.send(signal.SIGCONT)
        self.hearers.mend()
        self.valkey.free_disk()
        self.valkey.free_file()
        self.valkey.wait_ready()
        self.valkey.free_memory()

    def end(self) -> None:
        """End everything."""
        self.supervisor.end()
        self.valkey.close()

    @staticmethod
    def key(account: str, name: str) -> str:
        """Return the name of a key of an account."""
        return f"{PREFIX}{{{account}}}:{name}"

    def environ(self, *, direct: bool = False) -> dict[str, str]:
        """Return the environment of plexsend's processes; `direct`: past the wire that lies."""
        port = self.valkey.port if direct else self.liars.proxy_port
        url = f"http://{HOST}:{self.liars.gateway_port}"
        return {
            **self.plain(),
            **{
                f"PLEXSEND_ACCOUNT_{name.upper()}": f"{self.users[name]};{self.secrets[name]}"
                for name in ACCOUNTS
            },
            "PLEXSEND_REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "PLEXSEND_KEY_PREFIX": PREFIX,
            "PLEXSEND_MMS_URL": url,
            "PLEXSEND_RCS_URL": url,
            "PLEXSEND_UPLOAD_URL": f"http://127.0.0.1:{self.liars.gateway_port}",
            "PLEXSEND_NUMBER_KEY": self._number_key,
            **QUICK,
            "PLEXSEND_RECLAIM_S": str(RECLAIM_S),
            **service_settings(self.on_uncertain),
        }

    def plain(self) -> dict[str, str]:
        """Return the environment of what is not plexsend's."""
        names = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "TMPDIR")
        found = {name: os.environ[name] for name in names if name in os.environ}
        # What is in the first folder is loaded by each process at its start.
        path = f"{NAMED}{os.pathsep}{ROOT}"
        own = {"PYTHONWARNINGS": "ignore", "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        return {**found, **own, VARIABLE: str(self.names_file)}

    def celery(self, *arguments: str) -> tuple[str, ...]:
        """Return a command of Celery."""
        return (str(_BIN / "celery"), "-A", "worker", *arguments)

    def plexsend(self, *arguments: str) -> tuple[str, ...]:
        """Return a command of plexsend."""
        return (str(_BIN / "plexsend"), *arguments)

    def add_worker(self, *options: str, without: Collection[str] = (), **more: str) -> Wanted:
        """Start a worker process; `more` stands in its environment, `without` does not."""
        name = self._name("worker")
        command = (
            *self.celery("worker", "-l", "INFO", "-c", "4"),
            *("-n", f"{name}@chaos", "--without-gossip", "--without-mingle", "--without-heartbeat"),
            *options,
        )
        child = self._celery(name, command, more, without)
        self.workers.append(child)
        return child

    def drop_worker(self, child: Wanted) -> None:
        """End a worker process in order, for good."""
        self.workers.remove(child)
        self.supervisor.remove(child)

    def add_beat(self) -> Wanted:
        """Start a beat."""
        name = self._name("beat")
        command = (
            *self.celery("beat", "-l", "INFO"),
            *("-s", str(self.folder / f"{name}.schedule"), "--pidfile="),
        )
        child = self._celery(name, command, {})
        self.beats.append(child)
        return child

    def drop_beat(self, child: Wanted) -> None:
        """End a beat for good."""
        self.beats.remove(child)
        self.supervisor.remove(child)

    def add_application(self, number: int, rate_per_s: float, *options: str) -> Wanted:
        """Start an application that submits at this rate."""
        name = f"application-{number}"
        ledger = self.folder / f"{name}.jsonl"
        self.ledgers.append(ledger)
        command = (
            *(sys.executable, "-m", "tests.chaos.application", "--tag", chr(ord("a") + number)),
            *("--ledger", str(ledger), "--rate", str(rate_per_s), "--pause", str(self.pause_file)),
            *("--seed", str(self._seed + number), *options),
        )
        child = Wanted(Program(name, command, self.folder / f"{name}.log", ROOT, self.environ()))
        self.applications.append(self.supervisor.add(child))
        return child

    def logs(self) -> list[Path]:
        """Return everything that any process of plexsend's has said."""
        return sorted(
            path
            for path in self.folder.glob("*.log")
            if not path.name.startswith(("gateway", "proxy", "valkey"))
        )

    def wait_loading(self, child: Wanted, words: str, within_s: float = 60.0) -> None:
        """Return once a process has said these words."""
        until = time.monotonic() + within_s
        while words not in child.log.read_text("utf-8", "replace"):
            if time.monotonic() > until:
                raise TimeoutError(f"{child.name} has not said {words!r} within {within_s} s")
            time.sleep(0.1)

    def _celery(
        self, name: str, command: tuple[str, ...], more: Mapping[str, str], without: Collection[str] = ()
    ) -> Wanted:
        whole = {**self.environ(), **more}
        environ = {variable: value for variable, value in whole.items() if variable not in without}
        return self.supervisor.add(
            Wanted(Program(name, command, self.folder / f"{name}.log", self.folder, environ))
        )

    def _name(self, what: str) -> str:
        self._made += 1
        return f"{what}-{self._made}"
