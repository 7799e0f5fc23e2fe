"""Results on the command line: heard as any application hears them, and printed a line each."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

from plexsend.cli.timing import clock_for
from plexsend.errors import Problem
from plexsend.outbox.reading.queries import accounts
from plexsend.producers.producer import Producer
from plexsend.signals import hearing

if TYPE_CHECKING:
    from plexsend.errors import ResultsMissed
    from plexsend.outbox.redis.store import Store
    from plexsend.producers.results import Result
    from plexsend.settings import Settings
    from plexsend.terminal.moments import WallClock
    from plexsend.terminal.screen import Screen

_AT_ONCE = 500
"""Results that are written out before they are done with."""
_PATIENCE_S = 5.0
"""A command that does not follow says so soon where Redis is away; one that follows waits."""


def hear(
    screen: Screen,
    settings: Settings,
    store: Store,
    reader: str,
    *,
    account: str | None,
    from_start: bool,
    follow: bool,
) -> int:
    """Print results until there are no more, or for ever; return how many.

    They are done with once they were written out. SIGTERM ends it, and gives back what was not.
    """
    stop, heard = threading.Event(), 0
    clock = clock_for(store, account)
    # Those that come while it follows count as well.
    known = {account} if account is not None else set(accounts(store))
    with hearing(lambda *_: stop.set(), signal.SIGTERM):
        results = Producer(settings, store).results(
            reader,
            account=account,
            from_start=from_start,
            follow=follow,
            stop=stop,
            on_missed=lambda missed: screen.warn(_problem(missed, clock)),
            patience_s=None if follow else _PATIENCE_S,
        )
        for batch in results.batches(_AT_ONCE):
            known.update(result.account for result in batch)
            for result in batch:
                screen.facts(result.to_json())
                screen.say(_line(result, clock, names_account=len(known) > 1))
            sys.stdout.flush()
            heard += len(batch)
    return heard


def _line(result: Result, clock: WallClock, *, names_account: bool) -> str:
    words = [clock.words(round(result.at.timestamp() * 1000)), str(result.state), result.msg_key]
    said = [
        f"{result.code} {result.desc}".strip(),
        result.carrier,
        result.group and f"group {result.group}",
        f"account {result.account}" if names_account else "",
    ]
    return "  ".join([*words, *(word for word in said if word)])


def _problem(missed: ResultsMissed, clock: WallClock) -> Problem:
    from_ms, to_ms = (round(each.timestamp() * 1000) for each in (missed.since, missed.until))
    return Problem(
        f"reader {missed.reader}",
        f"missed the results of account {missed.account} from {clock.cell(from_ms)} to "
        f"{clock.words(to_ms)}: {missed.why}",
        "It goes on behind them. Rebuild them from the records: "
        f"plexsend results replay {missed.reader} --since {clock.iso(from_ms)}",
    )
