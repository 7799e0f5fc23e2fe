"""`plexsend suppress`: numbers that must not be written to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plexsend.cli.number_lists import NumberList, mark_cells
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
    reason_option,
    scope_option,
)
from plexsend.cli.suppression_answering import pending, told
from plexsend.cli.suppression_deciding import history, offers
from plexsend.cli.suppression_showing import (
    NumberTally,
    clock_for_account,
    columns_for,
    digits_of,
    facts_of,
    origin_of,
    show_groups,
    show_marked,
    suppressions_of,
)
from plexsend.errors import UsageError
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from plexsend.outbox.suppression import Suppression


@click.group(
    epilog=example(
        "plexsend suppress add 010-1234-5678 --reason 'asked by letter'",
        "plexsend suppress check --file customers.csv",
    )
)
def suppress() -> None:
    """Keep numbers from being written to: who refused advertisements, and whom nobody has.

    What is suppressed is not sent, whenever it was submitted. Who refuses advertisements gets order notices.
    """


@suppress.command(epilog=example("plexsend suppress add 010-1234-5678 --kind ads --reason 'by phone'"))
@numbers_argument
@kind_option
@scope_option
@reason_option
@click.option("--told", is_flag=True, help="The person has been told already that the refusal counts.")
@account_of_suppressions
@json_option
def add(
    *,
    numbers: tuple[str, ...],
    kind: str | None,
    scope: str | None,
    reason: str | None,
    told: bool,
    account: str,
    as_json: bool,
) -> int:
    """Suppress numbers. Exit code 1 if any of them is not a number."""
    from plexsend.outbox.suppression import SuppressionKind

    screen, tally = Screen(as_json=as_json), NumberTally()
    given = numbers_given(numbers)
    what, origin = SuppressionKind(kind or "ads"), origin_of(reason)
    with open_outbox(screen) as (settings, store):
        own = suppressions_of(store, account, settings)
        tally.take(given, lambda digits: own.add(digits, what, origin, scope=scope or "", told=told))
    return tally.show(screen, "suppressed")


@suppress.command(epilog=example("plexsend suppress remove 010-1234-5678 --kind ads"))
@numbers_argument
@kind_option
@scope_option
@reason_option
@account_of_suppressions
@json_option
def remove(
    *,
    numbers: tuple[str, ...],
    kind: str | None,
    scope: str | None,
    reason: str | None,
    account: str,
    as_json: bool,
) -> int:
    """Let numbers be written to again. Exit code 1 if one was not suppressed."""
    from plexsend.outbox.suppression import Suppressing, SuppressionKind

    screen, tally = Screen(as_json=as_json), NumberTally()
    given = numbers_given(numbers)
    what, origin = SuppressionKind(kind) if kind else None, origin_of(reason)
    with open_outbox(screen) as (settings, store):
        own = suppressions_of(store, account, settings)
        tally.take(given, lambda digits: own.remove(digits, what, scope=scope, origin=origin))
    shown = tally.show(screen, "no longer suppressed")
    return shown or EXIT_REFUSED * (Suppressing.ABSENT in tally.became)


@suppress.command(
    epilog=example("plexsend suppress check 010-1234-5678", "plexsend suppress check --file a.csv")
)
@numbers_argument
@file_option
@output_option
@encoding_option
@column_option
@account_of_suppressions
@wide_option
@json_option
def check(
    *,
    numbers: tuple[str, ...],
    file: Path | None,
    output: Path | None,
    encoding: str | None,
    column: str | None,
    account: str,
    wide: bool,
    as_json: bool,
) -> int:
    """Show who is suppressed, or mark your own list.

    Since when, by which way, by whom and why.
    """
    screen = Screen(as_json=as_json)
    if bool(numbers) == (file is not None):
        raise UsageError("Give numbers, or a list with --file.")
    with open_outbox(screen) as (settings, store):
        own, clock = suppressions_of(store, account, settings), clock_for_account(store, account)
        if file is not None:
            return show_marked(screen, NumberList(file, encoding, column), output, own, clock)
        given = numbers_given(numbers)
        found = own.look(digits_of(given))
    good = [one for one in given if not one.problem]
    known: list[tuple[str, tuple[Suppression, ...]]] = [
        (one.masked, entries) for one, entries in zip(good, found, strict=True)
    ]
    for masked, entries in known:
        for entry in entries:
            screen.facts({"number": masked, **facts_of(entry)})
        if not entries:
            screen.facts({"number": masked, "kind": None})
    rows = [
        [masked, *(mark_cells(entry, clock) if entry else ["not suppressed", *[""] * 5])]
        for masked, entries in known
        for entry in entries or (None,)
    ]
    screen.table(columns_for(clock), rows, wide=wide)
    tally = NumberTally()
    tally.take(given, lambda _: ())
    return tally.complain(screen)


@suppress.command("import", epilog=example("plexsend suppress import refused.csv --reason 'old system'"))
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@kind_option
@scope_option
@reason_option
@click.option("--untold", is_flag=True, help="The people have not been told yet that their refusals count.")
@encoding_option
@column_option
@account_of_suppressions
@json_option
def import_(
    *,
    file: Path,
    kind: str | None,
    scope: str | None,
    reason: str | None,
    untold: bool,
    encoding: str | None,
    column: str | None,
    account: str,
    as_json: bool,
) -> int:
    """Suppress every number of FILE.

    CSV with a column of numbers, or text with one a line. It may be stopped and run again: what is known
    already stays as it is. Exit code 1 if any row holds no number; all others count.
    """
    from plexsend.outbox.suppression import SuppressionKind, SuppressionSource

    screen, tally = Screen(as_json=as_json), NumberTally()
    what, origin = SuppressionKind(kind or "ads"), origin_of(reason, SuppressionSource.IMPORT)
    with open_outbox(screen) as (settings, store):
        own = suppressions_of(store, account, settings)
        tally.take_list(
            screen,
            NumberList(file, encoding, column),
            "suppress",
            lambda digits: own.add(digits, what, origin, scope=scope or "", told=not untold),
        )
    return tally.show(screen, "suppressed")


@suppress.command("list", epilog=example("plexsend suppress list"))
@account_of_suppressions
@wide_option
@json_option
def list_(*, account: str, wide: bool, as_json: bool) -> int:
    """Show how many numbers are suppressed, and why."""
    screen = Screen(as_json=as_json)
    show_groups(screen, account, wide=wide, only=lambda _: True, empty="No number is suppressed.")
    screen.note("Numbers are kept as hashes: they can be looked up, and not read back or exported.")
    return 0


suppress.add_command(pending)
suppress.add_command(told)
suppress.add_command(offers)
suppress.add_command(history)
