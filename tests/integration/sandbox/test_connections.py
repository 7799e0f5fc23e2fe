"""The sandbox on a real socket: kept connections, endings and paces."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    RequestBytes = Callable[..., bytes]
    WaitFor = Callable[[Callable[[], bool]], None]


def read_answer(connection: socket.socket) -> tuple[bytes, bytes]:
    """Read one answer off a connection that stays open; return its head and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    [length] = [int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < length:
        body += receive(connection)
    return head, body


def receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    assert data, "the sandbox closed the connection"
    return data


def test_connection_is_kept_for_many_requests(
    sandbox: Sandbox, client: Any, request_bytes: RequestBytes
) -> None:
    with client.connect() as connection:
        for number in range(20):
            connection.sendall(request_bytes(f"k{number}"))
            head, body = read_answer(connection)
            assert head.startswith(b"HTTP/1.1 200 OK")
            assert json.loads(body)["results"][0]["msg_key"] == f"k{number}"
    stats = sandbox.get_stats()
    assert (stats.connections, stats.requests) == (1, 20)


def test_requests_sent_ahead_are_answered_in_turn(client: Any, request_bytes: RequestBytes) -> None:
    answers = client.exchange(request_bytes("a") + request_bytes("b"))
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert answers.index(b'"a"') < answers.index(b'"b"')


def test_connection_ends_when_the_client_says_so(client: Any, request_bytes: RequestBytes) -> None:
    with client.connect() as connection:
        connection.sendall(request_bytes("a").replace(b"Host:", b"Connection: close\r\nHost:"))
        head, _ = read_answer(connection)
        assert b"Connection: close" in head
        assert connection.recv(1) == b""


def test_silent_connection_is_closed_after_a_while(request_bytes: RequestBytes) -> None:
    with Sandbox(idle_s=0.4) as sandbox, socket.create_connection(("127.0.0.1", sandbox.port), 5) as one:
        one.sendall(request_bytes("a"))
        read_answer(one)
        assert one.recv(1) == b""


def test_request_that_stops_halfway_is_answered_408(request_bytes: RequestBytes) -> None:
    with Sandbox(idle_s=0.4) as sandbox, socket.create_connection(("127.0.0.1", sandbox.port), 5) as one:
        one.sendall(request_bytes("a")[:-5])
        head, _ = read_answer(one)
        assert head.startswith(b"HTTP/1.1 408 ")
        assert sandbox.get_stats().malformed == 1


@pytest.mark.parametrize("kind", ["reset_before_reading", "reset_before_accepting", "reset_after_accepting"])
def test_reset_is_a_real_reset(sandbox: Sandbox, client: Any, request_bytes: RequestBytes, kind: str) -> None:
    sandbox.add_fault(kind, times=1)
    with client.connect() as connection:
        connection.sendall(request_bytes("a"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert sandbox.accepted == ({"a": 1} if kind == "reset_after_accepting" else {})


def test_reset_before_reading_leaves_the_body_unread(
    sandbox: Sandbox, client: Any, request_bytes: RequestBytes
) -> None:
    """Given a body that never comes, when the fault strikes at the head of the request."""
    sandbox.add_fault("reset_before_reading", service="mms-bulk", account="main")
    head = request_bytes("a").partition(b"\r\n\r\n")[0]
    with client.connect() as connection:
        connection.sendall(head + b"\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_magic_number_resets_after_accepting(
    sandbox: Sandbox, client: Any, request_bytes: RequestBytes
) -> None:
    with client.connect() as connection:
        connection.sendall(request_bytes("a", receiver_number="01099990998"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert sandbox.accepted == {"a": 1}


def test_hanging_up_is_an_orderly_end_without_an_answer(
    sandbox: Sandbox, client: Any, request_bytes: RequestBytes
) -> None:
    sandbox.add_fault("hang_up")
    assert client.exchange(request_bytes("a")) == b""
    assert sandbox.accepted == {"a": 1}


def test_cut_answer_is_shorter_than_it_says(sandbox: Sandbox, client: Any) -> None:
    sandbox.add_fault("cut_answer", times=1)
    with pytest.raises(http.client.IncompleteRead):
        client.send("a")
    assert client.send("b")[0] == 200


def test_close_after_answer_does_not_say_so(
    sandbox: Sandbox, client: Any, request_bytes: RequestBytes
) -> None:
    sandbox.add_fault("close_after_answer")
    with client.connect() as connection:
        connection.sendall(request_bytes("a"))
        head, _ = read_answer(connection)
        assert b"connection:" not in head.lower()
        assert connection.recv(1) == b""


def test_delayed_answer_is_late(sandbox: Sandbox, client: Any) -> None:
    sandbox.add_fault("delay", ms=100)
    started_s = time.monotonic()
    assert client.send("a")[0] == 200
    assert time.monotonic() - started_s >= 0.1


def test_messages_of_a_delayed_answer_are_accepted_at_once(
    sandbox: Sandbox, client: Any, request_bytes: RequestBytes, wait_for: WaitFor
) -> None:
    """Given an answer that comes in a minute, so that no slowness of the machine could be taken for it."""
    sandbox.add_fault("delay", ms=60_000)
    with client.connect() as connection:
        connection.sendall(request_bytes("a"))
        wait_for(lambda: sandbox.accepted == {"a": 1})
        connection.settimeout(0)
        with pytest.raises(BlockingIOError):
            connection.recv(1)


def test_dripping_answer_comes_whole_in_the_end(sandbox: Sandbox, client: Any) -> None:
    sandbox.add_fault("drip", bytes_per_s=1000)
    started_s = time.monotonic()
    status, answer = client.send("a")
    assert (status, answer["results"][0]["code"]) == (200, "C100")
    # The answer has about 170 bytes.
    assert time.monotonic() - started_s > 0.1


def test_stopping_ends_slow_answers_and_open_connections(
    request_bytes: RequestBytes, wait_for: WaitFor
) -> None:
    sandbox = Sandbox().start()
    sandbox.add_fault("delay", ms=60_000, account="main")
    with (
        socket.create_connection(("127.0.0.1", sandbox.port), 5) as slow,
        socket.create_connection(("127.0.0.1", sandbox.port), 5) as idle,
    ):
        idle.sendall(request_bytes("b").replace(b"main;", b"other;"))
        read_answer(idle)
        slow.sendall(request_bytes("a"))
        wait_for(lambda: len(sandbox.accepted) == 2)
        sandbox.stop()
        # Both ends are seen within the five seconds of the connections, long before the answer is due.
        assert slow.recv(1) == b""
        assert idle.recv(1) == b""
    # The thread of a slow answer ends too, instead of outliving the sandbox by a minute.
    wait_for(lambda: not [thread for thread in threading.enumerate() if "process_request" in thread.name])


def test_stopped_sandbox_refuses_and_comes_back_on_its_port_with_its_memory(client: Any) -> None:
    sandbox = client.sandbox
    client.send("a")
    port = sandbox.port
    sandbox.stop()
    with pytest.raises(ConnectionRefusedError):
        client.send("b")
    sandbox.start()
    assert sandbox.port == port
    assert client.send("a")[1]["results"][0]["code"] == "71003"


def test_stopping_twice_and_starting_twice_are_harmless() -> None:
    sandbox = Sandbox()
    sandbox.stop()
    sandbox.start()
    assert sandbox.start() is sandbox
    sandbox.stop()
    sandbox.stop()


def test_it_listens_on_loopback_only(sandbox: Sandbox) -> None:
    assert sandbox.url == f"http://127.0.0.1:{sandbox.port}"
    # Every 127.x address reaches this machine, so a server on all addresses would answer here too.
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", sandbox.port), 5):
        pass


def test_many_connections_count_every_message_once(sandbox: Sandbox, client: Any) -> None:
    failures: list[BaseException] = []

    def send_some(name: int) -> None:
        try:
            for number in range(10):
                assert client.send(*(f"{name}-{number}-{n}" for n in range(10)))[0] == 200
        except BaseException as exc:  # noqa: BLE001 - a thread's failure is shown by the test below
            failures.append(exc)

    threads = [threading.Thread(target=send_some, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(sandbox.accepted) == 800
    stats = sandbox.get_stats()
    assert (stats.accepted, stats.batch_sizes, stats.answers) == (800, {10: 80}, {"C100": 800})
