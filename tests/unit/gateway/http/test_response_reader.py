"""Responses as they come off the wire: in any pieces, and by whatever they end."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.gateway.http.response_reader import MOST_HEAD_BYTES, BadResponse, ResponseReader, TooLarge

MOST_BYTES = 1_000
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"


def framed(body: bytes, *headers: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """Return a response with its length."""
    return b"\r\n".join([status, *headers, b"Content-Length: %d" % len(body), b"", b""]) + body


def chunk(*bodies: bytes) -> bytes:
    """Return a chunked body, without its end."""
    return b"".join(b"%x\r\n%s\r\n" % (len(body), body) for body in bodies)


ANSWER = framed(b"{}", b"Retry-After: 7")


def read(*pieces: bytes, end: bool = False) -> ResponseReader:
    """Return a reader that was fed these pieces, as a connection does it, and then the end if it came."""
    reader = ResponseReader(MOST_BYTES)
    for piece in pieces:
        if piece and not reader.complete:
            reader.feed(piece)
    if end and not reader.complete:
        reader.end()
    return reader


def told(reader: ResponseReader) -> tuple[Any, ...]:
    """Return what a caller learns of a whole response."""
    assert reader.complete
    response = reader.response()
    body = response.read(decode_content=True) if "content-encoding" in response.headers else response.data
    return response.status, list(response.headers.items()), body or b"", reader.keeps_alive


WHOLE = {
    "length": ANSWER,
    "empty": framed(b""),
    "chunks": CHUNKED + chunk(b"{", b'"a": 1', b"}") + b"0\r\n\r\n",
    "last chunk with a trailer": CHUNKED + chunk(b"{}") + b"0\r\nX: y\r\n\r\n",
    "no body": b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
    "until the end": OK + b"X: y\r\n\r\n" + b"{}" * 20,
    "interim before it": b"HTTP/1.1 100 Continue\r\n\r\n" + EARLY + EARLY + ANSWER,
    "closes": framed(b"{}", b"Connection: close", status=b"HTTP/1.1 503 Busy"),
    "old": framed(b"{}", status=b"HTTP/1.0 200 OK"),
    "encoded": framed(gzip.compress(b'{"a": 1}', mtime=0), b"Content-Encoding: gzip"),
    "no reason": framed(b"{}", status=b"HTTP/1.1 200"),
    "two of a name": framed(b"{}", b"Set-Cookie: a=1", b"Set-Cookie: b=2"),
    "upgrade offered": framed(b"{}", b"Upgrade: h2c", b"Connection: Upgrade"),
}


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_response_cut_into_any_pieces_is_the_same(name: str, data: st.DataObject) -> None:
    whole = WHOLE[name]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    pieces = [whole[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert told(read(*pieces, end=True)) == told(read(whole, end=True))


@pytest.mark.parametrize("name", WHOLE)
def test_response_that_comes_byte_by_byte_is_the_same(name: str) -> None:
    whole = WHOLE[name]
    assert told(read(*(bytes([byte]) for byte in whole), end=True)) == told(read(whole, end=True))


def test_status_headers_and_body_are_those_of_the_response() -> None:
    answer = framed(b'{"a": 1}', b"Retry-After: 7", status=b"HTTP/1.1 429 Too Many")
    headers = [("Retry-After", "7"), ("Content-Length", "8")]
    assert told(read(answer)) == (429, headers, b'{"a": 1}', True)


def test_headers_are_found_whatever_their_case() -> None:
    assert read(framed(b"", b"retry-AFTER: 7")).response().headers.get("Retry-After") == "7"


def test_chunks_are_put_together() -> None:
    assert told(read(WHOLE["chunks"]))[2:] == (b'{"a": 1}', True)


@pytest.mark.parametrize("answer", [framed(b""), CHUNKED + b"0\r\n\r\n", b"HTTP/1.1 204 X\r\n\r\n"])
def test_empty_body_is_complete_at_once(answer: bytes) -> None:
    assert told(read(answer))[2:] == (b"", True)


@pytest.mark.parametrize("name", ["length", "chunks", "no body"])
def test_response_is_complete_with_its_last_byte_and_not_before(name: str) -> None:
    reader = read(WHOLE[name][:-1])
    assert not reader.complete
    reader.feed(WHOLE[name][-1:])
    assert reader.complete


def test_encoded_body_is_decoded_when_it_is_read() -> None:
    response = read(WHOLE["encoded"]).response()
    assert response.read(decode_content=True) == b'{"a": 1}'


class TestInterim:
    def test_interim_responses_are_skipped(self) -> None:
        assert told(read(EARLY, EARLY + ANSWER)) == told(read(ANSWER))

    def test_interim_response_is_not_the_response(self) -> None:
        assert not read(EARLY).complete

    def test_end_behind_an_interim_response_is_none_of_a_response(self) -> None:
        with pytest.raises(BadResponse):
            read(EARLY, end=True)

    @pytest.mark.parametrize("head", [SWITCHING, b"HTTP/1.1 101 Switching\r\n\r\n"])
    @pytest.mark.parametrize("behind", [b"", b"{}", ANSWER])
    def test_switch_to_another_protocol_is_no_response(self, head: bytes, behind: bytes) -> None:
        with pytest.raises(BadResponse):
            read(head + behind, end=True)


class TestEnd:
    def test_end_completes_a_body_without_length(self) -> None:
        answer = OK + b"X: y\r\n\r\n{}"
        assert not read(answer).complete
        assert told(read(answer, end=True)) == (200, [("X", "y")], b"{}", False)

    @pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 2", OK, OK + b"X: y\r\n"])
    def test_end_before_the_body_is_none_of_a_response(self, sent: bytes) -> None:
        with pytest.raises(BadResponse):
            read(sent, end=True)

    @pytest.mark.parametrize("name", ["length", "chunks", "last chunk with a trailer", "encoded"])
    def test_end_within_a_framed_response_is_none_of_it(self, name: str) -> None:
        for length in range(len(WHOLE[name])):
            with pytest.raises(BadResponse):
                read(WHOLE[name][:length], end=True)


class TestNoHttp:
    @pytest.mark.parametrize(
        "sent",
        [
            b"{}",
            b"SSH-2.0-x\r\n",
            b"HTTP/1.1 abc OK\r\n\r\n",
            OK + b"Content-Length: abc\r\n\r\n",
            OK + b"Content-Length: -5\r\n\r\n",
            OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n",
            CHUNKED + b"zz\r\n",
            CHUNKED + b"-5\r\n",
            CHUNKED + b"f" * 60,
        ],
    )
    def test_what_is_no_http_is_no_response(self, sent: bytes) -> None:
        with pytest.raises(BadResponse):
            read(sent)

    @given(st.binary(max_size=300))
    def test_whatever_comes_is_read_or_refused(self, sent: bytes) -> None:
        try:
            reader = read(sent, end=True)
        except (BadResponse, TooLarge):
            return
        assert told(reader)[0] >= 200


class TestTooMuch:
    def test_longest_body_is_taken(self) -> None:
        assert told(read(framed(b"a" * MOST_BYTES)))[2] == b"a" * MOST_BYTES

    @pytest.mark.parametrize(
        "answer",
        [
            framed(b"a" * (MOST_BYTES + 1)),
            CHUNKED + chunk(*[b"a" * 10] * (MOST_BYTES // 10), b"a"),
            OK + b"\r\n" + b"a" * (MOST_BYTES + 1),
        ],
        ids=["length", "chunks", "until the end"],
    )
    @pytest.mark.parametrize("step", [7, 100_000])
    def test_longer_body_is_refused_before_its_end(self, answer: bytes, step: int) -> None:
        with pytest.raises(TooLarge):
            read(*(answer[start : start + step] for start in range(0, len(answer), step)))

    @pytest.mark.parametrize(
        ("begin", "more"),
        [
            (OK, b"X: " + b"a" * 997 + b"\r\n"),
            (OK + b"X: ", b"a" * 1_000),
            (b"HTTP/1.1 200 ", b"a" * 1_000),
        ],
        ids=["headers", "one header", "reason"],
    )
    def test_head_without_end_is_no_response(self, begin: bytes, more: bytes) -> None:
        with pytest.raises(BadResponse):
            read(begin, *[more] * (MOST_HEAD_BYTES // len(more) + 1))

    @pytest.mark.parametrize(
        "more", [b"X: " + b"a" * 997 + b"\r\n", b"a" * 1_000], ids=["headers", "one header"]
    )
    def test_trailers_without_end_are_refused(self, more: bytes) -> None:
        with pytest.raises((BadResponse, TooLarge)):
            read(CHUNKED + chunk(b"{}") + b"0\r\nX: ", *[more] * (4 * MOST_HEAD_BYTES // len(more)))


class TestBehind:
    @pytest.mark.parametrize(
        "behind",
        [b"x", b"{}", ANSWER, framed(b"[]", b"X: y", status=b"HTTP/1.1 400 Bad"), b"HTTP/1.1 5", EARLY],
        ids=["a byte", "a body", "its like", "another", "a part of another", "an interim one"],
    )
    @pytest.mark.parametrize("name", ["length", "empty", "chunks", "no body", "encoded"])
    def test_bytes_behind_a_response_change_nothing_of_it_and_end_its_connection(
        self, name: str, behind: bytes
    ) -> None:
        *alone, keeps_alive = told(read(WHOLE[name]))
        assert keeps_alive
        assert told(read(WHOLE[name] + behind)) == (*alone, False)

    def test_trailer_is_no_header(self) -> None:
        """It says nothing of the body, which has come already: an encoding there cannot be meant."""
        answer = CHUNKED + chunk(b"{}") + b"0\r\nContent-Encoding: gzip\r\nRetry-After: 7\r\n\r\n"
        assert told(read(answer)) == (200, [("Transfer-Encoding", "chunked")], b"{}", True)


@pytest.mark.parametrize(
    ("answer", "keeps_alive"),
    [
        (framed(b"{}"), True),
        (framed(b"{}", b"Connection: keep-alive"), True),
        (framed(b"{}", b"Connection: close"), False),
        (framed(b"{}", b"connection: Keep-Alive, CLOSE"), False),
        (framed(b"{}", status=b"HTTP/1.0 200 OK"), False),
        (CHUNKED + chunk(b"{}") + b"0\r\n\r\n", True),
        (
            OK + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"{}") + b"0\r\n\r\n",
            False,
        ),
    ],
)
def test_response_says_whether_its_connection_goes_on(answer: bytes, *, keeps_alive: bool) -> None:
    assert read(answer).keeps_alive is keeps_alive
