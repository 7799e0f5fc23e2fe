"""Loading as such: every problem at once, nothing but InvalidItem, wire bytes, stored bodies."""

from __future__ import annotations

import json
import threading
from collections import UserDict
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.errors import InvalidItem, Problem, UsageError
from plexsend.gateway.http.client import join_bodies
from plexsend.gateway.items import LARGEST_WIRE_BYTES, Item, ItemLoader, get_loader
from plexsend.gateway.numbers import RECEIVER_PATTERN, SENDER_PATTERN
from plexsend.gateway.schemas.addressing import receiver_number
from plexsend.gateway.schemas.fields import PatternText
from plexsend.gateway.schemas.item import ItemSchema
from plexsend.gateway.services import Product, get_service

LOADER = get_loader("mms-standard")
GOOD: dict[str, Any] = {
    "msg_key": "k1",
    "sender_number": "15881234",
    "receiver_number": "01023456789",
    "msg": "안녕하세요",
    "file_path": ["https://kr.object/1.jpg"],
}

SENDABLE = st.text(st.sampled_from('가각힝 뢨①㈜♥€“”…·aZ09\n\t"\\/~[]{},:'), min_size=1, max_size=20)
ITEMS = st.fixed_dictionaries(
    {
        "msg_key": st.from_regex(r"[!-~]{1,128}", fullmatch=True),
        "sender_number": st.from_regex(SENDER_PATTERN.replace(r"\d", "[0-9]"), fullmatch=True),
        "receiver_number": st.from_regex(RECEIVER_PATTERN.replace(r"\d", "[0-9]"), fullmatch=True),
        "msg": SENDABLE.filter(lambda text: text.strip()),
        "file_path": st.lists(
            st.sampled_from(["http://h/1.jpg", "https://h/2.jpg?a=%20"]), min_size=1, max_size=3
        ),
    },
    optional={
        "sub_id": st.text(max_size=20),
        "title": SENDABLE,
        "origin_cid": st.from_regex(r"[0-9]{9,10}", fullmatch=True),
        "echo_to_webhook": st.text(max_size=40),
    },
)
ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.binary(max_size=5),
        st.text(st.characters(), max_size=9),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=6,
)
FIELDS = [
    "msg_key",
    "sub_id",
    "title",
    "sender_number",
    "receiver_number",
    "origin_cid",
    "msg",
    "echo_to_webhook",
]


def refused(raw: object, **options: Any) -> InvalidItem:
    with pytest.raises(InvalidItem) as caught:
        LOADER.load(raw, **options)
    return caught.value


