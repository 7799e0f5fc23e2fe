"""`plexsend results`: who hears what became of messages, how far each is, and hearing it here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import ACCOUNT, MOMENT, example, json_option, wide_option, yes_option
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.meter import meter, towards
from plexsend.terminal.moments import WallClock, span, utc
from plexsend.terminal.plurals import counted
from plexsend.terminal.screen import Screen
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from datetime import datetime

    from plexsend.outbox.results.overview import ReaderState

_account_option = click.option(
    "--account", type=ACCOUNT, metavar="A", help="Of this account alone; of all otherwise."
)
_reader_argument = click.argument("reader", metavar="READER")


@click.group(
    epilog=example("plexsend results list", "plexsend results read billing --from-start --json"),
)
def results() -> None:
    """List, hear, rebuild or drop what applications hear of their messages.

    A reader is a name under which processes hear each state that ends a message, parks it, or comes by its
    receipt. It begins when it is read for the first time, and goes on where it was.
    """


@results.command("list", epilog=example("plexsend results list", "plexsend results list --json"))
@_account_option
@wide_option
@json_option
def list_(*, account: str | None, wide: bool, as_json: bool) -> int:
    """List the readers, and how far each is behind.

    `behind` counts entries of the stream that it has not heard yet, those in the hands of a process too; an
    entry is of one message or of many. `oldest` is the age of the first of them. `missed` is what was gone
    before it came: results are kept for as long as the policy results_keep_days says, whoever reads them.
    Exit code 1 where another program wrote to the list of an account's readers: some may be missing here.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.targets import require_own_account
    from plexsend.outbox.policies.wall_clocks import clock_of
    from plexsend.outbox.results.overview import list_readers, unlisted

    with open_outbox(screen) as (settings, store):
        require_own_account(settings, store, account)
        states = list_readers(store, account)
        unknown = unlisted(store, account)
        clock = clock_of(store, *{state.account for state in states})
    for state in states:
        screen.facts(_facts(state))
    nothing = "There are no readers: one begins with its first read (plexsend results read NAME)."
    if unknown:
        nothing = f"Nobody can say which readers there are in {', '.join(unknown)}."
    rows = [_row(state, clock) for state in states]
    screen.table(_columns(clock), rows, empty=nothing, blocks=True, wide=wide)
    return EXIT_REFUSED if unknown else 0


@results.command(
    epilog=example("plexsend results read billing", "plexsend results read billing --follow --json")
)
@_reader_argument
@click.option("--follow", is_flag=True, help="Wait for more, until Ctrl-C or SIGTERM.")
@click.option("--from-start", is_flag=True, help="A new reader begins with the oldest result that is kept.")
@_account_option
@json_option
def read(*, reader: str, follow: bool, from_start: bool, account: str | None, as_json: bool) -> int:
    """Hear results as the reader READER.

    Prints a line each, with --json an object each, and nothing else. It goes on where the reader was, and
    shares its results with all other processes of that name. A result is done with once it was written out;
    what was not is given again. Without --follow it ends when it has given what is there.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.hearing import hear

    with open_outbox(screen) as (settings, store):
        heard = hear(screen, settings, store, reader, account=account, from_start=from_start, follow=follow)
    screen.note(f"{counted(heard, 'result')}." if heard else "There are no new results for this reader.")
    return 0


@results.command(epilog=example("plexsend results replay billing --since 2026-11-28T09:00"))
@_reader_argument
@click.option(
    "--since",
    type=MOMENT,
    metavar="T",
    required=True,
    help="From when on (ISO 8601; without a zone in that of the policy time_zone).",
)
@_account_option
@json_option
def replay(*, reader: str, since: datetime, account: str | None, as_json: bool) -> int:
    """Give a reader what became of messages since T again.

    It is rebuilt from their records. Of each message that ended or is parked the last result comes, also
    where the stream has lost it, before what is new. Messages whose records are gone are not there. Other
    readers hear nothing of it.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.reader_finding import check_readable, find_readers, ms_in_account, was_dropped
    from plexsend.outbox.prune import ended_count
    from plexsend.outbox.results.replay import replay as rebuild

    total = 0
    with open_outbox(screen) as (_, store):
        states = find_readers(store, reader, account)
        check_readable(states)
        with meter(screen, "replay", "messages") as show:
            for state in states:
                most = ended_count(store, state.account)
                since_ms = ms_in_account(store, state.account, since)
                progress = towards(show, most)
                rebuilt = rebuild(store, state.account, reader, since_ms, progress=progress)
                if rebuilt is None:
                    raise was_dropped(state)
                total += rebuilt
                screen.facts({"reader": reader, "account": state.account, "rebuilt": rebuilt})
    screen.say(
        f"Rebuilt for {reader}: the results of {counted(total, 'message')}. "
        "It hears them before what is new.",
        wraps=True,
    )
    return 0


