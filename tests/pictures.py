"""Pictures made where a test runs: real JPG and PNG, as small as they can be or as large as they must be."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from PIL import Image


def encoded(picture: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """A picture as the content of a file."""
    into = io.BytesIO()
    picture.save(into, form, **options)
    return into.getvalue()


@cache
def noise(width: int, height: int) -> Image.Image:
    """Pixels that no format makes small."""
    return Image.effect_noise((width, height), 120).convert("RGB")


def jpg(number: int = 0, *, width: int = 16, height: int = 12, **options: Any) -> bytes:
    """A good picture; another number is another picture."""
    colour = (number * 37 % 256, number * 91 % 256, number // 7 % 256)
    return encoded(Image.new("RGB", (width, height), colour), **options)
