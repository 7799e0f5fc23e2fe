"""`plexsend top`: what the whole installation does now, drawn again every second or two."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from rich.console import Console

    from plexsend.outbox.reading.overview import Overlook, Overview
    from plexsend.terminal.moments import WallClock


@click.command(epilog=example("plexsend top", "plexsend top --json"))
@json_option
def top(*, as_json: bool) -> None:
    """Watch lanes, pace, holds and workers, and when it will be over; Ctrl-C ends it.

    The lanes with the most to do come first; a terminal shows as many as it has lines for. `now/s` is what
    had an answer since the look before, `over in` how long what waits in the lane takes at that pace. The
    last sentence is that of `plexsend why`. A pipe gets one look, and with --json it is one object.
    """
    screen = Screen(as_json=as_json)
    from plexsend.outbox.policies.wall_clocks import clock_of
    from plexsend.outbox.reading.overview import Overlook

    with open_outbox(screen) as (_, store):
        overlook, clock = Overlook(store), clock_of(store)
        if not as_json and sys.stdout.isatty() and (console := _drawing()) is not None:
            _watch(screen, overlook, clock, console)
            return
        overview = overlook.look()
    screen.facts(overview.as_json())
    _print(screen, overview, clock)


# One look for a pipe and a terminal that draws nothing, and what stays of the last once a person saw enough.
def _print(screen: Screen, overview: Overview, clock: WallClock) -> None:
    from plexsend.cli.overview_screen import COLUMNS, fleet_line, hold_lines, lane_row, left_line

    screen.say(fleet_line(overview), wraps=True)
    screen.say(left_line(overview, clock), style="bold", wraps=True)
    screen.table(COLUMNS, map(lane_row, overview.lanes), empty="There are no lanes yet.", blocks=True)
    for line in hold_lines(overview):
        screen.say(line, style="yellow", wraps=True)
    screen.say(overview.sentence.text, wraps=True)
    if overview.sentence.remedy:
        screen.say(overview.sentence.remedy, wraps=True)


# None for a terminal that can only print lines (TERM=dumb): rich would draw nothing there until the end.
def _drawing() -> Console | None:
    from rich.console import Console

    console = Console(file=sys.stdout)
    return None if console.is_dumb_terminal else console


def _watch(screen: Screen, overlook: Overlook, clock: WallClock, console: Console) -> None:
    from time import sleep

    from rich.live import Live

    from plexsend.cli.overview_screen import compose
    from plexsend.errors import OutboxUnavailable
    from plexsend.outbox.reading.overview import LOOK_S

    overview: Overview | None = None
    trouble = ""
    try:
        with Live(console=console, auto_refresh=False, screen=True) as live:
            # With thousands of lanes the first look takes seconds.
            live.update(compose(None, clock, console.size, ""), refresh=True)
            while True:
                try:
                    overview, trouble = overlook.look(), ""
                except OutboxUnavailable as exc:
                    # It is watched most when something is wrong; the last look stays to be read.
                    trouble = str(exc)
                    sleep(LOOK_S)
                live.update(compose(overview, clock, console.size, trouble), refresh=True)
    except KeyboardInterrupt:
        if overview is not None:
            _print(screen, overview, clock)
