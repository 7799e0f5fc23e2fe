"""What is beside the bar of a run that is followed: as much as a terminal has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.runs.states import RUN_WORDS, RunState
from plexsend.terminal.wrapping import width_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.campaigns.viewing import RunView
    from plexsend.terminal.moments import WallClock

_WIDEST_TITLE = 20
_METER = 20
"""Columns of the meter itself: a short bar, the percentage, the time, and what is between them."""


def bar_title(written: str) -> str:
    """Return the name of a run; of a long one its begin, and its number."""
    if len(written) <= _WIDEST_TITLE:
        return written
    name, _, number = written.rpartition("/")
    return f"{name[: _WIDEST_TITLE - len(number) - 2]}…/{number}"


def bar_words(view: RunView, clock: WallClock, columns: int) -> str:
    """Return what is beside the bar in a terminal of so many columns."""
    room = columns - _METER - width_of(bar_title(view.run.written))
    parts = list(_parts(view, clock))
    while len(parts) > 1 and width_of(" ".join(words for _, words in parts)) > room:
        parts.remove(max(parts, key=lambda part: part[0]))
    return " ".join(words for _, words in parts)


def _parts(view: RunView, clock: WallClock) -> Iterator[tuple[int, str]]:
    """Yield the parts, each with its place in the order in which they are needed, 0 the first."""
    _, state = RUN_WORDS[view.state]
    # That it runs the bar shows as it moves.
    yield (7 if view.state is RunState.RUNNING else 1), state
    counts = view.counts.outcomes
    yield 2, f"성공 {counts['success']:,}"
    yield 0, f"실패 {counts['failure']:,}"
    yield 3, f"대기 {counts['pending']:,}"
    yield (4 if counts["excluded"] else 8), f"제외 {counts['excluded']:,}"
    if view.pace_per_s:
        yield 6, f"{view.pace_per_s:,.1f}/s"
    if view.ends_at_ms and not view.is_over:
        day, _, hour = clock.cell_of_hour(view.ends_at_ms).partition(" ")
        is_today = clock.cell_of_hour(view.at_ms).startswith(day)
        # The year is clear.
        yield 5, f"~{hour}" if is_today else f"~{day.partition('-')[2]} {hour}"
