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
        "/mms-bulk/v3/send",
        "/rcs/v2/submit/",
        "/rcs/v2/submit/rcs-mms-none",
        "/rcs/v2/send/rcs-mms-bulk",
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


@pytest.mark.parametrize(
    ("path", "beside"),
    [
        ("/rcs-mms-bulk/v2/send", {}),
        *((f"/{service}/v1/send", {"msg_type": "RMM"}) for service in ("mms-bulk", "sms-verify", "lms-bulk")),
        *((f"/rcs/v2/submit/{service}", {"msg_type": "RMM"}) for service in ("mms-bulk", "sms-verify")),
    ],
)
def test_service_of_another_product_is_g110(
    bench: Any, make_item: MakeItem, head: Callable[..., Head], path: str, beside: dict[str, str]
) -> None:
    status, answer = bench.send(make_item(), head=head(path), **beside)
    assert (status, answer["code"]) == (200, "G110")
    bench.behave(envelope_for=[])
    assert bench.send_for_codes(make_item(), head=head(path), **beside) == {"k1": "G110"}
    assert bench.plex.ledger.total == 0


@pytest.mark.parametrize("path", ["/rcs-mms-bulk/v1/send", "/rcs/v2/submit/rcs-mms-bulk"])
@pytest.mark.parametrize(
    ("beside", "code"),
    [
        ({"msg_type": "RMM"}, None),
        ({"msg_type": "RMH"}, None),
        ({}, "C400_3"),
        ({"msg_type": ""}, "C400_3"),
        ({"msg_type": None}, "C400_1"),
        ({"msg_type": ["RMM"]}, "C400_1"),
        ({"msg_type": "rmm"}, "C400_2"),
        ({"msg_type": "RMMRMH"}, "C400_2"),
        ({"msg_type": "RSM"}, "C400_2"),
        ({"msg_type": "RMM", "header": "0"}, "C400_2"),
    ],
)
def test_one_of_two_types_stands_beside_the_messages_of_rcs(
    bench: Any,
    make_rcs: MakeItem,
    head: Callable[..., Head],
    *,
    path: str,
    beside: dict[str, Any],
    code: str | None,
) -> None:
    item = make_rcs(dialect="v2" if "v2" in path else "v1")
    status, answer = bench.send(item, head=head(path), **beside)
    assert (status, answer.get("code")) == ((200, None) if code is None else (400, code))
    if code is not None:
        assert answer["description"].startswith("header " if "header" in beside else "msg_type ")


def test_bad_field_deep_within_an_item_is_named_by_its_way(
    bench: Any, make_rcs: MakeItem, head: Callable[..., Head], button: Callable[[str], dict[str, Any]]
) -> None:
    bad = button("clipboard")
    bad["action"]["clipboardAction"]["copyToClipboard"]["text"] = "x" * 201
    items = [make_rcs("a"), make_rcs("b", buttons=[{"suggestions": [button("url"), bad]}])]
    status, answer = bench.send(*items, head=head("/rcs-mms-bulk/v1/send"), msg_type="RMM")
    assert (status, answer["code"]) == (400, "C400_2")
    assert answer["description"] == (
        "msg_data[1].buttons[0].suggestions[1].action.clipboardAction.copyToClipboard.text "
        "is longer than 200 characters"
    )
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
