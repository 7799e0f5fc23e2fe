"""`plexsend campaign show`: a run as it is, and as it goes on."""

from __future__ import annotations

import click

from plexsend.cli.commands.campaign.group import run_account_option, run_argument
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option
from plexsend.terminal.screen import Screen


@click.command(
    epilog=example("plexsend campaign show spring-sale", "plexsend campaign show spring-sale --follow")
)
@run_argument
@click.option("--follow", is_flag=True, help="Go on showing it until it is over; Ctrl-C stops showing it.")
@run_account_option
@json_option
def show(*, name: str, follow: bool, account: str | None, as_json: bool) -> None:
    """Show the rows of the run NAME, its pace, its end.

    And why it is not through yet. 성공 + 실패 + 대기 + 제외 are its rows at every moment. A message and its
    fallback are one row.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        from plexsend.campaigns.reading.finding import find_run
        from plexsend.campaigns.viewing import view_run
        from plexsend.cli.run_showing import show_view
        from plexsend.outbox.policies.wall_clocks import clock_of

        run = find_run(store, name, account)
        if follow:
            from plexsend.cli.run_following import RunFollower

            run = RunFollower(screen, store).follow(run)
        view = view_run(store, run, explains=True)
        screen.facts(view.as_json())
        show_view(screen, view, clock_of(store, run.account))
