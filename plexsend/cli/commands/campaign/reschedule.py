"""`plexsend campaign reschedule`: give a run another time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.commands.campaign.group import run_account_option, run_argument
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import MOMENT_OR_NOW, example, json_option
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.meter import meter
from plexsend.terminal.moments import utc
from plexsend.terminal.plurals import counted
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from datetime import datetime


@click.command(
    epilog=example(
        "plexsend campaign reschedule spring-sale 2026-12-02T10:00",
        "plexsend campaign reschedule spring-sale now",
    )
)
@run_argument
@click.argument("time", type=MOMENT_OR_NOW, metavar="TIME")
@run_account_option
@json_option
def reschedule(*, name: str, time: datetime, account: str | None, as_json: bool) -> int:
    """Give the run NAME another time.

    It starts, or goes on, at TIME (ISO 8601, or `now`). A TIME without a zone counts in that of the policy
    time_zone. What was fed already and was not sent goes then too. What may have been sent, and what expires
    at that time or before, keeps its time: exit code 1.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        from plexsend.campaigns import steering
        from plexsend.campaigns.reading.finding import find_run
        from plexsend.cli.rescheduling import choose_time

        run = find_run(store, name, account)
        at_ms, timing = choose_time(store, run.account, time)
        with meter(screen, "reschedule", "messages") as report:
            done = steering.reschedule(store, run, at_ms, report=report)
    left = done.messages.left
    screen.facts(
        {
            "name": run.name,
            "run": run.number,
            "account": run.account,
            "state": str(done.state),
            "starts_at": utc(done.at_ms),
            "rescheduled": done.messages.rescheduled,
            "left": [{"msg_key": key, "reason": reason} for key, reason in left.items()],
        }
    )
    when = "goes now" if done.at_ms is None else f"goes at {timing.show_ms(done.at_ms)}"
    screen.say(f"{run.written} {when}.")
    if left:
        screen.say(
            f"{counted(len(left), 'message keeps its time', 'messages keep their time')}; --json names them.",
            wraps=True,
        )
    return EXIT_REFUSED if left else 0
