"""The tools that judge deploy/, from an environment of their own, which `make deploy-tools` makes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FOLDER = Path(sys.prefix) / "deploy" / "bin"
DEADLINE_S = 60


def tool(name: str) -> Path:
    """Return the path of a tool. Where it is missing the test is skipped, and fails in CI."""
    path = FOLDER / name
    if not path.exists():
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"{name} is not installed here. Run: make deploy-tools")
    return path


def judged(name: str, *words: str | Path, given: str | None = None) -> str:
    """Return all that a tool says, and after it how it ended where that is not well: empty is content.

    `given`: what it reads from its standard input.
    """
    done = subprocess.run(
        [tool(name), *words],
        input=given,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
    )
    ended = f"exit code {done.returncode}" if done.returncode else ""
    return "\n".join(part for part in (done.stdout.strip(), done.stderr.strip(), ended) if part)
