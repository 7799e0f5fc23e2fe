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
MOST_EXPOSED = 15
"""Of 100. What is left is what it needs: the network, and the settings of the host."""
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


def copied(name: str, folder: Path) -> Path:
    """Return a copy of a unit whose program is there: systemd looks for it."""
    folder.joinpath("plexsend").symlink_to("/bin/true")
    text = SYSTEMD.joinpath(name).read_text("utf-8")
    assert FOLDER in text
    unit = folder / name
    unit.write_text(text.replace(FOLDER, f"{folder}/"), "utf-8")
    return unit


each_service = pytest.mark.parametrize(
    "name", sorted(path.name for path in SYSTEMD.glob("plexsend-*.service"))
)


@NEEDS_SYSTEMD
@each_service
def test_systemd_understands_every_line(name: str, tmp_path: Path) -> None:
    done = verify(copied(name, tmp_path))

    assert (done.returncode, done.stderr) == (0, "")


@NEEDS_SYSTEMD
@each_service
def test_systemd_finds_little_that_a_unit_is_exposed_to(name: str, tmp_path: Path) -> None:
    assert exposure(copied(name, tmp_path)).returncode == 0


@NEEDS_SYSTEMD
def test_a_unit_that_is_less_hardened_would_be_found(tmp_path: Path) -> None:
    unit = copied("plexsend-beat.service", tmp_path)
    unit.write_text(unit.read_text("utf-8").replace("SystemCallFilter=", "#"), "utf-8")
    assert exposure(unit).returncode == 1


def exposure(unit: Path) -> subprocess.CompletedProcess[str]:
    """Have systemd weigh what a unit may do; more than the threshold ends with 1."""
    assert ANALYZE is not None, "CI installs the package systemd"
    return subprocess.run(
        [ANALYZE, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@NEEDS_SYSTEMD
@pytest.mark.parametrize("drop_in", sorted(path.name for path in SYSTEMD.glob("drop-ins/*.conf")))
def test_systemd_understands_every_drop_in(drop_in: str, tmp_path: Path) -> None:
    unit = copied("plexsend-worker@.service", tmp_path)
    there = tmp_path / f"{unit.name}.d" / drop_in
    there.parent.mkdir()
    text = SYSTEMD.joinpath("drop-ins", drop_in).read_text("utf-8")

    there.write_text(text, "utf-8")
    done = verify(unit)
    assert (done.returncode, done.stderr) == (0, "")

    there.write_text(text.replace("[Service]", "[Service]\nMemoryMost=1G"), "utf-8")
    assert "MemoryMost" in verify(unit).stderr, "it is not read"


@NEEDS_SYSTEMD
def test_systemd_understands_the_timer_and_finds_its_unit(tmp_path: Path) -> None:
    (tmp_path / "plexsend").symlink_to("/bin/true")
    for path in SYSTEMD.glob("plexsend-archive-once.*"):
        tmp_path.joinpath(path.name).write_text(
            path.read_text("utf-8").replace(FOLDER, f"{tmp_path}/"), "utf-8"
        )

    done = verify(tmp_path / "plexsend-archive-once.timer")

    assert (done.returncode, done.stderr) == (0, "")
