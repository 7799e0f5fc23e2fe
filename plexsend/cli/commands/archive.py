"""`plexsend archive`: what became of messages, in a file a day, for longer than Redis keeps it."""

from __future__ import annotations

from pathlib import Path

import click

from plexsend.cli.options import ACCOUNT, example, json_option

_MOST_MONTHS = 1_200


@click.command(
    epilog=example(
        "plexsend archive /var/lib/plexsend/archive",
        "plexsend archive /var/lib/plexsend/archive --keep-months 36 --follow",
    )
)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--follow", is_flag=True, help="Go on until it is stopped, and write what ends within seconds.")
@click.option(
    "--keep-months",
    type=click.IntRange(1, _MOST_MONTHS),
    metavar="N",
    default=12,
    show_default=True,
    help="Remove files of days longer ago, and no other files.",
)
@click.option(
    "--reader",
    metavar="NAME",
    default="archive",
    show_default=True,
    help="The reader of results that remembers how far the archive is. Each folder needs its own.",
)
@click.option("--account", type=ACCOUNT, metavar="A", help="This account alone; all otherwise.")
@json_option
def archive(
    *, folder: Path, follow: bool, keep_months: int, reader: str, account: str | None, as_json: bool
) -> int:
    """Write what became of messages into files of days in the folder DIR.

    A line says key, state, times, codes, carrier and lane, and holds no text and no number. It is written
    when a message was accepted or ended, and again when its receipt says more. Run it at least once in the
    time for which results are kept (the policy results_keep_days), by a timer or with --follow. It may be
    killed at any moment, and run several times at once: each line is written once. Exit code 1 if results
    were gone before they were read; a replay rebuilds them.
    """
    from plexsend.archive.folder import Folder
    from plexsend.cli.archiving import Archiving
    from plexsend.cli.opening import open_outbox
    from plexsend.outbox.results.readers import checked_name
    from plexsend.terminal.screen import Screen

    screen = Screen(as_json=as_json)
    checked_name(reader)
    with Folder.to_write(folder) as opened, open_outbox(screen) as (_, store):
        archiving = Archiving(screen, store, opened, reader, account=account, keep_months=keep_months)
        return archiving.follow() if follow else archiving.write_all()
