"""A running campaign is paused and cancelled: nothing more goes a second later, nothing is left behind."""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.campaigns import steering
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.runs.states import RunState
from plexsend.worker.app import POOL_SIZE
from tests.chaos.feeding.field import Field, TooLong
from tests.chaos.feeding.judge import judge_report
from tests.chaos.feeding.ledger import read_ledger, request_times
from tests.integration.campaigns.sending import DEFINITION, make_run, read, with_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plexsend.outbox.runs.run import Run
    from tests.chaos.child import Wanted

_LAST_S = 1.0
"""The last request comes within this time after a pause or a cancel was asked for."""
_QUIET_S = 3.0
"""For how long nothing more may come behind that."""
_REQUESTS = 20
"""The run is on its way once so many more requests were made."""
_PROBE_S = 0.4
"""A feeder that is not stopped feeds in this time."""
_STOPPED_S = ((2.0, 3.0), (7.0, 9.0))
"""For how long a feeder is stopped: it wakes up while its lease lasts, which is for six seconds, or later."""
_LONGEST_IN_HAND_S = 5.0
"""What was taken longer ago is not posted any more, so a process that slept as long sends nothing."""
_TRIES = 60


@dataclass(frozen=True, slots=True)
class Steering:
    """What is played."""

    rows: int
    rate: int | None = None
    """Messages a second; None: as fast as they go."""
    runs_s: tuple[float, float] = (10.0, 30.0)
    """Least and most of how long it runs before the pause, and again before the cancel."""
    stopped_s: tuple[float, float] | None = None
    """Least and most of how long the feeder is stopped; None: by the seed, around its lease."""
    quiet_s: float = _QUIET_S
    workers: int = 2
    beats: int = 1
    """0: a worker rings for campaigns itself."""
    is_timed: bool = True
    """Whether the last request must come within a second; else their number is judged alone."""


def play(folder: Path, how: Steering, seed: int, say: Callable[[str], None]) -> list[str]:
    """Pause a run, resume it, stop its feeder, cancel, wake the feeder up; return what is wrong."""
    chance = random.Random(seed)
    stopped_s = chance.uniform(*(how.stopped_s or _STOPPED_S[seed % 2]))
    field = Field(folder, workers=how.workers, beats=how.beats)
    try:
        field.gateway.wait_ready()
        definition = DEFINITION if how.rate is None else with_rate(how.rate)
        run = make_run(field.store, field.root, how.rows, definition=definition)
        _wait_on_its_way(field)
        time.sleep(chance.uniform(*how.runs_s))
        wrong = [*_pause(field, run, how, say)]
        steering.resume(field.store, run)
        _wait_on_its_way(field)
        time.sleep(chance.uniform(*how.runs_s))
        wrong += _cancel(field, run, how, stopped_s, say)
        wrong += judge_report(field, read(field.store, run.group), read_ledger(field.ledger))
    except TooLong as exc:
        return [str(exc)]
    finally:
        field.end()
    return wrong


def _wait_on_its_way(field: Field) -> None:
    wanted = field.requests() + _REQUESTS
    field.wait_until(lambda: field.requests() >= wanted, "the run is not on its way")


def _pause(field: Field, run: Run, how: Steering, say: Callable[[str], None]) -> Iterator[str]:
    before, asked_s = field.ledger.stat().st_size, time.time()
    steering.pause(field.store, run, by="kim", why="a look")
    time.sleep(_LAST_S)
    fed = read(field.store, run.group).fed
    time.sleep(how.quiet_s)
    late = [at - asked_s for at in request_times(field.ledger, before) if at > asked_s]
    now = read(field.store, run.group)
    say(f"  paused at row {now.fed:,} of {now.rows:,}: last request after {max(late, default=0.0):.2f} s")
    yield from _judge_last(late, how, "paused")
    if now.state is not RunState.PAUSED or now.fed != fed:
        yield f"paused, it is {now.state}, and went from row {fed} to {now.fed}"


