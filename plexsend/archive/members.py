"""Members of a gzip file: each append is one, and says in its head how long it is and what it holds.

Any program that reads gzip reads the file. What is in the head lets ours go from member to member without
unpacking them, and see a member that was cut off.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Of gzip (RFC 1952): magic, deflate, there is an extra field; no time, no hint, no system.
_SIGNATURE = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff"
_GZIP = b"\x1f\x8b\x08"
# Signature, length of the extra field; in it our mark, its length, and the member's whole length.
_HEAD = struct.Struct("<10sH2sHI")
_MARK = b"PX"
# What of the extra field comes before the words, and what of that its own length does not count.
_BEFORE_WORDS, _BEFORE_SIZE = 8, 4
_END = struct.Struct("<II")
_LONGEST_HEAD = 512
"""An account's name and two ids are far less."""
_CHUNK = 1 << 16
_RAW = -zlib.MAX_WBITS
_WITH_HEAD = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Label:
    """What a member says of its lines: they are of these entries of the account's results."""

    account: str
    first: str
    last: str

    def __str__(self) -> str:
        """Return it as the head holds it."""
        return f"{self.account} {self.first} {self.last}"


@dataclass(frozen=True, slots=True)
class Member:
    """Where a member is in its file."""

    start: int
    size: int
    label: Label | None
    """None: another program packed it."""

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.start + self.size


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that are not a member."""

    start: int
    end: int
    is_torn: bool
    """Whether they can be the beginning of a member, at the end of the file, that was not written whole."""


def pack(label: Label, lines: Sequence[bytes]) -> bytes:
    """Return a member with these lines."""
    content, words = b"".join(lines), str(label).encode()
    packer = zlib.compressobj(6, zlib.DEFLATED, _RAW)
    packed = packer.compress(content) + packer.flush()
    size = _HEAD.size + len(words) + len(packed) + _END.size
    head = _HEAD.pack(
        _SIGNATURE, len(words) + _BEFORE_WORDS, _MARK, len(words) + _BEFORE_WORDS - _BEFORE_SIZE, size
    )
    return b"".join((head, words, packed, _END.pack(zlib.crc32(content), len(content) & 0xFFFFFFFF)))


def members(fd: int, start: int, end: int) -> Iterator[Member | Gap]:
    """Yield what lies between two places of a file, by the heads alone: whether each is whole is not seen."""
    while start < end:
        found = _member_at(fd, start, end) or _gap(fd, start, end)
        yield found
        start = found.end


def is_whole(fd: int, member: Member) -> bool:
    """Say whether all of a member was written."""
    try:
        for _ in unpack(fd, member):
            pass
    except zlib.error:
        return False
    return True


def unpack(fd: int, member: Member) -> Iterator[bytes]:
    """Yield the content in pieces; raises zlib.error where it is not whole."""
    unpacker = zlib.decompressobj(_WITH_HEAD)
    at = member.start
    while not unpacker.eof:
        chunk = os.pread(fd, min(_CHUNK, member.end - at), at)
        if not chunk:
            raise zlib.error("cut off")
        at += len(chunk)
        yield unpacker.decompress(chunk)


def lines_in(fd: int, member: Member) -> Iterator[bytes]:
    """Yield the lines, without their ends; raises zlib.error where the member is not whole."""
    rest = b""
    for piece in unpack(fd, member):
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _member_at(fd: int, start: int, end: int) -> Member | None:
    head = os.pread(fd, _LONGEST_HEAD, start)
    found = _read_head(head, start) if head.startswith(_SIGNATURE) else None
    if found and found.end <= end:
        return found
    # Its end is found by unpacking it, if it has one.
    return _foreign(fd, start) if head.startswith(_GZIP) else None


def _read_head(head: bytes, start: int) -> Member | None:
    if len(head) < _HEAD.size:
        return None
    _, extra, mark, length, size = _HEAD.unpack_from(head)
    words = head[_HEAD.size : _HEAD.size + extra - _BEFORE_WORDS]
    if mark != _MARK or length != extra - _BEFORE_SIZE or size <= _HEAD.size + len(words) + _END.size:
        return None
    try:
        return Member(start, size, Label(*words.decode().split(" ")))
    except (ValueError, TypeError):
        return None


# Somebody may have unpacked a file and packed it again, or the head alone is damaged.
def _foreign(fd: int, start: int) -> Member | None:
    unpacker = zlib.decompressobj(_WITH_HEAD)
    at = start
    while not unpacker.eof:
        chunk = os.pread(fd, _CHUNK, at)
        try:
            unpacker.decompress(chunk)
        except zlib.error:
            return None
        if not chunk:
            return None
        at += len(chunk)
    return Member(start, at - len(unpacker.unused_data) - start, None)


def _gap(fd: int, start: int, end: int) -> Gap:
    at = start + 1
    while at < end:
        chunk = os.pread(fd, _CHUNK, at)
        place = chunk.find(_SIGNATURE)
        while place >= 0:
            if _member_at(fd, at + place, end):
                return Gap(start, at + place, is_torn=False)
            place = chunk.find(_SIGNATURE, place + 1)
        if len(chunk) < _CHUNK:
            break
        at += len(chunk) - len(_SIGNATURE)
    return Gap(start, end, is_torn=_is_beginning(fd, start, end))


# A machine that lost its power may have made the file longer and not written into it.
def _is_beginning(fd: int, start: int, end: int) -> bool:
    head = os.pread(fd, min(len(_SIGNATURE), end - start), start)
    if head == _SIGNATURE[: len(head)]:
        return True
    return all(not any(os.pread(fd, _CHUNK, at)) for at in range(start, end, _CHUNK))
