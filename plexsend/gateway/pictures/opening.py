"""Opening a picture: its head alone is read, and what must not be unpacked is refused by it."""

from __future__ import annotations

import io
import struct
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from plexsend.gateway.pictures.failures import PictureRefused
from plexsend.gateway.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFile import ImageFile

_WHOLE_PIXELS = 50_000_000
"""A PNG or a progressive JPG is unpacked whole: this many pixels take some 200 MB."""
_MOST_PIXELS = 220_000_000
"""Another JPG is unpacked at a fraction of its size. Cameras of phones have up to 200 million pixels."""

_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, struct.error)
"""What Pillow raises for a file that is not what it begins as."""

_OTHER_KINDS = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"%PDF", "a PDF"),
    (b"<svg", "an SVG"),
)
"""How files begin that people take for pictures."""
_APPLE = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_one_at_a_time = threading.Lock()
_KINDS = ((b"\xff\xd8", JpegImageFile), (b"\x89PNG\r\n\x1a\n", PngImageFile))


def open_picture(content: bytes) -> ImageFile:
    """Return a picture of which only the head was read. Raises PictureRefused.

    The class of its format is asked, not `Image.open`: so no decoder of another format ever runs, a picture
    of a phone with more in it (MPO) is the JPG that it begins with, and nothing depends on limits that an
    application sets for all of Pillow.
    """
    if not content:
        raise PictureRefused([Refusal("is empty", "Give a picture: JPG, or PNG for RCS.").at("file")])
    kind = next((kind for start, kind in _KINDS if content.startswith(start)), None)
    if kind is None:
        raise PictureRefused([_name_other(content).at("file")])
    with readable(), quietly():
        picture = kind(io.BytesIO(content))
    width, height = picture.size
    most = _MOST_PIXELS if kind is JpegImageFile and not is_progressive(picture) else _WHOLE_PIXELS
    if width * height > most:
        reason = (
            f"has {width} × {height} pixels, and unpacking more than {most // 1_000_000} million is refused"
        )
        raise PictureRefused([Refusal(reason, "Save it smaller.").at("file")])
    return picture


@contextmanager
def quietly() -> Iterator[None]:
    """Let Pillow say nothing of odd metadata, which it does to whoever runs the process."""
    # What the module `warnings` sets counts for all threads.
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def readable() -> Iterator[None]:
    """Raise PictureRefused where what is done within finds the picture damaged."""
    try:
        yield
    except _DAMAGED as exc:
        damaged = Refusal("is damaged: it cannot be read to its end", "Copy it again, or save it anew.")
        raise PictureRefused([damaged.at("file")]) from exc


def is_progressive(picture: ImageFile) -> bool:
    """Return whether a JPG is written in several passes."""
    return bool(picture.info.get("progressive"))


def _name_other(content: bytes) -> Refusal:
    if content[4:8] == b"ftyp" and content[8:12] in _APPLE:
        return Refusal(
            "is HEIC, the format of an iPhone's camera, which phones of receivers cannot show",
            "Save it as JPG: export or share it as JPEG, or set the camera to Most Compatible (Settings, "
            "Camera, Formats).",
        )
    begin = content[:512].lstrip()
    name = next((name for start, name in _OTHER_KINDS if begin.startswith(start)), "")
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        name = "a WebP"
    elif content[4:12] == b"ftypavif":
        name = "an AVIF"
    return Refusal(f"is {name}, not a JPG" if name else "is not a picture that is known", "Save it as JPG.")
