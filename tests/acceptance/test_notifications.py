"""A real worker posts to a chat hook, and sends on while the hook hangs."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox import steer
from plexsend.outbox.holds import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.conftest import MakeStand


class Chat(ThreadingHTTPServer):
    """Takes posts; `gate` closed, it does not answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Reply)
        self.posts: list[dict[str, Any]] = []
        self.came = threading.Event()
        self.gate = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hooks/token-4711"


class Reply(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        chat = self.server
        assert isinstance(chat, Chat)
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chat.came.set()
        if chat.gate.wait(20):
            chat.posts.append(content)
            self.send_response(200)
            self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the signature of the parent
        pass


@pytest.fixture
def chat() -> Iterator[Chat]:
    with Chat() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.gate.set()
        server.shutdown()
        thread.join(5)


def test_a_hold_is_posted_and_nothing_waits_for_the_hook(
    valkey_url: str, make_stand: MakeStand, chat: Chat
) -> None:
    stand = make_stand(valkey_url, "main", "shop", PLEXSEND_NOTIFY_URL=chat.url)
    worker = stand.launch_plexsend("worker", "-c", "2", "--without-mingle")
    worker.wait_for(" ready.")
    steer.pause(stand.store, Scope.ACCOUNT, "shop", account="shop", by="kim", why="month end")
    assert chat.came.wait(15)

    lane = stand.submit("mms-bulk", [f"k{number}" for number in range(12)])
    stand.wait_states({"accepted": 12}, lane)
    assert chat.posts == []

    chat.gate.set()
    worker.wait_for("notice posted")
    (post,) = chat.posts
    assert "Account shop is held (pause) by kim: month end." in post["text"]
    assert post["event"]["kind"] == "hold"
    assert worker.end() == 0
    assert "token-4711" not in worker.words