class TestLoad:
    def test_item_goes_out_as_compact_utf8_in_the_order_of_the_schema(self) -> None:
        item = LOADER.load(dict(reversed(GOOD.items())))
        assert (
            item.body
            == (
                '{"msg_key":"k1","sender_number":"15881234","receiver_number":"01023456789","msg":"안녕하세요",'
                '"file_path":["https://kr.object/1.jpg"]}'
            ).encode()
        )

    def test_order_of_the_fields_as_given_does_not_change_the_body(self) -> None:
        assert LOADER.load(dict(reversed(GOOD.items()))) == LOADER.load(GOOD)

    def test_what_was_given_is_left_as_it_was(self) -> None:
        given = {**GOOD, "msg_key": None, "msg": "a\r\nb –", "receiver_number": "010-2345-6789"}
        before = json.dumps(given)
        LOADER.load(given, default_key="d", replace=True)
        assert json.dumps(given) == before

    def test_any_mapping_is_read(self) -> None:
        assert LOADER.load(UserDict(GOOD)) == LOADER.load(GOOD)

    @pytest.mark.parametrize(
        "raw", [None, [], [GOOD], "text", b"{}", 5, float("nan"), True, object(), GOOD.items()]
    )
    def test_what_is_no_mapping_is_refused(self, raw: object) -> None:
        (problem,) = refused(raw).problems
        assert problem.field == "item"

    def test_every_problem_is_told_at_once_in_the_order_of_the_fields(self) -> None:
        raw = {
            "zzz": 1,
            "file_path": ["x", 2],
            "echo_to_webhook": None,
            "msg": "",
            "origin_cid": 5,
            "receiver_number": "1",
            "title": "😀",
            "msg_key": "a b",
            "aaa": 1,
        }
        assert [problem.field for problem in refused(raw).problems] == [
            "msg_key",
            "title",
            "sender_number",
            "receiver_number",
            "origin_cid",
            "msg",
            "echo_to_webhook",
            "file_path.0",
            "file_path.1",
            "aaa",
            "zzz",
        ]

    def test_unknown_field_is_refused_with_the_nearest_name(self) -> None:
        (problem,) = refused(GOOD | {"reciever_number": "x"}).problems
        assert (problem.field, problem.remedy) == ("reciever_number", "Did you mean receiver_number?")

    def test_unknown_field_near_to_nothing_is_refused_with_the_known_names(self) -> None:
        (problem,) = refused(GOOD | {"zzz": 1}).problems
        assert "echo_to_webhook" in problem.remedy

    @pytest.mark.parametrize(
        "name", ["01023456789", "안녕하세요 고객님", "x" * 41, "a b", "tel01023456789", None, 5, ("a",)]
    )
    def test_name_that_may_be_a_value_is_not_shown(self, name: object) -> None:
        invalid = refused(GOOD | {name: "x"})
        (problem,) = invalid.problems
        assert problem.field == "(a name that is not shown)"
        assert str(name) not in str(invalid)

    def test_number_of_named_unknown_fields_is_bounded(self) -> None:
        raw = GOOD | {f"x{i}": 1 for i in range(1000)} | {str(i): 1 for i in range(1000)}
        problems = refused(raw).problems
        assert len(problems) == 21
        assert problems[-1].reason == "has 981 more unknown fields"

    def test_key_of_a_refused_item_is_kept_if_it_is_one(self) -> None:
        assert refused(GOOD | {"msg": ""}).msg_key == "k1"
        assert refused(GOOD | {"msg": "", "msg_key": "a b"}).msg_key is None
        assert refused(GOOD | {"msg": "", "msg_key": 5}).msg_key is None
        assert refused({}).msg_key is None

    def test_no_error_quotes_numbers_or_texts(self) -> None:
        raw = {
            "msg_key": "비밀 00012345678",
            "sub_id": ["비밀"],
            "title": "비밀제목" * 20,
            "sender_number": "02-1588-7654",
            "receiver_number": "010-1765-4321",
            "origin_cid": "87654321",
            "msg": "비밀 87654321 😀" + "x" * 3000,
            "echo_to_webhook": "비밀" * 200,
            "file_path": ["비밀 87654321"],
            "비밀": 1,
        }
        invalid = refused(raw)
        told = repr(invalid) + str(invalid) + repr(invalid.problems)
        assert len(invalid.problems) == 11
        assert not any(secret in told for secret in ("비밀", "7654", "4321"))

    def test_refused_item_does_not_hang_on_to_its_values(self) -> None:
        invalid = refused(GOOD | {"title": 5})
        assert (invalid.__cause__, invalid.__context__) == (None, None)

    def test_item_does_not_show_its_body(self) -> None:
        assert "안녕" not in repr(LOADER.load(GOOD))
        assert "0102345" not in repr(LOADER.load(GOOD))


