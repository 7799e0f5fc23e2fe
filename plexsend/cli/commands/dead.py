"""`plexsend dead`: messages that will not be sent unless a person asks."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.listing import record_columns, record_row
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import KEY, LANE, account_option, example, json_option, wide_option
from plexsend.errors import NotPossible
from plexsend.terminal.faults import EXIT_REFUSED, fault_of
from plexsend.terminal.meter import meter
from plexsend.terminal.plurals import counted
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.cli.selecting import Selection
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.steer import Act, Decision
    from plexsend.settings import Settings


@click.group(epilog=example("plexsend dead list", "plexsend dead requeue --code G140"))
def dead() -> None:
    """List, requeue or drop dead letters: messages that were rejected or have failed.

    They are sent again only if a person asks for it.
    """


def _choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        json_option,
        account_option,
        click.option("--all", "everything", is_flag=True, help="Choose every dead letter."),
        click.option("--lane", type=LANE, metavar="L", help="Choose those of this lane."),
        click.option("--code", metavar="C", help="Choose those with this last code, such as G140."),
        click.argument("keys", type=KEY, metavar="[KEY]...", nargs=-1),
    ):
        command = option(command)
    return command


@dead.command("list", epilog=example("plexsend dead list --lane mms-bulk@main"))
@wide_option
@_choosing
def list_(
    *,
    keys: tuple[str, ...],
    code: str | None,
    lane: Lane | None,
    everything: bool,
    account: str | None,
    wide: bool,
    as_json: bool,
) -> int:
    """List dead letters, oldest first, with what the gateway said.

    All of them, or those chosen by KEY, --code or --lane.
    """
    from plexsend.cli.targets import require_own_account
    from plexsend.cli.timing import clock_for
    from plexsend.outbox.reading.json_shapes import record_json

    screen = Screen(as_json=as_json)
    selection = _select(keys, code, lane, account, everything=everything)
    with open_outbox(screen) as (settings, store):
        require_own_account(settings, store, account)
        missing = selection.missing(store)
        if as_json:
            for record in selection.records(store):
                screen.facts(record_json(record))
        else:
            clock = clock_for(store, lane.account if lane else account)
            rows = (record_row(record, clock) for record in selection.records(store))
            nothing = "There are no such dead letters."
            screen.table(record_columns(clock), rows, empty=nothing, blocks=True, wide=wide)
        for problem in missing:
            screen.complain(fault_of(problem))
    return EXIT_REFUSED if missing else 0


@dead.command(epilog=example("plexsend dead requeue order-4711", "plexsend dead requeue --all"))
@_choosing
def requeue(
    *,
    keys: tuple[str, ...],
    code: str | None,
    lane: Lane | None,
    everything: bool,
    account: str | None,
    as_json: bool,
) -> int:
    """Send dead letters again, with fresh attempts.

    They are the same messages, at their old places in the lane. Name them by KEY, or choose them by --code,
    --lane or --all. One of a campaign's run stays where a run made `--from-run` took its row. Exit code 1 if
    one of them cannot be.
    """
    from plexsend.outbox.steer import Act

    selection = _choose(keys, code, lane, account, everything=everything)
    return _act(Screen(as_json=as_json), selection, Act.REQUEUE, "requeued", confirm=False)


@dead.command(epilog=example("plexsend dead drop order-4711", "plexsend dead drop --code G141 --yes"))
@_choosing
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
def drop(
    *,
    keys: tuple[str, ...],
    code: str | None,
    lane: Lane | None,
    everything: bool,
    account: str | None,
    as_json: bool,
    yes: bool,
) -> int:
    """Forget dead letters for good: record, history and text.

    Name them by KEY, or choose them by --code, --lane or --all. Asks first on a terminal.
    """
    from plexsend.outbox.steer import Act

    selection = _choose(keys, code, lane, account, everything=everything)
    return _act(Screen(as_json=as_json), selection, Act.DROP, "dropped", confirm=not yes)


def _select(
    keys: tuple[str, ...], code: str | None, lane: Lane | None, account: str | None, *, everything: bool
) -> Selection:
    from plexsend.cli.selecting import Selection

    if keys and (code or lane or everything):
        raise click.UsageError(
            "KEY names messages one by one; --code, --lane and --all choose among all. Use one way."
        )
    return Selection(keys=keys, code=code, lane=lane, account=account)


def _choose(
    keys: tuple[str, ...], code: str | None, lane: Lane | None, account: str | None, *, everything: bool
) -> Selection:
    if not (keys or code or lane or everything):
        raise click.UsageError("Nothing is chosen. Name keys, or choose by --code or --lane, or say --all.")
    return _select(keys, code, lane, account, everything=everything)


def _act(screen: Screen, selection: Selection, act: Act, done_word: str, *, confirm: bool) -> int:
    from plexsend.cli.targets import require_own_account
    from plexsend.outbox.steer import Act, ask

    decide: Callable[[str, str], Decision | str]
    done = others = 0
    taken: dict[str, list[str]] = {}
    with open_outbox(screen) as (settings, store):
        require_own_account(settings, store, selection.account)
        missing = selection.missing(store)
        chosen = selection.chosen(store)
        if confirm and chosen and sys.stdin.isatty() and not _confirmed(len(chosen)):
            screen.note("Nothing was dropped.")
            return EXIT_REFUSED
        decide = _requeue(settings, store) if act is Act.REQUEUE else partial(ask, store, act=act)
        with meter(screen, str(act), "dead letters") as report:
            for index, (account, key) in enumerate(chosen):
                decision = decide(account, key)
                if isinstance(decision, str):
                    taken.setdefault(decision, []).append(key)
                else:
                    done += decision.done
                    others += decision.outcome == "other_went"
                report(index + 1, len(chosen))
    for by, keys in taken.items():
        screen.complain(fault_of(_taken(by, keys)))
    for problem in missing:
        screen.complain(fault_of(problem))
    refused = len(chosen) - done + len(missing)
    screen.facts({done_word: done, "refused": refused})
    screen.say(f"{done:,} {done_word}" + (f", {refused:,} refused" if refused else ""))
    if others:
        screen.note(
            f"{counted(others, 'dead letter')} stayed: the fallback went, so the recipient could get both. "
            "`plexsend status KEY` shows the two."
        )
    return EXIT_REFUSED if refused else 0


def _requeue(settings: Settings, store: Store) -> Callable[[str, str], Decision | str]:
    from plexsend.campaigns.folders.follow_ups import TakenRows

    return TakenRows(store, settings.campaign_dir).requeue


def _taken(by: str, keys: list[str]) -> NotPossible:
    named = keys[0] if len(keys) == 1 else f"{keys[0]} and {counted(len(keys) - 1, 'other')}"
    return NotPossible(
        f"{named} cannot be requeued: the run {by} was made for the same people and writes, or wrote, to "
        f"them, so they could get it twice. If it did not: plexsend campaign cancel {by}, then requeue."
    )


def _confirmed(count: int) -> bool:
    return click.confirm(f"Drop {counted(count, 'dead letter')} for good?", err=True)
