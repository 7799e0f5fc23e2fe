"""`plexsend campaign resume`: let a paused run go on."""

from __future__ import annotations

import click

from plexsend.cli.commands.campaign.group import run_account_option, run_argument
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option
from plexsend.terminal.screen import Screen


@click.command(epilog=example("plexsend campaign resume spring-sale"))
@run_argument
@run_account_option
@json_option
def resume(*, name: str, account: str | None, as_json: bool) -> None:
    """Let the paused run NAME go on.

    Nobody is written to twice, and nobody is skipped. One that was paused before its time waits for that
    again; where it was missed meanwhile, `if_missed` of its definition says whether it starts.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        from plexsend.campaigns import steering
        from plexsend.campaigns.reading.finding import find_run
        from plexsend.cli.run_showing import step_facts
        from plexsend.outbox.policies.wall_clocks import clock_of
        from plexsend.outbox.runs.states import RunState

        run = find_run(store, name, account)
        done = steering.resume(store, run)
        clock = clock_of(store, run.account)
    screen.facts(step_facts(run, done))
    if done.state is RunState.SCHEDULED:
        screen.say(f"{run.written} is scheduled again, for {clock.words(run.starts_ms)}.")
    elif done.state is RunState.CHECKED:
        screen.say(
            f"{run.written} is checked: it missed its start at {clock.words(run.starts_ms)}, too long ago "
            f"for its if_missed and missed_within_min. To start it: plexsend campaign start {run.written}",
            wraps=True,
        )
    else:
        screen.say(f"{run.written} goes on." if done.changed else f"{run.written} was not paused.")
