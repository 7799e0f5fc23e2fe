"""A producer is stopped at each of its points, and does the same again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.crash import points

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.crash.playing import Played


@pytest.mark.parametrize("point", points.of_group("producing"))
def test_stop_breaks_no_promise(play_case: Callable[..., Played], point: str) -> None:
    assert play_case(point).broken == []
