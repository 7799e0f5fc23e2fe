"""What a connection says of the request's bytes, on sockets that fail or take their time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.http.connections import WatchedConnection
from plexsend.gateway.http.exchange import Exchange, Timeouts
from plexsend.gateway.http.response_reader import BadResponse, TooLarge
from plexsend.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable

SOON_S = 30.0
"""How long what must happen may take on a busy machine."""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class FailingSocket:
    """Stands for a socket: takes a number of bytes a call, and fails from a given call on."""

    def __init__(self, *, takes_bytes: int, fails_at_call: int) -> None:
        self.takes_bytes = takes_bytes
        self.fails_at_call = fails_at_call
        self.calls = 0
        self.taken = b""

    def send(self, data: bytes) -> int:
        self.calls += 1
        if self.calls >= self.fails_at_call:
            raise BrokenPipeError
        self.taken += bytes(data[: self.takes_bytes])
        return min(len(data), self.takes_bytes)

    def sendall(self, data: bytes) -> None:
        while data:
            data = data[self.send(data) :]

    def settimeout(self, seconds: float | None) -> None:
        """Accept any timeout; nothing here waits."""

    def close(self) -> None:
        """Close nothing."""


def connect(exchange: Exchange, sock: Any) -> WatchedConnection:
    """Return a connection over this socket."""
    bound: type[WatchedConnection] = type("Bound", (WatchedConnection,), {"exchange": exchange})
    connection = bound("127.0.0.1")
    connection.sock = sock
    return connection


def request_over(sock: FailingSocket) -> Exchange:
    exchange = Exchange(Timeouts(), clock=lambda: 0.0, idle_s=20)
    connection = connect(exchange, sock)
    try:
        connection.request("POST", "/", body=b"0123456789", headers={"Content-Length": "10"})
    except BrokenPipeError:
        pass
    finally:
        connection.close()
    return exchange


def test_request_that_fails_in_its_headers_was_not_sent() -> None:
    assert request_over(FailingSocket(takes_bytes=1_000, fails_at_call=1)).sent is False


def test_request_whose_headers_alone_went_out_was_not_sent() -> None:
    sock = FailingSocket(takes_bytes=1_000, fails_at_call=2)
    assert request_over(sock).sent is False
    assert sock.taken.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("fails_at_call", [3, 99])
def test_request_of_whose_body_anything_went_out_may_have_been_sent(fails_at_call: int) -> None:
    headers_in_one_call = 1_000
    sock = FailingSocket(takes_bytes=headers_in_one_call, fails_at_call=fails_at_call)
    assert request_over(sock).sent is True
    assert sock.taken.endswith(b"\r\n\r\n0123456789")


def test_body_that_goes_out_piece_by_piece_goes_out_whole() -> None:
    sock = FailingSocket(takes_bytes=3, fails_at_call=999)
    assert request_over(sock).sent is True
    assert sock.taken.endswith(b"\r\n\r\n0123456789")


def test_body_of_which_a_piece_went_out_may_have_been_sent() -> None:
    whole = FailingSocket(takes_bytes=3, fails_at_call=999)
    request_over(whole)
    # Ten bytes in pieces of three take four calls; the last of them fails.
    sock = FailingSocket(takes_bytes=3, fails_at_call=whole.calls)
    assert request_over(sock).sent is True
    assert sock.taken.endswith(b"\r\n\r\n012345678")


class SlowSocket:
    """Stands for a socket on which each call takes a second of its own clock, and a TLS one at that: its
    `sendall` is as many calls as there are records, each with the whole timeout.
    """

    def __init__(
        self, *pieces: bytes, takes_bytes: int = 1_000, during: Callable[[], None] | None = None
    ) -> None:
        self.now_s = 0.0
        self.closed = False
        self._pieces = list(pieces)
        self._takes_bytes = takes_bytes
        self._during = during
        self._timeout_s: float | None = None

    def _pass(self, duration_s: float) -> None:
        if self._during is not None:
            self._during()
        assert self._timeout_s is not None
        self.now_s += min(duration_s, self._timeout_s)
        if duration_s > self._timeout_s:
            raise TimeoutError

    def settimeout(self, seconds: float | None) -> None:
        self._timeout_s = seconds

    def send(self, data: bytes) -> int:
        self._pass(1)
        return min(len(data), self._takes_bytes)

    def sendall(self, data: bytes) -> None:
        while data:
            data = data[self.send(data) :]

    def recv(self, size: int) -> bytes:
        if not self._pieces:
            self._pass(1_000)
        self._pass(1)
        assert len(self._pieces[0]) <= size
        return self._pieces.pop(0)

    def close(self) -> None:
        self.closed = True


def exchange_over(sock: SlowSocket, **options: Any) -> Exchange:
    return Exchange(Timeouts(read_s=4, deadline_s=10), clock=lambda: sock.now_s, idle_s=20, **options)


def test_addresses_share_the_time_for_a_start() -> None:
    now_s = 0.0
    exchange = Exchange(Timeouts(), clock=lambda: now_s, idle_s=20)
    assert exchange.address_patience_s(1) == 3.05
    assert exchange.address_patience_s(3) == pytest.approx(5 / 3)
    # Less than the first retransmission of TCP would pass a good address by.
    assert exchange.address_patience_s(50) == 1.05
    now_s = 4.0
    assert exchange.address_patience_s(1) == 1.05
    now_s = 5.0
    assert exchange.address_patience_s(1) == 0.0


def test_answer_that_came_keeps_the_connection_and_its_age_counts_from_there() -> None:
    sock = SlowSocket(ANSWER[:9], ANSWER[9:])
    exchange = exchange_over(sock)
    connection = connect(exchange, sock)
    response = connection.getresponse()
    assert (response.status, response.data) == (200, b"{}")
    assert (exchange.received, exchange.timed_out, exchange.too_large) == (True, False, False)
    assert not sock.closed
    assert connection._used_s == sock.now_s == 2


@pytest.mark.parametrize(
    "answer", [ANSWER + b"x", ANSWER.replace(b"OK", b"OK\r\nConnection: close"), b"HTTP/1.0" + ANSWER[8:]]
)
def test_connection_that_cannot_be_used_again_is_closed(answer: bytes) -> None:
    sock = SlowSocket(answer)
    assert connect(exchange_over(sock), sock).getresponse().status == 200
    assert sock.closed


def test_answer_that_drips_ends_at_the_deadline() -> None:
    sock = SlowSocket(*(ANSWER[n : n + 1] for n in range(len(ANSWER))))
    exchange = exchange_over(sock)
    with pytest.raises(TimeoutError):
        connect(exchange, sock).getresponse()
    assert exchange.timed_out
    assert sock.now_s == exchange.timeouts.deadline_s


def test_silence_in_an_answer_ends_at_the_deadline_though_a_byte_may_take_longer() -> None:
    sock = SlowSocket(*(ANSWER[n : n + 1] for n in range(8)))
    exchange = exchange_over(sock)
    with pytest.raises(TimeoutError):
        connect(exchange, sock).getresponse()
    assert exchange.timed_out
    assert sock.now_s == exchange.timeouts.deadline_s


def test_silence_ends_after_the_time_for_one_byte() -> None:
    sock = SlowSocket()
    exchange = exchange_over(sock)
    with pytest.raises(TimeoutError):
        connect(exchange, sock).getresponse()
    assert (exchange.timed_out, exchange.received) == (True, False)
    assert sock.now_s == exchange.timeouts.read_s


def test_request_that_is_taken_slowly_ends_at_the_deadline() -> None:
    """The lease on its messages ends soon after; another worker would send them once more."""
    sock = SlowSocket(takes_bytes=1_000)
    exchange = exchange_over(sock)
    with pytest.raises(TimeoutError):
        connect(exchange, sock).request("POST", "/", body=b"0" * 50_000)
    assert (exchange.sent, exchange.timed_out) == (True, True)
    assert sock.now_s == exchange.timeouts.deadline_s


def test_request_is_not_begun_after_the_deadline() -> None:
    sock = SlowSocket()
    exchange = exchange_over(sock)
    sock.now_s = exchange.timeouts.deadline_s
    with pytest.raises(TimeoutError):
        connect(exchange, sock).request("POST", "/", body=b"0")
    assert (exchange.sent, exchange.timed_out) == (False, True)


def test_answer_that_is_too_long_is_told_apart() -> None:
    sock = SlowSocket(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 6)
    exchange = exchange_over(sock, most_bytes=5)
    with pytest.raises(TooLarge):
        connect(exchange, sock).getresponse()
    assert exchange.too_large


@pytest.mark.parametrize("pieces", [(b"",), (ANSWER[:-1], b"")])
def test_connection_that_ends_before_the_answer_brings_none(pieces: tuple[bytes, ...]) -> None:
    sock = SlowSocket(*pieces)
    exchange = exchange_over(sock)
    with pytest.raises(BadResponse):
        connect(exchange, sock).getresponse()
    assert exchange.received is (len(pieces) > 1)


def calls_outside(body: bytes) -> list[bool]:
    """Exchange a request; return for each call of its socket whether another thread could have the turn."""
    turn = Turn()
    seen: list[bool] = []

    def take() -> bool:
        taken = turn._lock.acquire(blocking=False)  # a look that waits for nothing
        if taken:
            turn._lock.release()
        return taken

    with ThreadPoolExecutor(1) as other, turn:
        sock = SlowSocket(
            ANSWER, takes_bytes=100_000, during=lambda: seen.append(other.submit(take).result(SOON_S))
        )
        connection = connect(exchange_over(sock, turn=turn), sock)
        connection.request("POST", "/", body=body)
        connection.getresponse()
        assert not other.submit(take).result(SOON_S)
    return seen


@pytest.mark.parametrize(("size_bytes", "outside"), [(900, False), (100_000, True)])
def test_turn_is_given_up_for_the_answer_and_for_a_body_that_may_have_to_wait(
    size_bytes: int, *, outside: bool
) -> None:
    of_head, of_body, of_answer = calls_outside(b"0" * size_bytes)
    assert (of_head, of_body, of_answer) == (False, outside, True)


def test_turn_is_taken_back_when_the_network_fails() -> None:
    turn = Turn()
    sock = SlowSocket()
    with turn:
        with pytest.raises(TimeoutError):
            connect(exchange_over(sock, turn=turn), sock).getresponse()
        assert turn.leave()
        turn.take()
