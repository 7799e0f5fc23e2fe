"""A day's file: each line once, each append whole or not at all, whatever killed the one before."""

from __future__ import annotations

import errno
import gzip
import os
import threading
from typing import TYPE_CHECKING

import pytest

from plexsend.archive.day_file import DayFile
from plexsend.archive.folder import Folder
from plexsend.archive.looking import ArchiveFilter, LookUp
from plexsend.archive.members import Label
from plexsend.errors import ArchiveFailed
from plexsend.outbox.lanes import Lane
from plexsend.outbox.states import State
from tests.unit.archive.made_up import DAY, DAY_MS, NAME, found, keys_in, label, line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """An archive's folder, open."""
    with Folder.to_write(tmp_path / "archive") as folder:
        yield folder


SHOP = Lane("mms-bulk", None, "shop")


def fresh(folder: Folder) -> DayFile:
    """The day's file as a process sees it that has just started."""
    return DayFile(folder, DAY)


def write(folder: Folder, *keys: str, at: int = 0) -> int:
    """Append lines by such a process."""
    lines = [line(key, at=at + i) for i, key in enumerate(keys)]
    return fresh(folder).append(label(at, at + len(keys)), lines)


def test_lines_are_there_and_only_for_their_owner(folder: Folder) -> None:
    assert write(folder, "k1", "k2") == 2
    assert keys_in(folder.path) == ["k1", "k2"]
    assert (folder.path / NAME).stat().st_mode & 0o777 == 0o600
    assert folder.path.stat().st_mode & 0o777 == 0o700


def test_killed_at_any_byte_of_an_append_nothing_is_lost_and_nothing_doubled(folder: Folder) -> None:
    write(folder, "k1", "k2")
    path = folder.path / NAME
    before = path.stat().st_size
    write(folder, "k3", "k4", at=10)
    whole = path.read_bytes()
    for size in range(before, len(whole)):
        path.write_bytes(whole[:size])
        assert [each.msg_key for each in found(folder.path)] == ["k1", "k2"], size
        # The span was not ended, so it is given again: by a process that knows nothing of the first.
        assert write(folder, "k3", "k4", at=10) == 2
        assert path.read_bytes() == whole, size
    assert len(folder.notices) == len(whole) - before - 1


def test_what_was_cut_off_is_gone_where_less_is_written_in_its_place(folder: Folder) -> None:
    write(folder, "k1")
    path = folder.path / NAME
    before = path.read_bytes()
    write(folder, *(f"long{i}" for i in range(200)), at=10)
    os.truncate(path, path.stat().st_size - 1)
    assert write(folder, "k2", at=10) == 1
    assert keys_in(folder.path) == ["k1", "k2"]
    assert path.read_bytes().startswith(before)


def test_an_append_waits_until_another_process_has_written(folder: Folder) -> None:
    with Folder.to_read(folder.path) as other:
        with other.locked():
            thread = threading.Thread(target=write, args=(folder, "k1"))
            thread.start()
            thread.join(0.1)
            assert (thread.is_alive(), (folder.path / NAME).exists()) == (True, False)
        thread.join(10)
    assert keys_in(folder.path) == ["k1"]


def test_killed_behind_an_append_it_is_not_written_again(folder: Folder) -> None:
    assert write(folder, "k1", "k2") == 2
    assert write(folder, "k1", "k2") == 0
    assert keys_in(folder.path) == ["k1", "k2"]


def test_two_processes_with_a_span_in_common_write_it_once(folder: Folder) -> None:
    first, second = fresh(folder), fresh(folder)
    lines = [line(f"k{i}", at=i) for i in range(10)]
    assert first.append(label(0, 5), lines[:6]) == 6
    assert second.append(label(3, 9), lines[3:]) == 4
    assert first.append(label(3, 9), lines[3:]) == 0
    assert sorted(keys_in(folder.path)) == [f"k{i}" for i in range(10)]


def test_spans_of_other_accounts_and_later_states_are_other_lines(folder: Folder) -> None:
    file = fresh(folder)
    assert file.append(label(0, 5), [line("k1", at=5)]) == 1
    assert file.append(label(0, 5, "shop"), [line("k1", at=5, lane=SHOP)]) == 1
    assert file.append(label(5, 6), [line("k1", State.DELIVERED, at=6)]) == 1


def test_what_a_replay_rebuilt_is_compared_by_what_it_says(folder: Folder) -> None:
    file, ids = fresh(folder), f"{DAY_MS + 1}-5"
    assert file.append(Label("main", ids, ids), [line("k1", at=1), line("k2", at=1)]) == 2
    write(folder, "k3", at=2)
    assert fresh(folder).append(label(1, 1, mark="r"), [line("k2", at=1), line("lost", at=1)]) == 1
    assert fresh(folder).append(label(1, 2, mark="r"), [line("k2", at=1), line("k3", at=2)]) == 0
    # And what the stream gives after the replay.
    assert fresh(folder).append(label(1, 1), [line("lost", at=1)]) == 0
    assert sorted(keys_in(folder.path)) == ["k1", "k2", "k3", "lost"]


def test_a_file_that_somebody_packed_again_is_gone_on_with(folder: Folder) -> None:
    write(folder, "k1", "k2")
    path = folder.path / NAME
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())))
    assert write(folder, "k1", "k2") == 0
    assert write(folder, "k3", at=10) == 1
    assert keys_in(folder.path) == ["k1", "k2", "k3"]
    assert folder.notices == []


@pytest.mark.parametrize("damage", ["behind", "within", "last"])
def test_a_damaged_file_is_put_aside_and_what_is_whole_in_it_is_read(folder: Folder, damage: str) -> None:
    write(folder, "k1")
    path = folder.path / NAME
    first = path.stat().st_size
    write(folder, "k2", at=10)
    content = bytearray(path.read_bytes())
    if damage == "behind":
        content += b"not ours"
    else:
        content[first - 9 if damage == "within" else -9] ^= 0xFF
        content[2 if damage == "within" else -10] ^= 0xFF
    path.write_bytes(content)
    assert write(folder, "k3", at=20) == 1
    (notice,) = folder.notices
    assert notice.field.endswith("2026-11-28.damaged-1.jsonl.gz")
    kept = {"behind": ["k1", "k2"], "within": ["k2"], "last": ["k1"]}[damage]
    look = LookUp(folder.path, ArchiveFilter())
    assert sorted(each.msg_key for each in look) == [*kept, "k3"]
    assert len(look.problems) == 1


def test_a_full_disk_leaves_the_file_as_it_was(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, "k1")
    before = (folder.path / NAME).read_bytes()
    real = os.pwrite
    wrote: list[int] = []

    # What a disk does that becomes full within a write.
    def pwrite(fd: int, content: memoryview, at: int) -> int:
        if wrote:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        wrote.append(at)
        return real(fd, content[:20], at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    with pytest.raises(ArchiveFailed, match=r"2026-11-28.jsonl.gz cannot be written: No space .* Make room"):
        write(folder, "k2", at=10)
    monkeypatch.undo()
    assert (folder.path / NAME).read_bytes() == before
    assert write(folder, "k2", at=10) == 1


def test_nothing_is_written_through_a_link(folder: Folder, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("dear")
    (folder.path / NAME).symlink_to(target)
    with pytest.raises(ArchiveFailed, match="no links"):
        write(folder, "k1")
    assert target.read_text() == "dear"
