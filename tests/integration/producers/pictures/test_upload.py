"""Pictures uploaded, against a real Valkey and the sandbox."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from plexsend.errors import UsageError
from plexsend.gateway.pictures.failures import PictureRefused, UploadFailed
from plexsend.outbox.pictures import PictureClaim, PictureFacts, Pictures, picture_of
from tests.pictures import encoded, jpg, noise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.producers import Producer
    from plexsend.sandbox import Sandbox


def pictures(gateway: Sandbox) -> tuple[int, int]:
    """How many the gateway took, and how many of them again."""
    stats = gateway.get_stats()
    return stats.pictures, stats.pictures_again


def test_a_picture_is_uploaded_once_for_its_content_and_account(
    uploading: Producer, gateway: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "a picture.jpg"
    file.write_bytes(jpg())
    first = uploading.upload(file)
    assert (first.width, first.height, first.size_bytes, first.changed) == (16, 12, len(jpg()), ())
    assert first.url.startswith("https://kr.object.ncloudstorage.com/api-plex-upload/image/mms/shop/")
    left = first.expires_at - datetime.now(UTC)
    assert timedelta(days=88) < left <= timedelta(days=89)
    # The same content under another name, and as bytes.
    assert uploading.upload(jpg()) == first
    assert uploading.upload(jpg(1)) != first
    assert pictures(gateway) == (2, 0)


def test_rcs_pictures_are_found_anywhere_in_the_answer(uploading: Producer, gateway: Sandbox) -> None:
    image = uploading.upload(encoded(noise(20, 10), "PNG"), product="rcs-mms")
    assert image.url.startswith("maapfile://")
    # Of another product it is another picture.
    with pytest.raises(PictureRefused, match="is a PNG by its content, and JPG alone can be sent"):
        uploading.upload(encoded(noise(20, 10), "PNG"))
    assert pictures(gateway) == (1, 0)


def test_what_the_gateway_would_refuse_never_leaves(uploading: Producer, gateway: Sandbox) -> None:
    with pytest.raises(PictureRefused) as caught:
        uploading.upload(jpg(width=1501, height=1441))
    assert [problem.reason for problem in caught.value.problems] == [
        "is 1501 pixels wide, of which at most 1500 can be sent",
        "is 1441 pixels high, of which at most 1440 can be sent",
    ]
    assert gateway.list_requests() == []
    # Nobody waits for the one who tried.
    uploading.upload(jpg(width=1501, height=1441), fit=True)


def test_fit_converts_and_says_what_it_did(uploading: Producer, gateway: Sandbox) -> None:
    image = uploading.upload(jpg(width=3000, height=1000), fit=True)
    assert (image.width, image.height) == (1500, 500)
    assert image.changed == ("3000x1000 to 1500x500", "quality 90")
    # Known by what was given: it is not converted again.
    assert uploading.upload(jpg(width=3000, height=1000), fit=True) == image
    assert pictures(gateway) == (1, 0)


def test_what_was_converted_once_is_refused_without_fit_as_before(
    uploading: Producer, gateway: Sandbox, store: Store
) -> None:
    large = jpg(width=3000, height=1000)
    uploading.upload(large, fit=True)
    with pytest.raises(PictureRefused, match="is 3000 pixels wide"):
        uploading.upload(large)
    # An older program knew it by the file alone.
    shelf = Pictures(store, "main")
    claim = shelf.claim(picture_of("mms", large), "older")
    assert isinstance(claim, PictureClaim)
    shelf.done(claim, PictureFacts("https://x/older.jpg", 9, 1500, 500, ("3000x1000 to 1500x500",)))
    with pytest.raises(PictureRefused, match="is 3000 pixels wide"):
        uploading.upload(large)
    assert pictures(gateway) == (1, 0)


def test_what_needs_no_fit_is_one_picture_with_and_without(uploading: Producer, gateway: Sandbox) -> None:
    assert uploading.upload(jpg(), fit=True) == uploading.upload(jpg()) == uploading.upload(jpg(), fit=True)
    assert pictures(gateway) == (1, 0)


def test_a_picture_is_shown_as_it_is_although_it_was_converted_before(
    uploading: Producer, gateway: Sandbox
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = jpg(width=20, height=10, exif=exif.tobytes())
    assert uploading.upload(sideways, fit=True).changed
    plain = uploading.upload(sideways)
    assert (plain.changed, plain.width, plain.height) == ((), 20, 10)
    assert pictures(gateway) == (2, 0)


@pytest.mark.parametrize("wrong", [{"product": "sms"}, {"account": "X"}, {"fit": 1}, {"picture": 7}])
def test_a_wrong_call_is_named(uploading: Producer, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        uploading.upload(**{"picture": jpg(), **wrong})


def test_many_at_once_upload_a_picture_once(make_producer: Callable[..., Producer], gateway: Sandbox) -> None:
    gateway.add_fault("delay", ms=300)
    environ = {"PLEXSEND_UPLOAD_URL": gateway.url, "PLEXSEND_ACCOUNT_MAIN": "shop;key"}
    producers = [make_producer(**environ) for _ in range(4)]
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda each=each: found.append(each.upload(jpg()).url)) for each in producers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert pictures(gateway) == (1, 0)


def test_one_who_was_killed_while_uploading_blocks_nobody_for_long(
    uploading: Producer, gateway: Sandbox, store: Store
) -> None:
    shelf, picture = Pictures(store, "main"), picture_of("mms", jpg())
    assert isinstance(shelf.claim(picture, "dead"), PictureClaim)
    key = f"w:{picture}"
    lapses_ms = int(_client(store).hget(store.keys.pictures("main"), key).split()[0])
    assert lapses_ms - time.time() * 1000 < 60_000
    uploaded: list[str] = []
    other = threading.Thread(target=lambda: uploaded.append(uploading.upload(jpg()).url))
    other.start()
    other.join(0.5)
    assert not uploaded
    # The time passes.
    _client(store).hset(store.keys.pictures("main"), key, "1 dead")
    other.join(10)
    assert len(uploaded) == 1
    assert pictures(gateway) == (1, 0)


def test_a_process_that_is_killed_while_it_uploads_blocks_its_successor_until_the_claim_lapses(
    uploading: Producer, gateway: Sandbox, store: Store, valkey_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(jpg())
    gateway.add_fault("delay", ms=20_000, times=1)
    settings = {
        "PLEXSEND_REDIS_URL": valkey_url,
        "PLEXSEND_KEY_PREFIX": store.keys.prefix,
        "PLEXSEND_UPLOAD_URL": gateway.url,
        "PLEXSEND_ACCOUNT_MAIN": "shop;key",
    }
    command = [sys.executable, "-m", "plexsend", "upload", str(file)]
    with subprocess.Popen(command, env={**os.environ, **settings}) as victim:
        deadline_s = time.monotonic() + 30
        while not gateway.list_requests() and time.monotonic() < deadline_s:
            time.sleep(0.02)
        victim.kill()
    key, claim = store.keys.pictures("main"), f"w:{picture_of('mms', jpg())}"
    lapses_ms, _, who = _client(store).hget(key, claim).partition(b" ")
    assert int(lapses_ms) / 1000 - time.time() <= 60
    # The time passes.
    _client(store).hset(key, claim, b"1 " + who)
    assert uploading.upload(file).url
    assert len(gateway.list_requests()) == 2


def test_uploads_go_the_way_of_the_settings(make_producer: Callable[..., Producer]) -> None:
    """The proxy takes no connection, so nothing is asked of the gateway's own name."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    away = make_producer(
        PLEXSEND_UPLOAD_URL="https://pictures.invalid",
        PLEXSEND_PROXY_URL=f"http://127.0.0.1:{port}",
        PLEXSEND_ACCOUNT_MAIN="shop;key",
    )
    away._uploader._sleep = lambda _: None
    with pytest.raises(UploadFailed, match=r"the proxy 127\.0\.0\.1 cannot be reached") as caught:
        away.upload(jpg())
    assert caught.value.again


