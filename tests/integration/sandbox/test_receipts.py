"""Receipts over HTTP: posted until they are taken, before the answer where that is asked for, and bounded."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox import Sandbox, SandboxAdmin
from plexsend.sandbox.poster import MOST_THREADS, MOST_TRIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Either = Sandbox | SandboxAdmin

TAKEN = b'{"code": "100", "desc": "success"}'


class Webhook(socketserver.ThreadingTCPServer):
    """Takes posts, and answers each with the next of its answers; the last one goes on.

    An answer is a status and a body; None closes the connection instead.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.lock = threading.Lock()
        self.answers: list[tuple[int, bytes] | None] = [(200, TAKEN)]
        self.closes_after_answer = False
        self.delay_s = 0.0
        self.posts: list[tuple[float, str, dict[str, Any]]] = []
        """When, which path, which result."""
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/receipts/main/a-secret"

    @property
    def keys(self) -> list[str]:
        return [result["msg_key"] for _, _, result in self.posts]


class _Connection(socketserver.StreamRequestHandler):
    server: Webhook

    def handle(self) -> None:
        with self.server.lock:
            self.server.connections += 1
        while line := self.rfile.readline():
            length = 0
            while (header := self.rfile.readline().strip()) != b"":
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            [result] = json.loads(self.rfile.read(length))["results"]
            time.sleep(self.server.delay_s)
            with self.server.lock:
                self.server.posts.append((time.monotonic(), line.split()[1].decode(), result))
                answers = self.server.answers
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if answer is None:
                return
            status, body = answer
            head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            self.wfile.write(head + body)
            if self.server.closes_after_answer:
                return


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def posting(sandbox: Sandbox, webhook: Webhook) -> Sandbox:
    """The sandbox, told where receipts go, and in no mood to wait."""
    sandbox.set_receipts_url(webhook.url)
    sandbox.change_behaviour(receipt_retry_ms=1)
    return sandbox


def test_each_accepted_message_gets_its_receipt(
    posting: Sandbox, webhook: Webhook, client: Any, wait_for: Callable[..., None]
) -> None:
    client.send("a", "b", echo_to_webhook="mine")
    client.send("a", receiver_number="01099980068")
    client.send("c", receiver_number="01099980068")
    wait_for(lambda: posting.get_stats().receipts == {"taken": 3, "tries": 3})
    results = {result["msg_key"]: result for _, _, result in webhook.posts}
    assert {key: result["code"] for key, result in results.items()} == {"a": "0", "b": "0", "c": "D"}
    assert (results["a"]["echo_to_webhook"], results["c"]["echo_to_webhook"]) == ("mine", "")
    assert {path for _, path, _ in webhook.posts} == {"/receipts/main/a-secret"}
    assert {receipt["msg_key"] for receipt in posting.list_receipts()} == {"a", "b", "c"}


@pytest.mark.parametrize(
    "refusal",
    [
        (503, TAKEN),
        (200, b'{"code": "101"}'),
        (200, b'{"code": 100}'),
        (200, b"[]"),
        (200, b"ok"),
        (200, b""),
        None,
    ],
)
def test_receipt_comes_again_until_it_is_taken(
    posting: Sandbox, webhook: Webhook, client: Any, wait_for: Callable[..., None], refusal: Any
) -> None:
    webhook.answers = [refusal, refusal, (200, TAKEN)]
    client.send("a")
    wait_for(lambda: posting.get_stats().receipts.get("taken") == 1)
    [ended] = posting.list_receipts()
    assert (ended["tries"], ended["taken"], ended["status"]) == (3, True, 200)
    assert {*webhook.keys} == {"a"}


def test_tenth_try_is_the_last(
    posting: Sandbox, webhook: Webhook, client: Any, wait_for: Callable[..., None]
) -> None:
    webhook.answers = [(500, b"")]
    client.send("a")
    wait_for(lambda: posting.get_stats().receipts == {"given_up": 1, "tries": MOST_TRIES})
    assert len(webhook.posts) == MOST_TRIES == 10
    waits_s = [
        after - before for (before, *_), (after, *_) in zip(webhook.posts, webhook.posts[1:], strict=False)
    ]
    assert waits_s[-1] > 0.2, "the wait of 1 ms doubles to 256 ms"


