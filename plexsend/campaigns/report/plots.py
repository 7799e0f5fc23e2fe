"""Plots as SVG: shapes that a page's style sheet colours, and text that is text.

A plot is 400 units wide, so that its words can be read on a telephone. What it shows is in a table beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from plexsend.campaigns.report.languages import Language
from plexsend.terminal.wrapping import width_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDTH = 400
_TOP, _BOTTOM, _LEFT, _RIGHT = 22, 30, 44, 8
_HEIGHT = 210
_LEGEND = 96
"""Width of an entry of the legend, unless there is room for more."""
_ROW, _BAR = 38, 12
"""Of bars that lie: height of a row, and of its bar."""
_COLUMN, _GAP = 6.7, 12
"""About the width of a Latin letter, half of that of a syllable, and what is left free between two words."""
_NEAR = 0.35
"""So near to an end a word has no room beside that of the end."""
_STEPS = (1, 2, 3, 5)
_TICKS = 4
_UNITS = {
    Language.ENGLISH: (("M", 1_000_000), ("k", 1_000)),
    Language.KOREAN: (("억", 100_000_000), ("만", 10_000)),
}
"""What large numbers are counted in, the largest first."""


@dataclass(frozen=True, slots=True)
class Series:
    """What has one colour."""

    kind: str
    """Its class in the style sheet."""
    name: str


@dataclass(frozen=True, slots=True)
class Plot:
    """What every plot has: an id of its own in the page, a title, and what it shows in a sentence."""

    id: str
    title: str
    text: str
    language: Language = Language.ENGLISH

    def drawn(self, height: float, shapes: Iterable[Markup]) -> Markup:
        """Return the whole of it."""
        return Markup(
            '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-text">'
            '<title id="{}-title">{}</title><desc id="{}-text">{}</desc>{}</svg>'
        ).format(
            WIDTH,
            _n(height),
            *(self.id, self.id),
            *(self.id, self.title),
            *(self.id, self.text),
            Markup("").join(shapes),
        )


def lying_bars(plot: Plot, rows: Sequence[tuple[str, str, Sequence[tuple[str, float]]]]) -> Markup:
    """Draw a bar for each row: its words, its value in words, and its parts with their classes."""
    largest = max((sum(value for _, value in parts) for _, _, parts in rows), default=0) or 1
    return plot.drawn(len(rows) * _ROW, _lying(rows, largest))


def _lying(rows: Sequence[tuple[str, str, Sequence[tuple[str, float]]]], largest: float) -> Iterator[Markup]:
    for number, (words, value, parts) in enumerate(rows):
        top = number * _ROW
        yield _text(0, top + 14, _fit(words, WIDTH - _GAP - width_of(value) * _COLUMN))
        yield _text(WIDTH, top + 14, value, "end")
        left = 0.0
        for kind, amount in parts:
            width = WIDTH * amount / largest
            # What is there is seen, however little it is.
            width = max(width, 1.5) if amount else 0
            yield _rect(left, top + 20, width, _BAR, kind)
            left += width


def standing_bars(
    plot: Plot, series: Sequence[Series], bars: Sequence[tuple[str, Sequence[float]]]
) -> Markup:
    """Draw a bar for each entry: its words below it, and a part for each of the series from the bottom up."""
    top = _nice(max((sum(values) for _, values in bars), default=0))
    return plot.drawn(_HEIGHT, _standing(plot, series, bars, top))


def _standing(
    plot: Plot, series: Sequence[Series], bars: Sequence[tuple[str, Sequence[float]]], largest: float
) -> Iterator[Markup]:
    yield from _frame(largest, plot.language)
    yield from _legend(series)
    room = (WIDTH - _LEFT - _RIGHT) / max(1, len(bars))
    for number, (_, values) in enumerate(bars):
        below = 0.0
        for each, value in zip(series, values, strict=True):
            if value:
                height = max(1.0, _scale(value, largest))
                left = _LEFT + number * room + room * 0.1
                yield _rect(left, _HEIGHT - _BOTTOM - below - height, room * 0.8, height, each.kind)
                below += height
    yield from _below(
        [words for words, _ in bars], [(number + 0.5) / len(bars) for number in range(len(bars))]
    )


def lines(
    plot: Plot,
    series: Sequence[Series],
    words: Sequence[str],
    points: Sequence[tuple[float, Sequence[float | None]]],
) -> Markup:
    """Draw a line for each of the series.

    Args:
        plot: Its title and text.
        series: What has a line.
        words: Of the moments, a word for each.
        points: Where each moment is, from 0 to 1, and the values of the series; None: there is none.
    """
    top = _nice(max((value for _, values in points for value in values if value is not None), default=0))
    return plot.drawn(_HEIGHT, _lines(plot, series, words, points, top))


def _lines(
    plot: Plot,
    series: Sequence[Series],
    words: Sequence[str],
    points: Sequence[tuple[float, Sequence[float | None]]],
    largest: float,
) -> Iterator[Markup]:
    yield from _frame(largest, plot.language)
    yield from _legend(series)
    width = WIDTH - _LEFT - _RIGHT
    for place, each in enumerate(series):
        path = " ".join(
            f"{_n(_LEFT + at * width)},{_n(_HEIGHT - _BOTTOM - _scale(value, largest))}"
            for at, values in points
            if (value := values[place]) is not None
        )
        yield Markup('<polyline class="line {}" points="{}"/>').format(each.kind, path)
    yield from _below(words, [at for at, _ in points])


# The first, the middle and the last: more would lie over one another. Each is below what it is of, as far as
# there is room. `places`: from 0 to 1.
def _below(words: Sequence[str], places: Sequence[float]) -> Iterator[Markup]:
    count = len(words)
    shown = {0, count - 1} if words else set()
    if count > 2 and _NEAR < places[count // 2] < 1 - _NEAR:  # noqa: PLR2004  an end has its word already
        shown.add(count // 2)
    for number in sorted(shown):
        half = width_of(words[number]) * _COLUMN / 2
        at = _LEFT + places[number] * (WIDTH - _LEFT - _RIGHT)
        yield _text(min(max(at, half), WIDTH - half), _HEIGHT - _BOTTOM + 21, words[number], "middle")


def _frame(largest: float, language: Language) -> Iterator[Markup]:
    for tick in range(_TICKS + 1):
        value = largest * tick / _TICKS
        at = _HEIGHT - _BOTTOM - _scale(value, largest)
        kind = "axis" if tick == 0 else "grid"
        yield Markup('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            kind, _LEFT, WIDTH - _RIGHT, _n(at), _n(at)
        )
        if value == int(value):
            yield _text(_LEFT - 6, at + 4, short(value, language), "end")


def _legend(series: Sequence[Series]) -> Iterator[Markup]:
    for number, each in enumerate(series):
        left = _LEFT + number * _LEGEND
        yield _rect(left, 2, 10, 10, each.kind)
        yield _text(left + 15, 12, each.name)


def short(value: float, language: Language) -> str:
    """Return a number of rows for an axis: 1,500, then 20k and 1.5M, in Korean 2만 and 150만."""
    for unit, size in _UNITS[language]:
        if value >= max(size, 10_000):  # up to here the number itself is short
            return f"{value / size:,.2f}".rstrip("0").rstrip(".") + unit
    return f"{value:,.0f}"


# The end of an axis: a round number that four parts divide.
def _nice(largest: float) -> float:
    size = 1
    while True:
        for step in _STEPS:
            if largest <= step * size * _TICKS:
                return step * size * _TICKS
        size *= 10


# The whole of it is in the table.
def _fit(words: str, room: float) -> str:
    if width_of(words) * _COLUMN <= room:
        return words
    shown = ""
    for char in words:
        if width_of(shown + char) * _COLUMN > room - _COLUMN:
            break
        shown += char
    return f"{shown.rstrip()}…"


def _scale(value: float, largest: float) -> float:
    return (_HEIGHT - _TOP - _BOTTOM) * value / largest


def _rect(left: float, top: float, width: float, height: float, kind: str) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        kind, _n(left), _n(top), _n(width), _n(height)
    )


def _text(left: float, top: float, words: str, anchor: str = "start") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(
        _n(left), _n(top), anchor, escape(words)
    )


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
