"""`plexsend campaign cancel`: end a run, and the cron of its campaign."""

from __future__ import annotations

import sys

import click

from plexsend.cli.commands.campaign.group import run_account_option, run_argument
from plexsend.cli.login import login_name
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, words_option, yes_option
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.meter import meter
from plexsend.terminal.plurals import counted
from plexsend.terminal.screen import Screen


@click.command(epilog=example("plexsend campaign cancel spring-sale --reason 'wrong list'"))
@run_argument
@words_option("--reason", "R", "Why, for the people who find it cancelled.")
@words_option("--by", "NAME", "Who cancels it. [default: your login name]")
@run_account_option
@yes_option
@json_option
def cancel(
    *, name: str, reason: str | None, by: str | None, account: str | None, yes: bool, as_json: bool
) -> int:
    """End the run NAME for good, and the campaign NAME of a cron.

    Nothing of it is fed or sent from now on. What is in a request ends as that ends. On a terminal you are
    asked before. Interrupted, run it again: it goes on. The rows that were not written to can have another
    run: `campaign create --from-run NAME --only unsent`.

    With a cron, NAME ends that too: it makes no run any more, until `campaign create FILE`. NAME/3 ends that
    run alone.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        from plexsend.campaigns import steering
        from plexsend.campaigns.counting import row_counts
        from plexsend.campaigns.finding import find_campaign, find_run
        from plexsend.campaigns.viewing import to_go
        from plexsend.outbox.runs.run import parse_run
        from plexsend.outbox.runs.states import OVER, RunState

        campaign_name, number = parse_run(name)
        campaign = find_campaign(store, campaign_name, account) if number is None else None
        if campaign is not None and campaign.cron:
            asks = sys.stdin.isatty() and not yes
            if asks and not click.confirm(
                f"End the cron of {name} for good? It makes no run any more.", err=True
            ):
                screen.note("Nothing was cancelled.")
                return EXIT_REFUSED
            steering.end_cron(store, campaign, by=by or login_name())
            screen.say(f"{name} makes no run any more. `plexsend campaign create FILE` lets it begin again.")
            latest = find_run(store, name, account) if campaign.last else None
            if latest is None or latest.state in OVER:
                screen.facts(
                    {"name": name, "run": None, "account": campaign.account, "state": None, "changed": True}
                )
                return 0
        run = find_run(store, name, account)
        left = to_go(row_counts(store, run.account, run))
        asks = sys.stdin.isatty() and not yes and run.state is not RunState.CANCELLED
        if asks and not click.confirm(
            f"Cancel {run.written} for good, with {counted(left, 'row')} that were not sent?", err=True
        ):
            screen.note("Nothing was cancelled.")
            return EXIT_REFUSED
        with meter(screen, "cancel", "messages") as report:
            done = steering.cancel(store, run, by=by or login_name(), why=reason or "", report=report)
        left = row_counts(store, run.account, run).cancelled
    messages = done.messages
    screen.facts(
        {
            "name": run.name,
            "run": run.number,
            "account": run.account,
            "state": str(RunState.CANCELLED),
            "changed": done.changed,
            "cancelled": messages.cancelled,
            "wanted": messages.wanted,
            "parked": list(messages.parked),
        }
    )
    screen.say(
        f"{run.written} is cancelled, with {counted(left, 'row')} that will not be written to.", wraps=True
    )
    if messages.wanted:
        screen.say(f"{messages.wanted:,} being sent right now: cancelled if not sent after all.")
    if messages.parked:
        screen.say(
            f"{len(messages.parked):,} may have been sent already: `plexsend uncertain list` shows them.",
            wraps=True,
        )
    return 0
