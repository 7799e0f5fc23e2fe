"""Whether runs of campaigns add up: what was fed is what was submitted, and ticks look at what is to go.

A run and its lanes are read in one look. A feeder adds messages a moment before it moves the mark, and Redis
keeps a lane's counts with the run once the lane ends, so what differs counts if several looks find the same.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from plexsend.outbox.index import indexed_lanes
from plexsend.outbox.reading.discrepancies import HEALS, LOST, Discrepancy
from plexsend.outbox.redis.reads import ask, execute
from plexsend.outbox.replies import number, text
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.parsing import parse_run_fields
from plexsend.outbox.runs.run import is_run
from plexsend.outbox.runs.states import RunState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

_LOOKS = 3
_PAGE = 100
_MOST_AHEAD = 500
"""Messages that a feeder adds before it moves the mark."""


def run_breaks(store: Store) -> Iterator[Discrepancy]:
    """Yield where runs do not add up."""
    for account in sorted(
        text(name) for name in ask(store, lambda pipe: pipe.smembers(store.keys.campaigns))
    ):
        yield from _of_account(store, account)


def _of_account(store: Store, account: str) -> Iterator[Discrepancy]:
    keys = store.keys
    pipe = store.client.pipeline(transaction=True)
    pipe.zrange(keys.runs(account), 0, -1)
    pipe.smembers(keys.live_runs(account))
    pipe.zrange(keys.due(account), 0, -1)
    listed, live, due = ([text(name) for name in names] for names in execute(store, pipe))
    lanes: dict[str, list[Lane]] = defaultdict(list)
    for lane in indexed_lanes(store, account):
        if is_run(lane.group):
            lanes[lane.group or ""].append(lane)
    for group in sorted(lanes.keys() - {*listed}):
        yield Discrepancy("", "", f"the run {_written(group)} has messages, but is not among the runs", LOST)
    for at in range(0, len(listed), _PAGE):
        page = listed[at : at + _PAGE]
        pipe = store.client.pipeline(transaction=False)
        for group in page:
            pipe.hgetall(keys.run(account, group))
        for group, fields in zip(page, execute(store, pipe), strict=True):
            run = parse_run_fields(account, group, fields)
            # A key of another type is named as such.
            if run is None and keys.run(account, group) not in store.spoilt:
                words = f"the run {_written(group)} is listed, but nothing is known of it"
                yield Discrepancy("", "", words, LOST)
            if run is not None:
                yield from _of_run(store, run, lanes.get(group, []), {*live}, {*due})


def _of_run(
    store: Store, run: Run, lanes: Sequence[Lane], live: set[str], due: set[str]
) -> Iterator[Discrepancy]:
    name = f"the run {run.written}"
    if run.state is RunState.SCHEDULED and run.group not in due and not _moved(store, run):
        yield Discrepancy("", "", f"{name} is scheduled, but nobody will start it", HEALS)
    waits = run.state in (RunState.RUNNING, RunState.PAUSED) or run.prepares
    if waits and run.group not in live and not _moved(store, run):
        yield Discrepancy("", "", f"{name} is {run.state}, but no tick looks at it", HEALS)
    # Without a lane the run alone says all; there may be tens of thousands that are over.
    if not lanes and _adds_up(store, run, run.fed - run.skipped, _messages_of(run)):
        return
    seen: set[tuple[int, int]] = set()
    for _ in range(_LOOKS):
        look = _look(store, run, lanes)
        if look is None or look in seen:
            break
        if _adds_up(store, run, *look):
            return
        seen.add(look)
    if look is not None:
        fed, submitted = look
        words = f"{name}: {fed} rows were fed, but its lanes count {submitted} messages submitted"
        yield Discrepancy("", "", words, LOST)


def _moved(store: Store, run: Run) -> bool:
    """Return whether the run has another state now than it was read with."""
    state = ask(store, lambda pipe: pipe.hget(store.keys.run(run.account, run.group), "state"))
    return text(state) != run.state


def _look(store: Store, run: Run, lanes: Sequence[Lane]) -> tuple[int, int] | None:
    """Return of one moment how many rows were fed, and how many messages of rows its lanes counted.

    None where it has other lanes by now, or other states: there is nothing to compare.
    """
    keys = store.keys
    pipe = store.client.pipeline(transaction=True)
    pipe.hgetall(keys.run(run.account, run.group))
    for lane in lanes:
        pipe.hexists(keys.lane_index(run.account), lane.name)
        pipe.hmget(keys.lane(run.account, lane.name, "counts"), "submitted", "fallbacks")
    fields, *replies = execute(store, pipe)
    now = parse_run_fields(run.account, run.group, fields)
    if now is None or now.state is not run.state or not all(replies[::2]):
        return None
    messages = _messages_of(now)
    for submitted, fallbacks in replies[1::2]:
        messages += number(submitted) - number(fallbacks)
    return now.fed - now.skipped, messages


def _messages_of(run: Run) -> int:
    """Return how many messages of rows those lanes counted that have ended."""
    return run.counts.get("submitted", 0) - run.counts.get("fallbacks", 0)


def _adds_up(store: Store, run: Run, fed: int, submitted: int) -> bool:
    # A cancel may have come between the messages of a block and its mark.
    ahead = 0 if run.state is RunState.DONE else _MOST_AHEAD
    if fed <= submitted <= fed + ahead:
        return True
    value = ask(store, lambda pipe: pipe.get(store.keys.fates(run.account, run.group))) or b""
    # Rows that Redis lost from sight count as fed, and may have been submitted before.
    lost = bytes(value).count(str(Fate.LOST).encode())
    return fed - lost <= submitted <= fed + ahead


def _written(group: str) -> str:
    return group.replace("~", "/")
