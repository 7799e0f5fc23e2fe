"""`plexsend holds`: what keeps accounts, services and lanes from sending."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import ACCOUNT, example, json_option, wide_option
from plexsend.terminal.moments import WallClock, span
from plexsend.terminal.screen import Screen
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from plexsend.outbox.holds import Hold
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings


@click.command(epilog=example("plexsend holds", "plexsend holds --json"))
@click.option("--account", type=ACCOUNT, metavar="A", help="Only what holds this account.")
@wide_option
@json_option
def holds(*, account: str | None, wide: bool, as_json: bool) -> None:
    """List what keeps accounts, services and lanes from sending: since when, by whom, and how it ends.

    The account `*` means every account.
    """
    from plexsend.cli.targets import require_own_account
    from plexsend.cli.timing import clock_for
    from plexsend.outbox.reading.json_shapes import hold_json

    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        require_own_account(settings, store, account)
        found = _find(store, settings, account)
        clock = clock_for(store, account)
    for hold in found:
        screen.facts(hold_json(hold))
    rows = [_row(hold, clock) for hold in found]
    screen.table(_columns(clock), rows, empty="Nothing is held.", blocks=True, wide=wide)


def _find(store: Store, settings: Settings, account: str | None) -> list[Hold]:
    from plexsend.outbox.reading import queries

    names = [account] if account else sorted({*queries.held_accounts(store), *settings.accounts})
    return queries.holds_anywhere(store, names)


def _columns(clock: WallClock) -> tuple[Column, ...]:
    return (
        Column("account"),
        Column("scope"),
        Column("what", style="bold"),
        Column("reason", style="yellow"),
        Column(clock.title("since")),
        Column("next try"),
        Column("step", right=True),
        Column("by"),
        Column("why", folds=True),
        Column("how it ends", folds=True),
    )


def _row(hold: Hold, clock: WallClock) -> list[str]:
    sized = hold.is_size
    return [
        hold.account,
        str(hold.scope),
        hold.what,
        str(hold.reason),
        clock.cell(hold.since_ms or None),
        "under way" if hold.probing else clock.cell(hold.until_ms),
        f"{hold.step_ms} at once" if sized else (span(hold.step_ms / 1000) if hold.step_ms else ""),
        hold.by,
        hold.why,
        hold.how_it_ends,
    ]
