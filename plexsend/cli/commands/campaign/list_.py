"""`plexsend campaign list`: the campaigns, with what became of their rows so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.commands.campaign.group import run_account_option
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, wide_option
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run


@click.command("list", epilog=example("plexsend campaign list", "plexsend campaign list spring-sale"))
@click.argument("name", metavar="[NAME]", required=False)
@run_account_option
@wide_option
@json_option
def list_(*, name: str | None, account: str | None, wide: bool, as_json: bool) -> None:
    """List the campaigns, each with its latest run.

    The newest is first. With NAME all runs of that campaign.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        from plexsend.campaigns.viewing import view_run
        from plexsend.cli.run_showing import list_views
        from plexsend.cli.timing import clock_for

        views = [view_run(store, run) for run in _wanted(store, name, account)]
        for view in views:
            screen.facts(view.as_json())
        list_views(screen, views, clock_for(store, account), wide=wide)
        for sentence in _planned(store, name, account):
            screen.say(sentence, wraps=True)


def _planned(store: Store, name: str | None, account: str | None) -> Iterator[str]:
    """Yield what crons make next: a campaign without a run yet has no row in the table."""
    from plexsend.outbox.policies.wall_clocks import clock_of
    from plexsend.outbox.runs import reading

    for each in reading.campaigns(store, account):
        due_ms = reading.due_at(store, each.account).get(each.name) if each.cron else None
        if due_ms is not None and name in (None, each.name):
            when = clock_of(store, each.account).words(due_ms)
            yield f"{each.name}: its cron ({each.cron}) makes the next run at {when}."


def _wanted(store: Store, name: str | None, account: str | None) -> Iterator[Run]:
    from plexsend.campaigns.reading.finding import find_campaign
    from plexsend.outbox.runs import reading

    if name is not None:
        wanted = find_campaign(store, name, account)
        yield from (run for run in reading.runs(store, wanted.account) if run.name == name)
        return
    found = {(each.account, each.name): each.last for each in reading.campaigns(store, account)}
    runs = (run for run in reading.runs(store, account) if found.get((run.account, run.name)) == run.number)
    yield from sorted(runs, key=lambda run: -run.created_ms)