class TestKey:
    @pytest.mark.parametrize("absent", [{}, {"msg_key": None}, {"msg_key": ""}, {"msg_key": " \t\n"}])
    def test_default_stands_in_for_a_key_that_is_absent(self, absent: dict[str, Any]) -> None:
        raw = {name: value for name, value in GOOD.items() if name != "msg_key"} | absent
        item = LOADER.load(raw, default_key="made-up")
        assert item.msg_key == json.loads(item.body)["msg_key"] == "made-up"

    @pytest.mark.parametrize("absent", [{}, {"msg_key": None}, {"msg_key": ""}])
    def test_absent_key_without_a_default_is_told(self, absent: dict[str, Any]) -> None:
        raw = {name: value for name, value in GOOD.items() if name != "msg_key"} | absent
        assert [(p.field, p.reason) for p in refused(raw).problems] == [("msg_key", "is missing")]

    def test_key_of_the_caller_stands_before_the_default(self) -> None:
        assert LOADER.load(GOOD, default_key="made-up").msg_key == "k1"

    @pytest.mark.parametrize("key", ["a b", 5, False, []])
    def test_wrong_key_is_not_replaced_by_the_default(self, key: object) -> None:
        assert [p.field for p in refused(GOOD | {"msg_key": key}, default_key="d").problems] == ["msg_key"]

    def test_default_is_judged_like_any_key(self) -> None:
        assert [p.field for p in refused(GOOD | {"msg_key": ""}, default_key="a b").problems] == ["msg_key"]


class TestLoadWire:
    def test_stored_body_loads_into_the_same_item(self) -> None:
        item = LOADER.load(GOOD)
        assert LOADER.load_wire(item.body) == item

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"garbage",
            b"{",
            b"[]",
            b"null",
            b"5",
            b'"text"',
            b"\xff\xfe{}",
            b"\xef\xbb\xbf{}",
            "{}".encode("utf-16"),
            b'{"msg_key":"k1","msg_key":"k2"}',
            b'{"msg_key":NaN}',
            b'{"msg_key":-Infinity}',
            b'{"a":' + b"9" * 5000 + b"}",
            b"[" * 50_000,
            b'{"a":' * 5000,
            b'{"a":1} {}',
            b" " * (LARGEST_WIRE_BYTES + 1),
        ],
        ids=lambda body: repr(body[:12]),
    )
    def test_body_that_is_not_one_json_object_is_refused_without_quoting_it(self, body: bytes) -> None:
        with pytest.raises(InvalidItem) as caught:
            LOADER.load_wire(body)
        assert [problem.field for problem in caught.value.problems] == ["item"]
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)

    def test_body_larger_than_any_message_is_refused_though_it_is_json(self) -> None:
        body = LOADER.load(GOOD).body
        assert LOADER.load_wire(body.ljust(LARGEST_WIRE_BYTES)).body == body
        with pytest.raises(InvalidItem):
            LOADER.load_wire(body.ljust(LARGEST_WIRE_BYTES + 1))

    def test_same_name_twice_is_refused_at_any_depth(self) -> None:
        with pytest.raises(InvalidItem) as caught:
            LOADER.load_wire(b'{"file_path":[{"a":1,"a":2}]}')
        assert [problem.field for problem in caught.value.problems] == ["item"]

    def test_stored_body_without_a_key_is_refused(self) -> None:
        body = json.dumps({name: value for name, value in GOOD.items() if name != "msg_key"}).encode()
        with pytest.raises(InvalidItem):
            LOADER.load_wire(body)

    def test_lone_surrogate_in_an_escape_is_refused(self) -> None:
        with pytest.raises(InvalidItem) as caught:
            LOADER.load_wire(json.dumps(GOOD | {"msg": "\ud83d"}).encode())
        assert "U+D83D" in caught.value.problems[0].reason

    def test_nothing_is_replaced_in_a_stored_body(self) -> None:
        with pytest.raises(InvalidItem):
            LOADER.load_wire(json.dumps(GOOD | {"msg": "–"}).encode())

    def test_largest_item_of_the_rules_is_read_again(self) -> None:
        largest = GOOD | {
            "msg_key": "\\" * 128,
            "sub_id": "\x00" * 256,
            "title": '"' * 50,
            "msg": '"' * 2000,
            "echo_to_webhook": "\x00" * 256,
            "file_path": ["http://h/" + '"' * 2000] * 3,
        }
        item = LOADER.load(largest)
        assert len(item.body) > 15_000
        assert LOADER.load_wire(item.body).body == item.body


@given(st.lists(ITEMS, min_size=1, max_size=10))
def test_joined_bodies_are_valid_json_equal_to_the_items(items: list[dict[str, Any]]) -> None:
    loaded = [LOADER.load(item) for item in items]
    request = join_bodies([item.body for item in loaded], get_service("mms-standard"), None)
    assert json.loads(request) == {"msg_data": items}


