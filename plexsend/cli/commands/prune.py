"""`plexsend prune`: records of messages that ended some time ago, forgotten at once."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import ACCOUNT, example, json_option, yes_option
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.plurals import counted
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.redis.store import Store

_AGE = re.compile(r"(\d{1,5})([dh])", re.ASCII)
_HOURS = {"d": 24, "h": 1}


class _Age(click.ParamType[timedelta]):
    """How long ago: days or hours, at least an hour."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = _AGE.fullmatch(value.strip())
        if found is None or not int(found[1]):
            self.fail(f"{value!r} is not an age. Write days or hours, such as 2d or 36h.", param, ctx)
        return timedelta(hours=int(found[1]) * _HOURS[found[2]])


@click.command(epilog=example("plexsend prune --older-than 2d", "plexsend prune --older-than 36h --yes"))
@click.option(
    "--older-than",
    type=_Age(),
    metavar="AGE",
    required=True,
    help="What ended longer ago, in days or hours: 2d, 36h. At least 1h.",
)
@click.option("--account", type=ACCOUNT, metavar="A", help="In this account alone; in all otherwise.")
@yes_option
@json_option
def prune(*, older_than: timedelta, account: str | None, yes: bool, as_json: bool) -> int:
    """Forget records of messages that ended some time ago, to make room in Redis.

    Messages that wait, are being sent or are uncertain stay, and those whose receipt may still come. Dead
    letters of that age go too: requeue before what is still to be sent. A forgotten message has no status,
    and its key is free: an application that submits it again sends it again. For good, lower the policy
    keep_days instead (PLEXSEND_KEEP_DAYS). Interrupted, run it again: it goes on.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        accounts = _accounts(store, account)
        if not yes and sys.stdin.isatty() and not _confirmed(older_than):
            screen.note("Nothing was forgotten.")
            return EXIT_REFUSED
        done = _forget(screen, store, accounts, older_than)
    for name, count in done.items():
        screen.facts({"account": name, "forgotten": count})
    screen.facts({"forgotten": sum(done.values())})
    screen.say(f"Forgotten: {counted(sum(done.values()), 'record')} of messages that ended before.")
    return 0


def _accounts(store: Store, account: str | None) -> list[str]:
    from plexsend.cli.targets import require_account
    from plexsend.outbox.reading import queries

    known = queries.accounts(store)
    if account is None:
        return known
    require_account(account, known)
    return [account]


def _forget(screen: Screen, store: Store, accounts: Sequence[str], older_than: timedelta) -> dict[str, int]:
    from plexsend.outbox.prune import ended_count
    from plexsend.outbox.prune import prune as forget
    from plexsend.terminal.meter import meter

    done = dict.fromkeys(accounts, 0)
    with meter(screen, "prune", "records") as report:
        total = sum(ended_count(store, name) for name in accounts)
        for name in accounts:
            for count in forget(store, name, older_than):
                done[name] += count
                report(sum(done.values()), total)
    return done


def _confirmed(older_than: timedelta) -> bool:
    hours = round(older_than.total_seconds() / 3600)
    days, rest = divmod(hours, 24)
    age = f"{hours:,} hours" if rest or not days else f"{days:,} days"
    return click.confirm(f"Forget all messages that ended more than {age} ago, for good?", err=True)
