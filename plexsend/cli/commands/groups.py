"""`plexsend groups`: what became of the messages of each group so far."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import ACCOUNT, example, json_option, wide_option
from plexsend.terminal.moments import utc
from plexsend.terminal.screen import Screen
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plexsend.outbox.reading.groups import GroupView
    from plexsend.outbox.states import State

_MOST_SHOWN = 50
"""Groups that people see, unless they ask for all."""
_LEFT_OUT = {
    "account": 1,
    "expired": 2,
    "service": 3,
    "sending": 4,
    "scheduled": 5,
    "cancelled": 6,
    "failed": 7,
    "unknown": 8,
    "reached": 9,
    "fallbacks": 10,
}
"""Column that a narrow terminal does without → its turn."""

_OF_CHAINS = ("fallbacks", "reached")
_ALWAYS = ("waiting", "accepted", "delivered")
"""States that have a column where no message is in them, too."""


@click.command(epilog=example("plexsend groups", "plexsend groups --account main --all"))
@click.option("--account", type=ACCOUNT, metavar="A", help="Those of this account alone.")
@click.option("--all", "everything", is_flag=True, help="All of them, also above 50.")
@wide_option
@json_option
def groups(*, account: str | None, everything: bool, wide: bool, as_json: bool) -> None:
    """List the groups, and how many of their messages are or were in each state.

    First those of which something is still to go, by name; then the others. Messages whose records are gone
    are counted too, as long as the group has a record. A message in whose place its fallback was sent counts
    as that fallback does, where that went; `fallbacks` is how many were sent for messages of the line, and
    `reached` how many fallbacks of the line were delivered. `held` names what keeps a group from sending, and
    `closed` means that it was cancelled. `~ad` is the group of all advertisements without one. A state that
    no line has a message in has no column, and a narrow terminal has fewer still; --wide shows all columns,
    and --json all columns and groups.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.targets import require_account
    from plexsend.outbox.lanes import ADS, Advertising
    from plexsend.outbox.reading import groups as reading
    from plexsend.outbox.reading.queries import server_ms
    from plexsend.outbox.reading.quiet import read_quiet
    from plexsend.outbox.states import State

    with open_outbox(screen) as (settings, store):
        if account is not None:
            require_account(account, reading.known_accounts(store, settings.accounts) or {account})
        views = list(reading.groups(store, account))
        now_ms = server_ms(store)
        quiet_of = cache(lambda account: read_quiet(store, account).shown(now_ms))
        quiet = {
            (view.group, view.service, view.account): quiet_of(view.account)
            for view in views
            if view.states[State.WAITING]
            and any(lane.advertising is Advertising.QUIET for lane in view.lanes)
        }
    if as_json:
        for view in views:
            screen.facts(_json(view, quiet=bool(_quiet(view, quiet))))
        return
    views.sort(key=lambda view: not view.unsent)
    shown = views if everything else views[:_MOST_SHOWN]
    nothing = "There are no groups: a group begins with its first message."
    # Nobody else has them.
    joined = any(view.fallbacks or view.reached for view in shown)
    states = [
        state for state in State if wide or state in _ALWAYS or any(each.states[state] for each in shown)
    ]
    columns = _columns(states, several=len({view.account for view in shown}) > 1, joined=joined)
    rows = [_row(view, _quiet(view, quiet), states, joined=joined) for view in shown]
    screen.table(columns, rows, empty=nothing, blocks=True, wide=wide)
    if any(view.group == ADS for view in shown):
        screen.note(f"{ADS}: all advertisements without a group.")
    if len(shown) < len(views):
        screen.note(f"and {len(views) - len(shown):,} more; --all lists all of them.")


# Groups of one name in several accounts differ in their account alone.
def _columns(states: Sequence[State], *, several: bool, joined: bool) -> list[Column]:
    counts = [Column(str(state), right=True, leave_out=_LEFT_OUT.get(str(state), 0)) for state in states]
    return [
        Column("group", style="bold"),
        Column("service", leave_out=_LEFT_OUT["service"]),
        Column("account", leave_out=0 if several else _LEFT_OUT["account"]),
        *counts,
        *([Column(name, right=True, leave_out=_LEFT_OUT[name]) for name in _OF_CHAINS] if joined else []),
        Column("held", folds=True, style="yellow", least=6),
    ]


# Until when its advertisements wait; empty where none does.
def _quiet(view: GroupView, quiet: Mapping[tuple[str, str, str], str]) -> str:
    return quiet.get((view.group, view.service, view.account), "")


def _row(view: GroupView, quiet: str, states: Sequence[State], *, joined: bool) -> list[str]:
    of_chains = (view.fallbacks, view.reached) if joined else ()
    counts = (f"{n:,}" for n in (*(view.states[state] for state in states), *of_chains))
    return [view.group, view.service, view.account, *counts, _held(view, quiet)]


def _json(view: GroupView, *, quiet: bool) -> dict[str, object]:
    closing = view.closing
    return {
        "group": view.group,
        "service": view.service or None,
        "account": view.account,
        **_counts(view),
        "held": bool(view.holds or closing),
        "holds": [hold.field for hold in view.holds],
        "closed": None
        if closing is None
        else {"since": utc(closing.since_ms), "by": closing.by, "why": closing.why or None},
        "advertisement": any(lane.is_advertising for lane in view.lanes),
        "quiet": quiet,
        "fallbacks": view.fallbacks,
        "reached": view.reached,
        "both": view.both,
    }


def _counts(view: GroupView) -> dict[str, int]:
    from plexsend.outbox.states import State

    return {str(state): view.states[state] for state in State}


def _held(view: GroupView, quiet: str) -> str:
    closed = ["closed"] if view.closing is not None else []
    return ", ".join(
        [*closed, *(f"{hold.scope} {hold.reason}" for hold in view.holds), *filter(None, [quiet])]
    )
