"""The folder of a run: whole files or none, wherever a process is killed; words where it cannot be used."""

from __future__ import annotations

import errno
import gzip
import os
import stat
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.folders.folder import ChunkMissing, RunFolder, file_of
from plexsend.campaigns.folders.whole_files import CampaignFolderFailed
from plexsend.campaigns.folders.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.runs.run import RunChunk

ROWS = [(2, ("010-2345-6789", "김철수")), (3, ("01023456790", 'a "b"\n', "\ud83d"))]
STEPS = ("open", "fdopen", "fsync", "mkdir", "rename", "unlink")
MARKS = b" di"
MARKS_NAMED = blake2b(MARKS, digest_size=12).hexdigest()


class Killed(BaseException):
    """What ends a process, as a signal would."""


def folder(root: Path) -> RunFolder:
    return RunFolder(root / "campaigns", "main", "spring-sale~1", "0a1b2c3d")


def write_all(at: RunFolder, named: list[RunChunk] | None = None) -> list[RunChunk]:
    names = [] if named is None else named
    names.append(at.write_chunk(0, 0, ROWS))
    names.append(at.write_chunk(1, 2, ROWS[:1]))
    assert at.write_marks(MARKS) == MARKS_NAMED
    with at:
        at.note_witness(1, 2, begun=3, sync=True)
    return names


def every_step(monkeypatch: pytest.MonkeyPatch, meet: Callable[[str], None]) -> None:
    """Have `meet` called before each step that reaches the disk."""

    def met(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **more: Any) -> Any:
            meet(name)
            return real(*args, **more)

        return step

    for name in STEPS:
        monkeypatch.setattr(os, name, met(name, getattr(os, name)))
    for name in ("mkdir", "rename", "unlink"):
        monkeypatch.setattr(Path, name, met(name, getattr(Path, name)))


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    first, second = write_all(folder(tmp_path))
    again = folder(tmp_path)
    assert again.read_chunk(first) == ROWS
    assert again.read_chunk(second) == ROWS[:1]
    assert again.read_marks(MARKS_NAMED, 3) == MARKS
    assert (first.first_row, first.rows, second.first_row) == (0, 2, 2)


def test_chunk_without_rows_comes_back(tmp_path: Path) -> None:
    assert folder(tmp_path).read_chunk(folder(tmp_path).write_chunk(0, 0, [])) == []


def test_picture_is_found_by_its_name_in_the_folder(tmp_path: Path) -> None:
    at = folder(tmp_path)
    name = at.write_picture(b"picture", ".jpg")
    assert at.path.joinpath(name).read_bytes() == b"picture"
    assert at.write_picture(b"picture", ".jpg") == name


def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    at = folder(tmp_path)
    write_all(at)
    modes = {stat.S_IMODE(each.stat().st_mode) for each in at.path.iterdir()}
    assert modes == {0o600}
    folders = (at.path, at.path.parent, (tmp_path / "campaigns"))
    assert {stat.S_IMODE(each.stat().st_mode) for each in folders} == {0o700}


def test_a_folder_that_an_operator_opened_is_left_as_it_is(tmp_path: Path) -> None:
    at = folder(tmp_path)
    (tmp_path / "campaigns").mkdir(mode=0o750)
    write_all(at)
    assert stat.S_IMODE((tmp_path / "campaigns").stat().st_mode) == 0o750


def test_a_process_killed_at_any_step_leaves_what_was_named_and_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    with monkeypatch.context() as patch:
        every_step(patch, steps.append)
        write_all(folder(tmp_path / "whole"))
    assert {"open", "fsync", "mkdir", "rename"} <= set(steps)
    for last in range(len(steps)):
        met = 0

        def meet(_: str, last: int = last) -> None:
            nonlocal met
            met += 1
            if met > last:
                raise Killed

        at = folder(tmp_path / str(last))
        named: list[RunChunk] = []
        with monkeypatch.context() as patch:
            every_step(patch, meet)
            with pytest.raises(Killed):
                write_all(at, named)
        again = folder(tmp_path / str(last))
        assert [again.read_chunk(name) for name in named] == [ROWS, ROWS[:1]][: len(named)]
        assert again.witness() in (None, Witness(1, 2, 3))
        # Beside what has its name there is at most what nothing names.
        found = again.path.iterdir() if again.exists() else ()
        assert all(each.stat().st_size for each in found if not each.name.startswith("."))
        assert write_all(again) == write_all(folder(tmp_path / "whole"))
        assert again.witness() == Witness(1, 2, 3)


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_a_disk_that_refuses_is_named_and_the_half_file_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    at = folder(tmp_path)
    first = at.write_chunk(0, 0, ROWS)

    def refuse(name: str) -> None:
        if name == step:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        every_step(patch, refuse)
        with pytest.raises(CampaignFolderFailed) as failed:
            at.write_chunk(1, 2, ROWS)
    assert "Make room on that disk" in str(failed.value)
    assert str(at.path) in str(failed.value)
    assert [each.name for each in at.path.iterdir()] == [file_of(first)]


