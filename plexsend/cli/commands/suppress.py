"""`plexsend suppress`: numbers that must not be written to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plexsend.cli.number_lists import NumberList, mark_cells
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, wide_option, words_option
from plexsend.cli.output_files import CsvFile
from plexsend.cli.suppressing import account_of_suppressions, kind_option, numbers_given, scope_option
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

_NUMBERS = click.argument("numbers", metavar="NUMBER...", nargs=-1)
_FILE = click.option(
    "--file", type=click.Path(path_type=Path), metavar="F", help="Every number of this list."
)
_OUTPUT = click.option(
    "--output",
    type=CsvFile(),
    metavar="G",
    help="Where the marked list goes; beside it, as NAME.marked.csv, otherwise.",
)
_ENCODING = click.option(
    "--encoding", type=click.Choice(["utf-8", "cp949"]), help="Of the file; otherwise whichever it is in."
)
_REASON = words_option("--reason", "R", "Why, for those who ask later.")


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
@_NUMBERS
@kind_option
@scope_option
@_REASON
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
@_NUMBERS
@kind_option
@scope_option
@_REASON
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
@_NUMBERS
@_FILE
@_OUTPUT
@_ENCODING
@account_of_suppressions
@wide_option
@json_option
def check(
    *,
    numbers: tuple[str, ...],
    file: Path | None,
    output: Path | None,
    encoding: str | None,
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
            return show_marked(screen, NumberList(file, encoding), output, own, clock)
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
@_REASON
@click.option("--untold", is_flag=True, help="The people have not been told yet that their refusals count.")
@_ENCODING
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
            NumberList(file, encoding),
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


@suppress.command(
    epilog=example("plexsend suppress pending", "plexsend suppress pending --file customers.csv")
)
@_FILE
@_OUTPUT
@_ENCODING
@account_of_suppressions
@wide_option
@json_option
def pending(
    *, file: Path | None, output: Path | None, encoding: str | None, account: str, wide: bool, as_json: bool
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
        return show_marked(screen, NumberList(file, encoding), output, own, clock, only=is_pending)


@suppress.command(
    epilog=example("plexsend suppress told 010-1234-5678", "plexsend suppress told --file done.csv")
)
@_NUMBERS
@_FILE
@_ENCODING
@kind_option
@scope_option
@account_of_suppressions
@json_option
def told(
    *,
    numbers: tuple[str, ...],
    file: Path | None,
    encoding: str | None,
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
            tally.take_list(screen, NumberList(file, encoding), "note", change)
    shown = tally.show(screen, "noted as told")
    return shown or EXIT_REFUSED * (Suppressing.ABSENT in tally.became)


suppress.add_command(offers)
suppress.add_command(history)
