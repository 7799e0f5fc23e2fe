"""The conditions that operators are notified of, as they are now. The functions beside `look` are pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.outbox.fleet import fleet
from plexsend.outbox.holds import Scope
from plexsend.outbox.notices import Condition, NoticeKind
from plexsend.outbox.policies.state import read
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.disagreements import disagreements
from plexsend.outbox.reading.limits import limited_parts, sent_today
from plexsend.outbox.redis.failures import MAKE_ROOM
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plexsend.outbox.holds import Hold
    from plexsend.outbox.reading.disagreements import Disagreement
    from plexsend.outbox.redis.store import Store

_MARKS = (80, 70)
"""Percent of maxmemory; at the first nothing more is taken in."""
_CLEARANCE = 3
"""Percent below a mark at which it counts as passed again: used memory trembles."""
_LIMIT_MARKS = (100, 80)
"""Percent of what may be sent in a day."""


def look(store: Store) -> list[Condition]:
    """Return the conditions that there are now."""
    accounts = queries.held_accounts(store)
    held = [hold for account in accounts for hold in queries.holds(store, account)]
    agreed = read(store)
    limits = limited_parts(agreed, accounts)
    sent = sent_today(store, list(limits))
    with mapped():
        info: Any = store.client.info("memory")
    return [
        *hold_conditions([*queries.service_pauses(store), *held]),
        *disagreement_conditions(disagreements(fleet(store, accounts), agreed)),
        *memory_conditions(number(info.get("used_memory")), number(info.get("maxmemory"))),
        *(
            one
            for part, limit in limits.items()
            for one in limit_conditions(*part, sent=sent[part], limit=limit)
        ),
    ]


def hold_conditions(holds: Iterable[Hold]) -> Iterator[Condition]:
    """Yield a condition for each hold of an account, a service or a route that keeps something from going.

    A group's hold is its campaign's matter. A service's pause, copied into each account, is one condition.
    """
    seen: set[str] = set()
    for hold in holds:
        is_lane_of_group = hold.scope is Scope.LANE and "/" in hold.what
        if hold.is_size or hold.scope is Scope.GROUP or is_lane_of_group or hold.field in seen:
            continue
        seen.add(hold.field)
        what = f"{str(hold.scope).capitalize()} {hold.what}"
        because = f": {hold.why}" if hold.why else ""
        yield Condition(
            NoticeKind.HOLD,
            hold.field,
            "held",
            f"{what} is held ({hold.reason}) by {hold.by}{because}. How it ends: {hold.how_it_ends}. "
            f"{hold.resuming}: {hold.ending_command}",
            over=f"{what} is not held any more ({hold.reason}). It sends again.",
        )


def disagreement_conditions(differ: Iterable[Disagreement]) -> Iterator[Condition]:
    """Yield a condition for each thing that living workers disagree about."""
    for one in differ:
        yield Condition(
            NoticeKind.DISAGREEMENT,
            f"disagreement {one.what}",
            # Who says what may change; that they do is what was said.
            "disagree",
            f"Workers disagree about {one.text}. Look: plexsend fleet",
            over=f"Workers agree again about {one.what}.",
        )


def memory_conditions(used_bytes: int, most_bytes: int) -> Iterator[Condition]:
    """Yield the condition of a Redis that fills up; the worst mark that it has passed."""
    if not most_bytes:
        return
    percent = 100 * used_bytes / most_bytes
    for mark in _MARKS:
        if percent >= mark:
            yield _filling(mark, mark)
            return
    lowest = _MARKS[-1]
    # Still noted, so that the mark is not passed anew with the next few bytes.
    if percent >= lowest - _CLEARANCE:
        yield _filling(lowest, 0)


def _filling(mark: int, level: int) -> Condition:
    then = (
        "Nothing more is taken in" if mark == _MARKS[0] else f"Above {_MARKS[0]} % nothing more is taken in"
    )
    return Condition(
        NoticeKind.MEMORY,
        "memory",
        str(mark),
        f"Redis uses more than {mark} % of its maxmemory. {then}. {MAKE_ROOM}",
        level=level,
    )


def limit_conditions(service: str, account: str, *, sent: int, limit: int) -> Iterator[Condition]:
    """Yield the condition of a service that has sent much of what it may send today; limit 0: none."""
    if not limit:
        return
    for mark in _LIMIT_MARKS:
        if sent * 100 >= limit * mark:
            rest = " The rest goes after midnight." if mark == _LIMIT_MARKS[0] else ""
            yield Condition(
                NoticeKind.LIMIT,
                f"limit {service}@{account}",
                str(mark),
                f"{service} of account {account} has sent {sent:,} of {counted(limit, 'message')} that it "
                f"may send today.{rest} "
                f"Raise it: plexsend policy set {service}@{account} daily_limit=N --reason R",
                level=mark,
            )
            return
