"""Prometheus takes the files of deploy/prometheus; each alert fires when it should and on no quiet day."""

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
        ("test", "rules", Path(__file__).with_name("alerts_test.yml")),
    ],
    ids=lambda args: " ".join(map(str, args[:2])),
)
def test_promtool_takes_them(promtool: str, args: tuple[str, ...]) -> None:
    ended = subprocess.run([promtool, *args], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_each_alert_is_tried() -> None:
    rules = FILES.joinpath("plexsend-alerts.yml").read_text("utf-8")
    tried = Path(__file__).with_name("alerts_test.yml").read_text("utf-8")
    assert f"exp_samples: [{{labels: '{{}}', value: {rules.count('- alert:')}}}]" in tried
