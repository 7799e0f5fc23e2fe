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
    """Send the message KEY, or a whole group, at TIME (ISO 8601, or `now`).

    A TIME without a zone counts in that of the policy time_zone. Only what waits or is scheduled and was
    never sent gets another time. What may have been sent, and what expires at that time or before, stays as
    it is and is named: exit code 1.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.group_deciding import reschedule_group
    from plexsend.cli.rescheduling import reschedule_one
    from plexsend.cli.targets import read_group

    group = read_group(what)
    with open_outbox(screen) as (_, store):
        if group is None:
            reschedule_one(screen, store, what, time, account=account)
            return 0
        return reschedule_group(screen, store, group, time, account=account)
