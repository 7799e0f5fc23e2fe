"""Which encoding a file is in, as its bytes show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.errors import FileProblem
from plexsend.producers.files import encodings
from plexsend.producers.files.encodings import detect_encoding
from plexsend.producers.files.lines import Encoding

if TYPE_CHECKING:
    from pathlib import Path

ROWS = "이름,휴대폰번호\n김철수,010-1234-5678\n"


@pytest.mark.parametrize("encoding", list(Encoding))
@pytest.mark.parametrize("block", [1, 3, 1_000_000])
def test_a_file_is_in_what_all_of_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: Encoding, block: int
) -> None:
    monkeypatch.setattr(encodings, "_BLOCK_BYTES", block)
    path = tmp_path / "list.csv"
    path.write_bytes(ROWS.encode(encoding))
    assert detect_encoding(path) is encoding


@pytest.mark.parametrize("content", [b"", b"number\n01012345678\n", "가\n".encode() + b"\xff\xff\n"])
def test_what_says_nothing_or_is_neither_is_read_as_utf_8(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    assert detect_encoding(path) is Encoding.UTF_8


def test_a_letter_cut_off_at_the_end_is_not_of_that_encoding(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("가나".encode("cp949")[:-1])
    assert detect_encoding(path) is Encoding.UTF_8


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="No such file"):
        detect_encoding(tmp_path / "none.csv")
