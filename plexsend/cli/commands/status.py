"""`plexsend status`: all that is known of a message."""

from __future__ import annotations

from pathlib import Path

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import account_option, example, json_option, key_argument
from plexsend.cli.showing import show_record
from plexsend.errors import NotPossible
from plexsend.terminal.screen import Screen


@click.command(epilog=example("plexsend status order-4711"))
@key_argument
@account_option
@click.option(
    "--archive",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Look in this archive (plexsend archive) for what Redis has forgotten.",
)
@json_option
def status(*, key: str, account: str | None, archive: Path | None, as_json: bool) -> None:
    """Show all that is known of the message KEY: state, lane, attempts, the last answer, receipt, history.

    Where several accounts know the key, each has its own message and all are shown.
    """
    from plexsend.outbox.reading.json_shapes import record_json

    screen = Screen(as_json=as_json)
    from plexsend.cli.finding import find_records, zone_of
    from plexsend.outbox.reading.queries import find

    with open_outbox(screen) as (_, store):
        if archive is not None and not find(store, key, account):
            from plexsend.cli.archive_showing import show_archived

            if show_archived(screen, store, archive, key, account):
                return
            raise NotPossible(
                f"No message {key!r} is known to Redis, nor in the archive {archive}. Check the key"
                + (f", and whether it was sent with the account {account}." if account else ".")
            )
        for record in find_records(store, key, account):
            zone = zone_of(store, record.lane.account)
            screen.facts(record_json(record, zone))
            if not as_json:
                show_record(screen, record, zone)