def test_connection_that_the_server_closed_costs_no_try(
    posting: Sandbox, webhook: Webhook, client: Any, wait_for: Callable[..., None]
) -> None:
    webhook.closes_after_answer = True
    posting.change_behaviour(receipt_retry_ms=60_000)
    for number, key in enumerate("abc", start=1):
        client.send(key)
        wait_for(lambda number=number: posting.get_stats().receipts.get("taken") == number)
    assert posting.get_stats().receipts == {"taken": 3, "tries": 3}


def test_early_receipt_is_taken_before_the_request_is_answered(
    posting: Sandbox, webhook: Webhook, client: Any
) -> None:
    webhook.delay_s = 0.05
    posting.change_behaviour(receipt_delay_ms=1000)
    client.send("a", receiver_number="01099989001")
    assert webhook.keys == ["a"]


def test_answer_comes_although_nobody_takes_the_early_receipt(
    posting: Sandbox, webhook: Webhook, client: Any
) -> None:
    webhook.answers = [None]
    posting.change_behaviour(receipt_early=1, receipt_retry_ms=60_000)
    status, _ = client.send("a")
    assert status == 200
    assert posting.get_stats().receipts == {"waiting": 1, "tries": 1}


def test_threads_are_bounded_and_all_is_posted(
    posting: Sandbox, webhook: Webhook, client: Any, wait_for: Callable[..., None]
) -> None:
    webhook.delay_s = 0.01
    for batch in range(10):
        client.send(*(f"{batch}-{n}" for n in range(10)))
    wait_for(lambda: posting.get_stats().receipts == {"taken": 100, "tries": 100})
    assert 1 < webhook.connections <= MOST_THREADS


def test_backlog_is_posted_by_all_threads_although_nothing_is_added(
    posting: Sandbox, webhook: Webhook, client: Any, wait_for: Callable[..., None]
) -> None:
    posting.change_behaviour(receipt_delay_ms=200)
    for batch in range(2):
        client.send(*(f"{batch}-{n}" for n in range(10)))
    webhook.delay_s = 0.02
    wait_for(lambda: posting.get_stats().receipts == {"taken": 20, "tries": 20})
    assert webhook.connections == MOST_THREADS


def test_what_waits_is_posted_after_a_stop_and_a_start(
    webhook: Webhook, wait_for: Callable[..., None]
) -> None:
    with Sandbox(receipts_url=webhook.url) as sandbox:
        sandbox.change_behaviour(receipt_delay_ms=100)
        sandbox.post_receipt("now", "0")
        sandbox.stop()
        webhook.posts.clear()
        sandbox._plex.deliveries.post("later", "0", account="main", service="sms-bulk", carrier=None, times=1)
        time.sleep(0.02)
        assert webhook.posts == []
        sandbox.start()
        wait_for(lambda: "later" in webhook.keys)


def test_receipt_of_any_key_is_posted_by_hand(
    controls: Either, webhook: Webhook, wait_for: Callable[..., None]
) -> None:
    with pytest.raises(ValueError, match="no URL"):
        controls.post_receipt("stranger", "0")
    controls.set_receipts_url(webhook.url, account="main")
    assert controls.get_receipts_url() is None
    assert str(controls.get_receipts_url("main")).endswith("/receipts/main/***")
    sent = controls.post_receipt(
        "stranger", "zz", account="main", service="rcs-mms-bulk", carrier="KT", times=3
    )
    assert sent == 3
    wait_for(lambda: len(controls.list_receipts()) == 3)
    assert [(r["msg_key"], r["code"], r["dest"], r["message_type"]) for _, _, r in webhook.posts] == [
        ("stranger", "zz", "KT", "RCS")
    ] * 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"msg_key": 5},
        {"code": None},
        {"account": ["main"]},
        {"service": "pager"},
        {"carrier": 7},
        {"times": 0},
        {"times": True},
        {"times": 10_000_000},
        {"code": "x" * 2000},
    ],
)
def test_receipt_that_cannot_be_posted_is_refused(
    controls: Either, webhook: Webhook, wrong: dict[str, Any]
) -> None:
    controls.set_receipts_url(webhook.url)
    with pytest.raises(ValueError):
        controls.post_receipt(**{"msg_key": "k", "code": "0", **wrong})
    assert webhook.posts == []


def test_url_elsewhere_is_refused_without_showing_it(controls: Either) -> None:
    with pytest.raises(ValueError, match="this machine alone") as caught:
        controls.set_receipts_url("http://example.com/receipts/main/a-secret")
    assert "a-secret" not in str(caught.value)
