"""How an overview looks in a terminal: the fleet, what is left and until when, the lanes, the holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.reading.outbox_liveness import describe_full
from plexsend.terminal.moments import span
from plexsend.terminal.plurals import counted
from plexsend.terminal.printable import printable
from plexsend.terminal.tables import Column, lay_out, rich_table
from plexsend.terminal.wrapping import width_of, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import ConsoleDimensions, RenderableType
    from rich.text import Text

    from plexsend.outbox.holds import Hold
    from plexsend.outbox.reading.overview import LaneLook, Overview
    from plexsend.terminal.moments import WallClock

COLUMNS = (
    Column("lane", style="bold"),
    Column("waiting", right=True),
    Column("later", right=True, leave_out=3),
    Column("sending", right=True, leave_out=2),
    Column("now/s", right=True),
    Column("limit/s", right=True, leave_out=1),
    Column("oldest", right=True, leave_out=4),
    Column("over in", right=True, style="green"),
)
_LEAST_LANES = 3
_MOST_HOLDS = 4
_TIME = slice(len("2026-12-01 "), None)
"""What of a moment in words is its time."""
_AROUND_LANES = 3
"""Lines: two of titles, and one that counts the lanes that are not shown."""
_BLANK = 2
"""Lines: one above the lanes, one below."""


def compose(
    overview: Overview | None, clock: WallClock, size: ConsoleDimensions, trouble: str = ""
) -> RenderableType:
    """Return a look as it fits into a terminal of this size; `trouble`: why there is no newer one."""
    from rich.console import Group
    from rich.text import Text

    def paragraph(text: str, style: str = "") -> Text:
        return Text("\n".join(wrap(printable(text), size.width)), style)

    parts = [paragraph(trouble, "bold red")] if trouble else []
    if overview is None:
        return Group(*(parts or [paragraph("Looking for a second ...", "dim")]))
    sentence = overview.sentence
    parts += [
        paragraph(fleet_line(overview)),
        paragraph(f"{clock.words(overview.now_ms)[_TIME]}: {left_line(overview, clock)}", "bold"),
    ]
    told = [paragraph(sentence.text, "green" if sentence.flow.is_well else "bold yellow")]
    if sentence.remedy:
        told.append(paragraph(sentence.remedy))
    # What is below the last line of a terminal is not seen: holds are left out first, then lanes.
    holds = [paragraph(line, "yellow") for line in hold_lines(overview)]
    shown = min(len(holds), _MOST_HOLDS)
    room = size.height - _lines([*parts, *told], size.width) - _BLANK - _AROUND_LANES - _LEAST_LANES
    while shown and _lines(holds[:shown], size.width) + (shown < len(holds)) > room:
        shown -= 1
    below = holds[:shown]
    if left := len(holds) - shown:
        words = f"and {left} more" if shown else counted(left, "hold")
        below.append(paragraph(f"{words}: plexsend holds", "yellow"))
    below += told
    room = size.height - _lines([*parts, *below], size.width) - _BLANK - _AROUND_LANES
    rows = [lane_row(lane) for lane in overview.lanes[: max(0, room)]]
    # Where none has room, their titles take none either.
    more = len(overview.lanes) - len(rows) if room >= 1 - _AROUND_LANES else 0
    lanes: list[RenderableType] = (
        [rich_table(COLUMNS, rows, lay_out(COLUMNS, rows, size.width, gap=1))] if rows else []
    )
    if more:
        lanes.append(paragraph(f"and {counted(more, 'lane')} more: plexsend lanes", "dim"))
    return Group(*parts, *([Text(), *lanes, Text()] if lanes else [Text()]), *below)


# A command is one word, and the terminal breaks one that is wider than itself: at spaces, so maybe once more.
def _lines(paragraphs: Iterable[Text], width: int) -> int:
    widths = [width_of(line) for each in paragraphs for line in each.plain.split("\n")]
    return sum(1 if wide <= width else wide // width + 2 for wide in widths)


def fleet_line(overview: Overview) -> str:
    """Return who works here: `3 workers on 2 hosts, 12 of 48 threads busy, beat rings, Redis 34 % full`."""
    living = overview.living
    hosts = len({process.announced.host for process in living})
    threads = sum(process.announced.threads for process in living)
    busy = sum(process.busy for process in living)
    told = [
        f"{counted(len(living), 'worker')} on {counted(hosts, 'host')}, "
        f"{busy} of {counted(threads, 'thread')} busy"
        if living
        else "no worker is alive"
    ]
    if gone := len(overview.processes) - len(living):
        told.append(f"{gone} gone")
    if beat := overview.beat:
        told.append("beat rings" if beat.lives else f"beat away for {span(beat.silent_ms / 1000)}")
    if overview.memory_ratio is not None:
        full = f"Redis {overview.memory_ratio:.0%} full"
        told.append(f"{full} and takes nothing in" if describe_full(overview.memory_ratio) else full)
    return ", ".join(told)


def left_line(overview: Overview, clock: WallClock) -> str:
    """Return how much is left and until when: `9,840 to send, 98/s; over in about 1 min 40 s (14:34:16)`."""
    told = [f"{overview.to_send:,} to send" if overview.to_send else "nothing to send"]
    if overview.scheduled:
        told.append(f"{overview.scheduled:,} scheduled")
    if overview.pace_per_s:
        told.append(f"{overview.pace_per_s:,.1f}/s")
    line = ", ".join(told)
    if overview.left_s is not None:
        ends = clock.cell(overview.now_ms + round(overview.left_s * 1000))
        today = clock.cell(overview.now_ms).partition(" ")[0]
        line += f"; over in about {span(overview.left_s)} ({ends.removeprefix(f'{today} ')})"
    if overview.stuck:
        waits = "waits" if overview.stuck == 1 else "wait"
        line += f", but {overview.stuck:,} {waits} for something else"
    return line


def lane_row(lane: LaneLook) -> list[str]:
    """Return the cells of a lane below COLUMNS."""
    view = lane.view
    oldest_ms = view.oldest_ready_ms
    return [
        view.lane.name,
        f"{view.ready:,}",
        f"{view.later:,}",
        f"{view.sending:,}",
        f"{lane.pace_per_s:,.0f}",
        f"{lane.rate_per_s:g}" if lane.rate_per_s else "no limit",
        "" if oldest_ms is None else span(oldest_ms / 1000),
        "held" if lane.holds else "" if lane.left_s is None else span(lane.left_s),
    ]


def hold_lines(overview: Overview) -> Iterator[str]:
    """Yield a line for each hold; a service's pause everywhere is of account `*`."""
    for hold in overview.holds:
        yield _hold_line(hold, overview.now_ms)


def _hold_line(hold: Hold, now_ms: int) -> str:
    named = hold.what == hold.account or hold.what.endswith(f"@{hold.account}")
    whose = "" if named else f" of {hold.account}" if hold.account != "*" else " everywhere"
    why = f", {hold.why}" if hold.why else ""
    since = span(max(0, now_ms - hold.since_ms) / 1000)
    return f"held  {hold.scope} {hold.what}{whose}: {hold.reason}{why}, for {since}"