@given(ITEMS)
def test_loading_a_stored_body_changes_nothing(item: dict[str, Any]) -> None:
    loaded = LOADER.load(item)
    assert LOADER.load_wire(loaded.body) == loaded


@given(
    st.dictionaries(st.sampled_from([*FIELDS, "file_path", "other"]), ANYTHING, max_size=10), st.booleans()
)
def test_anything_at_all_is_an_item_or_an_invalid_item(changes: dict[str, Any], replace: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    for raw in (changes, GOOD | changes):
        problems: tuple[Problem, ...] | None = None
        try:
            LOADER.load(raw, replace=replace)
        except InvalidItem as invalid:
            problems = invalid.problems
            # A text that cannot be encoded could not be shown to anyone.
            str(invalid).encode()
        assert problems != ()


@given(st.binary(max_size=60))
def test_any_stored_bytes_are_an_item_or_an_invalid_item(body: bytes) -> None:
    with pytest.raises(InvalidItem):
        LOADER.load_wire(body)


def test_a_group_among_the_fields_says_where_it_is_named() -> None:
    with pytest.raises(InvalidItem) as caught:
        LOADER.load(GOOD | {"group": "spring"})
    (problem,) = caught.value.problems
    assert (problem.field, problem.reason) == ("group", "is not a field of this message")
    assert "group= of submit" in problem.remedy
    assert "--group of an import" in problem.remedy


def test_unknown_service_has_no_loader() -> None:
    with pytest.raises(UsageError):
        get_loader("mms")


def test_services_of_a_product_share_a_loader() -> None:
    assert get_loader("mms-bulk") is get_loader("mms-finance")


def test_threads_do_not_see_each_others_findings() -> None:
    wrong: list[Item] = []

    def run(title: str, warnings: int) -> None:
        for _ in range(300):
            item = LOADER.load(GOOD | {"title": title})
            if len(item.warnings) != warnings:
                wrong.append(item)

    threads = [threading.Thread(target=run, args=args) for args in (("가" * 21, 1), ("가", 0)) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert wrong == []


class TestAnotherProduct:
    """A product with variants and a required key is a schema and a row, without a change to the loader."""

    class OtherSchema(ItemSchema):
        version: ClassVar[int] = 7
        msg_type = PatternText(required=True, form="RMM or RMH", pattern="RMM|RMH", hint="Give one.")
        msg_key = PatternText(required=True, form="a key", pattern="[a-z0-9]+", hint="Give a key.")
        receiver_number = receiver_number()

    PRODUCT = Product(
        "other",
        "OTHER",
        "v1",
        "https://h",
        "/{service}",
        key_required=True,
        variant_field="msg_type",
        variants=("RMM", "RMH"),
    )
    LOADER = ItemLoader(PRODUCT, OtherSchema())

    def test_variant_is_split_from_the_item(self) -> None:
        item = self.LOADER.load({"msg_type": "RMM", "msg_key": "k1", "receiver_number": "010-2345-6789"})
        assert item.variant == "RMM"
        assert json.loads(item.body) == {"msg_key": "k1", "receiver_number": "01023456789"}
        assert self.LOADER.load_wire(item.body, variant="RMM") == item

    def test_missing_key_is_refused_although_there_is_a_default(self) -> None:
        with pytest.raises(InvalidItem) as caught:
            self.LOADER.load({"msg_type": "RMM", "receiver_number": "01023456789"}, default_key="d")
        assert [problem.field for problem in caught.value.problems] == ["msg_key"]

    def test_stored_body_without_its_variant_is_refused(self) -> None:
        with pytest.raises(InvalidItem) as caught:
            self.LOADER.load_wire(b'{"msg_key":"k1","receiver_number":"01023456789"}')
        assert [problem.field for problem in caught.value.problems] == ["msg_type"]

    def test_stamp_is_the_products_own(self) -> None:
        assert str(self.LOADER.stamp).startswith("other:v1:7:")
