"""What `doctor` says of the folder of campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.doctor.folder import folder_rows, look_from_here
from plexsend.cli.doctor.rows import Grade
from plexsend.shared_folder import FolderSeen, look_at_folder
from tests.unit.outbox.reading.test_disagreements import process

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.fleet import FleetProcess


def rows(root: Path, here: FolderSeen, *processes: FleetProcess) -> list[tuple[Grade, str]]:
    return [(row.grade, row.found) for row in folder_rows(root, here, processes)]


def test_workers_that_see_another_folder_are_named_at_once(tmp_path: Path) -> None:
    here = look_from_here(tmp_path)
    same = [process(pid, feeds=True, folder=look_at_folder(tmp_path).id) for pid in (7, 8)]
    words = f"{tmp_path} is written and read, and 2 worker processes see the same"
    assert rows(tmp_path, here, *same) == [(Grade.OK, words)]
    other = process(9, feeds=True, folder=look_at_folder(tmp_path / "elsewhere").id)
    (found,) = rows(tmp_path, here, *same, other)
    assert found == (Grade.WRONG, f"web1 pid 9 sees another folder than this host does at {tmp_path}")
    # One that is gone, or feeds nothing, or has not looked yet, says nothing.
    silent = process(9, feeds=True, folder="ab", silent_ms=9_000)
    said = rows(tmp_path, here, *same, silent, process(10, folder="ab"), process(11, feeds=True))
    assert said == [(Grade.OK, words)]


def test_a_folder_that_cannot_be_used_is_named_here_and_there(tmp_path: Path) -> None:
    lame = process(9, feeds=True, folder="cannot use it: Permission denied")
    file = tmp_path / "file"
    file.touch()
    there, here = rows(file, look_from_here(file), lame)
    assert there == (Grade.WRONG, "web1 pid 9 cannot use it: Permission denied")
    assert here == (Grade.DOUBTFUL, f"{file}: Not a directory")
    missing = tmp_path / "missing"
    assert rows(missing, look_from_here(missing)) == [(Grade.DOUBTFUL, f"{missing}: it is not there")]
    assert not missing.exists()
