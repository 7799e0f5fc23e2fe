"""What a person decides where Redis went back in time, and how the outcome is printed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plexsend.cli.archive_settling import settle_by_archive
from plexsend.cli.selecting import unknown_lane
from plexsend.cli.targets import read_group, require_account
from plexsend.errors import NotPossible, Problem
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.reading import queries
from plexsend.outbox.rewound import SettleAs, finish, mark, rewind, settle, touched
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.meter import meter
from plexsend.terminal.moments import span, utc
from plexsend.terminal.plurals import counted
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.rewound import Rewind
    from plexsend.terminal.screen import Screen

_COLUMNS = (Column("lane", style="bold"), Column("may have gone", right=True))
_MEANS = {SettleAs.SENT: "accepted, and not sent again", SettleAs.RESEND: "to be sent again"}


def settle_rewound(
    screen: Screen,
    store: Store,
    verdict: str,
    *,
    what: str | None,
    account: str | None,
    archive: Path | None,
    asks: bool,
) -> int:
    """Settle what may have gone, print what became of it, and return the exit code."""
    as_ = SettleAs(verdict)
    rewinds = _rewinds(store, account)
    known = [lane for lane in queries.lanes(store) if lane.account in rewinds]
    is_wanted = _selection(what, known)
    counts = {lane: touched(store, lane) for lane in known}
    wanted = {lane: count for lane, count in counts.items() if is_wanted(lane)}
    total = sum(wanted.values())
    _warn_of_more(screen, rewinds, wanted, as_)
    if asks and total and sys.stdin.isatty() and not _confirmed(screen, store, rewinds, wanted, as_):
        screen.note("Nothing was settled.")
        return EXIT_REFUSED
    if archive is not None:
        settle_by_archive(screen, store, archive, rewinds, wanted)
    done: dict[Lane, int] = {}
    with meter(screen, "settle", "messages") as show:
        for lane in wanted:
            done[lane] = 0
            for settled in settle(store, lane, as_):
                done[lane] += settled
                show(sum(done.values()), total)
    left = {lane.name: touched(store, lane) for lane in known if not is_wanted(lane)}
    left = {name: count for name, count in left.items() if count}
    held = {lane.account for lane in known if lane.name in left}
    for name in rewinds.keys() - held:
        finish(store, name)
    for lane, count in done.items():
        if count:
            screen.facts({"lane": lane.name, "account": lane.account, "as": str(as_), "settled": count})
    screen.facts({"settled": sum(done.values()), "left": left, "held": sorted(held)})
    screen.say(f"Settled as {_MEANS[as_]}: {counted(sum(done.values()), 'message')}.")
    _say_what_is_left(screen, rewinds, held, left)
    return EXIT_REFUSED if left else 0


def _say_what_is_left(
    screen: Screen, rewinds: Mapping[str, Rewind], held: AbstractSet[str], left: Mapping[str, int]
) -> None:
    for name in sorted(rewinds.keys() - held):
        screen.say(f"Nothing of account {name} is left to decide, and it is not held for this any more.")
    for name in sorted(held):
        screen.say(f"Account {name} is held until its other lanes are settled too.")
    for name, count in left.items():
        screen.say(f"  {name}: {counted(count, 'message')} may have gone")


def mark_rewound(
    screen: Screen, store: Store, since: datetime, *, account: str | None, by: str, why: str
) -> int:
    """Hold accounts by hand, print which, and return the exit code."""
    names = queries.accounts(store)
    if account is not None:
        require_account(account, names)
    from_ms, now_ms = round(since.timestamp() * 1000), queries.server_ms(store)
    if from_ms > now_ms:
        raise NotPossible("The copy cannot be of a time ahead: --since says when it was made.")
    # A copy is restored by a start of the server: what came after that was not in it.
    to_ms = max(from_ms, queries.started_ms(store))
    wanted = names if account is None else [account]
    marked = [name for name in wanted if mark(store, name, from_ms=from_ms, to_ms=to_ms, by=by, why=why)]
    for name in wanted:
        screen.facts({"account": name, "marked": name in marked, "from": utc(from_ms), "to": utc(to_ms)})
        how = "is held: all that was waiting there may have gone" if name in marked else "was held so already"
        screen.say(f"Account {name} {how}.")
    if marked:
        screen.say("Compare with the gateway's own list, then: plexsend rewound settle --as sent|resend")
    return 0 if marked else EXIT_REFUSED


# How much went is known of a route, not of each of its lanes: each of them may have had all of it.
def _warn_of_more(
    screen: Screen, rewinds: Mapping[str, Rewind], wanted: Mapping[Lane, int], as_: SettleAs
) -> None:
    for name, each in sorted(rewinds.items()):
        settled = sum(count for lane, count in wanted.items() if lane.account == name)
        if as_ is SettleAs.SENT and each.messages is not None and settled > each.messages:
            reason = (
                f"{counted(settled, f'message of account {name} is', f'messages of account {name} are')} "
                "to be settled, of which about "
                f"{each.messages:,} went: the others count as accepted and never go"
            )
            remedy = "Compare with the gateway's own list, and settle lane by lane (--lane)."
            screen.warn(Problem("--as", reason, remedy))


def _rewinds(store: Store, account: str | None) -> dict[str, Rewind]:
    names = queries.accounts(store) if account is None else [account]
    found = {name: each for name in names if (each := rewind(store, name)) is not None}
    if not found:
        raise NotPossible(
            "Nothing is to be settled: no account is held because Redis went back in time. `plexsend holds` "
            "lists what is held; after a restore that no worker noticed: `plexsend rewound mark --since T`."
        )
    return found


def _selection(what: str | None, known: list[Lane]) -> Callable[[Lane], bool]:
    """Return which lanes are meant; NotPossible where none is. A route's name means its groups too."""
    if what is None:
        return lambda _: True
    group = read_group(what)
    if group is not None:
        if not any(lane.group == group for lane in known):
            raise NotPossible(f"No lane of a group {group} is in an account that is held so.")
        return lambda lane: lane.group == group
    wanted = Lane.parse(what)
    if wanted not in known:
        raise unknown_lane(wanted, known)
    return lambda lane: wanted in (lane, lane.route)


def _confirmed(
    screen: Screen, store: Store, rewinds: Mapping[str, Rewind], wanted: Mapping[Lane, int], as_: SettleAs
) -> bool:
    for each in rewinds.values():
        clock = clock_of(store, each.account)
        went = (
            "how much went is not known"
            if each.messages is None
            else f"{counted(each.messages, 'message')} went"
        )
        screen.say(
            f"Account {each.account}: Redis forgot what happened from "
            f"{clock.cell(each.from_ms)} to {clock.words(each.to_ms)} "
            f"({span((each.to_ms - each.from_ms) / 1000)}); {went}."
        )
    screen.table(_COLUMNS, [[lane.name, f"{count:,}"] for lane, count in wanted.items() if count])
    return click.confirm(f"Settle {counted(sum(wanted.values()), 'message')} as {_MEANS[as_]}?", err=True)
