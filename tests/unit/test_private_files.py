"""Files for their owner alone are there whole, or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from plexsend.errors import FileProblem, UsageError
from plexsend.private_files import private_file, require_free

if TYPE_CHECKING:
    from pathlib import Path


def write(target: Path, text: str, *, overwrites: bool = False) -> None:
    with private_file(target, overwrites=overwrites) as file:
        file.write(text)


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write(tmp_path / "a.csv", "a\r\n")
    finally:
        os.umask(before)
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a.csv").read_bytes() == b"a\r\n"


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        write(target, "other")
    with pytest.raises(UsageError, match="Give --overwrite"):
        require_free(target, remedy="Give --overwrite.")
    assert target.read_text() == "mine"
    write(target, "other", overwrites=True)
    assert target.read_text() == "other"
    assert list(tmp_path.iterdir()) == [target]


def test_what_appears_meanwhile_stays_too(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"

    def write_late() -> None:
        with private_file(target) as file:
            file.write("other")
            target.write_text("mine")

    with pytest.raises(UsageError, match="is there already"):
        write_late()
    assert target.read_text() == "mine"


def test_a_link_that_leads_nowhere_is_something(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "gone")
    with pytest.raises(UsageError):
        require_free(tmp_path / "a.csv", remedy="Remove it.")
    with pytest.raises(UsageError):
        write(tmp_path / "a.csv", "other")


def test_what_is_not_a_file_is_not_replaced(tmp_path: Path) -> None:
    """As a device is not; where the code fails, this costs the machine nothing, and /dev/null would."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is not a file"):
        write(tmp_path / "pipe", "other", overwrites=True)
    assert (tmp_path / "pipe").is_fifo()


def test_nothing_is_left_of_one_that_was_not_finished(tmp_path: Path) -> None:
    with suppress(ZeroDivisionError), private_file(tmp_path / "a.csv") as file:
        file.write("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="it cannot be written: No such file"):
        write(tmp_path / "none" / "a.csv", "")


def test_half_a_character_does_not_end_it(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "a\ud800b")
    assert (tmp_path / "a.csv").read_text() == "a?b"
