"""The buttons of an RCS card: every shape compared whole, every field at its limit and beyond."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plexsend.errors import InvalidItem, Problem
from plexsend.gateway.environment import read_settings
from plexsend.gateway.http.client import join_bodies
from plexsend.gateway.items import get_loader
from plexsend.gateway.services import get_service
from tests.unit.gateway.rcs_items import ACTION, GOOD, at, change, changed, with_action

SETTINGS = {dialect: read_settings({"PLEXSEND_RCS_DIALECT": dialect}) for dialect in ("v1", "v2")}
LOADER = get_loader("rcs-mms-bulk")

# What the guide shows for each action, without the label and the postback that all have.
SHAPES: dict[str, dict[str, Any]] = {
    "url": {"urlAction": {"openUrl": {"url": "https://www.example.com/a?b=가#c"}}},
    "application": {"urlAction": {"openUrl": {"url": "exampleapp://open/1"}}},
    "dialer": {"dialerAction": {"dialPhoneNumber": {"phoneNumber": "15881234"}}},
    "compose": {
        "composeAction": {"composeTextMessage": {"phoneNumber": "01023456789", "text": "신청합니다"}}
    },
    "query": {"mapAction": {"showLocation": {"location": {"query": "서울역 3번 출구"}}}},
    "place": {
        "mapAction": {
            "showLocation": {
                "location": {"latitude": 37.5547125, "longitude": 126.9707878, "label": "서울역"}
            }
        }
    },
    "calendar": {
        "calendarAction": {
            "createCalendarEvent": {
                "startTime": "2020-10-22T02:30:00Z",
                "endTime": "2020-10-22T03:30:00Z",
                "title": "가을 행사",
                "description": "본점 3층\n입장 무료",
            }
        }
    },
    "clipboard": {"clipboardAction": {"copyToClipboard": {"text": "COUPON-2024"}}},
}
LABEL_AND_POSTBACK = {"displayText": "자세히 보기", "postback": {"data": ""}}


def problems(item: Any) -> list[Problem]:
    try:
        LOADER.load(item)
    except InvalidItem as invalid:
        return list(invalid.problems)
    return []


def short(value: object) -> str:
    return f"{ascii(value)[:16]}… {len(value)}" if isinstance(value, str | list) else ascii(value)


@pytest.mark.parametrize("dialect", SETTINGS)
@pytest.mark.parametrize("given", ["whole", "without postback", "under actions", "two at once"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_button_of_the_guide_goes_out_exactly_so(shape: str, given: str, dialect: str) -> None:
    action = SHAPES[shape] | LABEL_AND_POSTBACK
    expected: list[dict[str, Any]] = [{"action": action}]
    suggestions: list[dict[str, Any]] = [{"action": action}]
    if given == "without postback":
        suggestions = [{"action": SHAPES[shape] | {"displayText": "자세히 보기"}}]
    elif given == "under actions":
        suggestions = [{"actions": action}]
    elif given == "two at once":
        suggestions, expected = suggestions * 2, expected * 2
    item = {**GOOD, "buttons": [{"suggestions": suggestions}]}

    loaded = get_loader("rcs-mms-bulk", SETTINGS[dialect]).load(item)
    request = json.loads(
        join_bodies([loaded.body], get_service("rcs-mms-bulk", SETTINGS[dialect]), loaded.variant)
    )

    brand = {"br_id": "BR.abc"} if dialect == "v1" else {"brand_id": "BR.abc"}
    assert request == {
        "msg_data": [
            {
                "msg_key": "k1",
                "sender_number": "15881234",
                "receiver_number": "01023456789",
                "msg_base_id": "SMwThT00",
                **brand,
                "brand_key": "BK.abc",
                "header": "0",
                "footer": "080-123-4567",
                "copy_allowed": "true" if dialect == "v1" else True,
                "msg": {"body": {"title": "제목", "description": "설명", "media": "maapfile://image-1"}},
                "buttons": [{"suggestions": expected}],
            }
        ],
        "msg_type": "RMM",
    }
    assert loaded.warnings == ()


def test_a_button_goes_out_as_these_very_bytes() -> None:
    item = LOADER.load(with_action(postback={"data": ""}, **SHAPES["place"]))
    assert item.body.endswith(
        '"buttons":[{"suggestions":[{"action":{"mapAction":{"showLocation":{"location":'
        '{"latitude":37.5547125,"longitude":126.9707878,"label":"서울역"}}},'
        '"displayText":"열기","postback":{"data":""}}}]}]}'.encode()
    )


def put(name: str, field: str, value: object) -> dict[str, Any]:
    """Return an item whose button has this shape, with another value in one field of it."""
    shape = SHAPES[name]
    path = next(path for path in _paths(shape) if path.rpartition(".")[2] == field)
    return with_action(**change(shape, path, value))


def path_of(name: str, field: str) -> str:
    return f"{ACTION}.{next(path for path in _paths(SHAPES[name]) if path.rpartition('.')[2] == field)}"


def _paths(value: Any, path: str = "") -> list[str]:
    if not isinstance(value, dict):
        return [path]
    return [
        found
        for name, inner in value.items()
        for found in (f"{path}.{name}".strip("."), *_paths(inner, f"{path}.{name}".strip(".")))
    ]


@pytest.mark.parametrize(
    ("shape", "field", "value"),
    [
        ("url", "url", "a:b"),
        ("url", "url", "http://x/" + "가" * 2038),
        ("url", "url", "http://x/" + "가" * 2039),
        ("dialer", "phoneNumber", "1"),
        ("dialer", "phoneNumber", "+82 2-1234-5678"),
        ("dialer", "phoneNumber", "*123#"),
        ("dialer", "phoneNumber", "1" * 29),
        ("dialer", "phoneNumber", "1" * 30),
        ("compose", "phoneNumber", "1" * 30),
        ("compose", "text", "x"),
        ("compose", "text", "가" * 99),
        ("compose", "text", "\U0001f600" * 100),
        ("query", "query", "x"),
        ("query", "query", "가" * 199),
        ("query", "query", "\U0001f600" * 200),
        ("place", "label", "x"),
        ("place", "label", "가" * 199),
        ("place", "label", "가" * 200),
        ("place", "latitude", 0),
        ("place", "latitude", 90),
        ("place", "latitude", -90.0),
        ("place", "latitude", 89.9999999),
        ("place", "longitude", 180),
        ("place", "longitude", -180.0),
        ("place", "longitude", 179.9999999),
        ("calendar", "title", "x"),
        ("calendar", "title", "가" * 99),
        ("calendar", "title", "가" * 100),
        ("calendar", "description", "x"),
        ("calendar", "description", "가" * 499),
        ("calendar", "description", "가" * 500),
        ("calendar", "startTime", "2020-10-22T03:29:59Z"),
        ("calendar", "startTime", "2020-02-29T00:00:00Z"),
        ("calendar", "endTime", "2020-10-22T02:30:01Z"),
        ("clipboard", "text", "x"),
        ("clipboard", "text", "가" * 199),
        ("clipboard", "text", "가" * 200),
    ],
    ids=short,
)
def test_value_within_its_limit_goes_out_as_it_is(shape: str, field: str, value: object) -> None:
    item = LOADER.load(put(shape, field, value))
    assert at(json.loads(item.body), path_of(shape, field)) == value
    assert item.warnings == ()


@pytest.mark.parametrize(
    ("shape", "field", "value"),
    [
        ("url", "url", ""),
        ("url", "url", "www.example.com"),
        ("url", "url", "https://a b"),
        ("url", "url", "https://"[:-2]),
        ("url", "url", "https://a\n"),
        ("url", "url", "http://x/" + "가" * 2040),
        ("url", "url", None),
        ("url", "url", 1),
        ("url", "openUrl", "https://x"),
        ("url", "openUrl", {}),
        ("url", "openUrl", []),
        ("url", "openUrl", None),
        ("url", "urlAction", None),
        ("url", "urlAction", "https://x"),
        ("dialer", "phoneNumber", ""),
        ("dialer", "phoneNumber", "tel:1588"),
        ("dialer", "phoneNumber", "1-"),
        ("dialer", "phoneNumber", "１"),
        ("dialer", "phoneNumber", "1" * 31),
        ("dialer", "phoneNumber", 15881234),
        ("compose", "phoneNumber", "x"),
        ("compose", "text", ""),
        ("compose", "text", "가" * 101),
        ("compose", "text", "\ud800"),
        ("query", "query", "가" * 201),
        ("query", "query", None),
        ("query", "location", {}),
        ("query", "location", {"query": " "}),
        ("query", "location", {"query": "x", "label": "x"}),
        ("query", "location", {"query": "x", "latitude": 1, "longitude": 1, "label": "x"}),
        ("place", "label", "가" * 201),
        ("place", "label", " "),  # as if it were not there
        ("place", "latitude", 90.0000001),
        ("place", "latitude", -91),
        ("place", "latitude", "37.5"),
        ("place", "latitude", True),
        ("place", "latitude", None),
        ("place", "latitude", float("nan")),
        ("place", "latitude", float("inf")),
        pytest.param("place", "latitude", 10**400, id="huge"),
        ("place", "longitude", 180.0000001),
        ("place", "longitude", -181),
        ("calendar", "title", "가" * 101),
        ("calendar", "title", ""),
        ("calendar", "description", "가" * 501),
        ("calendar", "description", ""),
        ("calendar", "startTime", "2020-10-22T02:30:00"),
        ("calendar", "startTime", "2020-10-22T02:30:00+09:00"),
        ("calendar", "startTime", "2020-10-22T02:30:00.000Z"),
        ("calendar", "startTime", "2020-10-22 02:30:00Z"),
        ("calendar", "startTime", "2020-10-22T02:30:00z"),
        ("calendar", "startTime", "2021-02-29T00:00:00Z"),
        ("calendar", "startTime", "2020-10-22T24:00:00Z"),
        ("calendar", "startTime", "0000-01-01T00:00:00Z"),
        ("calendar", "startTime", "２020-10-22T02:30:00Z"),
        ("calendar", "startTime", 1603333800),
        ("calendar", "endTime", "2020-10-22T02:30:00Z"),
        ("calendar", "endTime", "2020-10-22T02:29:59Z"),
        ("calendar", "endTime", ""),
        ("clipboard", "text", ""),
        ("clipboard", "text", "가" * 201),
    ],
    ids=short,
)
def test_value_beyond_its_limit_is_refused_in_its_place(shape: str, field: str, value: object) -> None:
    (problem,) = problems(put(shape, field, value))
    assert problem.field.startswith(path_of(shape, field))
    assert problem.reason
    assert problem.remedy


@pytest.mark.parametrize(
    ("shape", "field"),
    [
        ("url", "url"),
        ("url", "openUrl"),
        ("dialer", "phoneNumber"),
        ("compose", "phoneNumber"),
        ("compose", "text"),
        ("query", "location"),
        ("place", "latitude"),
        ("place", "longitude"),
        ("place", "label"),
        ("calendar", "startTime"),
        ("calendar", "endTime"),
        ("calendar", "title"),
        ("calendar", "description"),
        ("clipboard", "text"),
    ],
)
def test_no_field_of_a_shape_may_be_left_out(shape: str, field: str) -> None:
    item = with_action(**SHAPES[shape])
    *parents, last = path_of(shape, field).split(".")
    del at(item, ".".join(parents))[last]
    assert [(each.field, each.reason) for each in problems(item)] == [(path_of(shape, field), "is missing")]


@pytest.mark.parametrize("shape", SHAPES)
def test_unknown_field_is_refused_at_every_depth(shape: str) -> None:
    paths = [path for path in _paths(SHAPES[shape]) if isinstance(at(SHAPES[shape], path), dict)]
    for path in paths:
        changed_shape = change(SHAPES[shape], f"{path}.fallbackUrl", "https://x")
        assert [each.field for each in problems(with_action(**changed_shape))] == [
            f"{ACTION}.{path}.fallbackUrl"
        ]


class TestLabel:
    @pytest.mark.parametrize(("length", "warned"), [(1, 0), (16, 0), (17, 0), (18, 1), (99, 1), (100, 1)])
    def test_long_label_warns_and_goes_out(self, length: int, warned: int) -> None:
        item = LOADER.load(with_action(**SHAPES["url"], displayText="가" * length))
        assert [warning.field for warning in item.warnings] == [f"{ACTION}.displayText"] * warned
        assert at(json.loads(item.body), ACTION)["displayText"] == "가" * length

    @pytest.mark.parametrize("label", ["", " ", "가" * 101, None, 5])
    def test_label_that_is_none_is_refused(self, label: object) -> None:
        item = with_action(**SHAPES["url"], displayText=label)
        assert [each.field for each in problems(item)] == [f"{ACTION}.displayText"]


class TestPostback:
    @pytest.mark.parametrize("postback", [{}, {"data": ""}, {"data": "x" * 5000}])
    def test_postback_goes_out_empty_and_one_that_was_not_warns(self, postback: dict[str, str]) -> None:
        item = LOADER.load(with_action(**SHAPES["url"], postback=postback))
        assert at(json.loads(item.body), ACTION)["postback"] == {"data": ""}
        warned = [warning.field for warning in item.warnings]
        assert warned == [f"{ACTION}.postback.data"] * bool(postback.get("data"))

    @pytest.mark.parametrize(
        ("postback", "field"),
        [
            (None, "postback"),
            ("", "postback"),
            ([], "postback"),
            ({"data": None}, "postback.data"),
            ({"data": 5}, "postback.data"),
            ({"text": ""}, "postback.text"),
        ],
    )
    def test_postback_of_another_shape_is_refused(self, postback: object, field: str) -> None:
        item = with_action(**SHAPES["url"], postback=postback)
        assert [each.field for each in problems(item)] == [f"{ACTION}.{field}"]


class TestActions:
    def test_button_without_an_action_is_refused(self) -> None:
        (problem,) = problems(with_action())
        assert problem.field == ACTION
        assert "holds none of urlAction" in problem.reason

    def test_button_with_two_actions_is_refused(self) -> None:
        (problem,) = problems(with_action(**SHAPES["url"], **SHAPES["clipboard"]))
        assert problem.field == ACTION
        assert "urlAction and clipboardAction" in problem.reason

    def test_action_that_is_wrong_is_not_called_missing_too(self) -> None:
        assert [each.field for each in problems(with_action(urlAction=5))] == [f"{ACTION}.urlAction"]

    def test_action_under_both_names_is_refused(self) -> None:
        action = SHAPES["url"] | LABEL_AND_POSTBACK
        item = changed("buttons.0.suggestions.0", {"action": action, "actions": action})
        (problem,) = problems(item)
        assert problem.field == "buttons.0.suggestions.0.actions"

    def test_action_that_nobody_knows_is_refused(self) -> None:
        fields = [each.field for each in problems(with_action(openAction={}))]
        assert fields == [f"{ACTION}.openAction", ACTION]


class TestCards:
    BUTTON = {"action": SHAPES["url"] | LABEL_AND_POSTBACK}  # noqa: RUF012 - nobody writes to it

    @pytest.mark.parametrize("count", [1, 2])
    def test_card_holds_one_or_two_buttons(self, count: int) -> None:
        card = {"suggestions": [self.BUTTON] * count}
        assert at(json.loads(LOADER.load(changed("buttons", [card])).body), "buttons") == [card]

    def test_card_without_buttons_is_an_empty_object(self) -> None:
        assert b'"buttons":[{}]' in LOADER.load(changed("buttons", [{}])).body

    @pytest.mark.parametrize(
        "suggestions", [[], [BUTTON] * 3, BUTTON, "x", None], ids=["0", "3", "object", "text", "null"]
    )
    def test_other_numbers_of_buttons_are_refused(self, suggestions: object) -> None:
        (problem,) = problems(changed("buttons", [{"suggestions": suggestions}]))
        assert problem.field == "buttons.0.suggestions"

    def test_every_button_that_is_wrong_is_told_in_its_place(self) -> None:
        fields = [each.field for each in problems(changed("buttons", [{"suggestions": [{}, "x"]}]))]
        assert fields == ["buttons.0.suggestions.0.action", "buttons.0.suggestions.1"]
