"""`plexsend suppress pending` and `told`: whose refusal was not answered yet, and who was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.number_lists import NumberList
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, wide_option
from plexsend.cli.suppressing import (
    account_of_suppressions,
    column_option,
    encoding_option,
    file_option,
    kind_option,
    numbers_argument,
    numbers_given,
    output_option,
    scope_option,
)
from plexsend.cli.suppression_showing import (
    NumberTally,
    clock_for_account,
    origin_of,
    show_groups,
    show_marked,
    suppressions_of,
)
from plexsend.errors import UsageError
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.suppression import Suppressing


@click.command(epilog=example("plexsend suppress pending", "plexsend suppress pending --file customers.csv"))
@file_option
@output_option
@encoding_option
@column_option
@account_of_suppressions
@wide_option
@json_option
def pending(
    *,
    file: Path | None,
    output: Path | None,
    encoding: str | None,
    column: str | None,
    account: str,
    wide: bool,
    as_json: bool,
) -> int:
    """Show whose refusal was not answered yet.

    The law gives 14 days to tell the person that it counts. With --file the rows of your own list are
    marked: they say whom to tell. Exit code 1 if one is late.
    """
    from plexsend.outbox.suppression import is_pending

    screen = Screen(as_json=as_json)
    if file is None:
        return show_groups(
            screen, account, wide=wide, only=is_pending, empty="Every refusal was answered.", due=True
        )
    with open_outbox(screen) as (settings, store):
        own, clock = suppressions_of(store, account, settings), clock_for_account(store, account)
        return show_marked(screen, NumberList(file, encoding, column), output, own, clock, only=is_pending)


@click.command(
    epilog=example("plexsend suppress told 010-1234-5678", "plexsend suppress told --file done.csv")
)
@numbers_argument
@file_option
@encoding_option
@column_option
@kind_option
@scope_option
@account_of_suppressions
@json_option
def told(
    *,
    numbers: tuple[str, ...],
    file: Path | None,
    encoding: str | None,
    column: str | None,
    kind: str | None,
    scope: str | None,
    account: str,
    as_json: bool,
) -> int:
    """Note whom you have told that their refusal counts. Exit code 1 if a number is not suppressed."""
    from plexsend.outbox.suppression import Suppressing, SuppressionKind

    screen, tally = Screen(as_json=as_json), NumberTally()
    if bool(numbers) == (file is not None):
        raise UsageError("Give numbers, or a list with --file.")
    what, origin = SuppressionKind(kind) if kind else None, origin_of(None)
    with open_outbox(screen) as (settings, store):
        own = suppressions_of(store, account, settings)

        def change(digits: list[str]) -> list[Suppressing]:
            return own.tell(digits, what, scope=scope, origin=origin)

        if file is None:
            tally.take(numbers_given(numbers), change)
        else:
            tally.take_list(screen, NumberList(file, encoding, column), "note", change)
    shown = tally.show(screen, "noted as told")
    return shown or EXIT_REFUSED * (Suppressing.ABSENT in tally.became)
