"""`plexsend worker` and `plexsend beat` as real processes, also beside modules of their names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.stand import CELERY, PLEXSEND, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import MakeStand

WRONG = "raise SystemExit('the application's own module was imported')\n"


def make_folder(path: Path, *modules: str) -> Path:
    """Make the folder of an application that has modules of its own under these common names."""
    for module in modules:
        file = path / module
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(WRONG)
    return path


@pytest.mark.parametrize(
    "modules",
    [
        ("worker.py", "producers/__init__.py"),
        ("worker/__init__.py", "worker/celery.py", "celeryconfig.py"),
        # Celery looks for its application in the current folder first.
        ("plexsend.py", "redis.py", "requests.py", "structlog.py", "packaging.py", "kombu.py", "celery.py"),
    ],
)
def test_a_worker_sends_from_a_folder_with_modules_of_the_same_names(
    valkey_url: str, make_stand: MakeStand, tmp_path: Path, modules: tuple[str, ...]
) -> None:
    stand = make_stand(valkey_url, "main")
    folder = make_folder(tmp_path / "application", *modules)
    first = stand.launch_plexsend("worker", "-c", "2", "--without-mingle", folder=folder)
    second = stand.launch_plexsend("worker", "-Q", "sms-verify", "-n", "mine@stand", folder=folder)
    for worker in (first, second):
        worker.wait_for(" ready.")

    lane = stand.submit("mms-bulk", [f"k{number}" for number in range(12)])

    stand.wait_states({"accepted": 12}, lane)
    assert re.search(r"celery@plexsend-[0-9a-f]{8}@\S+ ready|plexsend-[0-9a-f]{8}@\S+ ready", first.words)
    assert "mine@stand ready" in second.words
    assert "INFO" in first.words
    # The command's own process became the worker: a signal reaches it.
    assert first.end() == 0
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == sorted(
        name.rpartition("/")[2] for name in modules
    )


def test_beat_starts_there_too_and_leaves_no_file(
    valkey_url: str, make_stand: MakeStand, tmp_path: Path
) -> None:
    stand = make_stand(valkey_url, "main")
    folder = make_folder(tmp_path / "application", "worker.py", "producers/__init__.py")

    beat = stand.launch_plexsend("beat", folder=folder)
    beat.wait_for("beat: Starting...")

    assert beat.end() == 0
    assert {path.name for path in folder.iterdir()} == {"worker.py", "producers"}


def test_python_runs_the_package_from_there_too(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "application", "worker.py", "producers/__init__.py")

    for line in ([sys.executable, "-m", "plexsend"], [PLEXSEND]):
        done = subprocess.run(
            [*line, "check", "none.csv", "--service", "mms-bulk"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("plexsend: none.csv: there is no such file.")


def test_celery_finds_the_worker_in_the_checkout() -> None:
    done = subprocess.run(
        [CELERY, "-A", "worker", "report"],
        cwd=ROOT,
        env=os.environ | {"PLEXSEND_ACCOUNT_MAIN": "user;secret"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "plexsend.worker.tasks" in done.stdout
