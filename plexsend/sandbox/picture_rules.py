"""What may be uploaded as a picture, by its bytes alone: written a second time, without an imaging tool."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_JPG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a JPG that begin a frame, which says how large it is."""
_BOUNDARY = re.compile(r'multipart/form-data\s*;.*?\bboundary="?([^\s";]{1,70})"?', re.IGNORECASE)
_PART_NAME = re.compile(
    rb'^content-disposition:\s*form-data;.*?\bname="([^"]*)"', re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class PictureRules:
    """What one product takes."""

    name: str
    path: str
    """With `{user_id}` in it."""
    png: bool
    most_bytes: int
    most_width: int | None = None
    most_height: int | None = None


MMS = PictureRules(
    "mms", "/image/v1/mms/{user_id}", png=False, most_bytes=300_000, most_width=1500, most_height=1440
)
RCS = PictureRules("rcs", "/file/v1/rcs/image/{user_id}", png=True, most_bytes=1_000_000)

_PATHS = {re.compile(re.escape(rules.path).replace(r"\{user_id\}", "([^/]+)")): rules for rules in (MMS, RCS)}


_BEGIN = ("/image/", "/file/")


def find_rules(path: str) -> tuple[PictureRules, str] | None:
    """Return what may be uploaded to a path, and for which user; None: it is no such path."""
    if not path.startswith(_BEGIN):
        return None
    for pattern, rules in _PATHS.items():
        found = pattern.fullmatch(path)
        if found is not None:
            return rules, found[1]
    return None


def read_part(content_type: str, body: bytes) -> bytes | str:
    """Return the part `image` of a form, or what is wrong with it."""
    boundary = _BOUNDARY.match(content_type)
    if boundary is None:
        return "Content-Type must be multipart/form-data with a boundary"
    mark = b"--" + boundary[1].encode()
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004  before, at least one part, the end
        return "the form does not end"
    for piece in pieces[1:-1]:
        head, gap, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = _PART_NAME.search(head)
        if gap and name is not None and name[1] == b"image":
            return content
    return "image is missing"


def judge_picture(content: bytes, rules: PictureRules) -> str | None:
    """Return what is wrong with a picture, in the gateway's manner, or None."""
    if not content.startswith(_JPG) and not (rules.png and content.startswith(_PNG)):
        return f"image must be {'jpg or png' if rules.png else 'jpg'}"
    if len(content) > rules.most_bytes:
        return f"image size must be (<= {rules.most_bytes} bytes)"
    size = _png_size(content) if content.startswith(_PNG) else _jpg_size(content)
    if size is None:
        return "image cannot be read"
    if rules.most_width is not None and size[0] > rules.most_width:
        return f"image width must be (<= {rules.most_width} px)"
    if rules.most_height is not None and size[1] > rules.most_height:
        return f"image height must be (<= {rules.most_height} px)"
    return None


def _png_size(content: bytes) -> tuple[int, int] | None:
    if len(content) < 24 or content[12:16] != b"IHDR":  # noqa: PLR2004  signature, length and name, then the sides
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _jpg_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height by the first frame; None where there is none, or the end is missing."""
    for marker, segment in _segments(content):
        if marker in _FRAMES and len(segment) >= 5:  # noqa: PLR2004  precision, height, width
            height, width = struct.unpack(">HH", segment[1:5])
            return (width, height) if content.rstrip(b"\0").endswith(b"\xff\xd9") else None
    return None


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:  # noqa: PLR2004  what each marker begins with
        marker = content[at + 1]
        if marker == 0xFF:  # noqa: PLR2004  a byte that fills up
            at += 1
            continue
        length = int.from_bytes(content[at + 2 : at + 4])
        yield marker, content[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)
