"""`python -m bench`: measures the rows of the table and writes the results into bench/results/."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import machine
from bench.report import table, write
from bench.rounds import ROUNDS
from bench.row import Plan
from bench.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.row import Row

RESULTS = Path(__file__).with_name("results")
_QUICK_ROUNDS = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; returns 0 where every target that was measured is met, else 1."""
    given = _parse(arguments)
    rows = _choose(given.only, quick=given.quick)
    rounds = given.rounds or (_QUICK_ROUNDS if given.quick else ROUNDS)
    if given.list:
        for row in rows:
            print(f"{row.name:10} {row.what}: {row.target}")
        return 0
    # With --json only the results go to standard output.
    with redirect_stdout(sys.stderr) if given.json else redirect_stdout(sys.stdout):
        result = measure(rows, machine.describe(), rounds=rounds, quick=given.quick)
        files = [] if given.no_write else write(result, given.results)
    print(json.dumps(result, ensure_ascii=False) if given.json else table(result))
    for file in files:
        print(f"written: {file}", file=sys.stderr)
    return 0 if all(_is_met(row) for row in result["rows"]) else 1


def measure(rows: Sequence[Row], facts: Mapping[str, Any], *, rounds: int, quick: bool) -> dict[str, Any]:
    """Return the results of these rows and the machine's facts, as values of JSON.

    A row that fails does not stop the others.
    """
    result: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "label": machine.label(),
        "rounds": rounds,
        "quick": quick,
        "machine": facts,
        "rows": [],
    }
    for row in rows:
        print(f"{row.name}: {row.what} (load {machine.load()[0]:.2f})", flush=True)
        found: dict[str, Any] = {"name": row.name, "what": row.what, "target": row.target}
        with tempfile.TemporaryDirectory(prefix="plexsend-bench-") as folder:
            try:
                figures = row.measure(Plan(Path(folder), rounds, quick, _log))
            except Exception as exc:  # noqa: BLE001  hours of other rows must not be lost with it
                found["error"] = f"{type(exc).__name__}: {str(exc)[:500]}"
                print(f"  failed: {found['error']}", flush=True)
            else:
                found["figures"] = [figure.data() for figure in figures]
        found["load"] = machine.load()
        result["rows"].append(found)
    result["load_after"] = machine.load()
    return result


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure plexsend against its targets."
    )
    parser.add_argument("--only", action="append", metavar="ROW", help="measure this row; may be repeated")
    parser.add_argument("--rounds", type=int, help=f"rounds a figure is the median of (default {ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="short runs: only show that the bench works")
    parser.add_argument("--json", action="store_true", help="print the results as one JSON object")
    parser.add_argument("--list", action="store_true", help="name the rows and measure nothing")
    parser.add_argument("--no-write", action="store_true", help="leave bench/results as it is")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the results go")
    return parser.parse_args(arguments)


def _choose(only: Sequence[str] | None, *, quick: bool) -> list[Row]:
    if only is None:
        return [row for row in ROWS if not (quick and row.long)]
    by_name = {row.name: row for row in ROWS}
    unknown = [name for name in only if name not in by_name]
    if unknown:
        raise SystemExit(f"there is no row {', '.join(unknown)}. Rows: {', '.join(by_name)}.")
    return [by_name[name] for name in only]


def _is_met(row: dict[str, Any]) -> bool:
    return "error" not in row and all(figure["met"] is not False for figure in row["figures"])


def _log(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
