"""`plexsend suppress offers` and `history`: what receipts offer, and who changed what."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, wide_option, words_option
from plexsend.cli.suppressing import account_of_suppressions
from plexsend.cli.suppression_showing import clock_for_account, origin_of
from plexsend.cli.targets import require_own_account
from plexsend.errors import UsageError
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.moments import utc
from plexsend.terminal.plurals import counted
from plexsend.terminal.screen import Screen
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.terminal.moments import WallClock


@click.command(
    epilog=example("plexsend suppress offers", "plexsend suppress offers --accept --day 2026-11-28")
)
@click.option("--accept", is_flag=True, help="Suppress them for everything: nobody has these numbers.")
@click.option("--decline", is_flag=True, help="Offer them no more, until two receipts say so again.")
@click.option("--day", metavar="D", help="Those that were offered on this day alone, YYYY-MM-DD.")
@words_option("--reason", "R", "Why, for those who ask later.")
@account_of_suppressions
@json_option
def offers(
    *, accept: bool, decline: bool, day: str | None, reason: str | None, account: str, as_json: bool
) -> int:
    """Show how many numbers nobody seems to have, by day, and decide.

    Two receipts said so of each. Numbers are hashes here, so all of a day, or all, are decided together.
    Exit code 1 if there is nothing to decide.
    """
    import secrets

    from plexsend.outbox.offers import OfferDecision, decide, offered_at

    if accept and decline:
        raise UsageError("--accept and --decline exclude each other.")
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        require_own_account(settings, store, account)
        clock = clock_for_account(store, account)
        since_ms, until_ms = (0, 0) if day is None else _day(day, clock)
        if accept or decline:
            count = decide(
                store,
                account,
                OfferDecision.ACCEPT if accept else OfferDecision.DECLINE,
                origin_of(reason),
                run=secrets.token_hex(6),
                since_ms=since_ms,
                until_ms=until_ms,
            )
            screen.facts({"accepted" if accept else "declined": count})
            words = "suppressed for everything" if accept else "no longer offered"
            screen.say(f"{counted(count, 'number')} {words}.")
            return 0 if count else EXIT_REFUSED
        found = offered_at(store, account)
    if until_ms:
        found = type(found)({at: n for at, n in found.items() if since_ms <= at < until_ms})
    _show(screen, found, clock)
    return 0


def _show(screen: Screen, found: Mapping[int, int], clock: WallClock) -> None:
    days: dict[str, int] = {}
    for at_ms, n in sorted(found.items()):
        name = clock.cell(at_ms)[:10]
        days[name] = days.get(name, 0) + n
    for name, n in days.items():
        screen.facts({"day": name, "numbers": n})
    columns = [Column(clock.title("day"), style="bold"), Column("numbers", right=True)]
    rows = [[name, f"{n:,}"] for name, n in days.items()]
    screen.table(columns, rows, empty="No number is offered for suppression.")
    if rows:
        screen.note("Suppress them for everything with --accept, or offer them no more with --decline.")


def _day(text: str, clock: WallClock) -> tuple[int, int]:
    from datetime import UTC

    try:
        first = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=clock.zone or UTC)
    except ValueError as exc:
        raise UsageError(f"{text!r} is not a day. Write it as 2026-11-28.") from exc
    ends = (first.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=first.tzinfo)
    return int(first.timestamp() * 1000), int(ends.timestamp() * 1000)


_ACTS = {
    "add": "suppressed",
    "remove": "no longer suppressed",
    "tell": "noted as told",
    "accept": "offers accepted",
    "decline": "offers declined",
}


@click.command(epilog=example("plexsend suppress history"))
@account_of_suppressions
@wide_option
@json_option
def history(*, account: str, wide: bool, as_json: bool) -> int:
    """Show who changed suppressions: when, what, how many and why.

    The newest first, the last thousand; and what was taken back by a post. No numbers are kept with it.
    """
    from plexsend.outbox.suppression_log import read_log

    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        require_own_account(settings, store, account)
        clock, changes = clock_for_account(store, account), read_log(store, account)
    for one in changes:
        screen.facts(
            {
                "at": utc(one.at_ms),
                "act": one.act,
                "numbers": one.count,
                "kind": one.kind or None,
                "scope": one.scope or None,
                "source": str(one.origin.source),
                "by": one.origin.by or None,
                "why": one.origin.why or None,
            }
        )
    columns = [
        Column(clock.title("at"), style="bold"),
        Column("what"),
        Column("numbers", right=True),
        Column("by"),
        *(Column(name, leave_out=place) for place, name in enumerate(("why", "kind", "scope", "source"), 1)),
    ]
    rows = [
        [
            clock.cell(one.at_ms),
            _ACTS.get(one.act, one.act),
            f"{one.count:,}",
            one.origin.by,
            one.origin.why,
            one.kind or "all",
            one.scope or "account",
            str(one.origin.source),
        ]
        for one in changes
    ]
    screen.table(columns, rows, empty="Nobody changed a suppression yet.", wide=wide)
    return 0
