"""The command line against a real Valkey: run in this process, or as a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from plexsend.cli.app import app
from plexsend.outbox.advance import Ticket, advance
from plexsend.outbox.batches import Batch, Outcome, Settlement, Verdict
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.records import read_record
from plexsend.outbox.submit import NewMessage, Submitter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from plexsend.outbox.redis.store import Store

BULK = Lane("mms-bulk", None, "main")
FINANCE = Lane("mms-finance", None, "main")
SHOP = Lane("mms-bulk", None, "shop")


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Stdout, each line read as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> dict[str, Any]:
        """The error that a command with --json told on stderr."""
        (error,) = (
            json.loads(line)["error"] for line in self.err.splitlines() if line.startswith('{"error"')
        )
        return dict(error)


@pytest.fixture
def environment(valkey_url: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of a test's own installation, and none from outside."""
    for name in [name for name in os.environ if name.upper().startswith("PLEXSEND_")]:
        monkeypatch.delenv(name)
    return {"PLEXSEND_REDIS_URL": valkey_url, "PLEXSEND_KEY_PREFIX": prefix}


@pytest.fixture
def nearby() -> Iterator[dict[str, str]]:
    """Settings of a gateway on this machine that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        yield {f"PLEXSEND_{product}_URL": url for product in ("MMS", "RCS", "SMS", "LMS", "UPLOAD")}


@pytest.fixture
def run(environment: dict[str, str], store: Store) -> Callable[..., Ended]:
    """Run a command in this process; keyword arguments are further settings."""
    del store  # clears the keys afterwards

    def run(*args: str, typed: str | None = None, **settings: str) -> Ended:
        result = CliRunner().invoke(app, args, input=typed, env=environment | settings)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return Ended(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def command() -> list[str]:
    """How the command is started as a process."""
    return [str(Path(sys.executable).with_name("plexsend"))]


@pytest.fixture
def spawn(environment: dict[str, str], command: list[str], store: Store) -> Callable[..., Ended]:
    """Run the installed command as a process to its end."""
    del store  # clears the keys afterwards

    def spawn(*args: str, typed: str | None = None, **settings: str) -> Ended:
        done = subprocess.run(
            [*command, *args],
            input=typed,
            stdin=subprocess.DEVNULL if typed is None else None,
            capture_output=True,
            text=True,
            env=process_environment(environment | settings),
            timeout=30,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return spawn


def process_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process: that of the tests, without settings from outside."""
    return {name: text for name, text in os.environ.items() if not name.startswith("PLEXSEND_")} | dict(
        settings
    )


class Yard:
    """Puts messages into the states that commands show and change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sequence = 0
        put(store, Where(), {"rate_per_s": 0, "linger_ms": 0}, by="yard", reason="a test's own")

    def add(self, *keys: str, lane: Lane = BULK, **times: Any) -> None:
        """Submit messages with these keys."""
        for start in range(0, len(keys), 500):
            drafts = [NewMessage(key, b'{"msg":"secret words"}') for key in keys[start : start + 500]]
            Submitter(self._store).add(lane, drafts, stamp="test", **times)

    def state(self, key: str, account: str = "main") -> str | None:
        """Return the state of a message, None where there is none."""
        record = read_record(self._store, account, key)
        return None if record is None else str(record.state)

    def take(self, lane: Lane = BULK, settlement: Settlement | None = None) -> Batch | None:
        """Settle what is given and take the next batch, None where there is nothing to take."""
        while True:
            self._sequence += 1
            ticket = Ticket("test.1", self._sequence)
            taken = advance(self._store, lane, ticket, settlement=settlement)
            if isinstance(taken, Batch):
                return taken
            # A message that was added in this very millisecond is ready in the next one.
            if taken.reason != "linger":
                return None
            settlement = None

    def end(self, outcome: Outcome, *keys: str, lane: Lane = BULK, code: str = "", detail: str = "") -> None:
        """Submit messages with these keys and give them all this outcome."""
        self.add(*keys, lane=lane)
        batch = self.take(lane)
        while batch is not None:
            entries = [
                Verdict(message.msg_key, batch.token, outcome, code=code, detail=detail)
                for message in batch.messages
            ]
            batch = self.take(lane, Settlement(batch.token, batch.take, tuple(entries)))


@pytest.fixture
def yard(store: Store) -> Yard:
    """Messages in any state."""
    return Yard(store)
