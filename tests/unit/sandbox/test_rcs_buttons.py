"""The buttons of RCS MMS: their frame, and all six actions right and wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox.items import check
from plexsend.sandbox.rcs import ITEM_V1

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeItem = Callable[..., dict[str, Any]]
    Button = Callable[[str], dict[str, Any]]

ACTION = "buttons[0].suggestions[0].action"
LOCATION = f"{ACTION}.mapAction.showLocation.location"
EVENT = f"{ACTION}.calendarAction.createCalendarEvent"
COMPOSE = f"{ACTION}.composeAction.composeTextMessage"
DIAL = f"{ACTION}.dialerAction.dialPhoneNumber"
COPY = f"{ACTION}.clipboardAction.copyToClipboard"
OPEN = f"{ACTION}.urlAction.openUrl"

NAMES = ["url", "dialer", "compose", "query", "place", "calendar", "clipboard"]


@pytest.fixture
def find(make_rcs: MakeItem) -> Callable[[Any], tuple[str, str] | None]:
    """Judge the buttons of an item that is good but for them."""

    def find_in(buttons: Any) -> tuple[str, str] | None:
        finding = check(make_rcs(buttons=buttons), ITEM_V1)
        return None if finding is None else (finding.code, finding.field)

    return find_in


def change(button: dict[str, Any], way: str, value: Any) -> dict[str, Any]:
    """Set what stands at a way from the item (... takes it away)."""
    *steps, last = way.removeprefix(ACTION).strip(".").split(".")
    found = button["action"]
    for step in steps:
        found = found[step]
    if value is ...:
        del found[last]
    else:
        found[last] = value
    return button


@pytest.mark.parametrize("name", NAMES)
def test_every_action_passes_alone_and_beside_another(find: Any, button: Button, name: str) -> None:
    assert find([{"suggestions": [button(name)]}]) is None
    assert find([{"suggestions": [button("url"), button(name)]}]) is None


@pytest.mark.parametrize(
    ("buttons", "expected"),
    [
        ([{}], None),
        ([], ("C400_3", "buttons")),
        ([{}, {}], ("C400_2", "buttons")),
        ({}, ("C400_1", "buttons")),
        ([[]], ("C400_1", "buttons")),
        ([{"suggestions": []}], ("C400_3", "buttons[0].suggestions")),
        ([{"suggestions": {}}], ("C400_1", "buttons[0].suggestions")),
        ([{"suggestions": [{}]}], ("C400_3", ACTION)),
        ([{"suggestions": [{"action": {}}]}], ("C400_3", f"{ACTION}.displayText")),
        ([{"suggestion": []}], ("C400_2", "buttons[0].suggestion")),
    ],
)
def test_card_has_one_entry(find: Any, buttons: Any, expected: tuple[str, str] | None) -> None:
    assert find(buttons) == expected


def test_third_button_is_too_many(find: Any, button: Button) -> None:
    for count, expected in ((1, None), (2, None), (3, ("C400_2", "buttons[0].suggestions"))):
        assert find([{"suggestions": [button("url")] * count}]) == expected


def test_second_button_is_judged_too(find: Any, button: Button) -> None:
    bad = change(button("dialer"), f"{DIAL}.phoneNumber", "")
    way = f"{DIAL}.phoneNumber".replace("suggestions[0]", "suggestions[1]")
    assert find([{"suggestions": [button("url"), bad]}]) == ("C400_3", way)


@pytest.mark.parametrize("name", NAMES)
def test_the_definitions_other_spellings_are_refused(find: Any, button: Button, name: str) -> None:
    """Given `actions`, and `postback` beside it, as the guide's definition prints and no example has."""
    action = button(name)["action"]
    assert find([{"suggestions": [{"actions": action}]}]) == ("C400_3", ACTION)
    postback = action.pop("postback")
    outside = {"action": action, "postback": postback}
    assert find([{"suggestions": [outside]}]) == ("C400_3", f"{ACTION}.postback")
    assert find([{"suggestions": {"action": action}}]) == ("C400_1", "buttons[0].suggestions")


