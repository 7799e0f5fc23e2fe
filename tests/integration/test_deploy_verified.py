"""The systemd units as systemd itself reads them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[2] / "deploy" / "systemd"
ANALYZE = shutil.which("systemd-analyze")
FOLDER = "/opt/plexsend/.venv/bin/"
"""Where the units expect our programs, which a machine that runs the tests has elsewhere."""
NEEDS_SYSTEMD = pytest.mark.skipif(
    ANALYZE is None and "CI" not in os.environ,
    reason="systemd-analyze (package systemd) is not installed here",
)


def test_all_units_are_found() -> None:
    assert len(list(SYSTEMD.glob("plexsend-*.service"))) == 5
    assert len(list(SYSTEMD.glob("plexsend-*.timer"))) == 1


def verify(unit: Path) -> subprocess.CompletedProcess[str]:
    """Have systemd say what it does not understand of a unit."""
    assert ANALYZE is not None, "CI installs the package systemd"
    return subprocess.run(
        [ANALYZE, "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )


@NEEDS_SYSTEMD
@pytest.mark.parametrize("name", sorted(path.name for path in SYSTEMD.glob("plexsend-*.service")))
def test_systemd_understands_every_line(name: str, tmp_path: Path) -> None:
    # systemd also looks whether the program is there.
    (tmp_path / "plexsend").symlink_to("/bin/true")
    text = SYSTEMD.joinpath(name).read_text("utf-8")
    assert FOLDER in text
    unit = tmp_path / name
    unit.write_text(text.replace(FOLDER, f"{tmp_path}/"), "utf-8")

    done = verify(unit)

    assert (done.returncode, done.stderr) == (0, "")


@NEEDS_SYSTEMD
def test_systemd_understands_the_timer_and_finds_its_unit(tmp_path: Path) -> None:
    (tmp_path / "plexsend").symlink_to("/bin/true")
    for path in SYSTEMD.glob("plexsend-archive-once.*"):
        tmp_path.joinpath(path.name).write_text(
            path.read_text("utf-8").replace(FOLDER, f"{tmp_path}/"), "utf-8"
        )

    done = verify(tmp_path / "plexsend-archive-once.timer")

    assert (done.returncode, done.stderr) == (0, "")