TROUBLE = [
    "server_error",
    "too_many",
    "unavailable",
    "reset_before_reading",
    "reset_after_accepting",
    "hang_up",
]


@pytest.mark.parametrize("kind", [*TROUBLE, "hang_up", "cut_answer", "api_gateway"])
def test_trouble_is_tried_again(uploading: Producer, gateway: Sandbox, kind: str) -> None:
    slept: list[float] = []
    uploading._uploader._sleep = slept.append
    gateway.add_fault(kind, times=2)
    assert uploading.upload(jpg()).url
    assert len(slept) == 2
    assert uploading.upload(jpg()).url
    assert len(gateway.list_requests()) == 3


def test_a_gateway_that_stays_away_fails_the_upload_and_leaves_no_claim(
    uploading: Producer, gateway: Sandbox, store: Store
) -> None:
    uploading._uploader._sleep = lambda _: None
    gateway.add_fault("unavailable")
    with pytest.raises(UploadFailed, match=r"does not take the picture: HTTP_503 \(5 tries\)") as caught:
        uploading.upload(jpg())
    assert caught.value.again
    gateway.clear_faults()
    assert isinstance(Pictures(store, "main").claim(picture_of("mms", jpg()), "x"), PictureClaim)


def test_a_long_pause_that_the_gateway_asks_for_is_not_waited_for(
    uploading: Producer, gateway: Sandbox
) -> None:
    gateway.add_fault("too_many", retry_after="120")
    with pytest.raises(UploadFailed, match="Try again later"):
        uploading.upload(jpg())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "envelope", "code": "C404_1"}, "C404_1"),
        ({"kind": "envelope", "code": "G150"}, "no credit left: G150"),
        ({"kind": "redirect"}, "HTTP_302"),
        ({"kind": "garbage"}, "has no address that begins with http: not JSON"),
        ({"kind": "empty"}, "has no address"),
        (
            {"kind": "wrong_shape", "body": {"image": {"key": ["shop;key"]}}},
            r"http: \{image: \{key: \[text\]\}\}",
        ),
    ],
)
def test_an_answer_that_no_try_mends_names_itself_and_what_to_do(
    uploading: Producer, gateway: Sandbox, fault: dict[str, Any], words: str
) -> None:
    gateway.add_fault(**fault)
    with pytest.raises(UploadFailed, match=words) as caught:
        uploading.upload(jpg())
    assert not caught.value.again
    assert "shop;key" not in str(caught.value)
    assert len(gateway.list_requests()) == 1


