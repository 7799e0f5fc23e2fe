"""Where commands and replies of Redis end in a stream of bytes, in both versions of its protocol."""

from __future__ import annotations

_LINE_END = b"\r\n"
_BULKS = b"$=!"
_LISTS = b"*~>"
_MAP = ord("%")
_ATTRIBUTES = ord("|")
_PUSH = ord(">")
_ERRORS = b"-!"


class NotRedis(Exception):
    """The bytes are no command."""


def read_command(data: bytes | bytearray, at: int) -> tuple[list[bytes], int] | None:
    """Return the command that begins at `at`, and where it ends; None while it is not there whole.

    Raises:
        NotRedis: when no array of bulk strings begins there.
    """
    stop = data.find(_LINE_END, at)
    if stop < 0:
        return None
    if data[at] != ord("*"):
        raise NotRedis
    count, at = int(data[at + 1 : stop]), stop + 2
    parts = []
    for _ in range(count):
        stop = data.find(_LINE_END, at)
        if stop < 0:
            return None
        if data[at] != ord("$"):
            raise NotRedis
        begin = stop + 2
        end = begin + int(data[at + 1 : stop])
        if end + 2 > len(data):
            return None
        parts.append(bytes(data[begin:end]))
        at = end + 2
    return parts, at


def write_command(parts: list[bytes]) -> bytes:
    """Return a command as it goes on the wire."""
    return b"".join([b"*%d\r\n" % len(parts), *(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)])


def find_reply_end(data: bytes | bytearray, at: int) -> int | None:
    """Return where the reply that begins at `at` ends; None while it is not there whole."""
    left = 1
    while left:
        stop = data.find(_LINE_END, at)
        if stop < 0:
            return None
        kind = data[at]
        left -= 1
        if kind in _BULKS:
            size = int(data[at + 1 : stop])
            at = stop + 2 + (size + 2 if size >= 0 else 0)
            if at > len(data):
                return None
            continue
        if kind in _LISTS:
            left += max(0, int(data[at + 1 : stop]))
        elif kind == _MAP:
            left += 2 * int(data[at + 1 : stop])
        elif kind == _ATTRIBUTES:
            # They come before the reply that they belong to.
            left += 2 * int(data[at + 1 : stop]) + 1
        at = stop + 2
    return at


def is_push(data: bytes | bytearray, at: int) -> bool:
    """Tell whether what begins at `at` answers no command."""
    return data[at] == _PUSH


def is_error(data: bytes | bytearray, at: int) -> bool:
    """Tell whether the reply that begins at `at` is an error."""
    return data[at] in _ERRORS