@pytest.mark.parametrize("name", NAMES)
def test_button_needs_exactly_one_action(find: Any, button: Button, name: str) -> None:
    two = button(name)
    other = "clipboard" if name != "clipboard" else "url"
    two["action"].update(button(other)["action"])
    assert find([{"suggestions": [two]}]) == ("C400_2", ACTION)
    none = {"action": {"displayText": "누르기", "postback": {"data": ""}}}
    assert find([{"suggestions": [none]}]) == ("C400_3", ACTION)


@pytest.mark.parametrize("name", NAMES)
def test_action_is_never_empty(find: Any, button: Button, name: str) -> None:
    """Given an action whose innermost objects are emptied one after the other, from the inside out."""
    kind = next(iter(button(name)["action"]))
    steps = [kind]
    inner = button(name)["action"][kind]
    while isinstance(next(iter(inner.values())), dict):
        steps.append(next(iter(inner)))
        inner = inner[steps[-1]]
    steps.append(next(iter(inner)))
    for depth in range(1, len(steps)):
        emptied = change(button(name), f"{ACTION}.{'.'.join(steps[:depth])}", {})
        code, field = find([{"suggestions": [emptied]}])
        assert code == "C400_3"
        assert field.startswith(f"{ACTION}.{'.'.join(steps[:depth])}")


@pytest.mark.parametrize(
    ("name", "way", "limit"),
    [
        ("compose", f"{COMPOSE}.text", 100),
        ("query", f"{LOCATION}.query", 200),
        ("place", f"{LOCATION}.label", 200),
        ("calendar", f"{EVENT}.title", 100),
        ("calendar", f"{EVENT}.description", 500),
        ("clipboard", f"{COPY}.text", 200),
    ],
)
@pytest.mark.parametrize("unit", ["a", "똠", "😀"])
def test_texts_end_at_their_limit(
    find: Any, button: Button, *, name: str, way: str, limit: int, unit: str
) -> None:
    for count, expected in (
        (0, ("C400_3", way)),
        (1, None),
        (limit - 1, None),
        (limit, None),
        (limit + 1, ("C400_2", way)),
    ):
        assert find([{"suggestions": [change(button(name), way, unit * count)]}]) == expected


def miss(way: str) -> tuple[str, str]:
    return ("C400_3", way)


