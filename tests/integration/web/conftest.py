"""A door in this process, on a port of its own, and what talks to it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import uvicorn

from plexsend.gateway.environment import read_settings
from plexsend.outbox.strays import read_unread
from plexsend.web.app import App
from plexsend.web.connections import Bounds
from plexsend.web.serving import config_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plexsend.outbox.redis.store import Store

SECRET = "a-secret-of-the-tests-0123"
SUCCESS = {"code": "100", "desc": "success"}


class Door:
    """A running server, and requests to it."""

    def __init__(self, app: App, port: int) -> None:
        self.app = app
        self.port = port

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Return status and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, *results: Any, account: str = "main", secret: str = SECRET, **headers: str) -> int:
        """Post results and return the status; what is answered to a post that was taken is checked."""
        body = json.dumps({"results": [*results]}).encode()
        status, answer = self.ask("POST", f"/receipts/{account}/{secret}", body, headers)
        assert (status == 200) is (answer == json.dumps(SUCCESS).encode())
        return status

    def refused(self, store: Store) -> dict[str, int]:
        """End the door, and return how many posts it refused or could not read, by why."""
        # What was sent before is dealt with before.
        assert [self.ask("GET", "/health/live")[0] for _ in range(3)] == [200] * 3
        self.app.end()
        return dict(read_unread(store)[0])

    def raw(self, data: bytes, *, wait_s: float = 10.0) -> bytes:
        """Send bytes and return all that comes until the other side ends the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait_s) as connection:
            connection.sendall(data)
            came = bytearray()
            while True:
                try:
                    piece = connection.recv(65536)
                except ConnectionResetError:
                    break
                if not piece:
                    break
                came += piece
            return bytes(came)


Open: TypeAlias = Callable[..., Door]


@contextmanager
def running(app: App, **bounds: Any) -> Iterator[int]:
    """Run an application's server in a thread, within these bounds, and yield its port."""
    app.begin()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(config_of(app, Bounds(app.parts.refused, **bounds)))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        app.end()


@pytest.fixture
def open_door(valkey_url: str, prefix: str) -> Iterator[Open]:
    """Open doors with these variables, named without their prefix; all are closed after the test."""
    with ExitStack() as doors:

        def make(
            bounds: Mapping[str, Any] | None = None, parts: tuple[str, ...] = ("receipts",), **variables: str
        ) -> Door:
            given = {
                "REDIS_URL": valkey_url,
                "KEY_PREFIX": prefix,
                "RECEIPT_SECRET_MAIN": SECRET,
                **variables,
            }
            environ = {f"PLEXSEND_{name}": text for name, text in given.items() if text}
            app = App(*parts, settings=read_settings(environ))
            return Door(app, doors.enter_context(running(app, **(bounds or {}))))

        yield make


@pytest.fixture
def door(open_door: Open) -> Door:
    """A door for the account main."""
    return open_door()
