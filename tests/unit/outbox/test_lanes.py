"""Lanes and their names."""

from __future__ import annotations

import pytest

from plexsend.errors import UsageError
from plexsend.outbox.lanes import Lane


@pytest.mark.parametrize(
    ("lane", "name"),
    [
        (Lane("mms-bulk", None, "main"), "mms-bulk@main"),
        (Lane("rcs-mms-bulk", "RMM", "shop-2"), "rcs-mms-bulk.RMM@shop-2"),
    ],
)
def test_name_tells_the_whole_lane(lane: Lane, name: str) -> None:
    assert lane.name == name
    assert Lane.parse(name) == lane


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
    ],
)
def test_anything_else_is_no_lane(name: str) -> None:
    with pytest.raises(UsageError, match="SERVICE@ACCOUNT"):
        Lane.parse(name)
