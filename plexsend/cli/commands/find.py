"""`plexsend find`: the messages to a receiver, in a state, with a code, since a time or of a lane."""

from __future__ import annotations

import sys
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import ACCOUNT, LANE, SINCE, example, json_option, wide_option
from plexsend.errors import UsageError
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.moments import WallClock, utc
from plexsend.terminal.screen import Screen
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from plexsend.outbox.found import FoundMessage, Sought, SoughtNumber
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.reading.find import Search
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from plexsend.settings import Settings

_OTHER_KEY = ", and a number that was submitted under another PLEXSEND_NUMBER_KEY is not found"
_UNDER_THE_METER = 500
"""Messages that are found before the first is shown; a bar shows until then how far the search is."""
_STATES = [
    "scheduled",
    "waiting",
    "sending",
    "uncertain",
    "accepted",
    "delivered",
    "undelivered",
    "unknown",
    "rejected",
    "failed",
    "expired",
    "cancelled",
]


@click.command(
    epilog=example(
        "plexsend find --to 010-2345-6789", "plexsend find --state undelivered --since 2026-11-01 --json"
    )
)
@click.option("--to", metavar="NUMBER", help="Messages to this number; - reads it from the first line typed.")
@click.option(
    "--state", "states", type=click.Choice(_STATES), multiple=True, help="In this state; may be given again."
)
@click.option("--code", metavar="C", help="The gateway answered this code, or a receipt named it.")
@click.option(
    "--since",
    type=SINCE,
    metavar="T",
    help="What ended since this day or time, or was submitted and goes on.",
)
@click.option("--lane", type=LANE, metavar="L", help="Of this lane; SERVICE@ACCOUNT has its groups too.")
@click.option("--campaign", metavar="NAME", help="Of the latest run of this campaign; NAME/3: of its third.")
@click.option("--account", type=ACCOUNT, metavar="A", help="In this account alone.")
@click.option(
    "--archive",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="In this archive too, for what Redis has forgotten (plexsend archive).",
)
@wide_option
@json_option
def find(
    *,
    to: str | None,
    states: tuple[str, ...],
    code: str | None,
    since: datetime | None,
    lane: Lane | None,
    campaign: str | None,
    account: str | None,
    archive: Path | None,
    wide: bool,
    as_json: bool,
) -> int:
    """Find messages without knowing their keys. What fits all that is given is listed, a line each.

    First those that have not ended, then the others, the last to end first. A number is found by its keyed
    hash, so PLEXSEND_NUMBER_KEY must be set here and where messages are submitted. Messages are found as
    long as their records are kept (the policy keep_days), with --archive as long as that is. What changes
    meanwhile can come twice. Exit code 1 where there is none.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        run = None if campaign is None else _run(store, campaign, account)
        accounts = _accounts(store, lane, account if run is None else run.account)
        sought = _sought(
            store, settings, accounts, to=to, states=states, code=code, since=since, lane=lane, run=run
        )
        return _list(screen, store, sought, accounts, archive=archive, wide=wide)


def _run(store: Store, campaign: str, account: str | None) -> Run:
    from plexsend.campaigns.reading.finding import find_run

    return find_run(store, campaign, account)


def _accounts(store: Store, lane: Lane | None, account: str | None) -> list[str]:
    from plexsend.cli.targets import require_account
    from plexsend.outbox.reading import queries

    known = queries.accounts(store)
    if lane is not None and account not in (None, lane.account):
        raise UsageError(
            f"--lane {lane.name} is of the account {lane.account}, and --account names {account}."
        )
    name = lane.account if lane is not None else account
    if name is None:
        return known
    require_account(name, known)
    return [name]


def _sought(
    store: Store,
    settings: Settings,
    accounts: Sequence[str],
    *,
    to: str | None,
    states: Sequence[str],
    code: str | None,
    since: datetime | None,
    lane: Lane | None,
    run: Run | None,
) -> Sought:
    from plexsend.cli.timing import place, timing_of
    from plexsend.outbox.found import Sought
    from plexsend.outbox.states import State

    if not states and all(each is None for each in (to, code, since, lane, run)):
        raise UsageError("Say what to find: --to, --state, --code, --since, --lane or --campaign.")
    since_ms = None
    if since is not None:
        timing = timing_of(store, accounts[0] if accounts else "main")
        since_ms = round(place(timing, since, "--since").timestamp() * 1000)
    return Sought(
        receiver=None if to is None else _receiver(settings, to),
        states=frozenset(map(State, states)) or None,
        code=code,
        since_ms=since_ms,
        lane=lane,
        group=None if run is None else run.group,
    )


# The number itself is never repeated: what is wrong with it is said without it.
def _receiver(settings: Settings, to: str) -> SoughtNumber:
    from plexsend.gateway.numbers import normalise_receiver
    from plexsend.gateway.refusals import Refusal
    from plexsend.outbox.found import SoughtNumber
    from plexsend.settings.number_keys import MAKE_KEY

    key = settings.number_key
    if key is None:
        raise UsageError(
            "A number is found by its keyed hash, and no key is set here. Set PLEXSEND_NUMBER_KEY as where "
            "messages are submitted; those that were submitted without it are found by their msg_key alone. "
            f"{MAKE_KEY}"
        )
    digits = normalise_receiver(sys.stdin.readline().strip() if to == "-" else to)
    if isinstance(digits, Refusal):
        raise UsageError(f"--to {digits.reason}. {digits.remedy}")
    return SoughtNumber(key.hash_of(digits), digits[-4:])


def _list(
    screen: Screen,
    store: Store,
    sought: Sought,
    accounts: Sequence[str],
    *,
    archive: Path | None,
    wide: bool,
) -> int:
    from plexsend.cli.searching import WholeSearch
    from plexsend.outbox.policies.wall_clocks import clock_of
    from plexsend.outbox.reading.find import Search
    from plexsend.terminal.meter import meter

    with meter(screen, "find", "records") as report:
        search = Search(store, sought, report)
        whole = WholeSearch(store, search, sought, accounts, archive)
        messages = iter(whole)
        # Where there are more, lines that appear show that it goes on.
        first = [] if screen.as_json else list(islice(messages, _UNDER_THE_METER))
    if screen.as_json:
        found = 0
        for found, message in enumerate(messages, 1):  # noqa: B007  the last number is the sum
            screen.facts(_facts(message))
    else:
        clock = clock_of(store, *accounts)
        rows = (_row(message, clock, archive) for message in chain(first, messages))
        found = screen.table(_columns(clock, archive), rows, blocks=True, wide=wide)
    for problem in whole.problems:
        screen.warn(problem)
    _show_end(screen, store, search, accounts, found=found, by_number=sought.receiver is not None)
    return 0 if found else EXIT_REFUSED


def _columns(clock: WallClock, archive: Path | None) -> list[Column]:
    return [
        Column("msg_key", style="bold"),
        Column("state"),
        Column(clock.title("at")),
        Column("code", leave_out=4),
        Column("carrier", leave_out=1),
        Column("to", leave_out=2),
        Column("lane", leave_out=3),
        *([Column("in", leave_out=1)] if archive else []),
    ]


def _row(message: FoundMessage, clock: WallClock, archive: Path | None) -> list[str]:
    from plexsend.outbox.reading.json_shapes import masked

    return [
        message.msg_key,
        message.state,
        clock.cell(message.at_ms),
        message.code,
        message.carrier,
        masked(message.receiver_last),
        message.lane,
        *(["archive" if message.is_archived else "redis"] if archive else []),
    ]


def _facts(message: FoundMessage) -> dict[str, Any]:
    from plexsend.outbox.fallbacks import first_of
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.reading.json_shapes import advertising_json, lane_json, masked

    return {
        "msg_key": message.msg_key,
        "state": str(message.state),
        **lane_json(Lane.parse(message.lane)),
        **advertising_json(Lane.parse(message.lane)),
        "submitted_at": utc(message.submitted_ms),
        "ended_at": utc(message.ended_ms),
        "code": message.code or None,
        "carrier": message.carrier or None,
        "receiver": masked(message.receiver_last) or None,
        "archived": message.is_archived,
        "fallback_of": first_of(message.msg_key),
    }


def _show_end(
    screen: Screen, store: Store, search: Search, accounts: Sequence[str], *, found: int, by_number: bool
) -> None:
    from plexsend.outbox.policies.state import read_to_show

    if screen.as_json:
        return
    if search.perhaps:
        screen.note(
            f"{search.perhaps:,} more fit and have the same last four digits, but no hash of their number: "
            "they were submitted where PLEXSEND_NUMBER_KEY was not set."
        )
    if not found:
        keep_days = read_to_show(store).of(accounts[0] if accounts else "main").account_wide("keep_days")
        screen.note(
            f"No message was found. What ended is remembered for {keep_days:g} days (the policy keep_days)"
            f"{_OTHER_KEY if by_number else ''}."
        )
