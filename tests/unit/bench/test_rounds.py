"""Figures and turns: what counts of several rounds, and who is measured when."""

from __future__ import annotations

from typing import Any

import pytest

from bench.rounds import Figure, take_turns


def test_figure_is_the_median_of_its_rounds() -> None:
    assert Figure("pace", [1.0, 9.0, 2.0]).value == 2.0


@pytest.mark.parametrize(
    ("target", "met"),
    [
        ({"at_least": 1.9}, True),
        ({"at_least": 2.1}, False),
        ({"at_most": 2}, True),
        ({"at_most": 1.9}, False),
    ],
)
def test_figure_tells_whether_its_target_is_met(target: dict[str, Any], *, met: bool) -> None:
    assert Figure("pace", [1.0, 9.0, 2.0], **target).met is met


def test_figure_without_target_is_neither_met_nor_missed() -> None:
    assert Figure("pace", [1.0]).met is None


def test_best_round_counts_for_absolute_times() -> None:
    assert Figure("wait", [30.0, 10.0, 20.0], at_most=15, best=True).value == 10.0
    assert Figure("pace", [30.0, 10.0, 20.0], at_least=15, best=True).value == 30.0


def test_sides_are_measured_in_turn() -> None:
    seen: list[str] = []

    def side(name: str, per_s: float) -> dict[str, float]:
        seen.append(name)
        return {"per_s": per_s * len(seen)}

    turns = take_turns({"a": lambda: side("a", 1), "b": lambda: side("b", 2)}, 3)
    assert seen == ["a", "b"] * 3
    assert turns.values("a", "per_s") == [1, 3, 5]
    # Round by round, so that a slow minute slows both sides of a ratio.
    assert turns.ratio("a", "b", "per_s") == [1 / 4, 3 / 8, 5 / 12]
    assert turns.best_of(["a", "b"], "per_s") == "b"
