"""`plexsend check`: a file of messages judged as an import would, and nothing sent."""

from __future__ import annotations

import click

from plexsend.cli.advertising_options import advertising_options
from plexsend.cli.options import (
    example,
    file_options,
    json_option,
    key_column_option,
    mend_numbers_option,
    msg_type_option,
)
from plexsend.terminal.screen import Screen


@click.command(epilog=example("plexsend check messages.csv --service mms-bulk"))
@click.argument("file", metavar="FILE")
@file_options
@key_column_option
@msg_type_option
@click.option("--replace", is_flag=True, help="Judge it as an import with --replace would.")
@advertising_options
@mend_numbers_option
@json_option
def check(
    *,
    file: str,
    service: str,
    fmt: str | None,
    encoding: str | None,
    key_column: str | None,
    msg_type: str | None,
    replace: bool,
    advertisement: bool,
    night_consent: bool,
    mend_numbers: bool,
    as_json: bool,
) -> int:
    """Judge every row of FILE, and report everything that is wrong with it. Sends nothing and needs no Redis.

    The marks that an advertisement has are judged, those that it lacks are not counted: they come from the
    policies of an account, which only an import knows. So does the sender of rows that name none (the policy
    senders): here they are refused.

    With --json each refused row is a line, and the last line counts valid and invalid. Exit code 1 if any row
    is invalid.
    """
    from plexsend.cli.rows import RowScreen
    from plexsend.producers import check_file

    rows = RowScreen(Screen(as_json=as_json))
    with rows.progress("check") as on_progress:
        report = check_file(
            file,
            service,
            msg_type=msg_type,
            fmt=fmt,
            encoding=encoding,
            key_column=key_column,
            advertisement=advertisement,
            night_consent=night_consent,
            replace=replace,
            mend_numbers=mend_numbers,
            on_progress=on_progress,
            on_reject=rows.reject,
            on_remark=rows.remark,
        )
    rows.print_check(report, file)
    rows.note_encoding(report, file, given=encoding)
    return rows.end(report)
