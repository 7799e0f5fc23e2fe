"""The list of points: a call or a byte boundary that is new in the code must stand in it."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

import pytest

from tests.integration.crash import points
from tests.integration.crash.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.crash.playing import Played


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_points_found_are_those_listed(play_case: Callable[..., Played], scenario: str) -> None:
    played = play_case(scenario)
    assert played.broken == []
    listed = points.of_scenario(scenario)
    diff = "\n".join(unified_diff(listed, played.reached, "listed", "found", lineterm=""))
    assert not diff, f"{diff}\nTo write the list anew: python -m tests.integration.crash.points"


def test_every_listed_point_belongs_to_a_scenario() -> None:
    assert {point.partition("/")[0] for point in points.listed()} == SCENARIOS.keys()


def test_no_point_is_listed_twice() -> None:
    assert len(set(points.listed())) == len(points.listed())