@pytest.mark.parametrize(
    ("name", "way", "value", "expected"),
    [
        # What holds for every button.
        *(("url", f"{ACTION}.displayText", value, miss(f"{ACTION}.displayText")) for value in (..., "", " ")),
        # A neighbouring gateway cuts at 17 characters; this one does not say so.
        ("url", f"{ACTION}.displayText", "가" * 18, None),
        ("url", f"{ACTION}.postback", ..., miss(f"{ACTION}.postback")),
        ("url", f"{ACTION}.postback", {}, miss(f"{ACTION}.postback.data")),
        ("url", f"{ACTION}.postback", "", ("C400_1", f"{ACTION}.postback")),
        ("url", f"{ACTION}.postback.data", "x", ("C400_2", f"{ACTION}.postback.data")),
        ("url", f"{ACTION}.postback.data", " ", ("C400_2", f"{ACTION}.postback.data")),
        # What an action cannot do without.
        *(
            (name, way, value, miss(way))
            for name, way in (
                ("url", f"{OPEN}.url"),
                ("dialer", f"{DIAL}.phoneNumber"),
                ("compose", f"{COMPOSE}.phoneNumber"),
                ("compose", f"{COMPOSE}.text"),
                ("calendar", f"{EVENT}.startTime"),
                ("calendar", f"{EVENT}.endTime"),
                ("calendar", f"{EVENT}.title"),
                ("clipboard", f"{COPY}.text"),
            )
            for value in (..., "", " ")
        ),
        ("calendar", f"{EVENT}.description", ..., None),
        ("dialer", f"{DIAL}.phoneNumber", 15881234, ("C400_1", f"{DIAL}.phoneNumber")),
        # A place is a question, or two coordinates.
        ("query", LOCATION, {}, miss(LOCATION)),
        ("query", LOCATION, {"label": "본점"}, miss(f"{LOCATION}.latitude")),
        ("query", f"{LOCATION}.latitude", 37.5, ("C400_2", LOCATION)),
        ("query", f"{LOCATION}.label", "본점", ("C400_2", LOCATION)),
        ("place", f"{LOCATION}.query", "서울역", ("C400_2", LOCATION)),
        ("place", f"{LOCATION}.label", ..., None),
        ("place", f"{LOCATION}.latitude", ..., miss(f"{LOCATION}.latitude")),
        ("place", f"{LOCATION}.longitude", ..., miss(f"{LOCATION}.longitude")),
        ("place", LOCATION, {"latitude": 37.5, "longitude": 126.9}, None),
        ("place", LOCATION, {"latitude": 37.5}, miss(f"{LOCATION}.longitude")),
        ("place", LOCATION, {"longitude": 126.9}, miss(f"{LOCATION}.latitude")),
        # Coordinates are numbers, on the globe.
        *(
            ("place", way, value, None if code is None else (code, way))
            for way, edge in ((f"{LOCATION}.latitude", 90), (f"{LOCATION}.longitude", 180))
            for value, code in (
                (0, None),
                *((side * edge, None) for side in (1, -1)),
                *((side * (edge - 1e-6), None) for side in (1, -1)),
                *((side * (edge + 1e-6), "C400_2") for side in (1, -1)),
                *((huge, "C400_2") for huge in (10**400, float("inf"))),
                *((other, "C400_1") for other in ("37.5", True, None)),
            )
        ),
    ],
)
def test_actions_right_and_wrong(
    find: Any, button: Button, *, name: str, way: str, value: Any, expected: tuple[str, str] | None
) -> None:
    assert find([{"suggestions": [change(button(name), way, value)]}]) == expected


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("2020-10-22T02:30:00Z", True),
        ("2020-02-29T23:59:59Z", True),
        ("2020-10-22T02:30:00+00:00", False),
        ("2020-10-22T11:30:00+09:00", False),
        ("2020-10-22T02:30:00", False),
        ("2020-10-22T02:30:00.000Z", False),
        ("2020-10-22T02:30Z", False),
        ("2020-10-22 02:30:00Z", False),
        ("2020-10-22T02:30:00z", False),
        ("20201022T023000Z", False),
        ("2021-02-29T00:00:00Z", False),
        ("2020-13-01T00:00:00Z", False),
        ("2020-10-22T24:00:00Z", False),
        ("2020-10-22T02:60:00Z", False),
        ("2020-10-22T02:30:60Z", False),
        ("0000-10-22T02:30:00Z", False),
        ("２０２０-10-22T02:30:00Z", False),
        ("2020-10-22T02:30:00Z\n", False),
    ],
)
def test_times_are_written_in_one_way(find: Any, button: Button, text: str, *, good: bool) -> None:
    for field, other, moment in (
        ("startTime", "endTime", "2099-01-01T00:00:00Z"),
        ("endTime", "startTime", "2001-01-01T00:00:00Z"),
    ):
        event = change(change(button("calendar"), f"{EVENT}.{other}", moment), f"{EVENT}.{field}", text)
        assert find([{"suggestions": [event]}]) == (None if good else ("C400_2", f"{EVENT}.{field}"))


def test_event_ends_after_it_starts(find: Any, button: Button) -> None:
    for end, good in (
        ("2020-10-22T02:30:01Z", True),
        ("2020-10-22T02:30:00Z", False),
        ("2020-10-22T02:29:59Z", False),
    ):
        event = change(button("calendar"), f"{EVENT}.endTime", end)
        assert find([{"suggestions": [event]}]) == (None if good else ("C400_2", f"{EVENT}.endTime"))
