"""The processes that hear what becomes of messages: the receipts server, readers of results, the archive."""

from __future__ import annotations

import http.client
import secrets
import signal
import sys
import time
from typing import TYPE_CHECKING

from plexsend.stack.child import Program
from plexsend.stack.ports import free_port
from tests.chaos.child import Wanted
from tests.chaos.load import ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.world import World

PROCESSES = 2
"""Of each reader."""
ARCHIVE_READER = "archive"
_READY_S = 30.0
_LOOK_S = 0.05


class Hearers:
    """Those of one world.

    Args:
        world: Whose.
        readers: Names of the readers; each has two processes.
    """

    def __init__(self, world: World, readers: Sequence[str]) -> None:
        self._world = world
        self._port = free_port()
        self.secrets = {name: secrets.token_hex(12) for name in ACCOUNTS}
        self.receipt_ledger = world.folder / "gateway-receipts.jsonl"
        self.ledgers = {
            name: [world.folder / f"reader-{name}-{i}.jsonl" for i in range(PROCESSES)] for name in readers
        }
        self.archive_folder = world.folder / "archive"
        self.receipts: list[Wanted] = []
        self.readers: list[Wanted] = []
        self.archives: list[Wanted] = []

    def urls(self) -> dict[str, str]:
        """Return where the gateway posts the receipts of each user."""
        return {self._world.users[name]: self._url("receipts", name) for name in self.secrets}

    def refusals_url(self, account: str) -> str:
        """Return where refusals of an account are pushed to."""
        return self._url("suppressions", account)

    def begin(self) -> None:
        """Start them all, and return once receipts are taken."""
        world = self._world
        serve = world.plexsend("serve", "receipts", "--port", str(self._port))
        known = {f"PLEXSEND_RECEIPT_SECRET_{name.upper()}": secret for name, secret in self.secrets.items()}
        self.receipts.append(self._add("receipts", serve, known))
        for name, ledgers in self.ledgers.items():
            for ledger in ledgers:
                command = (*(sys.executable, "-m", "tests.chaos.reader"), "--ledger", str(ledger), name)
                self.readers.append(self._add(ledger.stem, command))
        archive = world.plexsend("archive", str(self.archive_folder), "--follow", "--reader", ARCHIVE_READER)
        self.archives.append(self._add("archive", archive))

    def wait_ready(self, within_s: float = _READY_S) -> None:
        """Return once the receipts server takes receipts."""
        until = time.monotonic() + within_s
        while not self._is_ready():
            if time.monotonic() > until:
                raise TimeoutError(f"the receipts server is not ready within {within_s} s")
            time.sleep(_LOOK_S)

    def mend(self) -> None:
        """Let what a fault may have stopped go on."""
        for child in self.receipts:
            child.send(signal.SIGCONT)

    def _url(self, what: str, account: str) -> str:
        return f"http://127.0.0.1:{self._port}/{what}/{account}/{self.secrets[account]}"

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def _add(self, name: str, command: tuple[str, ...], more: dict[str, str] | None = None) -> Wanted:
        world = self._world
        environ = {**world.environ(), **(more or {})}
        return world.supervisor.add(
            Wanted(Program(name, command, world.folder / f"{name}.log", world.folder, environ))
        )
