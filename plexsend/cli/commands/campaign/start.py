"""`plexsend campaign start`: let a checked run go."""

from __future__ import annotations

import click

from plexsend.cli.commands.campaign.group import run_account_option, run_argument
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option
from plexsend.terminal.screen import Screen


@click.command(epilog=example("plexsend campaign start spring-sale"))
@run_argument
@run_account_option
@json_option
def start(*, name: str, account: str | None, as_json: bool) -> None:
    """Let the run NAME go now, also one that is scheduled for later.

    Only what was checked starts. Its window, the quiet hours and its rate hold as always.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        from plexsend.campaigns.drafts.creating import start as start_run
        from plexsend.campaigns.reading.finding import find_run
        from plexsend.cli.run_showing import step_facts

        run = find_run(store, name, account)
        done = start_run(store, run)
    screen.facts(step_facts(run, done))
    screen.say(
        f"{run.written} goes. Watch it: plexsend campaign show {run.written} --follow"
        if done.changed
        else f"{run.written} had started before."
    )
