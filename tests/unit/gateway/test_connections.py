"""What a connection says of the request's bytes, on a socket that fails at a chosen call."""

from __future__ import annotations

import pytest

from plexsend.gateway.connections import Exchange, Timeouts, WatchedConnection


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


def request_over(sock: FailingSocket) -> Exchange:
    exchange = Exchange(Timeouts(), clock=lambda: 0.0, idle_s=20)
    bound = type("Bound", (WatchedConnection,), {"exchange": exchange})
    connection = bound("127.0.0.1")
    connection.sock = sock
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
