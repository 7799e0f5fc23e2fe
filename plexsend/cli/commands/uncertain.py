"""`plexsend uncertain`: messages that may have been sent, and what a person decides about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.listing import record_columns, record_row
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import LANE, account_option, example, json_option, key_argument, wide_option
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store

_VERDICTS = ("accepted", "resend", "failed")


@click.group(epilog=example("plexsend uncertain list", "plexsend uncertain settle order-4711 accepted"))
def uncertain() -> None:
    """List or settle uncertain messages: the gateway may have them, but never said so.

    They are sent again only if a person asks for it.
    """


@uncertain.command("list", epilog=example("plexsend uncertain list --lane mms-bulk@main"))
@click.option("--lane", type=LANE, metavar="L", help="Only those of this lane.")
@account_option
@wide_option
@json_option
def list_(*, lane: Lane | None, account: str | None, wide: bool, as_json: bool) -> None:
    """List uncertain messages, oldest first."""
    from plexsend.cli.targets import require_own_account
    from plexsend.cli.timing import clock_for
    from plexsend.outbox.reading.json_shapes import record_json

    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        require_own_account(settings, store, account)
        if as_json:
            for record in _records(store, lane, account):
                screen.facts(record_json(record))
        else:
            clock = clock_for(store, lane.account if lane else account)
            rows = (record_row(record, clock) for record in _records(store, lane, account))
            screen.table(
                record_columns(clock), rows, empty="No message is uncertain.", blocks=True, wide=wide
            )


@uncertain.command(epilog=example("plexsend uncertain settle order-4711 resend"))
@key_argument
@click.argument("verdict", metavar="accepted|resend|failed", type=click.Choice(_VERDICTS))
@account_option
@json_option
def settle(*, key: str, verdict: str, account: str | None, as_json: bool) -> None:
    """Settle the uncertain message KEY.

    accepted: the gateway has it. resend: send the same message again, on the risk that it arrives twice.
    failed: it was not sent and will not be; it becomes a dead letter.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.deciding import decide_one
    from plexsend.outbox.steer import Act

    with open_outbox(screen) as (_, store):
        decide_one(screen, store, key, account=account, act=Act(verdict))


def _records(store: Store, lane: Lane | None, account: str | None) -> Iterator[Record]:
    from plexsend.cli.selecting import unknown_lane
    from plexsend.outbox.reading import queries

    known = queries.lanes(store)
    if lane is not None and lane not in known:
        raise unknown_lane(lane, known)
    for each in known:
        if lane in (None, each) and account in (None, each.account):
            for record in queries.listing(store, each, "uncertain"):
                # What was settled since its page was read is not uncertain any more.
                if record.state == "uncertain":
                    yield record
