"""The live show, for a terminal: a progress bar, the lanes, the holds, and what happens in plain words."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from plexsend.terminal.moments import span
from plexsend.terminal.printable import printable

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.console import RenderableType

    from plexsend.demo.shows import Picture

_DRAWN_EVERY_S = 0.1
_BAR_WIDTH = 50
_MOST_SHOWN = 6
"""Sentences that are shown; older ones have moved out of the screen."""

_COLUMNS = ("lane", "waiting", "scheduled", "sending", "accepted", "refused", "now/s", "limit/s")


class LiveShow:
    """Draws over what it drew before. The last picture stays."""

    def __init__(self) -> None:
        # The caller draws it, not a thread: it ends at the moment when the caller ends it.
        self._live = Live(console=Console(file=sys.stdout), auto_refresh=False)
        self._said: list[str] = []
        self._drawn_s = -1.0
        self._picture: Picture | None = None

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.stop()

    def say(self, at_s: float, sentence: str) -> None:
        """Add a sentence to those that are shown."""
        self._said.append(f"{at_s:4.1f} s  {sentence}")
        self._refresh()

    def draw(self, picture: Picture) -> None:
        """Show the moment."""
        self._picture = picture
        if picture.at_s - self._drawn_s >= _DRAWN_EVERY_S:
            self._drawn_s = picture.at_s
            self._refresh()

    def _refresh(self) -> None:
        self._live.update(compose(self._picture, self._said), refresh=True)


def compose(picture: Picture | None, said: list[str]) -> RenderableType:
    """Return what is shown of a moment, below the last sentences."""
    parts: list[RenderableType] = [Text(printable(line), style="dim") for line in said[-_MOST_SHOWN:]]
    if picture is not None:
        parts += [
            Text(),
            _bar(picture),
            _lanes(picture),
            *_holds(picture),
            Text(printable(picture.now), style="bold"),
        ]
    return Group(*parts)


def _bar(picture: Picture) -> RenderableType:
    line = Table.grid(padding=(0, 1))
    line.add_row(
        ProgressBar(total=picture.total or None, completed=picture.ended, width=_BAR_WIDTH),
        Text(f"{picture.ended:,} of {picture.total:,} have ended" if picture.total else "starting"),
        Text(span(picture.at_s), style="dim"),
    )
    return line


def _lanes(picture: Picture) -> RenderableType:
    # Without padding, so that a terminal of 80 columns shows the longest lane and every title in full.
    table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name == "lane" else "right", no_wrap=True)
    for lane in picture.lanes:
        counts = (lane.ready, lane.later, lane.sending, lane.accepted, lane.refused)
        table.add_row(
            Text(lane.name, style="bold"),
            *(f"{count:,}" for count in counts),
            f"{lane.pace_per_s:.0f}",
            f"{lane.limit_per_s:g}",
        )
    return table


def _holds(picture: Picture) -> list[RenderableType]:
    return [
        Text(
            printable(
                f"held  {hold.scope} {hold.what}: {hold.reason}, {hold.why}, "
                f"for {span(max(0, picture.now_ms - hold.since_ms) / 1000)}"
            ),
            style="yellow",
        )
        for hold in picture.holds
    ]
