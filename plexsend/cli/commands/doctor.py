"""`plexsend doctor`: does everything fit that a worker needs on this machine?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.options import example, json_option
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from plexsend.cli.doctor.checks import Check
    from plexsend.cli.doctor.rows import CheckRow

_STYLES = {"ok": "green", "doubtful": "yellow", "wrong": "bold red"}


@click.command(epilog=example("plexsend doctor", "plexsend doctor --json"))
@click.option("--all", "whole", is_flag=True, help="Show settings that have their defaults too.")
@json_option
def doctor(*, whole: bool, as_json: bool) -> int:
    """Look at the settings, Redis, the broker, the gateway, the clock and the fleet from this machine.

    Each line is ok, doubtful or wrong, and says what to do. The gateway is connected to and asked nothing.
    Exit code 1 where something is wrong. With --json all settings are shown.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.doctor.checks import Situation, examine
    from plexsend.gateway.environment import read_settings
    from plexsend.outbox.redis.store import Store

    settings = read_settings()
    store = Store.connect(settings.redis, settings.key_prefix, idle_s=settings.idle_s)
    counts = dict.fromkeys(_STYLES, 0)
    try:
        for check, rows in examine(Situation(settings, store, whole=whole or as_json)):
            screen.say(check.title, style="bold")
            for row in rows:
                counts[row.grade] += 1
                screen.facts(_row_json(check, row))
                _print(screen, row)
    finally:
        store.close()
    return _end(screen, counts)


def _row_json(check: Check, row: CheckRow) -> dict[str, object]:
    return {
        "check": check.title.lower(),
        "what": row.what,
        "grade": str(row.grade),
        "found": row.found,
        "why": row.why or None,
        "remedy": row.remedy or None,
    }


def _print(screen: Screen, row: CheckRow) -> None:
    # An error brings its own full stop.
    sentence = ": ".join(part.rstrip(".") for part in (row.what, row.found, row.why) if part)
    words = f"{sentence}." + (f" {row.remedy}" if row.remedy else "")
    screen.item(f"  {row.grade:<8} ", words, style=_STYLES[row.grade])


def _end(screen: Screen, counts: dict[str, int]) -> int:
    wrong, doubtful = counts["wrong"], counts["doubtful"]
    if wrong:
        screen.say(f"{wrong} wrong, {doubtful} doubtful.", style="bold red")
        return EXIT_REFUSED
    screen.say(f"Nothing is wrong, {doubtful} doubtful." if doubtful else "All is well.", style="bold green")
    return 0
