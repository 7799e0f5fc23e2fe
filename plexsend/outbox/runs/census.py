"""The runs of campaigns in figures, for metrics: in which state, what stopped, what is planned."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.outbox.redis.reads import ask, execute
from plexsend.outbox.replies import number, text
from plexsend.outbox.runs.conditions import run_conditions
from plexsend.outbox.runs.parsing import parse_run_fields
from plexsend.outbox.runs.reading import campaign_accounts
from plexsend.outbox.runs.run import group_of
from plexsend.outbox.runs.states import OVER, RunState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

_AT_ONCE = 200
"""Runs in one round trip."""
_FIELDS = ("state", "why", "by_whom", "prepares", "fed", "rows")
"""What is read of each: definitions and chunks may be large."""
LIVING = tuple(state for state in RunState if state not in OVER)
"""The states of runs that are not over."""


@dataclass(slots=True)
class Census:
    """The runs of one account that are not over."""

    states: Counter[RunState] = field(default_factory=Counter)
    stopped: Counter[RunState] = field(default_factory=Counter)
    """By the state in which they wait for a person, though no person stopped them."""
    rows_left: int = 0
    """Rows of those that run which were not fed yet."""
    planned: int = 0
    """Starts that are planned: of scheduled runs, and of campaigns that run again and again."""
    first_planned_ms: int | None = None
    """When the first of them is due."""

    def overdue_s(self, now_ms: int) -> float:
        """Return for how long the first planned start has been due; 0 where none is."""
        return 0.0 if self.first_planned_ms is None else max(0.0, (now_ms - self.first_planned_ms) / 1000)


def take_census(store: Store) -> dict[str, Census]:
    """Return the runs of each account with a campaign: its latest, and those that ticks look at."""
    return {account: _count(store, account) for account in campaign_accounts(store)}


def _count(store: Store, account: str) -> Census:
    pipe = store.client.pipeline(transaction=False)
    pipe.smembers(store.keys.live_runs(account))
    pipe.zcard(store.keys.due(account))
    pipe.zrange(store.keys.due(account), 0, 0, withscores=True)
    live, planned, first = execute(store, pipe)
    census = Census(planned=planned, first_planned_ms=number(first[0][1]) if first else None)
    groups = {*(text(name) for name in live), *_latest(store, account)}
    for run in _read(store, account, sorted(groups)):
        if run.state in OVER:
            continue
        census.states[run.state] += 1
        census.stopped[run.state] += bool([*run_conditions([run])])
        if run.state is RunState.RUNNING:
            census.rows_left += max(0, run.rows - run.fed)
    return census


# Beside the numbers are the campaigns themselves, with their definitions.
def _latest(store: Store, account: str) -> Iterator[str]:
    key = store.keys.campaigns_of(account)
    cursor = 0
    while True:
        at = cursor
        cursor, found = ask(store, lambda pipe: pipe.hscan(key, at, match="#*", count=1_000)) or (0, {})  # noqa: B023  called here
        yield from (group_of(text(name)[1:], number(last)) for name, last in found.items())
        if not cursor:
            return


def _read(store: Store, account: str, groups: Sequence[str]) -> Iterator[Run]:
    for at in range(0, len(groups), _AT_ONCE):
        page = groups[at : at + _AT_ONCE]
        pipe = store.client.pipeline(transaction=False)
        for group in page:
            pipe.hmget(store.keys.run(account, group), _FIELDS)
        for group, values in zip(page, execute(store, pipe), strict=True):
            fields = {
                name.encode(): value for name, value in zip(_FIELDS, values, strict=True) if value is not None
            }
            run = parse_run_fields(account, group, fields)
            if run is not None:
                yield run
