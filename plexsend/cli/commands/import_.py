"""`plexsend import`: a file of messages put in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.advertising_options import advertising_options
from plexsend.cli.options import (
    example,
    file_options,
    import_options,
    json_option,
    mend_numbers_option,
    msg_type_option,
    submit_options,
)
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Literal


@click.command(
    "import",
    epilog=example(
        "plexsend import messages.csv --service mms-bulk",
        "plexsend import night.jsonl --service mms-bulk --send-at 2026-03-01T09:00:00+09:00",
    ),
)
@click.argument("file", metavar="FILE")
@file_options
@import_options
@msg_type_option
@submit_options
@advertising_options
@mend_numbers_option
@json_option
def import_(
    *,
    file: str,
    service: str,
    fmt: str | None,
    encoding: str | None,
    name: str | None,
    key_column: str | None,
    changed: Literal["hold", "send"],
    resume: bool,
    msg_type: str | None,
    account: str,
    group: str | None,
    send_at: datetime | None,
    expires_at: datetime | None,
    replace: bool,
    advertisement: bool,
    night_consent: bool,
    mend_numbers: bool,
    as_json: bool,
) -> int:
    """Put the messages of FILE in; workers send them.

    FILE holds an item a line (.jsonl), or a table whose header names the gateway's fields (.csv: several
    images separated by `|` or commas, fields inside others with dots as in msg.body.title, buttons as
    JSON). Rows that are refused go to FILE.rejected.jsonl, with what is wrong: mend them there or in the
    file itself, and import it. The same row of the same list is never added twice, so after an
    interruption run it again. A row to a receiver that the list had before, with another content, is held
    back; twelve hours later a person has to say whether it is the same list (docs/imports.md).

    With --json each refused row is a line, and the last line counts added, duplicates, changed, conflicts and
    invalid. Exit code 1 if any row is invalid, in conflict or held back.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.morning import note_morning
    from plexsend.cli.opening import open_outbox
    from plexsend.cli.rows import RowScreen
    from plexsend.cli.submitting import doubt_of_account
    from plexsend.cli.timing import read_timing
    from plexsend.producers import ImportInterrupted, Producer, import_file

    with open_outbox(screen) as (settings, store):
        doubt = doubt_of_account(settings, store, account)
        if doubt is not None:
            screen.warn(doubt)
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
                    name=name,
                    key_column=key_column,
                    changed=changed,
                    resume=resume,
                    send_at=timing.send_at,
                    expires_at=timing.expires_at,
                    advertisement=advertisement,
                    night_consent=night_consent,
                    replace=replace,
                    mend_numbers=mend_numbers,
                    on_progress=on_progress,
                    on_reject=rows.reject,
                    on_remark=rows.remark,
                )
        except ImportInterrupted as exc:
            rows.print_import(exc.report, file, timing)
            rows.note_encoding(exc.report, file, given=encoding)
            raise
        except KeyboardInterrupt:
            screen.note("The import stops. Run it again: what was added is then a duplicate.")
            raise
        rows.print_import(report, file, timing)
        rows.note_encoding(report, file, given=encoding)
        if report.has_advertisements and report.added:
            note_morning(screen, store, account, timing)
    options = {
        "--replace": replace,
        "--advertisement": advertisement,
        "--night-consent": night_consent,
        "--mend-numbers": mend_numbers,
    }
    return rows.end(report, given=[option for option, is_given in options.items() if is_given])
