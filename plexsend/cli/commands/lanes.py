"""`plexsend lanes`: what waits where."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, wide_option
from plexsend.terminal.moments import span
from plexsend.terminal.screen import Screen
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.holds import Hold
    from plexsend.outbox.policies.in_force import Agreed
    from plexsend.outbox.reading.queries import LaneView
    from plexsend.outbox.redis.store import Store

_COLUMNS = (
    Column("lane", style="bold"),
    Column("waiting", right=True),
    Column("scheduled", right=True, leave_out=4),
    Column("sending", right=True, leave_out=3),
    Column("uncertain", right=True),
    Column("dead", right=True),
    Column("rate/s", right=True, leave_out=2),
    Column("drains", right=True, leave_out=1),
    Column("oldest", right=True, leave_out=5),
    Column("held", folds=True, style="yellow", least=8),
)


@click.command(epilog=example("plexsend lanes", "plexsend lanes --json"))
@click.option("--all", "show_all", is_flag=True, help="Show groups with nothing to send or settle too.")
@wide_option
@json_option
def lanes(*, show_all: bool, wide: bool, as_json: bool) -> None:
    """List the lanes, and what waits in them.

    A lane with a group is left out while it has nothing to send and nothing needs a person; it ends once its
    last record is gone.

    Waiting messages go next, scheduled ones at their time. Uncertain ones may have been sent and dead ones
    will not be sent: both need a person. The rate is the policy in force. `held` says for a lane of
    advertisements (`~ad`) too until when it waits in the quiet hours. A narrow terminal leaves out drains
    first, then the rate, and more where it must; --wide shows all columns. With --json, waiting messages are
    `ready` and scheduled ones `later`, and beside them is what receipts said: how many were ever delivered,
    undelivered or unknown.
    """
    screen = Screen(as_json=as_json)
    from plexsend.outbox.lanes import Advertising
    from plexsend.outbox.policies.state import read_to_show
    from plexsend.outbox.reading import queries
    from plexsend.outbox.reading.quiet import read_quiet

    with open_outbox(screen) as (_, store):
        agreed = read_to_show(store)
        found = _look(store)
        views = [(view, held) for view, held in found if show_all or _is_shown(view, held)]
        quiet_of = cache(lambda account: read_quiet(store, account, agreed))
        now_ms = queries.server_ms(store)
        rows = []
        for view, held in views:
            quiet = quiet_of(view.lane.account) if view.lane.advertising is Advertising.QUIET else None
            rows.append(_row(screen, agreed, view, held, "" if quiet is None else quiet.shown(now_ms)))
        nothing = "There are no lanes yet: a lane begins with its first message."
        screen.table(_COLUMNS, rows, empty=nothing, blocks=True, wide=wide)
        if not as_json:
            if len(found) > len(views):
                screen.note(
                    f"Idle lanes with a group, not shown: {len(found) - len(views):,}. --all shows them."
                )
            _warn_of_missing_workers(screen, store, [view for view, _ in views])


def _look(store: Store) -> list[tuple[LaneView, list[Hold]]]:
    from plexsend.outbox.reading import queries

    of_account = cache(lambda account: queries.holds(store, account))
    return [
        (view, queries.covering(of_account(view.lane.account), view.lane))
        for view in queries.look_at_all(store, queries.lanes(store))
    ]


def _is_shown(view: LaneView, held: Sequence[Hold]) -> bool:
    waits = view.ready + view.later + view.sending
    return view.lane.is_route or bool(held) or waits + view.uncertain + view.dead > 0


# `quiet`: until when its advertisements wait; empty where they may go.
def _row(screen: Screen, agreed: Agreed, view: LaneView, held: Sequence[Hold], quiet: str) -> list[str]:
    from plexsend.outbox.reading.json_shapes import advertising_json, lane_json
    from plexsend.outbox.states import BY_RECEIPT

    rate_per_s = agreed.of(view.lane.account).service(view.lane.service).rate_per_s
    oldest_s = None if view.oldest_ready_ms is None else view.oldest_ready_ms / 1000
    screen.facts(
        {
            **lane_json(view.lane),
            "ready": view.ready,
            "later": view.later,
            "sending": view.sending,
            "uncertain": view.uncertain,
            "dead": view.dead,
            "held": bool(held),
            "rate_per_s": rate_per_s,
            "drains": view.drains,
            "oldest_ready_s": oldest_s,
            "holds": [hold.field for hold in held],
            **{str(state): view.ever(state) for state in BY_RECEIPT},
            **advertising_json(view.lane),
            "quiet": bool(quiet),
        }
    )
    counts = (view.ready, view.later, view.sending, view.uncertain, view.dead)
    return [
        view.lane.name,
        *(f"{count:,}" for count in counts),
        f"{rate_per_s:g}" if rate_per_s else "no limit",
        str(view.drains),
        "" if oldest_s is None else span(oldest_s),
        ", ".join([*(f"{hold.scope} {hold.reason}" for hold in held), *([quiet] if quiet else [])]),
    ]


def _warn_of_missing_workers(screen: Screen, store: Store, views: Sequence[LaneView]) -> None:
    from plexsend.outbox.fleet import fleet
    from plexsend.outbox.reading.serving import read_serving

    accounts = sorted({view.lane.account for view in views})
    processes = fleet(store, accounts)
    lonely = accounts if not any(process.lives for process in processes) else []
    if lonely:
        screen.note(f"No worker is alive for: {', '.join(lonely)}. Start one with `plexsend worker`.")
        return
    serving = read_serving(store, processes, accounts)
    waiting = [view.lane for view in views if view.ready or view.later]
    unserved = [lane.name for lane in waiting if not serving.able(lane.service, lane.account)]
    if unserved:
        screen.note(f"No living worker can send for: {', '.join(unserved)}. `plexsend why` says why.")
