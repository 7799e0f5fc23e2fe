"""The archive's folder: whose it may be, and which of its files are removed."""

from __future__ import annotations

import errno
import os
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.archive.folder import Folder
from plexsend.errors import ArchiveFailed
from tests.unit.archive.made_up import NAME

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_missing_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with Folder.to_write(tmp_path / "a" / "b"):
        assert mode(tmp_path / "a" / "b") == 0o700


@pytest.mark.parametrize("content", [[], [NAME, "2026-11-27.damaged-2.jsonl.gz", ".lock"]])
def test_a_folder_that_is_open_to_others_is_closed_if_it_is_an_archive(
    tmp_path: Path, content: list[str]
) -> None:
    path = tmp_path / "archive"
    path.mkdir()
    path.chmod(0o755)
    for name in content:
        (path / name).touch()
    with Folder.to_write(path):
        assert mode(path) == 0o700


def test_a_folder_with_another_use_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ArchiveFailed, match=r"holds other things than an archive.*chmod 700"):
        Folder.to_write(tmp_path)
    assert mode(tmp_path) == 0o755
    tmp_path.chmod(0o700)
    Folder.to_write(tmp_path).close()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(ArchiveFailed, match="belongs to another user"):
        Folder.to_write(tmp_path)


def test_a_file_of_somebody_else_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Folder.to_write(tmp_path / "archive") as folder:
        (folder.path / NAME).touch()
        monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
        with (
            pytest.raises(ArchiveFailed, match="belongs to another user"),
            folder.opened(NAME, writes=True),
        ):
            pass


def test_a_file_that_is_open_to_others_is_closed_when_it_is_written(tmp_path: Path) -> None:
    with Folder.to_write(tmp_path / "archive") as folder:
        (folder.path / NAME).touch(mode=0o644)
        with folder.opened(NAME, writes=True):
            pass
        assert mode(folder.path / NAME) == 0o600


@pytest.mark.parametrize("kind", ["file", "nothing", "pipe"])
def test_what_is_not_a_folder_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "archive"
    if kind == "file":
        path.touch()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(ArchiveFailed, match="archive: "):
        (Folder.to_read if kind == "nothing" else Folder.to_write)(path)


def test_a_pipe_in_place_of_a_file_is_refused_at_once(tmp_path: Path) -> None:
    with Folder.to_write(tmp_path / "archive") as folder:
        os.mkfifo(folder.path / NAME)
        with pytest.raises(ArchiveFailed, match="is not a file"), folder.opened(NAME, writes=True):
            pass


def test_only_its_own_files_of_days_before_are_removed(tmp_path: Path) -> None:
    with Folder.to_write(tmp_path / "archive") as folder:
        own = ["2025-11-26.jsonl.gz", "2025-11-27.damaged-1.jsonl.gz"]
        others = [
            *("2025-11-28.jsonl.gz", NAME, "2025-11-26.jsonl", "2025-11-26.jsonl.gz.bak", "notes.txt"),
            *("2025-02-30.jsonl.gz", "x2025-11-26.jsonl.gz", "2025-11-26.damaged-x.jsonl.gz"),
        ]
        for name in own + others:
            (folder.path / name).touch()
        (folder.path / "2025-11-01.jsonl.gz").mkdir()
        (folder.path / "2025-11-02.jsonl.gz").symlink_to(folder.path / "notes.txt")
        assert folder.remove_before(date(2025, 11, 28)) == own
        left = {each.name for each in folder.path.iterdir()}
        assert left == {*others, ".lock", "2025-11-01.jsonl.gz", "2025-11-02.jsonl.gz"}


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.EROFS, "Look at the disk"), (errno.EIO, "Look at the disk"), (errno.ELOOP, "no links")],
)
def test_what_the_disk_refuses_is_not_taken_for_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    def refuse(*_: Any, **__: Any) -> int:
        raise OSError(number, os.strerror(number))

    with Folder.to_write(tmp_path / "archive") as folder:
        monkeypatch.setattr(os, "open", refuse)
        with pytest.raises(ArchiveFailed, match=remedy), folder.opened(NAME, writes=True):
            pass
