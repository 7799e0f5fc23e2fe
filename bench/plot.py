"""The plot: each figure with a target as a multiple of that target, with its spread. SVG, written by hand."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDTH, _LEFT, _RIGHT, _LINE, _TOP = 960, 380, 150, 22, 64
"""Pixels: the whole, names at the left, figures at the right, a line, and the head."""
_FURTHEST = 4.0
"""The largest multiple of a target that is drawn to scale; its inverse is the smallest."""
_GOOD, _BAD, _INK = "#2b7a4b", "#b3402a", "#333333"


def draw(result: Mapping[str, Any]) -> str:
    """Return the plot. Right of the middle is what is better than its target, on a logarithmic scale."""
    bars = [
        (row["name"], figure)
        for row in result["rows"]
        for figure in row.get("figures", ())
        if figure["met"] is not None
    ]
    height = _TOP + _LINE * len(bars) + 40
    middle = _place(1.0)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}"'
            ' font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        _text(16, 24, f"Bench of {result['date'][:10]}: each figure as a multiple of its target", size=15),
        _text(_LEFT, 46, "worse"),
        _text(middle, 46, "target", anchor="middle"),
        _text(_WIDTH - _RIGHT, 46, "better", anchor="end"),
        f'<line x1="{middle:.1f}" y1="{_TOP - 12}" x2="{middle:.1f}" y2="{height - 30}" stroke="{_INK}"/>',
    ]
    for place, (name, figure) in enumerate(bars):
        parts += _bar(_TOP + _LINE * place, name, figure)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(top: float, row: str, figure: Mapping[str, Any]) -> list[str]:
    value, least, most = (_place(_goodness(figure, figure[which])) for which in ("value", "min", "max"))
    start, middle = min(value, _place(1.0)), _place(1.0)
    colour = _GOOD if figure["met"] else _BAD
    unit = "" if figure["unit"] == "×" else f" {figure['unit']}"
    y, wide = top + 7, max(abs(value - middle), 1)
    return [
        _text(_LEFT - 8, top + 12, f"{row}: {figure['name']}", anchor="end"),
        f'<rect x="{start:.1f}" y="{top}" width="{wide:.1f}" height="14" fill="{colour}"/>',
        f'<line x1="{least:.1f}" y1="{y}" x2="{most:.1f}" y2="{y}" stroke="{_INK}" stroke-width="2"/>',
        _text(_WIDTH - _RIGHT + 8, top + 12, f"{figure['value']:.3g}{unit}"),
    ]


def _goodness(figure: Mapping[str, Any], value: float) -> float:
    """Return how much better than its target a value is: 1 just meets it."""
    if figure["at_least"] is not None:
        return value / figure["at_least"] if figure["at_least"] else 1.0
    return figure["at_most"] / value if value > 0 else _FURTHEST


def _place(goodness: float) -> float:
    """Return where a multiple of a target is, in pixels from the left."""
    span = (_WIDTH - _RIGHT - _LEFT) / 2
    bounded = min(max(goodness, 1 / _FURTHEST), _FURTHEST)
    return _LEFT + span * (1 + math.log(bounded) / math.log(_FURTHEST))


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 12) -> str:
    look = f'text-anchor="{anchor}" font-size="{size}" fill="{_INK}"'
    return f'<text x="{x:.1f}" y="{y}" {look}>{escape(words)}</text>'
