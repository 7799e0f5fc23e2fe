"""`plexsend import`: a file of messages put in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.options import example, file_options, json_option, msg_type_option, submit_options
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from datetime import datetime


@click.command(
    "import",
    epilog=example(
        "plexsend import messages.csv --service mms-bulk",
        "plexsend import night.jsonl --service mms-bulk --send-at 2026-03-01T09:00:00+09:00",
    ),
)
@click.argument("file", metavar="FILE")
@file_options
@msg_type_option
@submit_options
@json_option
def import_(
    *,
    file: str,
    service: str,
    fmt: str | None,
    encoding: str,
    msg_type: str | None,
    account: str,
    group: str | None,
    send_at: datetime | None,
    expires_at: datetime | None,
    replace: bool,
    as_json: bool,
) -> int:
    """Put the messages of FILE in; workers send them.

    FILE holds an item a line (.jsonl), or a table whose header names the gateway's fields (.csv: several
    images separated by `|`, fields inside others with dots as in msg.body.title, buttons as JSON). Rows that
    are refused go to FILE.rejected.jsonl, with what is wrong: mend them there and import that file. The same
    file again adds nothing, so after an interruption run it again.

    With --json each refused row is a line, and the last line counts added, duplicates, conflicts and invalid.
    Exit code 1 if any row is invalid or in conflict.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.opening import open_outbox
    from plexsend.cli.rows import RowScreen
    from plexsend.cli.submitting import warn_of_account
    from plexsend.cli.timing import read_timing
    from plexsend.producers import ImportInterrupted, Producer, import_file

    with open_outbox(screen) as (settings, store):
        warn_of_account(screen, settings, account)
        timing = read_timing(store, account, send_at=send_at, expires_at=expires_at)
        rows = RowScreen(screen)
        try:
            with rows.progress("import") as on_progress:
                report = import_file(
                    Producer(settings, store),
                    file,
                    service,
                    account=account,
                    group=group,
                    msg_type=msg_type,
                    fmt=fmt,
                    encoding=encoding,
                    send_at=timing.send_at,
                    expires_at=timing.expires_at,
                    replace=replace,
                    on_progress=on_progress,
                    on_reject=rows.reject,
                    on_remark=rows.remark,
                )
        except ImportInterrupted as exc:
            rows.print_import(exc.report, file, timing)
            raise
        except KeyboardInterrupt:
            screen.note("The import stops. Run it again: what was added is then a duplicate.")
            raise
    rows.print_import(report, file, timing)
    return rows.end(report)
