"""Pictures that the sandbox takes and knows again, judged by rules of its own."""

from __future__ import annotations

from typing import Any

import pytest

from plexsend.gateway.pictures.failures import PictureRefused
from plexsend.gateway.pictures.judging import judge
from plexsend.gateway.services import PRODUCTS
from plexsend.sandbox.album import Album
from plexsend.sandbox.credentials import Credentials
from plexsend.sandbox.picture_rules import MMS, RCS, find_rules, judge_picture, read_part
from plexsend.sandbox.wire import Head
from tests.pictures import encoded, jpg, noise

FORM = "multipart/form-data; boundary=xyz"
DAY_MS = 86_400_000


class Bench:
    """An album with a clock that a test moves."""

    def __init__(self) -> None:
        self.now_ms = 1_800_000_000_000
        self.album = Album(lambda: self.now_ms, lambda: 90)

    def upload(
        self,
        content: bytes,
        path: str = "/image/v1/mms/shop",
        *,
        method: str = "POST",
        header: str = "shop;key",
        part: str = "image",
    ) -> Any:
        fields = {"authorization": header, "content-type": FORM}
        head = Head(method, path, "", (), fields, keep_alive=True)
        return self.album.upload(head, form(content, part), Credentials({"shop": "key"}))


def form(content: bytes, part: str = "image") -> bytes:
    head = f'--xyz\r\nContent-Disposition: form-data; name="{part}"; filename="x"\r\n\r\n'
    return head.encode() + content + b"\r\n--xyz--\r\n"


def test_a_picture_is_good_until_it_is_deleted_whatever_restarts() -> None:
    bench = Bench()
    url = dict(bench.upload(jpg()).beside)["image_url"]
    later = Bench()
    assert later.album.refuses(url) is None
    later.now_ms += 90 * DAY_MS - 1
    assert later.album.refuses(url) is None
    later.now_ms += 1
    assert later.album.refuses(url) == "is an image that was deleted"
    assert later.album.refuses(url.replace("/shop/", "/other/")) == "is not an image that was uploaded"
    assert later.album.refuses(url.rpartition("/")[0] + "/x.jpg") == "is not an image that was uploaded"
    assert later.album.refuses("https://example.com/a.jpg") is None


def test_rcs_addresses_are_another_kind() -> None:
    bench = Bench()
    answer = bench.upload(jpg(), "/file/v1/rcs/image/shop")
    url = dict(answer.beside)["fileId"]
    assert url.startswith("maapfile://")
    assert bench.album.refuses(url) is None
    assert bench.album.refuses(url[:-5] + "x.jpg") == "is not an image that was uploaded"
    assert bench.album.refuses("maapfile://abc") is None


def test_double_uploads_are_counted() -> None:
    bench = Bench()
    for content in (jpg(), jpg(1), jpg()):
        bench.upload(content)
    assert (bench.album.total, bench.album.again) == (3, 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"header": ""}, "C401_1"),
        ({"header": "shop;other"}, "C401_3"),
        ({"path": "/image/v1/mms/other"}, "C401_3"),
        ({"method": "GET"}, "C404_1"),
        ({"part": "picture"}, "C400_3"),
        ({"content": b"GIF89a"}, "C400_2"),
        ({"content": encoded(noise(10, 10), "PNG")}, "C400_2"),
        ({"content": jpg(width=1501)}, "C400_2"),
        ({"content": jpg(height=1441)}, "C400_2"),
        ({"content": jpg() + b"\0" * 300_000}, "C400_2"),
        ({"content": jpg()[:-2]}, "C400_2"),
    ],
)
def test_what_is_wrong_is_refused(changes: dict[str, Any], code: str) -> None:
    bench = Bench()
    assert bench.upload(**{"content": jpg(), **changes}).code == code
    assert bench.album.total == 0


def test_a_refusal_has_the_gateways_words() -> None:
    assert Bench().upload(jpg(width=1501)).description == "image width must be (<= 1500 px)"


@pytest.mark.parametrize("body", [b"", b"--xyz", form(b"x")[:-9], b"x" + form(b"x")])
def test_a_form_that_is_none_is_named(body: bytes) -> None:
    assert isinstance(read_part(FORM, body), str)
    assert isinstance(read_part("application/json", form(b"x")), str)
    assert read_part(FORM, form(b"\r\n\0x\r\n")) == b"\r\n\0x\r\n"


@pytest.mark.parametrize(
    "path", ["/image/v1/mms/", "/image/v1/mms/a/b", "/image/v2/mms/a", "/mms-bulk/v2/send"]
)
def test_other_paths_are_none_of_pictures(path: str) -> None:
    assert find_rules(path) is None


@pytest.mark.parametrize("product", ["mms", "rcs-mms"])
def test_client_and_sandbox_judge_alike(product: str) -> None:
    upload, rules = PRODUCTS[product].picture, {"mms": MMS, "rcs-mms": RCS}[product]
    assert upload is not None
    many = [
        *(jpg(width=width, height=height) for width in (1, 1500, 1501) for height in (1, 1440, 1441)),
        *(jpg(progressive=True), encoded(noise(30, 20).convert("CMYK")), encoded(noise(30, 20).convert("L"))),
        *(encoded(noise(900, 900), quality=90), encoded(noise(700, 700), "PNG"), encoded(noise(9, 9), "GIF")),
        *(encoded(noise(9, 9), "PNG"), b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\x04\0\0"),
    ]
    for content in many:
        try:
            judge(content, upload)
        except PictureRefused:
            ours = False
        else:
            ours = True
        assert ours == (judge_picture(content, rules) is None), content[:30]
