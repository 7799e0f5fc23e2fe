"""A copy of the alerting rules in which time runs faster: what takes an hour there takes seconds here.

Ranges, offsets, `for` and `keep_firing_for` are divided by one factor. A range keeps a floor, since a rate
needs two looks; what is compared with a time or a count over a range has to be named for its alert
(`thresholds`).
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FACTOR = 600
"""An hour is six seconds."""
SHORTEST_RANGE_S = 8
"""Of a range: a rate over less would see too few looks, one a second."""
_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
_RANGE = re.compile(r"\[((?:\d+(?:ms|[smhdwy]))+)\]")
_OFFSET = re.compile(r"\boffset ((?:\d+(?:ms|[smhdwy]))+)")


class NotScaled(ValueError):
    """A threshold that was to be scaled is not in the rule any more."""


@dataclass
class ScaledRules:
    """The copy, and what was changed beside times."""

    document: dict[str, Any]
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Name of the alert → its scaled rule."""


def seconds(text: str) -> float:
    """Return a duration of Prometheus (`1h30m`) in seconds."""
    parts = _DURATION.findall(text)
    if "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text} is not a duration of Prometheus.")
    return float(sum(int(number) * _UNITS_S[unit] for number, unit in parts))


def scale_expr(expr: str, factor: float = FACTOR) -> str:
    """Return a query with its ranges and offsets divided, ranges not below their floor."""
    short = _RANGE.sub(lambda match: f"[{_write(max(SHORTEST_RANGE_S, seconds(match[1]) / factor))}]", expr)
    return _OFFSET.sub(lambda match: f"offset {_write(max(1, seconds(match[1]) / factor))}", short)


def scale(
    document: Mapping[str, Any],
    thresholds: Mapping[str, Sequence[tuple[str, str]]],
    factor: float = FACTOR,
) -> ScaledRules:
    """Return the rules of a file with their times divided by `factor`.

    Args:
        thresholds: Alert → what is replaced in its query, and by what.

    Raises NotScaled where that is not in the query exactly once.
    """
    found = ScaledRules(copy.deepcopy(dict(document)))
    for group in found.document["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            for name in ("for", "keep_firing_for"):
                if name in rule:
                    rule[name] = _write(max(1.0, seconds(str(rule[name])) / factor))
            expr = scale_expr(rule["expr"], factor)
            alert = rule.get("alert")
            for old, new in thresholds.get(alert, ()):
                if expr.count(old) != 1:
                    raise NotScaled(f"{alert} has {old!r} {expr.count(old)} times in its query: {expr}")
                expr = expr.replace(old, new)
            rule["expr"] = expr
            if alert is not None:
                found.alerts[alert] = rule
    return found


def _write(found_s: float) -> str:
    return f"{round(found_s * 1000)}ms" if found_s % 1 else f"{round(found_s)}s"
