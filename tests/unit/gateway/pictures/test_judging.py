"""Pictures judged by their content, and made to fit."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import zlib
from dataclasses import replace

import pytest
from PIL import Image

from plexsend.gateway.pictures.failures import PictureRefused
from plexsend.gateway.pictures.fitting import LEAST_QUALITY, fit
from plexsend.gateway.pictures.judging import judge
from plexsend.gateway.services import PRODUCTS, PictureUpload
from tests.pictures import encoded, jpg, noise


def _upload(product: str) -> PictureUpload:
    found = PRODUCTS[product].picture
    assert found is not None
    return found


MMS, RCS = _upload("mms"), _upload("rcs-mms")
PNG = encoded(noise(30, 20), "PNG")


def read(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def reasons(content: bytes, upload: PictureUpload = MMS) -> list[str]:
    with pytest.raises(PictureRefused) as caught:
        judge(content, upload)
    assert all(problem.remedy for problem in caught.value.problems)
    return [problem.reason for problem in caught.value.problems]


def turned(orientation: int) -> bytes:
    """A picture that is red on the left and blue on the right, held otherwise."""
    picture = Image.new("RGB", (80, 40), "blue")
    picture.paste("red", (0, 0, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera"
    return encoded(picture, exif=exif)


@pytest.mark.parametrize("upload", [MMS, RCS])
def test_a_jpg_within_the_limits_is_taken(upload: PictureUpload) -> None:
    judged = judge(jpg(width=1500, height=1440), upload)
    assert (judged.width, judged.height, judged.is_png) == (1500, 1440, False)


def test_only_rcs_takes_a_png() -> None:
    assert judge(PNG, RCS).is_png
    assert reasons(PNG) == ["is a PNG by its content, and JPG alone can be sent"]


def test_a_phones_picture_with_more_in_it_is_the_jpg_that_it_begins_with() -> None:
    content = encoded(noise(60, 40), "MPO", save_all=True, append_images=[noise(20, 10)])
    assert read(content).format == "MPO"
    assert (judge(content, MMS).width, fit(content, MMS).width) == (60, 60)


def test_size_counts_in_bytes() -> None:
    content = jpg()
    padded = content + b"\0" * (300_001 - len(content))
    assert reasons(padded) == ["takes 300,001 bytes, of which at most 300,000 can be sent"]
    assert judge(padded[:-1], MMS)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is HEIC, the format of an iPhone's camera"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "is HEIC"),
        (encoded(noise(9, 9), "GIF"), "is a GIF, not a JPG"),
        (encoded(noise(9, 9), "WEBP"), "is a WebP, not a JPG"),
        (encoded(noise(9, 9), "BMP"), "is a BMP, not a JPG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is an SVG, not a JPG"),
        (b"%PDF-1.7", "is a PDF, not a JPG"),
        (b"hello", "is not a picture that is known"),
    ],
)
def test_what_is_not_a_picture_is_named_with_a_remedy(content: bytes, reason: str) -> None:
    (found,) = reasons(content)
    assert found.startswith(reason)
    with pytest.raises(PictureRefused):
        fit(content, MMS)


def _bomb(width: int, height: int) -> bytes:
    """A PNG of one colour that is small and unpacks to much more."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def _claiming(content: bytes, width: int, height: int) -> bytes:
    """The same JPG, with another size in its head."""
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


@pytest.mark.parametrize("content", [_bomb(30_000, 30_000), _claiming(jpg(), 40_000, 40_000)])
def test_a_bomb_is_refused_by_its_head(content: bytes) -> None:
    for act in (judge, fit):
        with pytest.raises(PictureRefused, match=r"pixels, and unpacking more than \d+ million is refused"):
            act(content, RCS)


@pytest.mark.parametrize("content", [jpg(width=200, height=200, quality=90), PNG, turned(6)])
def test_a_file_cut_anywhere_or_damaged_is_refused_or_read_and_nothing_else(content: bytes) -> None:
    chances = random.Random(4)
    for _ in range(60):
        cut = content[: chances.randrange(len(content))]
        damaged = bytearray(content)
        damaged[chances.randrange(len(content))] ^= chances.randrange(1, 256)
        for given in (cut, bytes(damaged)):
            for act in (judge, fit):
                with contextlib.suppress(PictureRefused):
                    act(given, RCS)


