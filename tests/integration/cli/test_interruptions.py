"""An import that is stopped half-way: what was answered stands, and run again it doubles nothing."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from plexsend.outbox.redis.store import Store

ITEM = (
    '{"sender_number": "0234567890", "receiver_number": "01023456789", "msg": "안녕", '
    '"file_path": ["https://example.com/a.jpg"]}\n'
)
ROWS = 1500
# A chunk of 500 of these rows takes about 150 kB on its way to Redis, so this is within the second one.
LET_PASS_BYTES = 265_000


class Road:
    """A way to Redis that carries connections up to a point, and then loses them or stalls.

    The point is that so many bytes have passed in all, or that a word would.
    """

    def __init__(self, target: tuple[str, int], *, loses: bool, before: bytes | None) -> None:
        self._target = target
        self._before = before
        self._loses = loses
        self._passed = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._server.getsockname()[1]}/0"
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A close alone wakes nobody who waits in accept.
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(timeout=10)

    def _accept(self) -> None:
        carrying = []
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                carrying.append(threading.Thread(target=self._carry, args=(client,), daemon=True))
                carrying[-1].start()
        for thread in carrying:
            thread.join(timeout=10)

    def _carry(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self._target) as server:
            back = threading.Thread(target=self._carry_back, args=(server, client), daemon=True)
            back.start()
            while not self._is_over() and (data := client.recv(4096)):
                if self._is_over() or (self._before is not None and self._before in data):
                    self.stopped.set()
                    break
                server.sendall(data)
                self._passed += len(data)
            if self._is_over() and not self._loses:
                # Reads on until the client goes away, and passes nothing on.
                while client.recv(65536):
                    pass
            server.shutdown(socket.SHUT_RDWR)
            client.shutdown(socket.SHUT_RDWR)
            back.join()

    def _is_over(self) -> bool:
        if self._passed >= LET_PASS_BYTES:
            self.stopped.set()
        return self.stopped.is_set()

    @staticmethod
    def _carry_back(server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)


@pytest.fixture
def road(valkey_url: str) -> Callable[..., Any]:
    """Make a road to the Valkey of the tests."""
    parts = urlsplit(valkey_url)

    @contextmanager
    def road(*, loses: bool, before: bytes | None = None) -> Iterator[Road]:
        with Road((str(parts.hostname), int(parts.port or 0)), loses=loses, before=before) as made:
            yield made

    return road


@pytest.fixture
def messages(tmp_path: Path, yard: Any) -> str:
    """A file of three chunks, and a server that knows the script which takes them in."""
    # Or the first chunk would go twice: the server asks for a script that it does not know.
    yard.add("before")
    file = tmp_path / "messages.jsonl"
    file.write_text(ITEM * ROWS, "utf-8")
    return str(file)


def test_an_outage_half_way_is_told_with_what_stands(
    run: Callable[..., Any], road: Callable[..., Any], messages: str
) -> None:
    with road(loses=True) as way:
        ended = run("import", messages, "--service", "mms-bulk", "--json", PLEXSEND_REDIS_URL=way.url)

    assert ended.code == 1
    assert ended.lines[-1] == {"added": 500, "duplicates": 0, "changed": 0, "conflicts": 0, "invalid": 0}
    assert ended.error["kind"] == "unavailable"
    assert "Run the import again" in ended.error["message"]

    again = run("import", messages, "--service", "mms-bulk", "--json")
    assert again.code == 0
    assert again.lines[-1] == {"added": 1000, "duplicates": 500, "changed": 0, "conflicts": 0, "invalid": 0}


def test_a_message_that_may_have_been_taken_in_is_told_with_its_key(
    run: Callable[..., Any], road: Callable[..., Any], yard: Any
) -> None:
    # Or the first script would be the one that asks for the form in force.
    yard.add("before")
    args = ("send", "sms-bulk", "--to", "01023456789", "--from", "0234567890", "--text", "x")
    with road(loses=True, before=b"EVALSHA") as way:
        ended = run(*args, "--json", PLEXSEND_REDIS_URL=way.url)

    assert (ended.code, ended.out) == (1, "")
    found = re.search(r"Send it again with --key ([0-9a-f-]{36}):", ended.error["message"])
    assert found is not None
    assert run(*args, "--key", found[1], "--json").lines[0]["outcome"] == "added"


def test_a_full_server_takes_nothing_in_and_says_what_to_do(run: Callable[..., Any], store: Store) -> None:
    args = ("send", "sms-bulk", "--to", "01023456789", "--from", "0234567890", "--text", "x")
    store.client.config_set("maxmemory", store.client.info("memory")["used_memory"])
    try:
        ended = run(*args, "--json")
    finally:
        store.client.config_set("maxmemory", 0)

    assert (ended.code, ended.out, ended.error["kind"]) == (1, "", "full")
    assert "`plexsend prune --older-than 2d`" in ended.error["message"]


def test_ctrl_c_half_way_says_what_to_do(
    environment: dict[str, str],
    command: list[str],
    road: Callable[..., Any],
    run: Callable[..., Any],
    messages: str,
) -> None:
    with road(loses=False) as way:
        process = subprocess.Popen(
            [*command, "import", messages, "--service", "mms-bulk"],
            env=os.environ | environment | {"PLEXSEND_REDIS_URL": way.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert way.stopped.wait(20)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
            process.communicate()

    assert (process.returncode, out) == (130, "")
    assert err.splitlines() == [
        "The import stops. Run it again: what was added is then a duplicate.",
        "plexsend: Interrupted. What was done before is kept.",
    ]
    again = run("import", messages, "--service", "mms-bulk", "--json")
    assert again.lines[-1] == {"added": 1000, "duplicates": 500, "changed": 0, "conflicts": 0, "invalid": 0}


def test_ctrl_c_while_messages_are_taken_in_names_their_keys(
    environment: dict[str, str],
    command: list[str],
    road: Callable[..., Any],
    run: Callable[..., Any],
    yard: Any,
) -> None:
    yard.add("before")
    receivers = ("--to", "01023456789", "--to", "01023456780")
    args = ("send", "sms-bulk", "--from", "0234567890", "--text", "x")
    with road(loses=False, before=b"EVALSHA") as way:
        process = subprocess.Popen(
            [*command, *args, *receivers],
            env=os.environ | environment | {"PLEXSEND_REDIS_URL": way.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert way.stopped.wait(20)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
            process.communicate()

    assert (process.returncode, out) == (130, "")
    (one, two) = re.findall(r"message \d with --key ([0-9a-f-]{36})", err)
    for key, receiver in ((one, receivers[:2]), (two, receivers[2:])):
        assert run(*args, *receiver, "--key", key, "--json").lines[0]["outcome"] == "added"
