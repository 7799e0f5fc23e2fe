"""Whatever a schema lets pass, its wire bytes hold no null, no unknown key and nothing too long.

What may stand on the wire is written down here once more, from the contract and not from the schemas.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from plexsend.errors import InvalidItem
from plexsend.gateway.environment import read_settings
from plexsend.gateway.items import get_loader
from tests.unit.gateway.rcs_items import GOOD
from tests.unit.gateway.wire_items import ACTIONS, ITEMS, spoilt

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[Any], bool]


def matching(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None


def characters(most: int) -> Check:
    return lambda value: isinstance(value, str) and 0 < len(value) <= most


def utf_8(most: int) -> Check:
    return lambda value: isinstance(value, str) and len(value.encode()) <= most


def euc_kr(least: int, most: int) -> Check:
    def check(value: Any) -> bool:
        size = sum(len(form) if len(form := each.encode("euc_kr")) <= 2 else 10**6 for each in value)
        return isinstance(value, str) and least <= size <= most

    return check


def degrees(most: int) -> Check:
    return lambda value: type(value) in {int, float} and -most <= value <= most


def is_time(value: Any) -> bool:
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ") is not None  # noqa: DTZ007 - only the form counts


def exactly(*values: object) -> Check:
    return lambda value: any(value is each or (isinstance(each, str) and value == each) for each in values)


SETTINGS = {dialect: read_settings({"PLEXSEND_RCS_DIALECT": dialect}) for dialect in ("v1", "v2")}

KEY = matching(r"[!-~]{1,128}")
SENDER = matching(r"0\d{7,10}|1\d{7}")
RECEIVER = matching(r"01\d{8,9}")
DIALLED = characters(30)
SHAPES: dict[str, Any] = {
    "urlAction": {"openUrl": {"url": characters(2048)}},
    "dialerAction": {"dialPhoneNumber": {"phoneNumber": DIALLED}},
    "composeAction": {"composeTextMessage": {"phoneNumber": DIALLED, "text": characters(100)}},
    "mapAction": {
        "showLocation": {
            "location": {
                "query": characters(200),
                "latitude": degrees(90),
                "longitude": degrees(180),
                "label": characters(200),
            }
        }
    },
    "calendarAction": {
        "createCalendarEvent": {
            "startTime": is_time,
            "endTime": is_time,
            "title": characters(100),
            "description": characters(500),
        }
    },
    "clipboardAction": {"copyToClipboard": {"text": characters(200)}},
}
BUTTON = {"action": {**SHAPES, "displayText": characters(100), "postback": {"data": exactly("")}}}
RCS: dict[str, Any] = {
    "msg_key": KEY,
    "sender_number": SENDER,
    "receiver_number": RECEIVER,
    "msg_base_id": matching(r"[A-Za-z0-9._-]{1,40}"),
    "brand_key": characters(100),
    "header": exactly("0", "1"),
    "footer": matching(r"[0-9-]{1,20}"),
    "msg": {
        "body": {
            f"{name}{number}": check
            for number in ("", "1")
            for name, check in (
                ("title", characters(30)),
                ("description", characters(1300)),
                ("media", matching(r"maapfile://[!-~]{1,2037}")),
            )
        }
    },
    "buttons": [1, {"suggestions": [2, BUTTON]}],
}
PLAIN: dict[str, Any] = {
    "msg_key": KEY,
    "sub_id": utf_8(256),
    "sender_number": SENDER,
    "receiver_number": RECEIVER,
    "origin_cid": matching(r"\d{9,10}"),
    "echo_to_webhook": utf_8(256),
}
MAY_STAND: dict[str, dict[str, Any]] = {
    "rcs-mms v1": RCS | {"br_id": characters(100), "copy_allowed": exactly("true", "false")},
    "rcs-mms v2": RCS | {"brand_id": characters(100), "copy_allowed": exactly(True, False)},  # noqa: FBT003 - values
    "mms v1": PLAIN
    | {
        "title": euc_kr(0, 50),
        "msg": euc_kr(1, 2000),
        "file_path": [3, matching(r"(?i)https?://[!-~]{1,2041}")],
    },
    "lms v1": PLAIN | {"title": euc_kr(0, 50), "msg": euc_kr(1, 2000)},
    "sms v1": PLAIN | {"msg": euc_kr(1, 90)},
}


def judge(value: Any, may: Any, path: str) -> None:
    """Fail unless a value is what may stand on the wire at this path."""
    if isinstance(may, dict):
        assert isinstance(value, dict), path
        assert value.keys() <= may.keys(), path
        for name, inner in value.items():
            judge(inner, may[name], f"{path}.{name}")
    elif isinstance(may, list):
        most, each = may
        assert isinstance(value, list), path
        assert 1 <= len(value) <= most, path
        for inner in value:
            judge(inner, each, f"{path}[]")
    else:
        assert may(value), path


def judge_buttons(item: dict[str, Any]) -> None:
    """Fail unless every button does exactly one thing, and wholly."""
    for card in item.get("buttons", ()):
        for suggestion in card.get("suggestions", ()):
            action = dict(suggestion["action"])
            assert action.pop("postback") == {"data": ""}
            assert action.pop("displayText")
            ((name, done),) = action.items()
            ((inner, fields),) = done.items()
            if inner == "showLocation":
                assert set(fields["location"]) in ({"query"}, {"latitude", "longitude", "label"})
            else:
                assert fields.keys() == SHAPES[name][inner].keys()
            if inner == "createCalendarEvent":
                assert fields["startTime"] < fields["endTime"]


def check(name: str, raw: Any, *, replace: bool) -> bool:
    """Fail if what is let pass may not stand on the wire; tell whether it was let pass."""
    product, dialect = name.split()
    loader = get_loader(f"{product}-bulk", SETTINGS[dialect])
    try:
        item = loader.load(raw, replace=replace)
    except InvalidItem as invalid:
        # A text that cannot be encoded could not be shown to anyone.
        return not str(invalid).encode()
    assert b"null" not in re.sub(rb'"(?:[^"\\]|\\.)*"', b"", item.body)
    sent = json.loads(item.body)
    judge(sent, MAY_STAND[name], product)
    judge_buttons(sent)
    assert item.variant in ({"RMM", "RMH"} if product == "rcs-mms" else {None})
    assert loader.load_wire(item.body, variant=item.variant).body == item.body
    return True


@pytest.mark.parametrize("name", MAY_STAND)
@given(data=st.data())
def test_item_at_any_of_its_limits_is_let_pass_as_it_may_stand_on_the_wire(name: str, data: Any) -> None:
    assert check(name, data.draw(ITEMS[name.split(maxsplit=1)[0]]), replace=False)


@pytest.mark.parametrize("name", MAY_STAND)
@settings(max_examples=200)
@given(data=st.data())
def test_item_with_anything_in_it_is_refused_or_as_it_may_stand_on_the_wire(name: str, data: Any) -> None:
    item = data.draw(spoilt(ITEMS[name.split(maxsplit=1)[0]]))
    event("let pass" if check(name, item, replace=data.draw(st.booleans())) else "refused")


@given(action=spoilt(ACTIONS), dialect=st.sampled_from(["v1", "v2"]))
def test_the_same_holds_for_every_button_of_a_good_item(action: Any, dialect: str) -> None:
    raw = {**GOOD, "buttons": [{"suggestions": [{"action": action}]}]}
    event("let pass" if check(f"rcs-mms {dialect}", raw, replace=False) else "refused")
