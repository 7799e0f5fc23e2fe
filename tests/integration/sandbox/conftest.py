"""A sandbox on a port, its controls from near and far, and requests made by hand."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox import Sandbox, SandboxAdmin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEADERS = {"Authorization": "main;secret", "Content-Type": "application/json;charset=utf-8"}


def make_items(*keys: str, **changes: Any) -> list[dict[str, Any]]:
    """Good messages with these keys."""
    return [
        {
            "msg_key": key,
            "sender_number": "0222345678",
            "receiver_number": "01023456789",
            "msg": "안녕하세요",
            "file_path": ["http://images/1.jpg"],
            **changes,
        }
        for key in keys
    ]


def make_request(*keys: str, **changes: Any) -> bytes:
    """A whole request as bytes."""
    body = json.dumps({"msg_data": make_items(*keys, **changes)}).encode()
    head = "\r\n".join(
        [
            "POST /mms-bulk/v2/send HTTP/1.1",
            "Host: sandbox",
            *(f"{name}: {value}" for name, value in HEADERS.items()),
            f"Content-Length: {len(body)}",
        ]
    )
    return head.encode() + b"\r\n\r\n" + body


class Client:
    """Talks to a sandbox, and counts as a person would."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def connect(self) -> socket.socket:
        """Open a connection that gives up after five seconds."""
        return socket.create_connection(("127.0.0.1", self.sandbox.port), timeout=5)

    def exchange(self, data: bytes) -> bytes:
        """Send bytes, and return everything that comes until the other side closes."""
        with self.connect() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def send(self, *keys: str, **changes: Any) -> tuple[int, Any]:
        """Send messages over a connection of their own, and return status and answer."""
        return self.post("/mms-bulk/v2/send", {"msg_data": make_items(*keys, **changes)})

    def post(self, path: str, data: object) -> tuple[int, Any]:
        """Send anything to any path over a connection of its own, and return status and answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=5)
        try:
            connection.request("POST", path, json.dumps(data), HEADERS)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox
        # Whatever a test sent: the sandbox itself made no mistake.
        assert sandbox.get_stats().internal_errors == 0


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


@pytest.fixture(params=["near", "far"])
def controls(request: pytest.FixtureRequest, sandbox: Sandbox) -> Sandbox | SandboxAdmin:
    """The same controls twice: in this process, and over HTTP."""
    return sandbox if request.param == "near" else SandboxAdmin(sandbox.url)


@pytest.fixture
def request_bytes() -> Callable[..., bytes]:
    return make_request


@pytest.fixture
def wait_for() -> Callable[[Callable[[], bool]], None]:
    """Look until something is so, for at most five seconds."""

    def wait(is_so: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + 5
        while not is_so():
            assert time.monotonic() < deadline_s, "it did not come true"
            time.sleep(0.005)

    return wait
