"""`python -m tests.failover`: masters lost under load, each way as often as asked, and what it cost."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import redis

from plexsend.errors import PlexsendError
from tests.failover.cases import CASES
from tests.failover.course import Course

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.failover.cases import Case, Outcome

_HEAD = (
    "case",
    "new master after",
    "first send after it",
    "first added after it",
    "beat after it",
    "silence in all",
    "told added",
    "lost",
    "sent, record lost",
    "sent again, not uncertain",
    "rejected though accepted",
    "bystander: added",
    "lost",
    "sent, record lost",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases and print the table; 1 where a case fails, or the books of an outbox do not add up."""
    parser = argparse.ArgumentParser(prog="python -m tests.failover", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each case is run")
    parser.add_argument("--only", default="", help="run only cases whose name holds this")
    options = parser.parse_args(arguments)
    broken = False
    _print(sys.stdout, " | ".join(_HEAD))
    for case in CASES:
        if options.only in case.name:
            outcomes = []
            for _ in range(options.rounds):
                try:
                    outcomes.append(_run(case))
                except (AssertionError, redis.RedisError, PlexsendError) as exc:
                    # What failed first: a course that failed ends as best it can.
                    first = exc.__context__ or exc
                    _print(sys.stderr, f"{case.name}: failed: {first}")
                    broken = True
            _print(sys.stdout, " | ".join((case.name, *_cells(outcomes))))
            broken = broken or any(outcome.breaks for outcome in outcomes)
    return int(broken)


def _run(case: Case) -> Outcome:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Course(case, Path(folder)) as course:
        outcome = course.run()
    load = os.getloadavg()[0]
    _print(sys.stderr, f"{case.name}: {time.monotonic() - began:.0f} s, load {load:.1f}")
    for found in outcome.breaks:
        _print(sys.stderr, f"  {found}")
    return outcome


def _print(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


def _cells(outcomes: list[Outcome]) -> list[str]:
    bystanders = [outcome.bystander for outcome in outcomes if outcome.bystander is not None]
    return [
        *(
            _spread([getattr(outcome, name) for outcome in outcomes], "{:.1f} s")
            for name in ("promoted_s", "sent_s", "added_s", "rung_s", "silence_s")
        ),
        *(
            _spread([sum(_amount(part, name) for part in outcome.parts) for outcome in outcomes])
            for name in ("added", "lost", "forgotten", "again_undoubted", "misjudged")
        ),
        _spread([each.added for each in bystanders]),
        _spread([len(each.lost) for each in bystanders]),
        _spread([len(each.forgotten) for each in bystanders]),
    ]


def _amount(part: object, name: str) -> int:
    value = getattr(part, name)
    return value if isinstance(value, int) else len(value)


def _spread(values: Iterable[float], form: str = "{:,}") -> str:
    """Return the median and, where they differ, the least and the most."""
    found = sorted(values)
    if not found:
        return ""
    middle = statistics.median_low(found)
    told = form.format(middle)
    return (
        told
        if form.format(found[0]) == form.format(found[-1])
        else (f"{told} ({form.format(found[0])} to {form.format(found[-1])})")
    )


if __name__ == "__main__":
    sys.exit(main())
