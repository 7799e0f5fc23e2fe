"""What a person decides for a whole group, and how the outcome is printed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plexsend.cli.login import login_name
from plexsend.cli.rescheduling import STAYS, choose_time
from plexsend.cli.targets import find_group, near_group, require_known
from plexsend.errors import Problem
from plexsend.outbox import groups
from plexsend.outbox.reading.groups import lanes_of, living
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.meter import meter
from plexsend.terminal.moments import utc
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from plexsend.outbox.redis.store import Store
    from plexsend.terminal.screen import Screen

_MOST_SHOWN = 20
"""Keys that people see; programs get all."""


def cancel_group(
    screen: Screen,
    store: Store,
    group: str,
    *,
    account: str | None,
    why: str,
    by: str | None,
    asks: bool,
) -> int:
    """Cancel a group, print what became of it, and return the exit code."""
    target = find_group(store, group, account)
    where = target.account or ""
    if not target.known:
        screen.warn(
            Problem(
                group,
                "is not the name of any group known here",
                f"It is closed nevertheless, so that nothing comes in.{near_group(store, target)} "
                f"A slip is undone by `plexsend resume group:{group} --account {where}`.",
            )
        )
    count = sum(living(store, lane) for lane in lanes_of(store, where, group))
    if asks and count and sys.stdin.isatty() and not _confirmed(count, group, where):
        screen.note("Nothing was cancelled.")
        return EXIT_REFUSED
    with meter(screen, "cancel", "messages") as report:
        done = groups.cancel(store, where, group, by=by or login_name(), why=why, report=report)
    screen.facts(
        {
            "group": group,
            "account": where,
            "known": done.known,
            "cancelled": done.cancelled,
            "wanted": done.wanted,
            "parked": list(done.parked),
        }
    )
    of = f"of the group {group} ({where})"
    screen.say(f"{counted(done.cancelled, f'message {of} is', f'messages {of} are')} cancelled.")
    if done.wanted:
        screen.say(f"{done.wanted:,} being sent right now: cancelled if not sent after all.")
    if done.parked:
        screen.say(
            f"{len(done.parked):,} may have been sent already. Settle them with `plexsend uncertain settle`:"
        )
        _list_keys(screen, done.parked)
    screen.say(f"The group is closed. `plexsend resume group:{group} --account {where}` opens it again.")
    return 0


def reschedule_group(screen: Screen, store: Store, group: str, time: datetime, *, account: str | None) -> int:
    """Give a group another time, print what became of it, and return the exit code."""
    target = find_group(store, group, account)
    require_known(store, target)
    where = target.account or ""
    at_ms, timing = choose_time(store, where, time)
    with meter(screen, "reschedule", "messages") as report:
        done = groups.reschedule(store, where, group, at_ms, report=report)
    screen.facts(
        {
            "group": group,
            "account": where,
            "send_at": utc(done.at_ms),
            "rescheduled": done.rescheduled,
            "left": [{"msg_key": key, "reason": reason} for key, reason in done.left.items()],
        }
    )
    when = "as soon as they can" if done.at_ms is None else f"at {timing.show_ms(done.at_ms)}"
    of = f"of the group {group} ({where})"
    screen.say(f"{counted(done.rescheduled, f'message {of} goes', f'messages {of} go')} {when}.")
    for reason, words in STAYS.items():
        keys = [key for key, found in done.left.items() if found == reason]
        if keys:
            screen.say(f"{len(keys):,} keep their time. Each {words}:")
            _list_keys(screen, keys)
    return EXIT_REFUSED if done.left else 0


def _list_keys(screen: Screen, keys: Iterable[str]) -> None:
    named = list(keys)
    for key in named[:_MOST_SHOWN]:
        screen.say(f"  {key}")
    if len(named) > _MOST_SHOWN:
        screen.say(f"  and {len(named) - _MOST_SHOWN:,} more; --json names all of them")


def _confirmed(count: int, group: str, account: str) -> bool:
    return click.confirm(
        f"Cancel {counted(count, 'message')} of the group {group} ({account}) for good?", err=True
    )
