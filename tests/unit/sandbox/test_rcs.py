"""Items of RCS MMS against their fields, in both dialects; buttons have a file of their own."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox.items import check
from plexsend.sandbox.rcs import ITEM_V1, ITEM_V2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    MakeItem = Callable[..., dict[str, Any]]

SHAPES = {"v1": ITEM_V1, "v2": ITEM_V2}
BRANDS = {"v1": "br_id", "v2": "brand_id"}
MEDIA = "maapfile://a/1"


def find(item: dict[str, Any], dialect: str = "v1") -> tuple[str, str] | None:
    finding = check(item, SHAPES[dialect])
    return None if finding is None else (finding.code, finding.field)


def walk(value: Any, way: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield every object, array and value of an item: the way to it, what holds it, and its place there."""
    places = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for place, inner in places:
        step = f"{way}[{place}]" if isinstance(place, int) else f"{way}.{place}" if way else place
        yield step, value, place
        yield from walk(inner, step)


@pytest.fixture(params=["v1", "v2"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"buttons": ...},
        {"copy_allowed": ...},
        {"header": "0"},
        {"header": "0", "footer": ...},
        {"footer": "0801234567"},
        {"sender_number": "15881234"},
        # A neighbouring gateway refuses it; this one does not say so.
        {"sender_number": "01023456789"},
        {"msg_base_id": "another_base-id.v2"},
        {"msg": {"body": {"title": "제목"}}},
        {"msg": {"body": {"description": "설명"}}},
        {"msg": {"body": {"media": MEDIA}}},
        {"msg": {"body": {"title1": "제목"}}},
        {"msg": {"body": {"description1": "설명", "media1": MEDIA}}},
        {"msg": {"body": {"title1": "제목", "description1": "설명", "media1": MEDIA}}},
    ],
)
def test_good_items_pass(make_rcs: MakeItem, dialect: str, changes: dict[str, Any]) -> None:
    assert find(make_rcs(dialect=dialect, **changes), dialect) is None


