"""A real server under deploy/valkey.conf: every line is in force, and does what its comment says."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis

from plexsend.stack import programs
from plexsend.stack.child import Child
from plexsend.stack.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONF = Path(__file__).parents[2] / "deploy" / "valkey.conf"
START_DEADLINE_S = 15


class Server:
    """A server process on a free port, started anew on the same folder as often as wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._child: Child | None = None

    def start(self, conf: Path = CONF, *options: str) -> redis.Redis:
        """Start it; returns a client once it answers."""
        self.port = free_port()
        settings = {"port": str(self.port), "dir": str(self.folder)}
        program = programs.server(
            self.folder, self.folder / "log", settings, str(conf), *options, environ=os.environ
        )
        self._child = child = Child(program)
        child.start()
        client = redis.Redis(port=self.port, protocol=2, decode_responses=True)
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            with contextlib.suppress(redis.ConnectionError):
                if client.ping():
                    return client
            if not child.is_running or time.monotonic() > deadline:
                pytest.fail("Valkey does not start:\n" + (self.folder / "log").read_text())
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process and wait for its end."""
        if self._child is not None:
            self._child.send(how)
            self._child.wait(START_DEADLINE_S)
            self._child = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop(signal.SIGKILL)


@pytest.fixture
def start(server: Server) -> Iterator[Callable[..., redis.Redis]]:
    """Start the server under our file; the clients are closed after the test."""
    with contextlib.ExitStack() as clients:

        def start(*args: Any) -> redis.Redis:
            client = server.start(*args)
            clients.callback(client.close)
            return client

        yield start


def written() -> dict[str, str]:
    """Return each setting of the file as CONFIG GET words it."""
    lines = [shlex.split(line) for line in CONF.read_text().splitlines() if line and not line.startswith("#")]
    settings = {name: " ".join(values) for name, *values in lines}
    assert len(settings) == len(lines), "a setting stands in the file twice"
    return {name: _in_bytes(value) for name, value in settings.items()}


def _in_bytes(value: str) -> str:
    amount = re.fullmatch(r"(\d+)(mb|gb)", value)
    return str(int(amount[1]) * _UNITS[amount[2]]) if amount else value


_UNITS = {"mb": 2**20, "gb": 2**30}


def test_every_line_of_the_file_is_in_force(start: Callable[..., redis.Redis]) -> None:
    client = start()
    assert {name: client.config_get(name)[name] for name in written()} == written()


def test_file_says_what_messages_depend_on() -> None:
    assert {
        "bind": "127.0.0.1",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "no-appendfsync-on-rewrite": "no",
        "maxmemory-policy": "noeviction",
    }.items() <= written().items()
    assert int(written()["maxmemory"]) > 0


def test_every_setting_has_its_reason_above_it() -> None:
    lines = CONF.read_text().splitlines()
    assert all(
        lines[at - 1].startswith("#") for at, line in enumerate(lines) if line and not line.startswith("#")
    )


def test_file_wins_where_it_is_included_last(start: Callable[..., redis.Redis], tmp_path: Path) -> None:
    distribution = tmp_path / "distribution.conf"
    distribution.write_text(
        f"bind *\nsave 60 1\nappendonly no\nappendfsync no\nmaxmemory-policy allkeys-lru\ninclude {CONF}\n"
    )
    client = start(distribution)
    assert {name: client.config_get(name)[name] for name in written()} == written()


def test_flushed_write_outlives_a_kill(server: Server, start: Callable[..., redis.Redis]) -> None:
    client: Any = start()
    client.set("message", "body")
    # Waits for the flush that `everysec` does by itself.
    assert client.execute_command("WAITAOF", 1, 0, 5000)[0] == 1
    server.stop(signal.SIGKILL)
    assert start().get("message") == "body"


def test_full_memory_refuses_and_forgets_nothing(start: Callable[..., redis.Redis]) -> None:
    client = start(CONF, "--maxmemory", "4mb")
    stored = []

    def fill() -> None:
        for number in range(1000):
            client.set(f"message:{number}", "x" * 10_000)
            stored.append(number)

    with pytest.raises(redis.exceptions.OutOfMemoryError):
        fill()
    assert 0 < len(stored) == client.dbsize()
