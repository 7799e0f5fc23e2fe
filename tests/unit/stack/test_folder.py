"""One stack for a folder, and a folder for its owner's eyes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from plexsend.errors import NotPossible
from plexsend.settings.number_keys import number_key
from plexsend.stack.folder import DataFolder, Gateway

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_is_made_with_everything_in_it_and_for_its_owner_alone(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "deep" / "data") as folder:
        assert folder.logs.is_dir()
        assert folder.valkey.is_dir()
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        assert (folder.path / ".gitignore").read_text() == "*\n"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for path in (data, data / "valkey", data / "logs"):
        path.mkdir()
        path.chmod(0o755)
    with DataFolder(data) as folder:
        assert [mode(path) for path in (data, folder.valkey, folder.logs)] == [0o700] * 3


def test_a_folder_with_other_things_in_it_stays_open_and_ours_in_it_are_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "README.md").touch()
    with DataFolder(tmp_path) as folder:
        assert [mode(path) for path in (tmp_path, folder.valkey, folder.logs)] == [0o755, 0o700, 0o700]


def test_a_secret_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        folder.redis_url.touch(mode=0o644)
        for text in ("first", "second"):
            folder.write_secret(folder.redis_url, text)
            assert (folder.redis_url.read_text(), mode(folder.redis_url)) == (text, 0o600)


def test_a_folder_in_use_is_refused_by_the_name_of_its_user(tmp_path: Path) -> None:
    with DataFolder(tmp_path), pytest.raises(NotPossible) as refused, DataFolder(tmp_path):
        pass

    assert f"in use by another plexsend (process {os.getpid()})" in str(refused.value)
    assert "--data" in str(refused.value)


def test_a_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with DataFolder(tmp_path):
            pass


def hold(path: Path, seconds: float) -> subprocess.Popen[bytes]:
    """Let a process take the folder, start a child that has inherited the lock, and end without a word."""
    code = (
        "import os, subprocess, sys\nfrom pathlib import Path\n"
        "from plexsend.stack.folder import DataFolder\n"
        "folder = DataFolder(Path(sys.argv[1])).__enter__()\n"
        "subprocess.Popen([sys.executable, '-c', f'import time; time.sleep({sys.argv[2]})'],"
        " pass_fds=[folder.lock])\n"
        "os._exit(0)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(path), str(seconds)])
    assert owner.wait(20) == 0
    return owner


def test_a_child_that_outlives_its_killed_owner_keeps_others_away_until_it_ends(tmp_path: Path) -> None:
    hold(tmp_path, seconds=0.5)
    with DataFolder(tmp_path):
        pass


def test_one_that_stays_is_told_apart_from_an_owner_that_lives(tmp_path: Path) -> None:
    hold(tmp_path, seconds=3)
    with (
        pytest.raises(NotPossible, match="what a killed plexsend left behind"),
        DataFolder(tmp_path, lingering_s=0.1),
    ):
        pass


def test_messages_for_one_gateway_never_reach_the_other(tmp_path: Path) -> None:
    for first, second, words in (
        (Gateway.SANDBOX, Gateway.REAL, "with real accounts they would really be sent"),
        (Gateway.REAL, Gateway.SANDBOX, "the sandbox would accept them"),
    ):
        with DataFolder(tmp_path / first) as folder:
            folder.keep_to(first)
        with DataFolder(tmp_path / first) as folder:
            folder.keep_to(first)
            with pytest.raises(NotPossible, match=words):
                folder.keep_to(second)


def test_a_file_in_the_way_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(NotPossible, match="cannot be used: Not a directory"),
        DataFolder(tmp_path / "file" / "x"),
    ):
        pass


def test_the_key_for_hashes_of_numbers_is_made_once(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        key = number_key("PLEXSEND_NUMBER_KEY", folder.keep_number_key().read_text().strip())
        assert folder.number_key.stat().st_mode & 0o777 == 0o600
    with DataFolder(tmp_path / "data") as folder:
        assert number_key("PLEXSEND_NUMBER_KEY", folder.keep_number_key().read_text().strip()) == key
