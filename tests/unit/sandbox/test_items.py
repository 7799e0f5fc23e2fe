"""Items against the fields of MMS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox.items import check
from plexsend.sandbox.products import MMS

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeItem = Callable[..., dict[str, Any]]


def find(item: dict[str, Any]) -> tuple[str, str] | None:
    finding = check(item, MMS.item)
    return None if finding is None else (finding.code, finding.field)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"msg_key": None},
        {"msg_key": ""},
        {"msg_key": "  "},
        {"msg_key": ...},
        {"msg_key": "k" * 128},
        {"title": ...},
        {"title": ""},
        {"title": "가" * 25},
        {"msg": "가" * 1000},
        {"msg": "한 줄\n두 줄\t끝"},
        {"sub_id": "branch"},
        {"origin_cid": "123456789"},
        {"origin_cid": "1234567890"},
        {"echo_to_webhook": "e" * 256},
        {"echo_to_webhook": "가" * 85},
        {"file_path": ["http://a/1", "https://b.example/2.jpg", "http://c:8080/3?x=1"]},
        {"sender_number": "15881234"},
        {"sender_number": "07023456789"},
        {"sender_number": "01023456789"},
        *({"sender_number": f"0{code}2345678"} for code in (31, 33, 41, 44, 51, 55, 61, 64)),
        *(
            {"sender_number": f"0{code}0{number}"}
            for code in (3, 5, 6, 8)
            for number in ("1234567", "12345678")
        ),
        *({"sender_number": f"1{code}881234"} for code in (5, 6, 8)),
        {"receiver_number": "0111234567"},
        {"receiver_number": "01912345678"},
    ],
)
def test_good_items_pass(make_item: MakeItem, changes: dict[str, Any]) -> None:
    assert find(make_item(**changes)) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # What is missing.
        ({"msg": ...}, ("C400_3", "msg")),
        ({"msg": ""}, ("C400_3", "msg")),
        ({"msg": " \n"}, ("C400_3", "msg")),
        ({"sender_number": ...}, ("C400_3", "sender_number")),
        ({"receiver_number": ""}, ("C400_3", "receiver_number")),
        ({"file_path": ...}, ("C400_3", "file_path")),
        ({"file_path": []}, ("C400_3", "file_path")),
        ({"file_path": [""]}, ("C400_3", "file_path")),
        # What is of the wrong type.
        ({"msg": 5}, ("C400_1", "msg")),
        ({"msg_key": 5}, ("C400_1", "msg_key")),
        ({"title": None}, ("C400_1", "title")),
        ({"receiver_number": 1023456789}, ("C400_1", "receiver_number")),
        ({"file_path": "http://a/1"}, ("C400_1", "file_path")),
        ({"file_path": [{"url": "http://a/1"}]}, ("C400_1", "file_path")),
        # What is not allowed.
        ({"msg_key": "k" * 129}, ("C400_2", "msg_key")),
        ({"msg_key": "키"}, ("C400_2", "msg_key")),
        ({"msg_key": "a\n"}, ("C400_2", "msg_key")),
        ({"title": "가" * 25 + "a"}, ("C400_2", "title")),
        ({"title": "\u00a0"}, ("C400_2", "title")),
        ({"msg": "가" * 1000 + "a"}, ("C400_2", "msg")),
        ({"msg": "똠"}, ("C400_2", "msg")),
        ({"msg": "a\r\nb"}, ("C400_2", "msg")),
        ({"origin_cid": "12345678"}, ("C400_2", "origin_cid")),
        ({"origin_cid": "12345678901"}, ("C400_2", "origin_cid")),
        ({"origin_cid": "١٢٣٤٥٦٧٨٩"}, ("C400_2", "origin_cid")),
        ({"file_path": ["http://a/1"] * 4}, ("C400_2", "file_path")),
        ({"file_path": ["ftp://a/1"]}, ("C400_2", "file_path")),
        ({"file_path": ["http://a b/1"]}, ("C400_2", "file_path")),
        ({"file_path": ["http:///1"]}, ("C400_2", "file_path")),
        ({"callback": "x"}, ("C400_2", "callback")),
        # What fails the item alone.
        ({"sender_number": "02-2234-5678"}, ("G140", "sender_number")),
        ({"sender_number": "021234567"}, ("G140", "sender_number")),
        ({"sender_number": "0215881234"}, ("G140", "sender_number")),
        *(({"sender_number": f"0{code}2345678"}, ("G140", "sender_number")) for code in (34, 45, 56, 65, 70)),
        ({"sender_number": "0312"}, ("G140", "sender_number")),
        ({"sender_number": "14881234"}, ("G140", "sender_number")),
        ({"sender_number": "0222345678\n"}, ("G140", "sender_number")),
        ({"receiver_number": "01012345678"}, ("G141", "receiver_number")),
        ({"receiver_number": "821023456789"}, ("G141", "receiver_number")),
        ({"receiver_number": "0222345678"}, ("G141", "receiver_number")),
        ({"receiver_number": "٠1023456789"}, ("G141", "receiver_number")),
        ({"echo_to_webhook": "e" * 257}, ("G142", "echo_to_webhook")),
        ({"echo_to_webhook": "가" * 86}, ("G142", "echo_to_webhook")),
        ({"echo_to_webhook": "\ud800"}, ("G142", "echo_to_webhook")),
    ],
)
def test_bad_items_are_named_by_code_and_field(
    make_item: MakeItem, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert find(make_item(**changes)) == expected


def test_what_fails_the_request_comes_before_what_fails_the_item(make_item: MakeItem) -> None:
    assert find(make_item(sender_number="1", msg="똠")) == ("C400_2", "msg")
    assert find(make_item(sender_number="1", receiver_number="1")) == ("G140", "sender_number")


def test_reasons_hold_no_value(make_item: MakeItem) -> None:
    for changes in ({"receiver_number": "0101234567"}, {"msg": "secret 똠"}, {"title": "secret" * 20}):
        finding = check(make_item(**changes), MMS.item)
        assert finding is not None
        assert not any(str(value) in finding.reason for value in changes.values())


def test_unknown_field_is_named_escaped_and_cut(make_item: MakeItem) -> None:
    finding = check({**make_item(), "\ud800" + "x" * 200: "v"}, MMS.item)
    assert finding is not None
    assert finding.field.startswith("\\ud800x")
    assert len(finding.field) == 40
