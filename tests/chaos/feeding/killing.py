"""A campaign is fed while feeders, beats, workers and Redis are killed: each row is one message."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from plexsend.outbox.runs.states import RunState
from tests.chaos.feeding.faults import FeedingFaults
from tests.chaos.feeding.field import Field
from tests.chaos.feeding.judge import judge_counts, judge_ledger, judge_report
from tests.chaos.feeding.ledger import read_ledger
from tests.integration.campaigns.sending import make_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
        while (now := field.look(run)) is None or now.state is RunState.RUNNING:
            if time.monotonic() - began_s > _WITHIN_S:
                return [f"it is not done after {_WITHIN_S:g} s: {now}"]
            faults.play()
            time.sleep(_LOOK_S)
        took_s = time.monotonic() - began_s
        told = read_ledger(field.ledger)
        struck = ", ".join(f"{what} {n}" for what, n in sorted(faults.struck.items()))
        again = sum(times - 1 for times in told.asked.values())
        say(f"  {rows:,} rows in {took_s:.0f} s; {struck}; {again} asked for once more")
        wrong = [] if now.state is RunState.DONE else [f"it is {now.state}: {now.why}"]
        wrong += [*judge_counts(field, now), *judge_report(field, now, told)]
    finally:
        field.end()
    # What a stopped worker still had in hand would come behind the end of the run.
    return [*wrong, *judge_ledger(read_ledger(field.ledger), run)]
