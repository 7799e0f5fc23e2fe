"""The command of the rehearsal: its steps by name, and what it refuses before it does anything."""

from __future__ import annotations

import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.__main__ import main, remove_left
from tests.rehearsal.course import STEPS

if TYPE_CHECKING:
    from pathlib import Path


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["rehearsal", *words])
    return main()


def test_steps_are_listed_by_names_of_their_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [step.name for step in STEPS]
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_a_step_that_does_not_exist_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(monkeypatch, "--only", "cut,paint")
    assert "no step paint" in capsys.readouterr().err


def test_folders_of_killed_rehearsals_are_removed_and_no_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    # No process has that number: it is above the largest that the kernel gives.
    left = tmp_path / "plexsend-rehearsal-99999999-abc"
    lives = tmp_path / "plexsend-rehearsal-1-abc"
    other = tmp_path / "plexsend-rehearsal-notes"
    for folder in (left, lives, other):
        (folder / "logs").mkdir(parents=True)
    remove_left()
    assert (left.exists(), lives.exists(), other.exists()) == (False, True, True)
