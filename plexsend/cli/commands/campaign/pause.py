"""`plexsend campaign pause`: keep a run from sending."""

from __future__ import annotations

import click

from plexsend.cli.commands.campaign.group import run_account_option, run_argument
from plexsend.cli.login import login_name
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, words_option
from plexsend.terminal.screen import Screen


@click.command(epilog=example("plexsend campaign pause spring-sale --reason 'wrong price in the text'"))
@run_argument
@words_option("--reason", "R", "Why, for the people who find it paused.")
@words_option("--by", "NAME", "Who pauses it. [default: your login name]")
@run_account_option
@json_option
def pause(*, name: str, reason: str | None, by: str | None, account: str | None, as_json: bool) -> None:
    """Keep the run NAME from sending.

    Nothing of it is fed or sent until somebody resumes it. Requests under way end as usual, so the last one
    is at most a second later; nothing is lost.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        from plexsend.campaigns import steering
        from plexsend.campaigns.reading.finding import find_run
        from plexsend.cli.run_showing import step_facts

        run = find_run(store, name, account)
        done = steering.pause(store, run, by=by or login_name(), why=reason or "")
    screen.facts(step_facts(run, done))
    screen.say(
        f"{run.written} is paused. `plexsend campaign resume {run.written}` lets it go on.", wraps=True
    )
