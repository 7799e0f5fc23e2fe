"""The rules for MMS, field by field: at each limit, one under it, one over it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from plexsend.errors import InvalidItem, Problem
from plexsend.gateway.items import get_loader
from plexsend.gateway.services import LONGEST_URL

URL = "https://kr.object/1.jpg"
GOOD: dict[str, Any] = {
    "msg_key": "k1",
    "sub_id": "shop",
    "title": "제목",
    "sender_number": "15881234",
    "receiver_number": "01023456789",
    "origin_cid": "123456789",
    "msg": "안녕하세요",
    "echo_to_webhook": "echo",
    "file_path": [URL],
}
REQUIRED = {"sender_number", "receiver_number", "msg", "file_path"}
OPTIONAL = {"sub_id", "title", "origin_cid", "echo_to_webhook"}
LOADER = get_loader("mms-bulk")


def short(value: object) -> str:
    """Name a case without spelling out millions of characters."""
    return f"{ascii(value)[:16]}… {len(value)}" if isinstance(value, str | list) else type(value).__name__


def problems(**changes: object) -> list[Problem]:
    try:
        LOADER.load(GOOD | changes)
    except InvalidItem as invalid:
        return list(invalid.problems)
    return []


def fields_refused(**changes: object) -> list[str]:
    return [problem.field for problem in problems(**changes)]


def wire(**changes: object) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(LOADER.load(GOOD | changes).body)
    return loaded


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("msg_key", "k"),
        ("msg_key", "k" * 128),
        ("msg_key", "!~"),
        ("sub_id", ""),
        ("sub_id", "가" * 85 + "a"),
        ("title", ""),
        ("title", "a" * 49),
        ("title", "a" * 50),
        ("title", "가" * 25),
        ("origin_cid", "123456789"),
        ("origin_cid", "1234567890"),
        ("msg", "a"),
        ("msg", "a" * 1999),
        ("msg", "a" * 2000),
        ("msg", "가" * 999 + "a"),
        ("msg", "가" * 1000),
        ("echo_to_webhook", ""),
        ("echo_to_webhook", "a" * 255),
        ("echo_to_webhook", "a" * 256),
        ("echo_to_webhook", "가" * 85 + "a"),
        ("echo_to_webhook", "똠😀–\x00"),
        ("file_path", [URL]),
        ("file_path", [URL, URL]),
        ("file_path", [URL, URL, URL]),
        ("file_path", ["http://host"]),
        ("file_path", ["HTTPS://localhost:8080/a?b=c#d"]),
        ("file_path", ["http://[::1]/1.jpg"]),
        ("file_path", ["http://host/%EA%B0%80.jpg"]),
        ("file_path", ["http://host/" + "x" * (LONGEST_URL - 12)]),
    ],
    ids=short,
)
def test_value_within_its_limit_goes_out_as_it_is(field: str, value: object) -> None:
    assert wire(**{field: value})[field] == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("msg_key", "k" * 129),
        ("msg_key", "a b"),
        ("msg_key", "a\n"),
        ("msg_key", "\x7f"),
        ("msg_key", "키"),
        ("sub_id", "a" * 257),
        ("sub_id", "\ud800"),
        ("title", "a" * 51),
        ("title", "가" * 25 + "a"),
        ("title", "똠"),
        ("sender_number", ""),
        ("sender_number", "02-1588-1234"),
        ("receiver_number", " "),
        ("receiver_number", "1588-1234"),
        ("origin_cid", ""),
        ("origin_cid", "12345678"),
        ("origin_cid", "12345678901"),
        ("origin_cid", "123456789\n"),
        ("origin_cid", "１２３４５６７８９"),
        ("origin_cid", "12345678a"),
        ("msg", ""),
        ("msg", " \r\n\t\u3000"),
        ("msg", "a" * 2001),
        ("msg", "가" * 1000 + "a"),
        ("msg", "😀"),
        ("msg", "\x07"),
        ("msg", "\ud83d"),
        ("msg", "a" * 10_000_000),
        ("echo_to_webhook", "a" * 257),
        ("echo_to_webhook", "가" * 86),
        ("echo_to_webhook", "\udc00"),
        ("file_path", []),
        ("file_path", [URL] * 4),
        ("file_path", URL),
        ("file_path", ""),
        ("file_path", {"url": URL}),
        ("file_path", {URL}),
        ("file_path", iter([URL])),
    ],
    ids=short,
)
def test_value_beyond_its_limit_is_refused(field: str, value: object) -> None:
    (problem,) = problems(**{field: value})
    assert problem.field == field
    assert problem.reason
    assert problem.remedy


@pytest.mark.parametrize(
    "url",
    [
        "",
        "1.jpg",
        "//host/1.jpg",
        "ftp://host/1.jpg",
        "javascript:alert(1)",
        "http://",
        "https:///1.jpg",
        "http://user:pass@host/",
        "http://host/a b",
        "http://host/가.jpg",
        "http://host/\n",
        "http://host\n",
        " http://host/",
        "http://host:123456/",
        "http://host/" + "x" * (LONGEST_URL - 11),
        {"url": URL},
        None,
        1,
        [URL],
        b"http://host/",
    ],
)
def test_each_url_is_judged_in_its_place(url: object) -> None:
    assert fields_refused(file_path=[URL, url]) == ["file_path.1"]


def test_every_url_that_is_wrong_is_told() -> None:
    assert fields_refused(file_path=["x", URL, "y"]) == ["file_path.0", "file_path.2"]


def test_single_url_is_refused_with_the_remedy() -> None:
    (problem,) = problems(file_path=URL)
    assert "array" in problem.remedy


@pytest.mark.parametrize("field", sorted(GOOD.keys() - {"file_path"}))
@pytest.mark.parametrize(
    "value",
    [
        0,
        1023456789,
        pytest.param(10**5000, id="huge"),
        1.5,
        float("nan"),
        True,
        [],
        ["x"],
        {},
        b"bytes",
        Decimal(1),
        object(),
    ],
)
def test_value_of_a_wrong_type_is_refused(field: str, value: object) -> None:
    (problem,) = problems(**{field: value})
    assert problem.field == field
    assert problem.reason.endswith("not text")
    assert problem.remedy


@pytest.mark.parametrize("field", sorted(REQUIRED | OPTIONAL))
def test_null_is_refused_by_name(field: str) -> None:
    (problem,) = problems(**{field: None})
    assert (problem.field, problem.reason) == (field, "is null")
    assert ("Leave the field out" in problem.remedy) is (field in OPTIONAL)


@pytest.mark.parametrize("field", sorted(REQUIRED))
def test_required_field_that_is_missing_is_told(field: str) -> None:
    with pytest.raises(InvalidItem) as caught:
        LOADER.load({name: value for name, value in GOOD.items() if name != field})
    assert [(problem.field, problem.reason) for problem in caught.value.problems] == [(field, "is missing")]


@pytest.mark.parametrize("field", sorted(OPTIONAL))
def test_optional_field_may_be_left_out_and_does_not_go_out(field: str) -> None:
    body = json.loads(LOADER.load({name: value for name, value in GOOD.items() if name != field}).body)
    assert field not in body


def test_title_above_forty_bytes_warns() -> None:
    assert LOADER.load(GOOD | {"title": "가" * 20}).warnings == ()
    (warning,) = LOADER.load(GOOD | {"title": "가" * 20 + "a"}).warnings
    assert warning.field == "title"
    assert "41 bytes" in warning.reason


def test_numbers_go_out_as_digits_alone() -> None:
    sent = wire(sender_number="02-2345-6789", receiver_number="+82 10-2345-6789")
    assert (sent["sender_number"], sent["receiver_number"]) == ("0223456789", "01023456789")


def test_bytes_are_counted_after_normalising() -> None:
    # 1000 times \r\n and a half syllable in jamo: 4000 characters as given, 2000 bytes as sent.
    assert wire(msg="\r\n" * 1000 + "a" * 1000)["msg"] == "\n" * 1000 + "a" * 1000
    assert wire(msg="\u1112\u1161\u11ab" * 1000)["msg"] == "한" * 1000


def test_replacements_are_made_only_when_asked_for_and_told_one_by_one() -> None:
    item = LOADER.load(GOOD | {"title": "–", "msg": "a – b\u200b ©"}, replace=True)
    sent = json.loads(item.body)
    assert (sent["title"], sent["msg"]) == ("-", "a - b (c)")
    assert [str(replacement) for replacement in item.replacements] == [
        "title: U+2013 (–) at position 1 was written as '-'",
        "msg: U+2013 (–) at position 3 was written as '-'",
        "msg: U+200B at position 6 was left out",
        "msg: U+00A9 (©) at position 8 was written as '(c)'",
    ]
    assert fields_refused(title="–", msg="a – b\u200b ©") == ["title", "msg", "msg", "msg"]


def test_what_cannot_be_replaced_is_refused_although_replacing_was_asked_for() -> None:
    with pytest.raises(InvalidItem) as caught:
        LOADER.load(GOOD | {"msg": "– 😀"}, replace=True)
    assert [problem.reason for problem in caught.value.problems] == [
        "U+1F600 (😀) at position 3 is not in EUC-KR"
    ]


def test_replacing_may_make_a_text_too_long() -> None:
    assert problems(msg="a" * 1999 + "\u200b") != []
    with pytest.raises(InvalidItem) as caught:
        LOADER.load(GOOD | {"msg": "a" * 1999 + "—"}, replace=True)
    assert "2001 bytes" in caught.value.problems[0].reason


def test_text_of_which_replacing_leaves_nothing_is_blank() -> None:
    with pytest.raises(InvalidItem) as caught:
        LOADER.load(GOOD | {"msg": "\u200b\ufeff"}, replace=True)
    assert caught.value.problems[0].reason == "is blank"


def test_unrepresentable_characters_and_too_many_bytes_are_told_together() -> None:
    reasons = [problem.reason for problem in problems(title="가" * 26 + "똠–똠")]
    assert reasons == [
        "U+B620 (똠) at positions 27, 29 is not in EUC-KR",
        "U+2013 (–) at position 28 is not in EUC-KR",
        "takes 52 bytes in EUC-KR, of which at most 50 can be sent",
    ]


def test_number_of_named_characters_and_positions_is_bounded() -> None:
    many = problems(msg="".join(map(chr, range(0x1F300, 0x1F300 + 50))))
    assert len(many) == 21
    assert many[-1].reason.startswith("30 more different characters")
    (one,) = problems(msg="😀" * 100)
    assert one.reason == (
        "U+1F600 (😀) at positions 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 90 more is not in EUC-KR"
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [("안녕하세요 #{이름}님", 7), ("{이름}님", 1), ("{{ name }}, hello", 1), ("code ${order-no}", 7)],
)
@pytest.mark.parametrize("field", ["msg", "title"])
def test_name_in_braces_that_nothing_filled_warns_and_goes_out(field: str, text: str, place: int) -> None:
    (warning,) = LOADER.load(GOOD | {field: text}).warnings
    assert warning.field == field
    assert warning.reason == f"holds a name in braces, which nothing fills, from position {place} on"
    assert wire(**{field: text})[field] == text


@pytest.mark.parametrize("text", ["{1}", "{^^}", '{"a": 1}', "{}", "a { b", "x} {y", "{\n이름}"])
def test_other_braces_are_text(text: str) -> None:
    assert LOADER.load(GOOD | {"msg": text}).warnings == ()


def test_several_names_in_braces_are_one_warning() -> None:
    (warning,) = LOADER.load(GOOD | {"msg": "{이름}, {이름}, #{금액}"}).warnings
    assert warning.reason.startswith("holds 3 names in braces")


def test_utf_8_that_was_read_as_cp949_warns() -> None:
    (warning,) = LOADER.load(GOOD | {"msg": "주문".encode().decode("cp949")}).warnings
    assert warning.field == "msg"
    assert "UTF-8" in warning.remedy


def test_text_that_shows_nothing_is_blank() -> None:
    assert [problem.reason for problem in problems(msg="\u00ad \u3000")] == ["is blank"]
