"""HTTP off the wire."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.sandbox.wire import MAX_LINE_BYTES, Head, MalformedError, read_body, read_head


def read(data: bytes) -> Head | None:
    return read_head(io.BytesIO(data))


def test_head_is_read_as_sent() -> None:
    head = read(
        b"POST /a/b?x=1 HTTP/1.1\r\nHost: h\r\nX-Two: a \r\nx-two: b\r\nContent-Length: 5\r\n\r\nhello"
    )
    assert head is not None
    assert (head.method, head.path, head.query, head.length) == ("POST", "/a/b", "x=1", 5)
    assert head.headers[1] == ("X-Two", "a")
    assert head.fields["x-two"] == "a, b"


def test_silence_is_no_request() -> None:
    assert read(b"") is None
    assert read(b"\r\n") is None


def test_empty_line_before_a_request_and_bare_line_feeds_are_forgiven() -> None:
    head = read(b"\r\nGET / HTTP/1.1\nHost: h\n\n")
    assert head is not None
    assert head.fields == {"host": "h"}


@pytest.mark.parametrize(
    ("line", "keep_alive"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True),
    ],
)
def test_connection_is_kept_as_http_says(line: bytes, *, keep_alive: bool) -> None:
    head = read(line)
    assert head is not None
    assert head.keep_alive is keep_alive


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        (b"", None),
        (b"Content-Length: 0\r\n", 0),
        (b"Transfer-Encoding: chunked\r\n", None),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", None),
    ],
)
def test_length_of_a_post(headers: bytes, length: int | None) -> None:
    head = read(b"POST / HTTP/1.1\r\n" + headers + b"\r\n")
    assert head is not None
    assert head.length == length


def test_get_needs_no_length() -> None:
    head = read(b"GET / HTTP/1.1\r\n\r\n")
    assert head is not None
    assert head.length == 0


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/1.1 x\r\n\r\n", 400),
        (b"G(T / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/11\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\n", 505),
        (b"GET /" + b"a" * MAX_LINE_BYTES + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nName : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\n", 400),
        (b"GET / HTTP/1.1", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * MAX_LINE_BYTES + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 10_000 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1_0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused(data: bytes, status: int) -> None:
    with pytest.raises(MalformedError) as caught:
        read(data)
    assert caught.value.status == status


def test_body_that_ends_early_is_refused() -> None:
    assert read_body(io.BytesIO(b"hello"), 5) == b"hello"
    with pytest.raises(MalformedError):
        read_body(io.BytesIO(b"hell"), 5)


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: b"POST / HTTP/1.1\r\n" + tail))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Any other exception than MalformedError fails the test by itself."""
    stream = io.BytesIO(data)
    with contextlib.suppress(MalformedError):
        head = read_head(stream)
        if head is not None:
            read_body(stream, head.length or 0)
