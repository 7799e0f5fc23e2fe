"""The rules for RCS MMS, field by field: at each limit, one under it, one over it; buttons aside."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest

from plexsend.errors import InvalidItem, Problem
from plexsend.gateway.environment import read_settings
from plexsend.gateway.items import get_loader
from tests.unit.gateway.rcs_items import GOOD, at, changed, without

LOADER = get_loader("rcs-mms-bulk")
V2 = get_loader("rcs-mms-bulk", read_settings({"PLEXSEND_RCS_DIALECT": "v2"}))

# A character above U+FFFF: one code point, two UTF-16 units, four bytes in UTF-8.
WIDE = "\U0001f600"


def problems(item: Any, **options: Any) -> list[Problem]:
    try:
        LOADER.load(item, **options)
    except InvalidItem as invalid:
        return list(invalid.problems)
    return []


def refused_fields(item: Any) -> list[str]:
    return [problem.field for problem in problems(item)]


def wire(item: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(LOADER.load(item).body)
    return loaded


def short(value: object) -> str:
    return f"{ascii(value)[:16]}… {len(value)}" if isinstance(value, str | list) else ascii(value)


def test_whole_item_goes_out_in_the_order_of_the_guide_without_its_variant() -> None:
    item = LOADER.load(dict(reversed(GOOD.items())))
    assert item.variant == "RMM"
    assert (
        item.body
        == (
            '{"msg_key":"k1","sender_number":"15881234","receiver_number":"01023456789",'
            '"msg_base_id":"SMwThT00","br_id":"BR.abc","brand_key":"BK.abc","header":"0",'
            '"footer":"080-123-4567","copy_allowed":"true",'
            '"msg":{"body":{"title":"제목","description":"설명","media":"maapfile://image-1"}},'
            '"buttons":[{"suggestions":[{"action":{"urlAction":{"openUrl":{"url":"https://example.com/"}},'
            '"displayText":"열기","postback":{"data":""}}}]}]}'
        ).encode()
    )


def test_same_item_goes_out_in_the_other_dialect_under_its_names_and_values() -> None:
    v1, v2 = json.loads(LOADER.load(GOOD).body), json.loads(V2.load(GOOD).body)
    assert v2.pop("brand_id") == v1.pop("br_id")
    assert v2.pop("copy_allowed") is True
    assert v1.pop("copy_allowed") == "true"
    assert list(v1.items()) == list(v2.items())


@pytest.mark.parametrize(
    ("given", "v1", "v2"),
    [
        ("true", "true", True),
        ("false", "false", False),
        ("TRUE", "true", True),
        ("False", "false", False),
        (True, "true", True),
        (False, "false", False),
    ],
)
def test_copying_is_a_string_in_v1_and_a_boolean_in_v2(given: object, v1: str, v2: object) -> None:
    item = changed("copy_allowed", given)
    assert json.loads(LOADER.load(item).body)["copy_allowed"] == v1
    assert json.loads(V2.load(item).body)["copy_allowed"] is v2


@pytest.mark.parametrize("loader", [LOADER, V2], ids=["v1", "v2"])
def test_brand_is_called_br_id_by_callers_of_both_dialects(loader: Any) -> None:
    with pytest.raises(InvalidItem) as caught:
        loader.load({**without("br_id"), "brand_id": "BR.abc"})
    assert [(problem.field, problem.remedy) for problem in caught.value.problems][1:] == [
        ("brand_id", "Did you mean br_id?")
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("msg_key", "k"),
        ("msg_key", "k" * 127),
        ("msg_key", "k" * 128),
        ("msg_base_id", "S"),
        ("msg_base_id", "aZ09._-" + "x" * 32),
        ("msg_base_id", "x" * 40),
        ("br_id", "!"),
        ("br_id", "~" * 99),
        ("br_id", "~" * 100),
        ("brand_key", "!"),
        ("brand_key", "~" * 99),
        ("brand_key", "~" * 100),
        ("header", "0"),
        ("header", "1"),
        ("footer", "0"),
        ("footer", "080-1234-5678"),
        ("footer", "0" * 19),
        ("footer", "0" * 20),
        ("msg.body.title", "가"),
        ("msg.body.title", WIDE * 29),
        ("msg.body.title", WIDE * 30),
        ("msg.body.description", "x"),
        ("msg.body.description", WIDE * 1299),
        ("msg.body.description", WIDE * 1300),
        ("msg.body.description", "똠 – \u200b © \r\n\t\x00"),
        ("msg.body.media", "maapfile://1"),
        ("msg.body.media", "maapfile://" + "x" * 2036),
        ("msg.body.media", "maapfile://" + "x" * 2037),
        ("msg.body", {"title1": "가" * 29, "description1": "x" * 1299, "media1": "maapfile://1"}),
        ("msg.body", {"title1": "가" * 30, "description1": "x" * 1300}),
        ("msg.body", {"media1": "maapfile://" + "x" * 2037}),
        ("buttons", [{}]),
    ],
    ids=short,
)
def test_value_within_its_limit_goes_out_as_it_is(path: str, value: object) -> None:
    assert at(wire(changed(path, value)), path) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("msg_type", "RMX"),
        ("msg_type", "rmm"),
        ("msg_type", "RMM "),
        ("msg_type", ""),
        ("msg_key", "k" * 129),
        ("msg_key", "a b"),
        ("sender_number", ""),
        ("sender_number", "02-1588-1234"),
        ("receiver_number", "1588-1234"),
        ("msg_base_id", ""),
        ("msg_base_id", "x" * 41),
        ("msg_base_id", "a b"),
        ("msg_base_id", "가"),
        ("msg_base_id", "a\n"),
        ("br_id", ""),
        ("br_id", "~" * 101),
        ("br_id", "a b"),
        ("br_id", "가"),
        ("brand_key", ""),
        ("brand_key", "~" * 101),
        ("brand_key", "a\n"),
        ("header", ""),
        ("header", "2"),
        ("header", "00"),
        ("header", "true"),
        ("header", "０"),
        ("footer", "0" * 21),
        ("footer", "무료수신거부 080-1234-567"),
        ("footer", "-080"),
        ("footer", "080-"),
        ("footer", "080 1234-5678"),
        ("footer", "080\n"),
        ("copy_allowed", "yes"),
        ("copy_allowed", "true "),
        ("copy_allowed", 1),
        ("copy_allowed", 0),
        ("msg.body.title", "가" * 31),
        ("msg.body.title", "\ud83d"),
        ("msg.body.title", "x" * 10_000_000),
        ("msg.body.description", "가" * 1301),
        ("msg.body.description", "a\udc00"),
        ("msg.body.media", "maapfile://" + "x" * 2038),
        ("msg.body.media", "maapfile://"),
        ("msg.body.media", "https://example.com/1.jpg"),
        ("msg.body.media", "maapfile://a b"),
        ("msg.body.media", "maapfile://가"),
        ("msg.body.media", ["maapfile://1"]),
        ("msg.body", {}),
        ("msg.body", {"title": "", "description": " ", "media": "\t"}),
        ("msg.body", {"title1": ""}),
        ("msg.body", {"title": "x", "media1": "maapfile://1"}),
        ("msg.body", {"title": "x", "title1": "x"}),
        ("msg.body", []),
        ("msg.body", "text"),
        ("msg", "text"),
        ("msg", [{"body": {"title": "x"}}]),
        ("buttons", []),
        ("buttons", [{}, {}]),
        ("buttons", {}),
        ("buttons", "[{}]"),
    ],
    ids=short,
)
def test_value_beyond_its_limit_is_refused(path: str, value: object) -> None:
    (problem,) = problems(changed(path, value))
    assert problem.field == path
    assert problem.reason
    assert problem.remedy


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("msg.body", {"title1": "가" * 31}, "msg.body.title1"),
        ("msg.body", {"description1": "가" * 1301}, "msg.body.description1"),
        ("msg.body", {"media1": "http://x"}, "msg.body.media1"),
        ("msg.body", {"title2": "x", "title": "x"}, "msg.body.title2"),
        ("msg.body", {"title": "x", "layout": "x"}, "msg.body.layout"),
        ("msg", {"body": {"title": "x"}, "text": "x"}, "msg.text"),
        ("msg", {}, "msg.body"),
        ("buttons", ["x"], "buttons.0"),
        ("buttons", [None], "buttons.0"),
        ("buttons", [{"buttons": []}], "buttons.0.buttons"),
    ],
)
def test_what_is_wrong_inside_is_told_where_it_stands(path: str, value: object, field: str) -> None:
    assert refused_fields(changed(path, value)) == [field]


REQUIRED = (
    "msg_type",
    "msg_key",
    "sender_number",
    "receiver_number",
    "msg_base_id",
    "br_id",
    "brand_key",
    "header",
    "msg",
    "msg.body",
)
OPTIONAL = ("footer", "copy_allowed", "msg.body.title", "msg.body.description", "msg.body.media", "buttons")


@pytest.mark.parametrize("path", REQUIRED)
def test_required_field_that_is_missing_is_told(path: str) -> None:
    assert [(each.field, each.reason) for each in problems(without(path))] == [(path, "is missing")]


@pytest.mark.parametrize("key", [None, "", "  "])
def test_key_is_never_made_up(key: str | None) -> None:
    for item in (without("msg_key"), changed("msg_key", key)):
        (problem,) = problems(item, default_key="made-up")
        assert (problem.field, problem.reason) == ("msg_key", "is missing")


@pytest.mark.parametrize("path", OPTIONAL)
def test_optional_field_may_be_left_out_and_does_not_go_out(path: str) -> None:
    *parents, last = path.split(".")
    sent = wire(without(path))
    assert last not in (at(sent, ".".join(parents)) if parents else sent)


@pytest.mark.parametrize("path", [*REQUIRED[2:], *OPTIONAL, "msg_type"])
def test_null_is_refused_by_name(path: str) -> None:
    (problem,) = problems(changed(path, None))
    assert (problem.field, problem.reason) == (path, "is null")
    assert ("Leave the field out" in problem.remedy) is (path in OPTIONAL)


@pytest.mark.parametrize(
    "path", ["footer", "copy_allowed", "msg.body.title", "msg.body.description", "msg.body.media"]
)
@pytest.mark.parametrize("blank", ["", " ", "\t\r\n\u3000"])
@pytest.mark.parametrize("unseen", ["", "\u200b", "\u3164\ufeff"])
def test_key_without_a_value_is_left_out(path: str, blank: str, unseen: str) -> None:
    if path != "copy_allowed":
        blank += unseen
    assert wire(changed(path, blank)) == wire(without(path))


def test_card_that_shows_nothing_is_refused() -> None:
    (problem,) = problems(changed("msg.body", {"description": "\u200b \u3164"}))
    assert problem.reason.startswith("holds none of title")


def test_hangul_in_pieces_counts_and_goes_out_as_it_is_read() -> None:
    title = "가나다라마바사아자차카타파하각낙닥락막박삭악작착칵탁팍학값넋"
    assert len(title) == 30
    sent = wire(changed("msg.body.title", unicodedata.normalize("NFD", title)))
    assert sent["msg"]["body"]["title"] == title


@pytest.mark.parametrize("path", ["msg.body.title", "msg.body.description"])
def test_text_that_is_probably_not_meant_warns_and_goes_out(path: str) -> None:
    for text, words in (
        ("#{이름}님", "holds a name in braces"),
        ("주문".encode().decode("latin-1"), "UTF-8"),
    ):
        (warning,) = LOADER.load(changed(path, text)).warnings
        assert warning.field == path
        assert words in warning.reason


@pytest.mark.parametrize("path", [*REQUIRED[:8], *OPTIONAL[:5]])
@pytest.mark.parametrize("value", [1023456789, 1.5, float("nan"), [], ["x"], {}, b"x", object()])
def test_value_of_a_wrong_type_is_refused(path: str, value: object) -> None:
    (problem,) = problems(changed(path, value))
    assert problem.field == path
    assert problem.reason.startswith("is ")
    assert problem.remedy


def test_advertisement_needs_a_footer() -> None:
    for footer in ({}, {"footer": ""}, {"footer": " "}):
        (problem,) = problems({**without("footer"), "header": "1", **footer})
        assert problem.field == "footer"
        assert "advertisement" in problem.reason
        assert refused_fields({**without("footer"), "header": "0", **footer}) == []


def test_footer_that_is_wrong_is_not_called_missing_too() -> None:
    assert [each.reason for each in problems(changed("footer", "x") | {"header": "1"})] == [
        "is not a number alone"
    ]


@pytest.mark.parametrize("names", ["title", "description", "media", "title1", "description1", "media1"])
def test_one_part_of_the_body_is_enough(names: str) -> None:
    value = "maapfile://1" if names.startswith("media") else "x"
    assert at(wire(changed("msg.body", {names: value})), "msg.body") == {names: value}


def test_body_that_holds_something_wrong_is_not_called_empty_too() -> None:
    assert refused_fields(changed("msg.body", {"title": "x" * 31})) == ["msg.body.title"]


@pytest.mark.parametrize(
    ("variant", "base_id", "warned"),
    [
        ("RMM", "SMwThT00", False),
        ("RMM", "SMwThM00", False),
        ("RMM", "SMwLhX00", True),
        ("RMM", "smwtht00", True),
        ("RMH", "SMwLhX00", False),
        ("RMH", "SMwRhX00", False),
        ("RMH", "SMwThT00", True),
    ],
)
def test_unusual_base_id_warns_and_goes_out(variant: str, base_id: str, warned: bool) -> None:  # noqa: FBT001 - a table's column
    item = LOADER.load(changed("msg_base_id", base_id) | {"msg_type": variant})
    assert [warning.field for warning in item.warnings] == ["msg_base_id"] * warned
    assert json.loads(item.body)["msg_base_id"] == base_id


def test_base_id_is_judged_by_the_variant_of_the_whole_call_too() -> None:
    item = LOADER.load(without("msg_type"), variant="RMH")
    assert [warning.field for warning in item.warnings] == ["msg_base_id"]


@pytest.mark.parametrize(
    ("number", "warned"), [("010-2345-6789", True), ("0111234567", False), ("15881234", False)]
)
def test_mobile_sender_warns(number: str, warned: bool) -> None:  # noqa: FBT001 - a table's column
    item = LOADER.load(changed("sender_number", number))
    assert [warning.field for warning in item.warnings] == ["sender_number"] * warned
    assert "2345" not in str(item.warnings)


def test_all_errors_of_an_item_are_told_at_once_in_the_order_of_the_rules() -> None:
    item = {
        "aaa": 1,
        "buttons": [{"suggestions": [{"action": {"mapAction": {}}}, {}]}],
        "msg": {"zzz": 1, "body": {"titel": "x", "title": None}},
        "header": "1",
        "msg_type": "RMX",
    }
    assert refused_fields(item) == [
        "msg_type",
        "msg_key",
        "sender_number",
        "receiver_number",
        "msg_base_id",
        "br_id",
        "brand_key",
        "footer",
        "msg.body.title",
        "msg.body.titel",
        "msg.zzz",
        "buttons.0.suggestions.0.action.mapAction.showLocation",
        "buttons.0.suggestions.0.action.displayText",
        "buttons.0.suggestions.1.action",
        "aaa",
    ]


def test_unknown_field_inside_is_told_with_the_name_that_was_meant() -> None:
    (problem,) = problems(changed("msg.body", {"title": "x", "descripton": "y"}))
    assert (problem.field, problem.remedy) == ("msg.body.descripton", "Did you mean description?")


def test_number_of_unknown_fields_named_inside_is_bounded() -> None:
    told = problems(changed("msg.body", {"title": "x"} | {f"x{n}": 1 for n in range(1000)}))
    assert len(told) == 21
    assert (told[-1].field, told[-1].reason) == ("msg.body", "has 980 more unknown fields")


@pytest.mark.parametrize("name", ["01023456789", "비밀 이름", None, 5, ("a",), ""])
def test_name_inside_that_may_be_a_value_is_not_shown(name: object) -> None:
    (problem,) = problems(changed("msg.body", {"title": "x", name: "y"}))
    assert problem.field == "msg.body.(a name that is not shown)"


def test_no_error_or_warning_quotes_a_value() -> None:
    secret = "비밀 87654321"
    item = {
        **dict.fromkeys(GOOD, secret),
        "msg": {"body": {"title": secret * 9, "media": secret, secret: 1}},
        "buttons": [
            {
                "suggestions": [
                    {"action": {"urlAction": {"openUrl": {"url": secret}}, "displayText": secret * 30}},
                    {"action": {"dialerAction": {"dialPhoneNumber": {"phoneNumber": secret}}}},
                ]
            }
        ],
    }
    with pytest.raises(InvalidItem) as caught:
        LOADER.load(item)
    told = repr(caught.value) + str(caught.value)
    assert len(caught.value.problems) > 12
    assert "비밀" not in told
    assert "8765" not in told
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


class TestVariant:
    def test_variant_of_the_whole_call_stands_in_for_one_that_is_absent(self) -> None:
        assert LOADER.load(without("msg_type"), variant="RMH").variant == "RMH"
        assert LOADER.load(GOOD, variant="RMM").variant == "RMM"

    def test_variant_that_contradicts_the_whole_call_is_refused(self) -> None:
        (problem,) = problems(GOOD, variant="RMH")
        assert problem.field == "msg_type"

    def test_variant_that_is_none_at_all_is_told_once(self) -> None:
        assert [each.field for each in problems(changed("msg_type", "RMX"), variant="RMH")] == ["msg_type"]

    def test_null_is_no_absent_variant(self) -> None:
        (problem,) = problems(changed("msg_type", None), variant="RMH")
        assert (problem.field, problem.reason) == ("msg_type", "is null")

    def test_product_without_variants_takes_none_in_its_items(self) -> None:
        item = {"msg_key": "k", "sender_number": "15881234", "receiver_number": "01023456789", "msg": "x"}
        with pytest.raises(InvalidItem) as caught:
            get_loader("sms-bulk").load(item | {"msg_type": "RMM"})
        assert [each.field for each in caught.value.problems] == ["msg_type"]
        assert get_loader("sms-bulk").load(item).variant is None


class TestStoredBodies:
    @pytest.mark.parametrize("old", [LOADER, V2], ids=["v1", "v2"])
    @pytest.mark.parametrize("new", [LOADER, V2], ids=["v1", "v2"])
    @pytest.mark.parametrize("copying", ["true", "false"])
    def test_body_of_either_dialect_comes_out_in_the_loaders_own(
        self, old: Any, new: Any, copying: str
    ) -> None:
        item = changed("copy_allowed", copying)
        stored = old.load(item).body
        assert new.load_wire(stored, variant="RMM") == new.load(item)

    def test_body_that_names_its_brand_twice_is_refused(self) -> None:
        body = json.loads(LOADER.load(GOOD).body) | {"brand_id": "BR.other"}
        with pytest.raises(InvalidItem) as caught:
            V2.load_wire(json.dumps(body).encode(), variant="RMM")
        assert [each.field for each in caught.value.problems] == ["brand_id"]

    def test_body_without_its_variant_is_refused(self) -> None:
        with pytest.raises(InvalidItem) as caught:
            LOADER.load_wire(LOADER.load(GOOD).body)
        assert [each.field for each in caught.value.problems] == ["msg_type"]

    def test_body_under_a_variant_that_is_none_is_refused(self) -> None:
        with pytest.raises(InvalidItem):
            LOADER.load_wire(LOADER.load(GOOD).body, variant="XXX")

    def test_largest_item_of_the_rules_is_read_again(self) -> None:
        link = {"openUrl": {"url": "a:" + "\U0001f600" * 2046}}
        button = {"action": {"urlAction": link, "displayText": "\x01" * 100}}
        item = changed("buttons", [{"suggestions": [button, button]}]) | {
            "msg_key": "\\" * 128,
            "br_id": "\\" * 100,
            "brand_key": "\\" * 100,
            "msg": {
                "body": {
                    "title": "\x01" * 30,
                    "description": "\x01" * 1300,
                    "media": "maapfile://" + '"' * 2037,
                }
            },
        }
        loaded = LOADER.load(item)
        assert len(loaded.body) > 25_000
        assert LOADER.load_wire(loaded.body, variant="RMM").body == loaded.body


def test_what_was_given_is_left_as_it_was() -> None:
    action = {"urlAction": {"openUrl": {"url": "https://x.y"}}, "displayText": "x", "postback": {"data": "d"}}
    given = changed("buttons", [{"suggestions": [{"actions": action}]}]) | {"msg_key": "k"}
    before = json.dumps(given)
    LOADER.load(given, variant="RMM")
    assert json.dumps(given) == before
