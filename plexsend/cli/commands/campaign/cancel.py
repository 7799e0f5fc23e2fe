"""`plexsend campaign cancel`: end a run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.commands.campaign.group import run_account_option, run_argument
from plexsend.cli.login import login_name
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, words_option, yes_option
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.meter import meter
from plexsend.terminal.plurals import counted
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from plexsend.outbox.runs.run import Campaign


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
    """End the run NAME for good.

    Nothing of it is fed or sent from now on. What is in a request ends as that ends. On a terminal you are
    asked before. By its NAME alone a campaign with a cron makes no more runs either. Interrupted, run it
    again: it goes on. The rows that were not written to can have another run: `campaign create --from-run
    NAME --only unsent`.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        from plexsend.campaigns import steering
        from plexsend.campaigns.reading.counting import row_counts
        from plexsend.campaigns.reading.finding import find_run
        from plexsend.outbox.runs.making import end_cron
        from plexsend.outbox.runs.states import RunState

        cron = steering.cron_of(store, name, account)
        if cron is not None:
            is_asked = sys.stdin.isatty() and not yes
            if is_asked and not click.confirm(f"Make no more runs of {cron.name} by its cron?", err=True):
                screen.note("Nothing was cancelled.")
                return EXIT_REFUSED
            end_cron(store, cron)
            screen.say(f"No more runs of {cron.name} are made by its cron.")
            if not steering.has_open_run(store, cron):
                screen.facts(_nothing_of(cron))
                return 0
        run = find_run(store, name, account)
        left = row_counts(store, run.account, run).to_go
        asks = sys.stdin.isatty() and not yes and run.state is not RunState.CANCELLED
        if asks and not click.confirm(
            f"Cancel {run.written} for good, with {counted(left, 'row')} that were not sent?", err=True
        ):
            screen.note("Nothing was cancelled.")
            return EXIT_REFUSED
        with meter(screen, "cancel", "messages") as report:
            root, who = settings.campaign_dir, by or login_name()
            done = steering.cancel(store, run, root, by=who, why=reason or "", report=report)
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


def _nothing_of(campaign: Campaign) -> dict[str, Any]:
    """Return what `--json` prints where a cron ended and no run is there to cancel."""
    facts = {"name": campaign.name, "run": None, "account": campaign.account, "state": None, "changed": True}
    return {**facts, "cancelled": 0, "wanted": 0, "parked": []}