def test_folder_that_may_not_be_written_is_said_with_the_setting(tmp_path: Path) -> None:
    tmp_path.joinpath("campaigns").write_text("not a folder")
    with pytest.raises(CampaignFolderFailed, match="PLEXSEND_CAMPAIGN_DIR must name a folder") as failed:
        folder(tmp_path).write_marks(b"")
    assert "this user may write" in str(failed.value)


def test_chunk_that_is_not_here_asks_for_the_shared_folder(tmp_path: Path) -> None:
    name, _ = write_all(folder(tmp_path / "one host"))
    at = folder(tmp_path / "another host")
    with pytest.raises(ChunkMissing, match="one folder that all hosts share") as missing:
        at.read_chunk(name)
    assert str(at.path / file_of(name)) in str(missing.value)
    with pytest.raises(ChunkMissing, match="PLEXSEND_CAMPAIGN_DIR"):
        at.read_marks(MARKS_NAMED, 3)


@pytest.mark.parametrize("spoil", ["cut", "other", "more"])
def test_damaged_chunk_is_not_read(tmp_path: Path, spoil: str) -> None:
    at = folder(tmp_path)
    name = at.write_chunk(0, 0, ROWS)
    path = at.path / file_of(name)
    content = path.read_bytes()
    path.write_bytes(
        {"cut": content[:-3], "other": gzip.compress(b"[2]\n[3]"), "more": content + b"x"}[spoil]
    )
    with pytest.raises(ChunkMissing, match="is not what was written there") as damaged:
        at.read_chunk(name)
    assert "Kim" not in str(damaged.value)
    assert "010" not in str(damaged.value)


def test_an_old_feeder_does_not_take_back_what_a_later_one_noted(tmp_path: Path) -> None:
    with folder(tmp_path) as at, folder(tmp_path) as old:
        old.note_witness(3, 500, begun=600)
        at.note_witness(4, 1_000, begun=1_100)
        old.note_witness(3, 600)
        assert at.witness() == Witness(4, 1_000, 1_100)


def test_witness_says_what_was_noted_last_under_a_lease_also_by_another_process(tmp_path: Path) -> None:
    with folder(tmp_path) as at:
        at.note_witness(9, 100_000, begun=100_100)
        at.note_witness(9, 100_100)
        assert folder(tmp_path).witness() == Witness(9, 100_100, 100_100)
        at.note_witness(10, 7, begun=8)
    with folder(tmp_path) as again:
        again.note_witness(10, 200_000, sync=True)
        assert again.witness() == Witness(10, 200_000, 200_000)


def test_witness_that_another_program_wrote_counts_for_its_lease_alone(tmp_path: Path) -> None:
    with folder(tmp_path) as at:
        at.note_witness(1, 5)
        (at.path / "witness.2").write_text("words")
        assert at.witness() == Witness(2, 5, 5)


def test_dropped_run_is_gone_whatever_interrupted_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at, neighbour = folder(tmp_path), RunFolder(tmp_path / "campaigns", "main", "spring-sale~2", "99999999")
    write_all(at)
    write_all(neighbour)

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "rmdir", killed)
        with pytest.raises(Killed):
            at.drop()
    assert not at.exists()
    at.drop()
    at.drop()
    assert [each.name for each in at.path.parent.iterdir()] == [neighbour.path.name]
    assert neighbour.read_marks(MARKS_NAMED, 3) == MARKS


@pytest.mark.parametrize("content", [b" d", b" d ", b" dii"])
def test_marks_that_are_not_those_that_were_written_are_not_read(tmp_path: Path, content: bytes) -> None:
    at = folder(tmp_path)
    (at.path / f"marks-{at.write_marks(MARKS)}").write_bytes(content)
    with pytest.raises(ChunkMissing, match="is not what was written there"):
        at.read_marks(MARKS_NAMED, 3)


def test_marks_of_a_version_that_named_none_are_read(tmp_path: Path) -> None:
    at = folder(tmp_path)
    at.write_marks(b"ddd")
    (at.path / "marks").write_bytes(MARKS)
    assert at.read_marks("", 3) == MARKS


@pytest.mark.parametrize("part", ["..", "a/b", "", "A", "x" * 65])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, part: str) -> None:
    with pytest.raises(CampaignFolderFailed, match="cannot be part of the name"):
        RunFolder(tmp_path, part, "a~1", "0a1b2c3d")
