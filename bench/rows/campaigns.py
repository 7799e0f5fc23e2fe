"""Campaigns: a check of all rows against the loader alone over the same rendered items."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

from bench.rounds import Figure, take_turns
from bench.valkey import Valkey

if TYPE_CHECKING:
    from pathlib import Path

    from bench.row import Plan

ROWS = 1_000_000
FEWER = 200_000
"""Rows of the list whose memory is compared."""
_MOST_ROUNDS = 3
"""A round over a million rows takes two minutes."""


def check(plan: Plan) -> list[Figure]:
    """Rows a second of a check, by one and by two processes, and its memory with more rows."""
    many, few = plan.folder / "many.csv", plan.folder / "few.csv"
    _write(many, plan.size(ROWS))
    _write(few, plan.size(FEWER))
    with Valkey(plan.folder / "valkey") as valkey:
        sides = {
            "loader": partial(_measure, many, valkey.url, 0),
            "one": partial(_measure, many, valkey.url, 1),
            "two": partial(_measure, many, valkey.url, 2),
            "few": partial(_measure, few, valkey.url, 2),
        }
        turns = take_turns(sides, min(plan.rounds, _MOST_ROUNDS), log=plan.log)
    return [
        Figure(
            "check / loader alone, of the CPU of one core",
            turns.ratio("one", "loader", "per_cpu_s"),
            at_least=0.8,
        ),
        Figure("two processes / one", turns.ratio("two", "one", "per_s"), at_least=1.5),
        Figure("memory, 1,000,000 rows / 200,000", turns.ratio("two", "few", "peak_mb"), at_most=1.05),
        Figure("memory", turns.values("two", "peak_mb"), unit="MB"),
        Figure("check, two processes", turns.values("two", "per_s"), unit="/s"),
    ]


def _measure(path: Path, url: str, processes: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.checked", str(path), url, str(processes)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-500:])
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _write(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("휴대폰번호,이름,등급\n")
        # Spread over all numbers, as those of people are.
        for row in range(rows):
            number = 20_000_000 + row * 77_777_777 % 80_000_000
            file.write(f"010-{number // 10_000}-{number % 10_000:04},김철수{row},VIP\n")
