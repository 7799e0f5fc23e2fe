"""Judging a picture by its content, before anything of it leaves this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.gateway.pictures.failures import FIT, PictureRefused
from plexsend.gateway.pictures.opening import open_picture, readable
from plexsend.gateway.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFile import ImageFile

    from plexsend.errors import Problem
    from plexsend.gateway.services import PictureUpload

_NAMES = {"JPEG": "JPG", "PNG": "PNG"}


@dataclass(frozen=True, slots=True)
class Judged:
    """A picture that the gateway takes by its documented rules."""

    width: int
    height: int
    is_png: bool


def judge(content: bytes, upload: PictureUpload) -> Judged:
    """Return what a picture is; raises PictureRefused with everything that the gateway would refuse in it."""
    picture = open_picture(content)
    problems = problems_of(picture, len(content), upload)
    if problems:
        raise PictureRefused(problems)
    unpack(picture)
    width, height = picture.size
    return Judged(width, height, is_png=picture.format == "PNG")


def problems_of(picture: ImageFile, size_bytes: int, upload: PictureUpload) -> list[Problem]:
    """Return what is wrong with a picture whose head was read."""
    return [refusal.at("file") for refusal in _refusals(picture, size_bytes, upload)]


def unpack(picture: ImageFile) -> None:
    """Read a picture to its end, at a fraction of its size where that is possible. Raises PictureRefused."""
    # What is left of the size is not of interest here; the size that the head says is.
    width, height = picture.size
    picture.draft(picture.mode, (max(1, width // 8), max(1, height // 8)))
    with readable():
        picture.load()
    picture._size = width, height  # noqa: SLF001  a draft changes it, and the judgement is about the file


def _refusals(picture: ImageFile, size_bytes: int, upload: PictureUpload) -> Iterator[Refusal]:
    width, height = picture.size
    if picture.format not in upload.formats:
        taken = " or ".join(_NAMES[each] for each in upload.formats)
        name = _NAMES.get(picture.format or "", "not known")
        yield Refusal(f"is a {name} by its content, and {taken} alone can be sent", FIT)
    if upload.most_width is not None and width > upload.most_width:
        yield Refusal(f"is {width} pixels wide, of which at most {upload.most_width} can be sent", FIT)
    if upload.most_height is not None and height > upload.most_height:
        yield Refusal(f"is {height} pixels high, of which at most {upload.most_height} can be sent", FIT)
    if size_bytes > upload.most_bytes:
        yield Refusal(f"takes {size_bytes:,} bytes, of which at most {upload.most_bytes:,} can be sent", FIT)
