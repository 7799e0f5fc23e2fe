"""Making of a picture what the gateway takes: upright, RGB, baseline, without metadata, small enough."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image as Pixels

from plexsend.gateway.pictures.judging import problems_of, unpack
from plexsend.gateway.pictures.opening import is_progressive, open_picture, quietly, readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFile import ImageFile

    from plexsend.gateway.services import PictureUpload

BEST_QUALITY = 90
"""Of a JPG; above it a picture takes more room and looks no better on a phone."""
LEAST_QUALITY = 40
"""Below it a smaller picture looks better than this one."""

_ORIENTATION = 0x0112
_UPRIGHT = 1
_TURNED = {
    2: Pixels.Transpose.FLIP_LEFT_RIGHT,
    3: Pixels.Transpose.ROTATE_180,
    4: Pixels.Transpose.FLIP_TOP_BOTTOM,
    5: Pixels.Transpose.TRANSPOSE,
    6: Pixels.Transpose.ROTATE_270,
    7: Pixels.Transpose.TRANSVERSE,
    8: Pixels.Transpose.ROTATE_90,
}
"""How EXIF says that a camera was held, and what makes the picture upright."""
_SIDEWAYS = (5, 6, 7, 8)
_PLAIN = ("RGB", "L")
_METADATA = ("exif", "xmp", "comment", "photoshop", "XML:com.adobe.xmp", "mp")
_SHRINK = 0.95
"""A little less than what the bytes ask for, so that the next try fits as a rule."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A picture that the gateway takes."""

    content: bytes
    width: int
    height: int
    is_png: bool
    changes: tuple[str, ...]
    """What was done, in words; empty: it was taken as it is."""


def fit(content: bytes, upload: PictureUpload) -> Fitted:
    """Return the picture as the gateway takes it. Raises PictureRefused for what is not a picture.

    None is refused for its size: where the least quality is still too large, the picture becomes smaller.
    """
    picture = open_picture(content)
    turn = _turn_of(picture)
    found = list(_found(picture, turn))
    if not found and not problems_of(picture, len(content), upload):
        unpack(picture)
        return Fitted(content, *picture.size, is_png=picture.format == "PNG", changes=())
    was = picture.size[::-1] if turn in _SIDEWAYS else picture.size
    pixels = _upright(picture, upload)
    made, size, quality = _encode(pixels, upload)
    if picture.format != "JPEG":
        found.append(f"{picture.format} to JPG")
    if size != was:
        found.append(f"{was[0]}x{was[1]} to {size[0]}x{size[1]}")
    return Fitted(made, *size, is_png=False, changes=(*found, f"quality {quality}"))


def _turn_of(picture: ImageFile) -> int:
    """Return how the picture is to be turned, as EXIF numbers it; 1: not at all."""
    try:
        with quietly():
            turn = picture.getexif().get(_ORIENTATION, _UPRIGHT)
    except Exception:  # noqa: BLE001  metadata that cannot be read is no reason to refuse the picture
        return _UPRIGHT
    return turn if turn in _TURNED else _UPRIGHT


def _found(picture: ImageFile, turn: int) -> Iterator[str]:
    """Yield what is to be put right, beside what the gateway would refuse."""
    if turn != _UPRIGHT:
        yield "turned upright"
    if any(picture.info.get(name) for name in _METADATA):
        yield "metadata removed"
    if picture.mode not in _PLAIN and picture.format == "JPEG":
        yield f"{picture.mode} to RGB"
    if is_progressive(picture):
        yield "progressive to baseline"


def _upright(picture: ImageFile, upload: PictureUpload) -> Pixels.Image:
    """Return the pixels of a picture, unpacked no larger than needed, upright, in RGB or grey."""
    turn = _turn_of(picture)
    # Turned, its sides are exchanged: both must be large enough.
    side = max(upload.most_width or max(picture.size), upload.most_height or max(picture.size))
    picture.draft(picture.mode, (side, side))
    with readable():
        picture.load()
    pixels = _plain(picture)
    return pixels.transpose(_TURNED[turn]) if turn in _TURNED else pixels


def _plain(picture: ImageFile) -> Pixels.Image:
    if picture.mode.startswith("I"):
        # Sixteen bits a pixel; Pillow would cut off what is above eight.
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        # A JPG has no transparency, and what is transparent is black as a rule.
        layer = picture.convert("RGBA")
        plain = Pixels.new("RGB", layer.size, "white")
        plain.paste(layer, mask=layer.getchannel("A"))
        return plain
    plain = picture.convert(picture.mode if picture.mode in _PLAIN else "RGB")
    # Pillow writes a comment that is in here.
    plain.info = {}
    return plain


def _encode(pixels: Pixels.Image, upload: PictureUpload) -> tuple[bytes, tuple[int, int], int]:
    """Return the JPG of the highest quality that fits, its size in pixels, and that quality."""
    width, height = upload.most_width or pixels.width, upload.most_height or pixels.height
    scale = min(1.0, width / pixels.width, height / pixels.height)
    while True:
        size = max(1, int(pixels.width * scale)), max(1, int(pixels.height * scale))
        scaled = pixels if size == pixels.size else pixels.resize(size, Pixels.Resampling.LANCZOS)
        made = _write(scaled, LEAST_QUALITY)
        if len(made) <= upload.most_bytes:
            best, quality = _best(scaled, made, upload.most_bytes)
            return best, size, quality
        scale *= (upload.most_bytes / len(made)) ** 0.5 * _SHRINK


def _best(pixels: Pixels.Image, made: bytes, most_bytes: int) -> tuple[bytes, int]:
    """Return the JPG of the highest quality that fits; `made`: that of the least, which does."""
    low, high = LEAST_QUALITY, BEST_QUALITY
    while low < high:
        quality = (low + high + 1) // 2
        tried = _write(pixels, quality)
        if len(tried) <= most_bytes:
            low, made = quality, tried
        else:
            high = quality - 1
    return made, low


def _write(pixels: Pixels.Image, quality: int) -> bytes:
    into = io.BytesIO()
    pixels.save(into, "JPEG", quality=quality, subsampling="4:2:0", optimize=True, progressive=False)
    return into.getvalue()
