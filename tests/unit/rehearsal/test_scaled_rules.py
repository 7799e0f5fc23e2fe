"""The copy of the rules in which time runs faster."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.rehearsal.causes import ELSEWHERE, SCENES, names
from tests.rehearsal.scaled_rules import NotScaled, scale, scale_expr, seconds
from tests.rehearsal.thresholds import THRESHOLDS

RULES = Path(__file__).parents[3] / "deploy" / "prometheus" / "plexsend-alerts.yml"


def test_durations_are_read_in_seconds() -> None:
    assert [seconds(text) for text in ("5m", "1h30m", "500ms", "1d")] == [300, 5400, 0.5, 86_400]
    with pytest.raises(ValueError, match="not a duration"):
        seconds("5 m")


def test_ranges_and_offsets_are_divided_and_ranges_keep_their_floor() -> None:
    assert (
        scale_expr("increase(a[6h]) > rate(b[5m] offset 30m)", 600)
        == "increase(a[36s]) > rate(b[8s] offset 3s)"
    )
    assert scale_expr("a offset 5m > 600", 600) == "a offset 1s > 600"
    assert scale_expr("x[1h30m]", 720) == "x[8s]"
    assert scale_expr("x[2h]", 700) == "x[10286ms]"


def rule(**more: str) -> dict[str, object]:
    return {"groups": [{"name": "g", "rules": [{"alert": "A", "expr": "x[1h] > 600", **more}]}]}


def test_waits_are_divided_and_nothing_of_the_original_changes() -> None:
    document = rule(**{"for": "1h", "keep_firing_for": "1d"})
    found = scale(document, {"A": [("> 600", "> 6")]}, 600)
    assert found.alerts["A"] == {
        "alert": "A",
        "expr": "x[8s] > 6",
        "for": "6s",
        "keep_firing_for": "144s",
    }
    assert found.document["groups"][0]["interval"] == "1s"
    assert document == rule(**{"for": "1h", "keep_firing_for": "1d"})


def test_a_threshold_that_is_not_in_the_rule_is_refused() -> None:
    with pytest.raises(NotScaled, match="0 times"):
        scale(rule(), {"A": [("> 700", "> 7")]})


def test_our_rules_can_be_scaled_and_each_alert_has_a_cause() -> None:
    found = scale(yaml.safe_load(RULES.read_text("utf-8")), THRESHOLDS)
    assert sorted(names()) == sorted(found.alerts)
    assert THRESHOLDS.keys() <= found.alerts.keys()
    assert len(set(names())) == len(names())
    assert all(scene.cause and scene.ends for scene in (*SCENES, *ELSEWHERE))
