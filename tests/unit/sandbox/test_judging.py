"""Whole requests against the guide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.sandbox.wire import Head

    MakeItem = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/mms-bulk",
        "/mms-bulk/v1/send",
        "/MMS-BULK/v2/send",
        "/mms-none/v2/send",
        "/mms-bulk/v2/send/",
        "",
    ],
)
def test_unknown_path_is_c404(bench: Any, make_item: MakeItem, head: Callable[..., Head], path: str) -> None:
    status, answer = bench.send(make_item(), head=head(path))
    assert (status, answer["code"]) == (404, "C404_1")
    assert set(answer) == {"code", "name", "description"}


@pytest.mark.parametrize("service", ["mms-standard", "mms-bulk", "mms-finance"])
def test_every_service_of_mms_is_served(
    bench: Any, make_item: MakeItem, head: Callable[..., Head], service: str
) -> None:
    assert bench.send_for_codes(make_item(), head=head(f"/{service}/v2/send")) == {"k1": "C100"}


@pytest.mark.parametrize("service", ["sms-verify", "lms-bulk", "rcs-mms-bulk"])
def test_service_of_another_product_is_g110(
    bench: Any, make_item: MakeItem, head: Callable[..., Head], service: str
) -> None:
    status, answer = bench.send(make_item(), head=head(f"/{service}/v2/send"))
    assert (status, answer["code"]) == (200, "G110")
    bench.behave(envelope_for=[])
    assert bench.send_for_codes(make_item(), head=head(f"/{service}/v2/send")) == {"k1": "G110"}
    assert bench.plex.ledger.total == 0


def test_other_method_is_405(bench: Any, head: Callable[..., Head]) -> None:
    reply = bench.send_raw(b"", head(method="GET"))
    assert reply.status == 405
    assert ("Allow", "POST") in reply.headers


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "C401_1"),
        ("", "C401_1"),
        ("main", "C401_2"),
        ("main;", "C401_2"),
        (";secret", "C401_2"),
        ("main;sec;ret", "C401_2"),
        ("Bearer main;secret", "C401_2"),
        ("main; secret", "C401_2"),
        ("maín;secret", "C401_2"),
        ("main;wrong", "C401_3"),
        ("other;secret", "C401_3"),
        ("main;secret", None),
    ],
)
def test_authorization_fails_in_three_ways(
    bench: Any, make_item: MakeItem, head: Callable[..., Head], header: str | None, code: str | None
) -> None:
    bench.build(credentials={"main": "secret"})
    status, answer = bench.send(make_item(), head=head(authorization=header))
    assert (status, answer.get("code")) == ((200, None) if code is None else (401, code))


def test_corrected_secret_lets_in(bench: Any, make_item: MakeItem) -> None:
    bench.build(credentials={"main": "old"})
    assert bench.send(make_item())[1]["code"] == "C401_3"
    bench.plex.credentials.set("main", "secret")
    assert bench.send_for_codes(make_item()) == {"k1": "C100"}
    bench.plex.credentials.set("main", None)
    assert bench.send(make_item())[1]["code"] == "C401_3"


@pytest.mark.parametrize(
    ("content_type", "good"),
    [
        ("application/json;charset=utf-8", True),
        ("application/json; charset=utf8", True),
        ('Application/JSON; Charset="UTF-8"', True),
        ("application/json", False),
        ("application/json;charset=euc-kr", False),
        ("text/plain;charset=utf-8", False),
        (None, False),
    ],
)
def test_content_type_is_checked(
    bench: Any, make_item: MakeItem, head: Callable[..., Head], content_type: str | None, *, good: bool
) -> None:
    status, answer = bench.send(make_item(), head=head(content_type=content_type))
    assert (status, answer.get("code")) == ((200, None) if good else (400, "C400_1"))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "C400_1"),
        (b"{", "C400_1"),
        (b"[]", "C400_1"),
        (b"null", "C400_1"),
        (b'{"msg_data": NaN}', "C400_1"),
        (b'{"msg_data": [{"msg": -Infinity}]}', "C400_1"),
        (b"[" * 200_000, "C400_1"),
        (b'{"msg_data":' * 100_000, "C400_1"),
        (b'{"msg_data": ' + b"9" * 10_000 + b"}", "C400_1"),
        (b'{"msg_data": "\xff"}', "C400_1"),
        ('{"msg_data": []}'.encode("utf-16"), "C400_1"),
        (b"\xef\xbb\xbf{}", "C400_1"),
        (b"{}", "C400_3"),
        (b'{"msg_data": []}', "C400_3"),
        (b'{"msg_data": {}}', "C400_1"),
        (b'{"msg_data": null}', "C400_1"),
        (b'{"msg_data": ["a"]}', "C400_1"),
        (b'{"msg_data": [{}], "msg_type": "RMM"}', "C400_2"),
    ],
)
def test_bodies_that_cannot_be_read_are_answered(bench: Any, body: bytes, code: str) -> None:
    reply = bench.send_raw(body)
    assert (reply.status, json.loads(reply.body)["code"]) == (400, code)


def test_one_bad_item_fails_the_request_and_is_named(bench: Any, make_item: MakeItem) -> None:
    status, answer = bench.send(make_item("a"), make_item("b", msg="똠"))
    assert (status, answer["code"]) == (400, "C400_2")
    assert answer["description"].startswith("msg_data[1].msg ")
    assert bench.plex.ledger.total == 0


def test_one_bad_number_fails_only_its_item(bench: Any, make_item: MakeItem) -> None:
    codes = bench.send_for_codes(
        make_item("a"), make_item("b", receiver_number="1"), make_item("c", sender_number="1")
    )
    assert codes == {"a": "C100", "b": "G141", "c": "G140"}
    assert bench.plex.ledger.list_accepted() == {"a": 1}


def test_unregistered_sender_is_g140(bench: Any, make_item: MakeItem) -> None:
    bench.behave(senders=["0222345678"])
    codes = bench.send_for_codes(make_item("a"), make_item("b", sender_number="0233345678"))
    assert codes == {"a": "C100", "b": "G140"}


def test_more_than_ten_are_g160(bench: Any, make_item: MakeItem) -> None:
    items = [make_item(f"k{n}") for n in range(11)]
    assert bench.send(*items)[1]["code"] == "G160"
    bench.behave(envelope_for=[])
    assert set(bench.send_for_codes(*items).values()) == {"G160"}
    assert bench.plex.ledger.total == 0
    assert set(bench.send_for_codes(*items[:10]).values()) == {"C100"}
    bench.behave(max_items=3)
    assert set(bench.send_for_codes(*items[:4]).values()) == {"G160"}


def test_items_without_a_key_are_given_one(bench: Any, make_item: MakeItem) -> None:
    codes = bench.send_for_codes(make_item(None), make_item(""), make_item(...))
    assert len(codes) == 3
    assert all(key.strip() for key in codes)
