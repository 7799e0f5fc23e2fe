"""Posting to a chat hook on this machine."""

from __future__ import annotations

import json
import logging
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from plexsend.gateway.http.hook import post_to_hook
from plexsend.stack.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUICK = (1.0, 0.1)


class Hook:
    """A server that answers one request with these bytes; empty: it says nothing."""

    def __init__(self, answer: bytes) -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/services/T0/token?wait=true"
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        sock, _ = self._server.accept()
        with sock:
            data = b""
            while b'"}' not in data and (piece := sock.recv(65_536)):
                data += piece
            self.requests.append(data)
            if self._answer:
                sock.sendall(self._answer)
            else:
                self._done.wait(10)

    def close(self) -> None:
        self._done.set()
        self._thread.join(5)
        self._server.close()


@pytest.fixture
def hook() -> Iterator[Callable[[bytes], Hook]]:
    made: list[Hook] = []

    def make(answer: bytes) -> Hook:
        made.append(Hook(answer))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_json_object_is_posted_whole(
    hook: Callable[[bytes], Hook], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    chat = hook(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert post_to_hook(chat.url, {"text": "보류: main"}) == ""
    head, _, body = chat.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /services/T0/token?wait=true HTTP/1.1\r\n")
    assert json.loads(body) == {"text": "보류: main"}


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "the hook answers 500"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            "the hook answers 302",
        ),
        (b"nonsense\r\n\r\n", "the hook cannot be reached (ConnectionError)"),
        (b"", "the hook does not answer in time"),
    ],
)
def test_what_fails_is_told_without_the_address(
    hook: Callable[[bytes], Hook], answer: bytes, failure: str
) -> None:
    chat = hook(answer)
    assert post_to_hook(chat.url, {"text": "x"}, timeout_s=QUICK) == failure


def test_nobody_there() -> None:
    found = post_to_hook(f"http://127.0.0.1:{free_port()}/token", {"text": "x"})
    assert found == "the hook cannot be reached (ConnectionError)"


def test_hook_is_in_no_log_at_any_level(
    hook: Callable[[bytes], Hook], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    chat = hook(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert post_to_hook(chat.url, {"text": "x"}) == ""
    assert "token" not in caplog.text
    logging.getLogger("urllib3.connectionpool").debug("others are still heard")
    assert "others are still heard" in caplog.text