@results.command(epilog=example("plexsend results drop billing --yes"))
@_reader_argument
@_account_option
@yes_option
@json_option
def drop(*, reader: str, account: str | None, yes: bool, as_json: bool) -> int:
    """Forget a reader: where it was, and what it missed.

    Results stay for the others. End its processes first: one that goes on begins the reader again where it
    was. Asks first on a terminal.
    """
    screen = Screen(as_json=as_json)
    from plexsend.cli.reader_finding import find_readers
    from plexsend.outbox.results.overview import drop as forget

    with open_outbox(screen) as (_, store):
        states = find_readers(store, reader, account)
        if not yes and sys.stdin.isatty() and not _confirmed(states):
            screen.note("Nothing was dropped.")
            return EXIT_REFUSED
        for state in states:
            forget(store, state.account, reader)
            screen.facts({"reader": reader, "account": state.account, "dropped": True})
            screen.say(f"Dropped: reader {reader} of {state.account}.")
    return 0


def _confirmed(states: list[ReaderState]) -> bool:
    where = ", ".join(state.account for state in states)
    return click.confirm(f"Forget how far {states[0].name} is in {where}?", err=True)


def _facts(state: ReaderState) -> dict[str, object]:
    return {
        "reader": state.name,
        "account": state.account,
        "behind": state.behind,
        "behind_s": state.behind_ms / 1000,
        "open_spans": state.open_spans,
        "began_at": utc(state.began_ms or None),
        "heard_until": utc(state.cursor_ms or None),
        "used_at": utc(state.used_ms or None),
        "missed": [
            {
                "from": utc(each.from_ms or None),
                "to": utc(each.to_ms),
                "entries": each.entries or None,
                "why": each.why,
            }
            for each in state.missed
        ],
        "replayed": state.replayed,
        "strange": state.strange,
        "spoilt": not state.is_readable,
    }


def _columns(clock: WallClock) -> tuple[Column, ...]:
    return (
        Column("reader", style="bold"),
        Column("account"),
        Column("behind", right=True),
        Column("oldest", right=True),
        Column("in hand", right=True, leave_out=3),
        Column("rebuilt", right=True, leave_out=2),
        Column(clock.title("last asked"), leave_out=1),
        Column("missed", folds=True, style="red", least=8),
    )


def _row(state: ReaderState, clock: WallClock) -> list[str]:
    if not state.is_readable:
        return [state.name, state.account, "", "", "", "", "", "another program wrote to it"]
    missed = [
        f"{each.entries or 'some'} until {clock.words(each.to_ms)} ({each.why})" for each in state.missed
    ]
    if state.strange:
        missed.append(f"{state.strange:,} of another program left out")
    return [
        state.name,
        state.account,
        f"{state.behind:,}",
        span(state.behind_ms / 1000) if state.behind else "",
        f"{state.open_spans:,}",
        f"{state.replayed:,}",
        clock.cell(state.used_ms) if state.used_ms else "",
        "; ".join(missed),
    ]
