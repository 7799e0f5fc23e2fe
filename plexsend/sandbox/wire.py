"""HTTP/1.1 off the wire, by hand: a fraction of the work of `http.server`, and one error for what is wrong.

Requests are read leniently where HTTP asks for it (an empty line before a request, bare line feeds) and
refused elsewhere; bodies come with a Content-Length or not at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

MAX_LINE_BYTES = 8 * 1024
MAX_HEAD_BYTES = 32 * 1024

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VERSION = re.compile(r"HTTP/[0-9]\.[0-9]")
_DIGITS = re.compile(r"[0-9]{1,15}")
# A header's value: anything visible, blanks and tabs; a NUL or a lone CR may not be in it.
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class MalformedError(Exception):
    """What came is not a request; `status` says how it is answered, and the connection ends."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Head:
    """Request line and headers."""

    method: str
    path: str
    """As sent, without the query."""
    query: str
    headers: tuple[tuple[str, str], ...]
    """As sent, in order."""
    fields: dict[str, str]
    """By lower-case name; a header that was sent twice holds both, joined by a comma."""
    keep_alive: bool

    @property
    def length(self) -> int | None:
        """The announced size of the body, 0 where none is usual, or None when a body comes without a size."""
        if "transfer-encoding" in self.fields:
            return None
        text = self.fields.get("content-length")
        if text is None:
            return None if self.method in {"POST", "PUT", "PATCH"} else 0
        return int(text)

    @property
    def awaits_go_ahead(self) -> bool:
        """Whether the peer waits for "100 Continue" before it sends the body."""
        return self.fields.get("expect", "").lower() == "100-continue"


def read_head(stream: BinaryIO) -> Head | None:
    """Read a request's head; None when the peer has closed or fallen silent between two requests."""
    try:
        line = _read_first_line(stream)
    except (TimeoutError, OSError):
        return None
    if not line:
        return None
    method, path, version = _split_first_line(line)
    headers = _read_headers(stream)
    fields: dict[str, str] = {}
    for name, value in headers:
        lower = name.lower()
        fields[lower] = f"{fields[lower]}, {value}" if lower in fields else value
    length = fields.get("content-length")
    if length is not None and _DIGITS.fullmatch(length) is None:
        raise MalformedError(400, "Content-Length is not a number")
    connection = fields.get("connection", "").lower()
    keep_alive = "close" not in connection if version == "HTTP/1.1" else "keep-alive" in connection
    path, _, query = path.partition("?")
    return Head(method, path, query, tuple(headers), fields, keep_alive)


def read_body(stream: BinaryIO, length: int) -> bytes:
    """Read a body of this many bytes."""
    body = stream.read(length)
    if len(body) < length:
        raise MalformedError(400, "the body is shorter than Content-Length")
    return body


def _read_first_line(stream: BinaryIO) -> bytes:
    """Return the request line, past the empty line that some clients send after a body; b"" at the end."""
    line = stream.readline(MAX_LINE_BYTES + 1)
    return stream.readline(MAX_LINE_BYTES + 1) if line in {b"\r\n", b"\n"} else line


def _split_first_line(line: bytes) -> tuple[str, str, str]:
    """Return method, path and version."""
    if len(line) > MAX_LINE_BYTES:
        raise MalformedError(414, "the request line is too long")
    parts = line.decode("latin-1").rstrip("\r\n").split(" ")
    if len(parts) != 3 or not _TOKEN.fullmatch(parts[0]) or not _VERSION.fullmatch(parts[2]):  # noqa: PLR2004 - method, path, version
        raise MalformedError(400, "this is not an HTTP request")
    if parts[2] not in {"HTTP/1.1", "HTTP/1.0"}:
        raise MalformedError(505, "only HTTP/1.1 and HTTP/1.0 are spoken")
    return parts[0], parts[1], parts[2]


def _read_headers(stream: BinaryIO) -> list[tuple[str, str]]:
    """Return the headers up to the empty line."""
    headers: list[tuple[str, str]] = []
    size_bytes = 0
    while True:
        line = stream.readline(MAX_LINE_BYTES + 1)
        size_bytes += len(line)
        if len(line) > MAX_LINE_BYTES or size_bytes > MAX_HEAD_BYTES:
            raise MalformedError(431, "the headers are too large")
        if not line.endswith(b"\n"):
            raise MalformedError(400, "the headers break off")
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            return headers
        name, colon, value = text.partition(":")
        if not colon or not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise MalformedError(400, "a header is malformed")
        headers.append((name, value.strip(" \t")))
