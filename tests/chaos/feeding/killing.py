"""A campaign is fed while feeders, beats, workers and Redis are killed: each row is one message."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from plexsend.campaigns import steering
from plexsend.errors import OutboxError
from plexsend.outbox.reading import queries
from plexsend.outbox.runs.states import RunState
from tests.chaos.feeding.faults import FeedingFaults
from tests.chaos.feeding.field import Field
from tests.chaos.feeding.judge import judge_counts, judge_ledger, judge_report
from tests.chaos.feeding.ledger import read_ledger
from tests.chaos.gateway_answers import KNOWN
from tests.integration.campaigns.sending import make_run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plexsend.outbox.runs.run import Run

_WITHIN_S = 1_800.0
_LOOK_S = 0.1


def play(
    folder: Path, rows: int, seed: int, say: Callable[[str], None], *, fsync: str = "always"
) -> list[str]:
    """Send one run under faults; return what is wrong, nothing where it went as promised."""
    field = Field(folder, fsync=fsync)
    try:
        run = make_run(field.store, field.root, rows)
        faults, began_s = FeedingFaults(field, seed), time.monotonic()
        resumed = 0
        while (now := field.look(run)) is None or now.state in (RunState.RUNNING, RunState.PAUSED):
            if time.monotonic() - began_s > _WITHIN_S:
                return [f"it is not done after {_WITHIN_S:g} s: {now}"]
            faults.play()
            resumed += fsync != "always" and now is not None and _resume(field, now)
            time.sleep(_LOOK_S)
        took_s = time.monotonic() - began_s
        told = read_ledger(field.ledger)
        struck = ", ".join(f"{what} {n}" for what, n in sorted(faults.struck.items()))
        again = sum(times - 1 for times in told.asked.values())
        known = _known_again(field, run, told.asked)
        say(
            f"  {rows:,} rows in {took_s:.0f} s; {struck}; {again} asked for once more, "
            f"of {known} Redis had forgotten the first; {resumed} times it forgot what was fed"
        )
        wrong = [] if now.state is RunState.DONE else [f"it is {now.state}: {now.why}"]
        wrong += judge_report(field, now, told)
        wrong += [] if resumed else judge_counts(field, now)
    finally:
        field.end()
    # What a stopped worker still had in hand would come behind the end of the run.
    told = read_ledger(field.ledger)
    if not resumed:
        return [*wrong, *judge_ledger(told, run)]
    # Rows that Redis forgot may have been sent or not, and count as unknown. Nobody has two all the same.
    return [*wrong, *(f"{number} was written to twice" for number in told.twice[:3])]


# As a person does who reads why the run is paused.
def _resume(field: Field, run: Run) -> bool:
    if run.state is not RunState.PAUSED or not run.why.startswith("Redis went back"):
        return False
    with suppress(OutboxError):
        return steering.resume(field.store, run).changed
    return False


# Accepted with the code by which the gateway refuses a key that it has, and no trouble before.
def _known_again(field: Field, run: Run, asked: Mapping[str, int]) -> int:
    found = 0
    for key in (key for key, times in asked.items() if times > 1):
        records = queries.find(field.store, key, run.account)
        found += any(one.code == KNOWN and not one.may_have_been_sent for one in records)
    return found
