"""Proof that each message which ended is counted where its record says: by day, state, code and carrier.

A day holds what ended on it, also of messages whose records are gone by now: it counts in each field as many
as there are records at least. The fields are read before the records, and what changed since is left out: so
nothing that moves meanwhile is taken for lost.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from plexsend.outbox.reading.day_audit import REMEDY
from plexsend.outbox.reading.discrepancies import Discrepancy
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.reading.stats import day_counts
from plexsend.outbox.redis.reads import ask
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plexsend.outbox.redis.store import Store

_MANY = "*"
"""Stands for several groups, or several codes and carriers, where a day had very many."""
_DATE = len("20261129")
_A_DAY = timedelta(days=1)


def fields_of_days(store: Store, account: str) -> Counter[str]:
    """Return what the days of which there may be records count: `YYYYMMDD|<field>` → messages."""
    first = text(ask(store, lambda pipe: pipe.lindex(f"{store.keys.account(account)}ended", 0)))
    now_ms = server_ms(store)
    first_ms = number(first.partition(":")[0].encode()) or now_ms
    found: Counter[str] = Counter()
    # A day of the account begins up to 14 hours from one of UTC.
    for one in day_counts(store, account, _day(first_ms) - _A_DAY, _day(now_ms) + _A_DAY):
        if one.state is not None:
            name = f"{one.day:%Y%m%d}|{one.lane}|{one.word}|{one.code}|{one.carrier}"
            found[name] += one.messages
    return found


def lacks(account: str, held: Mapping[str, int] | None, wanted: Mapping[str, int]) -> Iterator[Discrepancy]:
    """Yield the fields that count less than there are records.

    `held`: None: the account was not known when they were read.
    """
    if held is None:
        return
    folded = {name[:_DATE] for name in held if _is_wide(name)}
    has = Counter({name: n for name, n in held.items() if name[:_DATE] not in folded})
    needs = Counter({name: n for name, n in wanted.items() if name[:_DATE] not in folded})
    for counts, into in ((held, has), (wanted, needs)):
        for name, n in counts.items():
            if name[:_DATE] in folded:
                into[_widest(name)] += n
    for name, n in sorted(needs.items()):
        if has[name] < n:
            day, _, field = name.partition("|")
            words = f"account {account}: its day {day} holds {has[name]:,} of {field}, its records say {n:,}"
            yield Discrepancy("", "", words, REMEDY)


def _is_wide(name: str) -> bool:
    _, lane, _, code, _ = _parts(name)
    return f"/{_MANY}" in lane or code == _MANY


def _widest(name: str) -> str:
    day, lane, state, _, _ = _parts(name)
    service, _, behind = lane.partition("/")
    route = f"{service}@{behind.partition('@')[2]}" if behind else lane
    return f"{day}|{route}|{state}"


# A code of the gateway's own making may hold the sign between parts.
def _parts(name: str) -> tuple[str, str, str, str, str]:
    day, lane, state, behind = name.split("|", 3)
    code, _, carrier = behind.rpartition("|")
    return day, lane, state, code, carrier


def _day(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()
