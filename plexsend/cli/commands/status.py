"""`plexsend status`: all that is known of a message."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import account_option, example, json_option, key_argument
from plexsend.cli.showing import show_record
from plexsend.errors import NotPossible
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store


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

    Where several accounts know the key, each has its own message and all are shown. Behind a message whose
    fallback was sent is that fallback, and behind a fallback the message in whose place it was sent.
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
            other = _other_of_chain(store, record)
            joined = None if other is None else record_json(other, zone)
            screen.facts({**record_json(record, zone), "other_of_chain": joined})
            if as_json:
                continue
            show_record(screen, record, zone)
            if other is not None:
                screen.say("sent in place of" if record.fallback_of else "its fallback")
                show_record(screen, other, zone)


def _other_of_chain(store: Store, record: Record) -> Record | None:
    """Return the message in whose place this one was sent, or the one sent in its place; None: neither."""
    from plexsend.outbox.fallbacks import FallbackFate, fallback_key
    from plexsend.outbox.records import read_record

    key = record.fallback_of
    if record.fallback is FallbackFate.SENT:
        key = fallback_key(record.msg_key)
    return None if key is None else read_record(store, record.lane.account, key)
