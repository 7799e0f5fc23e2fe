"""A shared folder: who sees the same one knows, and who cannot use it says why."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from plexsend.shared_folder import ID_FILE, look_at_folder, probe_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_all_who_come_first_at_once_see_the_same(tmp_path: Path) -> None:
    root = tmp_path / "a" / "campaigns"
    with ThreadPoolExecutor(8) as pool:
        seen = {each.id for each in pool.map(look_at_folder, [root] * 8)}
    assert len(seen) == 1
    assert [each.name for each in root.iterdir()] == [ID_FILE]
    assert (root.stat().st_mode & 0o777, (root / ID_FILE).stat().st_mode & 0o777) == (0o700, 0o600)
    assert look_at_folder(tmp_path / "b").id not in seen


def test_a_folder_that_cannot_be_used_is_said_in_words(tmp_path: Path) -> None:
    there = tmp_path / "campaigns"
    there.write_text("a file")
    assert look_at_folder(there).words == "cannot use it: File exists"
    assert probe_folder(there) == "Not a directory"


def test_a_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    assert probe_folder(tmp_path) == ""
    assert list(tmp_path.iterdir()) == []