@pytest.mark.parametrize(
    ("name", "unit", "limit"),
    [
        ("msg_key", "k", 128),
        ("msg_base_id", "S", 40),
        ("footer", "0", 20),
        *(
            (f"msg.body.{part}{number}", unit, limit)
            for part, limit in (("title", 30), ("description", 1300))
            for number in ("", "1")
            # A code point counts as one, however many bytes or halves of a pair it takes.
            for unit in ("a", "똠", "😀", "\u1100")
        ),
    ],
)
def test_texts_end_at_their_limit(make_rcs: MakeItem, dialect: str, name: str, unit: str, limit: int) -> None:
    field = name.rpartition(".")[2]
    for count, expected in ((1, None), (limit - 1, None), (limit, None), (limit + 1, ("C400_2", name))):
        text = unit * count
        changes = {"msg": {"body": {field: text}}} if name.startswith("msg.body") else {field: text}
        assert find(make_rcs(dialect=dialect, **changes), dialect) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # What is missing.
        *(
            ({name: value}, ("C400_3", name))
            for name in (
                *("msg_key", "sender_number", "receiver_number", "msg_base_id", "brand_key", "header"),
            )
            for value in (..., "", " \t")
        ),
        ({"footer": ...}, ("C400_3", "footer")),
        ({"footer": ""}, ("C400_3", "footer")),
        ({"header": "0", "footer": " "}, ("C400_3", "footer")),
        ({"msg": ...}, ("C400_3", "msg")),
        ({"msg": {}}, ("C400_3", "msg.body")),
        ({"msg": {"body": {}}}, ("C400_3", "msg.body")),
        ({"msg": {"body": {"title": ""}}}, ("C400_3", "msg.body.title")),
        ({"msg": {"body": {"title": "a", "description": " "}}}, ("C400_3", "msg.body.description")),
        ({"msg": {"body": {"title": "a", "media": ""}}}, ("C400_3", "msg.body.media")),
        # What is of the wrong type.
        ({"msg_key": 1}, ("C400_1", "msg_key")),
        ({"header": 1}, ("C400_1", "header")),
        ({"header": True}, ("C400_1", "header")),
        ({"footer": 801234567}, ("C400_1", "footer")),
        ({"msg": "text"}, ("C400_1", "msg")),
        ({"msg": [{"body": {"title": "a"}}]}, ("C400_1", "msg")),
        ({"msg": {"body": "text"}}, ("C400_1", "msg.body")),
        ({"msg": {"body": [{"title": "a"}]}}, ("C400_1", "msg.body")),
        ({"msg": {"body": {"title": ["a"]}}}, ("C400_1", "msg.body.title")),
        # What is not allowed.
        ({"msg_key": "키"}, ("C400_2", "msg_key")),
        ({"msg_base_id": "SM wT"}, ("C400_2", "msg_base_id")),
        ({"msg_base_id": "SMwThT00\n"}, ("C400_2", "msg_base_id")),
        ({"header": "2"}, ("C400_2", "header")),
        ({"header": "01"}, ("C400_2", "header")),
        ({"footer": "무료수신거부 0801234567"}, ("C400_2", "footer")),
        ({"footer": "080 123 4567"}, ("C400_2", "footer")),
        ({"copy_allowed": "True"}, ("C400_2", "copy_allowed")),
        ({"copy_allowed": "yes"}, ("C400_2", "copy_allowed")),
        ({"copy_allowed": ""}, ("C400_3", "copy_allowed")),
        ({"msg": {"body": {"media": "https://a/1.jpg"}}}, ("C400_2", "msg.body.media")),
        ({"msg": {"body": {"media": "maapfile://"}}}, ("C400_2", "msg.body.media")),
        ({"msg": {"body": {"media": "maapfile://a b"}}}, ("C400_2", "msg.body.media")),
        ({"msg": {"body": {"title": "\ud800"}}}, ("C400_2", "msg.body.title")),
        # One card: there is no second title, and none in both forms at once.
        ({"msg": {"body": {"title1": "a", "title2": "b"}}}, ("C400_2", "msg.body.title2")),
        ({"msg": {"body": {"title": "a", "title1": "b"}}}, ("C400_2", "msg.body")),
        ({"msg": {"body": {"title": "a", "description1": "b"}}}, ("C400_2", "msg.body")),
        # What is no field of this API.
        ({"title": "a"}, ("C400_2", "title")),
        ({"file_path": ["http://a/1"]}, ("C400_2", "file_path")),
        ({"msg_type": "RMM"}, ("C400_2", "msg_type")),
        ({"msg": {"body": {"title": "a"}, "title": "a"}}, ("C400_2", "msg.title")),
        ({"msg": {"body": {"text": "a"}}}, ("C400_2", "msg.body.text")),
        # What fails the item alone.
        ({"sender_number": "02-2234-5678"}, ("G140", "sender_number")),
        ({"receiver_number": "0222345678"}, ("G141", "receiver_number")),
    ],
)
def test_bad_items_are_named_by_code_and_field(
    make_rcs: MakeItem, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert find(make_rcs(**changes)) == expected


@pytest.mark.parametrize(
    ("dialect", "value", "code"),
    [
        ("v1", "true", None),
        ("v1", "false", None),
        ("v1", True, "C400_1"),
        ("v1", False, "C400_1"),
        ("v2", True, None),
        ("v2", False, None),
        ("v2", "true", "C400_1"),
        ("v2", "false", "C400_1"),
        ("v2", 1, "C400_1"),
        *((either, None, "C400_1") for either in SHAPES),
    ],
)
def test_copying_is_allowed_in_the_dialects_own_type(
    make_rcs: MakeItem, dialect: str, value: Any, code: str | None
) -> None:
    expected = None if code is None else (code, "copy_allowed")
    assert find(make_rcs(dialect=dialect, copy_allowed=value), dialect) == expected


def test_brand_has_another_name_in_each_dialect(make_rcs: MakeItem) -> None:
    for dialect, other in (("v1", "v2"), ("v2", "v1")):
        own, foreign = BRANDS[dialect], BRANDS[other]
        good = make_rcs(dialect=dialect)
        assert find(good, dialect) is None
        assert find({**good, foreign: "BR.shop"}, dialect) == ("C400_2", foreign)
        assert find({**good, own: ""}, dialect) == ("C400_3", own)
        assert find(make_rcs(dialect=other), dialect) == ("C400_3", own)


@pytest.mark.parametrize("action", ["url", "dialer", "compose", "query", "place", "calendar", "clipboard"])
def test_null_is_refused_wherever_it_stands(
    make_rcs: MakeItem, dialect: str, button: Callable[[str], dict[str, Any]], action: str
) -> None:
    """Given an item with everything in it, when any of its values, however deep, is null."""
    item = make_rcs(dialect=dialect, buttons=[{"suggestions": [button(action)]}])
    ways = [way for way, _, _ in walk(item)]
    assert len(ways) > 20
    for number, way in enumerate(ways):
        changed = copy.deepcopy(item)
        _, holder, place = list(walk(changed))[number]
        holder[place] = None
        # An array is judged as a whole before its entries are.
        assert find(changed, dialect) == ("C400_1", way[:-3] if way.endswith("]") else way)


@pytest.mark.parametrize("action", ["url", "dialer", "compose", "query", "place", "calendar", "clipboard"])
def test_unknown_field_is_refused_in_every_object(
    make_rcs: MakeItem, button: Callable[[str], dict[str, Any]], action: str
) -> None:
    item = make_rcs(buttons=[{"suggestions": [button(action)]}])
    ways = [way for way, holder, place in walk(item) if isinstance(holder[place], dict)]
    assert len(ways) > 6
    for way in ways:
        changed = copy.deepcopy(item)
        [found] = [holder[place] for step, holder, place in walk(changed) if step == way]
        found["surplus"] = "x"
        assert find(changed) == ("C400_2", f"{way}.surplus")


@pytest.mark.parametrize("wrong", [5, True, "x", [], ["x"], {}], ids=repr)
@pytest.mark.parametrize("action", ["url", "dialer", "compose", "query", "place", "calendar", "clipboard"])
def test_value_of_another_type_is_c400_1_wherever_it_stands(
    make_rcs: MakeItem, dialect: str, button: Callable[[str], dict[str, Any]], action: str, wrong: Any
) -> None:
    item = make_rcs(dialect=dialect, buttons=[{"suggestions": [button(action)]}])
    for number, (way, holder, place) in enumerate(list(walk(item))):
        # A flag is no number, though Python calls it one.
        kinds = {float if kind is int else kind for kind in (type(wrong), type(holder[place]))}
        if len(kinds) == 1:
            continue
        changed = copy.deepcopy(item)
        _, other, _ = list(walk(changed))[number]
        other[place] = wrong
        assert find(changed, dialect) == ("C400_1", way[:-3] if way.endswith("]") else way)


def test_what_fails_the_request_comes_before_what_fails_the_item(make_rcs: MakeItem) -> None:
    assert find(make_rcs(sender_number="1", footer=...)) == ("C400_3", "footer")
    assert find(make_rcs(sender_number="1", buttons=[])) == ("C400_3", "buttons")
    assert find(make_rcs(sender_number="1", receiver_number="1")) == ("G140", "sender_number")


def test_reasons_hold_no_value(make_rcs: MakeItem) -> None:
    for changes in (
        {"footer": "secret"},
        {"msg": {"body": {"title": "secret" * 20}}},
        {"msg": {"body": {"media": "secret"}}},
        {"msg_base_id": "secret secret"},
        {"header": "secret"},
    ):
        finding = check(make_rcs(**changes), ITEM_V1)
        assert finding is not None
        assert "secret" not in f"{finding.field} {finding.reason}"
