"""`plexsend status`: all that is known of a message."""

from __future__ import annotations

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import account_option, example, json_option, key_argument
from plexsend.cli.showing import show_record
from plexsend.terminal.screen import Screen


@click.command(epilog=example("plexsend status order-4711"))
@key_argument
@account_option
@json_option
def status(*, key: str, account: str | None, as_json: bool) -> None:
    """Show all that is known of the message KEY: state, lane, attempts, the last answer, history.

    Where several accounts know the key, each has its own message and all are shown.
    """
    from plexsend.outbox.reading.json_shapes import record_json

    screen = Screen(as_json=as_json)
    from plexsend.cli.finding import find_records

    with open_outbox(screen) as (_, store):
        for record in find_records(store, key, account):
            screen.facts(record_json(record))
            if not as_json:
                show_record(screen, record)