def _cancel(
    field: Field, run: Run, how: Steering, stopped_s: float, say: Callable[[str], None]
) -> Iterator[str]:
    feeder = _stop_feeder(field, run)
    before, asked_s = field.ledger.stat().st_size, time.time()
    steering.cancel(field.store, run, field.root, by="kim", why="wrong list")
    took_s = time.time() - asked_s
    closed = read(field.store, run.group)
    added = _added(field, run)
    time.sleep(max(0.0, asked_s + stopped_s - time.time()))
    woke_s = time.time() - asked_s
    feeder.send(signal.SIGCONT)
    time.sleep(how.quiet_s)
    times = [at - asked_s for at in request_times(field.ledger, before) if at > asked_s]
    # A process that was stopped for a short time has requests in hand, and makes them when it wakes up.
    in_hand = [after for after in times if after >= woke_s and woke_s < _LONGEST_IN_HAND_S]
    late = times[: len(times) - len(in_hand)]
    say(
        f"  cancelled at row {closed.fed:,} in {took_s:.2f} s: "
        f"last request after {max(late, default=0.0):.2f} s; "
        f"its feeder woke up after {woke_s:.1f} s with {len(in_hand)} requests in hand"
    )
    yield from _judge_last(late, how, "cancelled")
    if len(in_hand) > POOL_SIZE:
        yield f"its feeder made {len(in_hand)} requests when it woke up"
    now = read(field.store, run.group)
    if (now.fed, since := _added(field, run)) != (closed.fed, added):
        yield f"after the cancel it went from row {closed.fed} to {now.fed}, {since - added} were added"
    yield from _judge_rest(field, now)


def _judge_last(late: list[float], how: Steering, what: str) -> Iterator[str]:
    if how.is_timed and late and max(late) > _LAST_S:
        yield f"{what}, a request came {max(late):.2f} s later"
    # Each thread may have one in hand when it is asked for, and take another before it is done.
    if len(late) > 2 * POOL_SIZE * how.workers:
        yield f"{what}, {len(late)} requests came"


# A worker that holds the lease and does not feed while it is stopped is the feeder.
def _stop_feeder(field: Field, run: Run) -> Wanted:
    for attempt in range(_TRIES):
        worker = field.workers[attempt % len(field.workers)]
        worker.send(signal.SIGSTOP)
        before = read(field.store, run.group)
        time.sleep(_PROBE_S)
        now = read(field.store, run.group)
        if now.state is not RunState.RUNNING:
            break
        if now.holder and (now.lease, now.holder, now.fed) == (before.lease, before.holder, before.fed):
            return worker
        worker.send(signal.SIGCONT)
        time.sleep(_PROBE_S)
    raise TooLong("no feeder was caught in its slice")


def _added(field: Field, run: Run) -> int:
    return sum(
        1 for _ in field.store.client.scan_iter(f"{field.store.keys.record('main', run.id)}-*", count=5_000)
    )


def _judge_rest(field: Field, run: Run) -> Iterator[str]:
    """Yield what is left behind of a run that was cancelled."""
    if run.state is not RunState.CANCELLED:
        yield f"it is {run.state}"
    found = audit(field.store)
    yield from (f"audit: {each}" for each in found.discrepancies[:3])
    living = {state: n for state, n in found.states.items() if n and state in _LIVING}
    if living:
        yield f"of it is left: {living}"
    account = field.store.keys.account("main")
    for pattern in ("b:*", "f:*", "*:later", "*:ready", "*:sending", "*:uncertain"):
        names = list(field.store.client.scan_iter(f"{account}{pattern}", count=5_000))
        if names:
            yield f"{len(names)} keys {pattern} are left, such as {names[0]!r}"
    holds = [name for name in field.store.client.hkeys(f"{account}holds") if run.group.encode() in name]
    if holds:
        yield f"its group is held still: {holds}"


_LIVING = ("scheduled", "waiting", "sending", "uncertain")
