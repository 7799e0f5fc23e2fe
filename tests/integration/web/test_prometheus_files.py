"""Prometheus takes the files of deploy/prometheus. tests/deploy/test_alerts.py tries when alerts fire."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = ROOT / "deploy" / "prometheus"


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is missing: .ci/run installs it (Debian: prometheus)")
        pytest.skip("promtool is missing (Debian: prometheus)")
    return found


@pytest.mark.parametrize(
    "args",
    [
        ("check", "config", FILES / "prometheus.yml"),
        ("check", "rules", FILES / "plexsend-alerts.yml"),
    ],
    ids=lambda args: " ".join(map(str, args[:2])),
)
def test_promtool_takes_them(promtool: str, args: tuple[str, ...]) -> None:
    ended = subprocess.run([promtool, *args], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
