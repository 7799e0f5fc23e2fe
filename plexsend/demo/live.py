"""The live show, for a terminal: a progress bar, the lanes, the holds, and what happens in plain words."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from plexsend.terminal.moments import span
from plexsend.terminal.printable import printable
from plexsend.terminal.tables import Column, lay_out, rich_table

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.console import RenderableType

    from plexsend.demo.shows import LanePicture, Picture

_DRAWN_EVERY_S = 0.1
_BAR_WIDTH, _LEAST_BAR = 50, 10
"""Columns of the bar where there is room; with less than the second it is left out."""
_AROUND_WORDS = 4
"""Columns between bar, words and time."""
_MOST_SHOWN = 6
"""Sentences that are shown; older ones have moved out of the screen."""

_COLUMNS = (
    Column("lane", style="bold"),
    Column("waiting", right=True),
    Column("scheduled", right=True, leave_out=2),
    Column("sending", right=True, leave_out=3),
    Column("accepted", right=True),
    Column("refused", right=True, leave_out=4),
    Column("now/s", right=True, leave_out=5),
    Column("limit/s", right=True, leave_out=1),
)
_ACCEPTED = 4
"""The column that shows what was delivered instead, where receipts say so: 80 columns have room for one."""


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
        width = self._live.console.width
        self._live.update(compose(self._picture, self._said, width), refresh=True)


def compose(picture: Picture | None, said: list[str], width: int) -> RenderableType:
    """Return what is shown of a moment in so many columns, below the last sentences."""
    parts: list[RenderableType] = [Text(printable(line), style="dim") for line in said[-_MOST_SHOWN:]]
    if picture is not None:
        parts += [
            Text(),
            _bar(picture, width),
            _lanes(picture, width),
            *_holds(picture),
            Text(printable(picture.now), style="bold"),
        ]
    return Group(*parts)


def _bar(picture: Picture, width: int) -> RenderableType:
    line = Table.grid(padding=(0, 1))
    words = f"{picture.ended:,} of {picture.total:,} have ended" if picture.total else "starting"
    took = span(picture.at_s)
    # The words stay whole, and the bar takes the room that they leave.
    room = min(_BAR_WIDTH, width - len(words) - len(took) - _AROUND_WORDS)
    cells: list[RenderableType] = [Text(words, no_wrap=True), Text(took, style="dim", no_wrap=True)]
    if room >= _LEAST_BAR:
        cells.insert(0, ProgressBar(total=picture.total or None, completed=picture.ended, width=room))
    line.add_row(*cells)
    return line


def _lanes(picture: Picture, width: int) -> RenderableType:
    rows = [_row(lane, receipts=picture.receipts) for lane in picture.lanes]
    columns = list(_COLUMNS)
    if picture.receipts:
        columns[_ACCEPTED] = Column("delivered", right=True)
    # One between two columns, so that a terminal of 80 shows the longest lane and every title.
    return rich_table(columns, rows, lay_out(columns, rows, width, gap=1))


def _row(lane: LanePicture, *, receipts: bool) -> list[str]:
    well = lane.delivered if receipts else lane.accepted
    counts = (lane.ready, lane.later, lane.sending, well, lane.refused)
    return [
        lane.name,
        *(f"{count:,}" for count in counts),
        f"{lane.pace_per_s:.0f}",
        f"{lane.limit_per_s:g}",
    ]


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