def test_an_rcs_answer_without_an_address_shows_its_shape_alone(
    uploading: Producer, gateway: Sandbox
) -> None:
    gateway.add_fault("wrong_shape", body={"data": {"file": "http://x/y", "n": 1, "shop;key 1": None}})
    with pytest.raises(UploadFailed, match=r"maapfile://: \{data: \{file: text, n: number, \?: null\}\}"):
        uploading.upload(jpg(), product="rcs-mms")


def test_an_rcs_address_is_taken_wherever_it_is(uploading: Producer, gateway: Sandbox) -> None:
    gateway.add_fault("wrong_shape", body={"data": [{"x": "maapfile:// no"}, {"fileId": "maapfile://a/b"}]})
    assert uploading.upload(jpg(), product="rcs-mms").url == "maapfile://a/b"


def test_a_picture_that_the_gateway_refuses_is_refused(uploading: Producer, gateway: Sandbox) -> None:
    gateway.add_fault("quoting_envelope", code="C400_2")
    with pytest.raises(PictureRefused, match="is refused by the gateway: C400_2") as caught:
        uploading.upload(jpg())
    assert "shop;key" not in str(caught.value)


def test_a_refused_secret_is_named(make_producer: Callable[..., Producer], gateway: Sandbox) -> None:
    wrong = make_producer(PLEXSEND_UPLOAD_URL=gateway.url, PLEXSEND_ACCOUNT_MAIN="shop;other")
    with pytest.raises(UploadFailed, match=r"refuses the secret of the account main .*C401_3"):
        wrong.upload(jpg())


def test_a_producer_without_the_secret_says_so(make_producer: Callable[..., Producer]) -> None:
    with pytest.raises(
        UploadFailed, match=r"Set PLEXSEND_ACCOUNT_MY_SHOP \(or PLEXSEND_ACCOUNT_MY_SHOP_FILE\)"
    ):
        make_producer().upload(jpg(), account="my-shop")


def _client(store: Store) -> Any:
    """redis-py's types name every kind of answer."""
    return store.client
