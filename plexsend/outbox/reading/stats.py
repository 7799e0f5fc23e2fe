"""Counts by day: read for tables, and added up to be compared with what lanes count."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from plexsend.outbox.fallbacks import JOINED, REACHED
from plexsend.outbox.policies.midnights import find_zone
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.redis.reads import ask, execute
from plexsend.outbox.replies import number, text
from plexsend.outbox.states import FINAL, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plexsend.outbox.redis.store import Store

SUBMITTED = "submitted"
"""Stands for messages that were added, beside the states."""
_DAYS_AT_ONCE = 31
_EPOCH = date(1970, 1, 1)
_SERVICE = re.compile(r"[^./@]*")


class OfChain(StrEnum):
    """What is counted of messages and their fallbacks, beside each in its state."""

    JOINED = JOINED
    """Their outcome counts by the other message of their chain."""
    REACHED = REACHED
    """They are fallbacks that were delivered."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """Messages of one lane that were submitted on a day, or ended first on it."""

    account: str
    day: date
    lane: str
    """Its name. With `/*`: of some groups together, where a day had very many."""
    state: State | None
    """None: they were submitted."""
    code: str
    """What the gateway said last; `*` for several together."""
    carrier: str
    """Of their receipts; empty where there is none."""
    messages: int
    of_chain: OfChain | None = None
    """None: they are counted in their state, each message once."""

    @property
    def word(self) -> str:
        """How the field names what it counts."""
        if self.of_chain is OfChain.REACHED:
            return REACHED
        return f"{JOINED if self.of_chain else ''}{self.state or SUBMITTED}"

    @property
    def service(self) -> str:
        """The service that they went through."""
        found = _SERVICE.match(self.lane)
        return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class DaySums:
    """What all days of an account hold, with what no day holds: as many as its lanes counted."""

    since_ms: int | None
    """From when on days are counted; None: nobody took stock yet, so nothing can be compared."""
    sums: Counter[str]
    """`submitted` and each final state → messages."""


def day_counts(store: Store, account: str, first: date, last: date) -> Iterator[DayCount]:
    """Yield what was counted of an account from the first day to the last, both included, in their order."""
    days = iter(_days(first, last))
    while page := list(islice(days, _DAYS_AT_ONCE)):
        pipe = store.client.pipeline(transaction=False)
        for day in page:
            pipe.hgetall(store.keys.stats_of(account, f"{day:%Y%m%d}"))
        for day, fields in zip(page, execute(store, pipe), strict=True):
            for name, value in fields.items():
                found = _parse(account, day, text(name), number(value))
                if found is not None and found.messages:
                    yield found


def day_sums(store: Store, account: str) -> DaySums:
    """Return the sums of all days of an account, read page by page; none where nothing can be compared."""
    found = {
        text(name): text(value)
        for name, value in ask(store, lambda pipe: pipe.hgetall(store.keys.stats(account))).items()
    }
    sums = Counter({name: number(found.get(f"b:{name}")) for name in (SUBMITTED, *map(str, FINAL))})
    if not found.get("since"):
        return DaySums(None, Counter())
    since_ms = number(found["since"])
    if found.get("first"):
        first = _EPOCH + timedelta(days=number(found["first"]))
    else:
        first = _day(since_ms) - timedelta(days=2)
    for count in day_counts(store, account, first, _day(server_ms(store)) + timedelta(days=1)):
        if count.of_chain is None:
            sums[count.word] += count.messages
    return DaySums(since_ms, sums)


def _day(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()


def counted_since(store: Store, accounts: Iterable[str], before: date) -> int | None:
    """Return from when on days are counted, ms since 1970; None where these accounts counted all of a month.

    `before`: the day behind the month.
    """
    pipe = store.client.pipeline(transaction=False)
    names = list(accounts)
    for account in names:
        pipe.hget(store.keys.stats(account), "since")
    first = (before - timedelta(days=1)).replace(day=1)
    month_ms = datetime(first.year, first.month, 1, tzinfo=UTC).timestamp() * 1000
    begun = [number(since) for since in (execute(store, pipe) if names else ()) if since]
    late = [since_ms for since_ms in begun if since_ms > month_ms]
    return max(late) if late else None


def today_of(store: Store, account: str | None) -> date:
    """Return the day that it is now where an account is; None: where all are that nobody placed elsewhere."""
    zone = find_zone(read_to_show(store).of(account or "").zone)
    return datetime.fromtimestamp(server_ms(store) / 1000, zone or UTC).date()


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))


# What another program wrote there is left out; audit says that the sums differ.
def _parse(account: str, day: date, field: str, messages: int) -> DayCount | None:
    lane, _, rest = field.partition("|")
    if rest == SUBMITTED:
        return DayCount(account, day, lane, None, "", "", messages)
    word, _, behind = rest.partition("|")
    of_chain = OfChain.REACHED if word == REACHED else OfChain.JOINED if word.startswith(JOINED) else None
    state = State.DELIVERED if of_chain is OfChain.REACHED else word.removeprefix(JOINED)
    if state not in FINAL:
        return None
    code, _, carrier = behind.rpartition("|")
    return DayCount(account, day, lane, State(state), code, carrier, messages, of_chain)
