"""Members of a gzip file: each says how long it is, and a torn one is seen."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import pytest

from plexsend.archive.members import Gap, Label, Member, is_whole, lines_in, members, pack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = pack(Label("main", "1-0", "2-0"), [b"one\n", b"two\n"])
SECOND = pack(Label("shop", "3-0", "3-5"), [b"three\n"] * 500)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    """An empty file, open."""
    fd = os.open(tmp_path / "file.gz", os.O_RDWR | os.O_CREAT)
    yield fd
    os.close(fd)


def look(fd: int, content: bytes) -> list[Member | Gap]:
    """What lies in a file with this content."""
    os.ftruncate(fd, 0)
    os.pwrite(fd, content, 0)
    return list(members(fd, 0, len(content)))


def test_members_are_found_by_their_heads_and_any_program_unpacks_them(file: int, tmp_path: Path) -> None:
    first, second = look(file, FIRST + SECOND)
    assert first == Member(0, len(FIRST), Label("main", "1-0", "2-0"))
    assert second == Member(len(FIRST), len(SECOND), Label("shop", "3-0", "3-5"))
    assert isinstance(second, Member)
    assert list(lines_in(file, second)) == [b"three"] * 500
    assert gzip.decompress((tmp_path / "file.gz").read_bytes()) == b"one\ntwo\n" + b"three\n" * 500


@pytest.mark.parametrize("size", range(1, len(SECOND)))
def test_a_member_cut_off_at_any_byte_is_torn(file: int, size: int) -> None:
    whole, torn = look(file, FIRST + SECOND[:size])
    assert isinstance(whole, Member)
    assert torn == Gap(len(FIRST), len(FIRST) + size, is_torn=True)


@pytest.mark.parametrize("size", [1, 9, 70_000])
def test_a_file_that_only_grew_is_torn(file: int, size: int) -> None:
    assert look(file, FIRST + bytes(size))[1:] == [Gap(len(FIRST), len(FIRST) + size, is_torn=True)]


STRANGE = [b"hello", b"\0" * 5000 + b"x", b"\x1f\x8b\x07", gzip.compress(b"a")[:-3]]


@pytest.mark.parametrize("strange", STRANGE, ids=["words", "zeros", "magic", "cut off"])
def test_what_no_append_leaves_behind_is_not_torn(file: int, strange: bytes) -> None:
    assert look(file, FIRST + strange)[1:] == [Gap(len(FIRST), len(FIRST) + len(strange), is_torn=False)]


@pytest.mark.parametrize("size", [3, 65_530, 65_536, 200_000])
def test_members_behind_damage_are_found(file: int, size: int) -> None:
    damage = bytes([7]) * size
    assert [type(each) for each in look(file, FIRST + damage + SECOND)] == [Member, Gap, Member]
    damaged = bytearray(FIRST + SECOND)
    damaged[3] = 0
    gap, behind = look(file, bytes(damaged))
    assert (gap, type(behind)) == (Gap(0, len(FIRST), is_torn=False), Member)


def test_a_member_of_another_program_is_read_by_unpacking_it(file: int) -> None:
    packed = gzip.compress(b"a\nb\n" * 50_000)
    first, second = look(file, packed + FIRST)
    assert first == Member(0, len(packed), None)
    assert isinstance(first, Member)
    assert isinstance(second, Member)
    assert len(list(lines_in(file, first))) == 100_000
    assert list(lines_in(file, second)) == [b"one", b"two"]


@pytest.mark.parametrize("at", [-1, -5, -12, -20])
def test_a_member_with_a_changed_byte_is_not_whole(file: int, at: int) -> None:
    changed = bytearray(SECOND)
    changed[at] ^= 0xFF
    (member,) = look(file, bytes(changed))
    assert isinstance(member, Member)
    assert not is_whole(file, member)


@pytest.mark.parametrize("at", [16, 17, 19, 22])
def test_a_member_whose_head_alone_is_damaged_is_read_by_unpacking_it(file: int, at: int) -> None:
    damaged = bytearray(SECOND)
    damaged[at] = 0xFF
    (member,) = look(file, bytes(damaged))
    assert member == Member(0, len(SECOND), None)
    assert isinstance(member, Member)
    assert list(lines_in(file, member)) == [b"three"] * 500
