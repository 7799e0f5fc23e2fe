"""`plexsend reschedule`: give what was not sent another time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import MOMENT_OR_NOW, account_option, example, json_option, key_or_group_argument
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from datetime import datetime


@click.command(
    epilog=example(
        "plexsend reschedule order-4711 2026-12-01T09:00:00+09:00",
        "plexsend reschedule group:spring-sale now",
    )
)
@key_or_group_argument
@click.argument("time", type=MOMENT_OR_NOW, metavar="TIME")
@account_option
@json_option
def reschedule(*, what: str, time: datetime, account: str | None, as_json: bool) -> int:
    """Send the message KEY, or a whole group, at TIME (ISO 8601 with zone, or `now`).

    Only what waits or is scheduled and was never sent gets another time; a time that has passed means now.
    What may have been sent, and what expires at that time or before, stays as it is and is named: exit
    code 1.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.group_deciding import reschedule_group
    from plexsend.cli.rescheduling import reschedule_one
    from plexsend.cli.targets import read_group

    at_ms = round(time.timestamp() * 1000)
    group = read_group(what)
    with open_outbox(screen) as (_, store):
        if group is None:
            reschedule_one(screen, store, what, at_ms, account=account)
            return 0
        return reschedule_group(screen, store, group, at_ms, account=account)
