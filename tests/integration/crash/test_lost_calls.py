"""A call, or the reply to it, is lost while the process lives on.

A drain repeats the very same call; a producer submits the same items again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.crash import points

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.crash.playing import Played


@pytest.mark.parametrize("point", points.of_repeated_calls())
def test_lost_call_breaks_no_promise(play_case: Callable[..., Played], point: str) -> None:
    assert play_case(point, lose=True).broken == []
