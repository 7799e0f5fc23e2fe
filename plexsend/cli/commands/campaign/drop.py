"""`plexsend campaign drop`: delete the recipients of a run."""

from __future__ import annotations

import sys

import click

from plexsend.cli.commands.campaign.group import run_account_option, run_argument
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, yes_option
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.screen import Screen


@click.command(epilog=example("plexsend campaign drop spring-sale/1"))
@run_argument
@run_account_option
@yes_option
@json_option
def drop(*, name: str, account: str | None, yes: bool, as_json: bool) -> int:
    """Delete the recipients of the run NAME now.

    What became of each of them is deleted too; the counts stay. Without it they are deleted by the policy
    campaign_keep_days after its end. Only of a run that is over or never started. Afterwards there is no
    report of its rows, and no other run can be made from it. On a terminal you are asked before.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        from plexsend.campaigns.folders.forgetting import forget
        from plexsend.campaigns.reading.finding import find_run

        run = find_run(store, name, account)
        asks = sys.stdin.isatty() and not yes
        if asks and not click.confirm(
            f"Delete the {run.rows:,} recipients of {run.written} for good?", err=True
        ):
            screen.note("Nothing was deleted.")
            return EXIT_REFUSED
        forget(store, settings.campaign_dir, run)
    screen.facts({"name": run.name, "run": run.number, "account": run.account, "dropped": True})
    screen.say(
        f"The recipients of {run.written} are deleted. "
        f"`plexsend campaign show {run.written}` has its counts.",
        wraps=True,
    )
    return 0