def test_a_truncated_jpg_is_refused_though_its_head_is_good() -> None:
    content = encoded(noise(300, 200))
    assert reasons(content[: len(content) // 2]) == ["is damaged: it cannot be read to its end"]


def test_what_fits_is_left_as_it_is() -> None:
    for content, upload in ((jpg(), MMS), (PNG, RCS)):
        fitted = fit(content, upload)
        assert (fitted.content, fitted.changes) == (content, ())


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        (encoded(noise(60, 40).convert("CMYK")), ("CMYK to RGB", "quality 90")),
        (encoded(noise(60, 40), progressive=True), ("progressive to baseline", "quality 90")),
        (encoded(noise(60, 40), comment=b"a person"), ("metadata removed", "quality 90")),
        (PNG, ("PNG to JPG", "quality 90")),
        (encoded(noise(3000, 100)), ("3000x100 to 1500x50", "quality 90")),
        (encoded(noise(100, 2880)), ("100x2880 to 50x1440", "quality 90")),
        (encoded(noise(60, 40).convert("L")), ()),
    ],
)
def test_fit_says_what_it_did(content: bytes, changes: tuple[str, ...]) -> None:
    fitted = fit(content, MMS)
    assert fitted.changes == changes
    made = read(fitted.content)
    assert (made.format, made.size) == ("JPEG", (fitted.width, fitted.height))
    assert made.mode in ("RGB", "L")
    assert not made.info.get("progressive")
    assert not dict(made.getexif())
    assert "comment" not in made.info
    judge(fitted.content, MMS)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_fit_turns_a_picture_upright(orientation: int) -> None:
    content = turned(orientation)
    fitted = fit(content, MMS)
    assert fitted.changes == ("turned upright", "metadata removed", "quality 90")
    made = read(fitted.content).convert("RGB")
    assert made.size == ((40, 80) if orientation >= 5 else (80, 40))
    # As Pillow itself turns it.
    from PIL import ImageOps  # noqa: PLC0415  the oracle

    wanted = ImageOps.exif_transpose(read(content)).convert("RGB")
    for place in ((5, 5), (made.width - 5, made.height - 5)):
        pairs = zip(made.getpixel(place), wanted.getpixel(place), strict=True)  # type: ignore[arg-type]
        assert all(abs(one - other) < 40 for one, other in pairs)


def test_what_is_transparent_becomes_white() -> None:
    picture = Image.new("RGBA", (40, 20), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (0, 0, 20, 20))
    made = read(fit(encoded(picture, "PNG"), MMS).content)
    assert all(value > 245 for value in _pixel(made, (35, 10)))
    assert _pixel(made, (5, 10))[2] > 200


def test_sixteen_bits_a_pixel_keep_their_brightness() -> None:
    picture = Image.new("I;16", (40, 20), 0x8000)
    made = read(fit(encoded(picture, "PNG"), MMS).content).convert("RGB")
    assert abs(_pixel(made, (5, 5))[0] - 128) < 4


def test_no_readable_picture_is_refused_for_its_size() -> None:
    """Noise cannot be made small by quality alone: it becomes smaller."""
    fitted = fit(encoded(noise(2000, 1500), quality=95), MMS)
    assert len(fitted.content) <= 300_000
    assert fitted.width < 1500
    assert int(fitted.changes[-1].split()[1]) >= LEAST_QUALITY
    tiny = replace(MMS, most_bytes=1_000)
    assert len(fit(encoded(noise(400, 300)), tiny).content) <= 1_000


def test_the_highest_quality_that_fits_is_taken() -> None:
    upload = replace(MMS, most_bytes=60_000)
    fitted = fit(encoded(noise(400, 300), quality=95), upload)
    quality = int(fitted.changes[-1].split()[1])
    assert LEAST_QUALITY < quality < 90
    better = encoded(read(encoded(noise(400, 300), quality=95)), quality=quality + 1, optimize=True)
    assert len(better) > 60_000


def _pixel(picture: Image.Image, place: tuple[int, int]) -> tuple[int, ...]:
    found = picture.getpixel(place)
    assert isinstance(found, tuple)
    return tuple(int(value) for value in found)
