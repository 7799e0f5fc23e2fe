"""Lanes and their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.errors import SettingsError, UsageError
from plexsend.gateway.environment import read_settings
from plexsend.outbox.lanes import NAME, Lane


@pytest.mark.parametrize(
    ("lane", "name"),
    [
        (Lane("mms-bulk", None, "main"), "mms-bulk@main"),
        (Lane("rcs-mms-bulk", "RMM", "shop-2"), "rcs-mms-bulk.RMM@shop-2"),
        (Lane("mms-bulk", None, "main", "spring"), "mms-bulk/spring@main"),
        (Lane("rcs-mms-bulk", "RMM", "main", "spring~12"), "rcs-mms-bulk.RMM/spring~12@main"),
    ],
)
def test_name_tells_the_whole_lane(lane: Lane, name: str) -> None:
    assert lane.name == name
    assert Lane.parse(name) == lane


def test_route_of_a_lane_is_the_lane_without_its_group() -> None:
    lane = Lane("rcs-mms-bulk", "RMM", "main", "spring")
    assert (lane.route.name, lane.is_route, lane.route.is_route) == ("rcs-mms-bulk.RMM@main", False, True)
    assert lane.route.route == lane.route


@pytest.mark.parametrize(
    "name",
    [
        "",
        "mms-bulk",
        "mms-bulk@",
        "@main",
        "mms bulk@main",
        "MMS@main",
        "mms@a@b",
        "mms.rmm@a",
        "mms@a:b",
        "a@b\n",
        "a/@b",
        "a/Spring@b",
        "a/b~@c",
        "a/b~1234567890@c",
        "a/b/c@d",
        "a@b/c",
    ],
)
def test_anything_else_is_no_lane(name: str) -> None:
    with pytest.raises(UsageError, match="SERVICE@ACCOUNT"):
        Lane.parse(name)


@given(
    st.from_regex(r"[A-Z0-9_]{0,34}", fullmatch=True).filter(
        lambda word: word != "FILE" and not word.endswith("_FILE")
    )
)
def test_what_the_settings_take_for_an_account_may_stand_in_a_lane(word: str) -> None:
    """Settings write the name in a word of a variable's name, so they have a pattern of their own."""
    environ = {f"PLEXSEND_ACCOUNT_{word}": "user;secret"}
    name = word.lower().replace("_", "-")
    if NAME.fullmatch(name):
        assert list(read_settings(environ).accounts) == [name]
    else:
        with pytest.raises(SettingsError):
            read_settings(environ)
