from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.producers.files.lines import LONGEST_LINE_BYTES, Encoding, Line, read_lines
from plexsend.producers.files.rows import Row


def _read(content: bytes, encoding: Encoding = Encoding.UTF_8) -> list[Line | Row]:
    return list(read_lines(io.BytesIO(content), encoding))


@given(
    st.lists(st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b""))),
    st.booleans(),
    st.sampled_from(Encoding),
)
def test_every_line_is_yielded_once_and_alone(raws: list[bytes], ends: bool, encoding: Encoding) -> None:  # noqa: FBT001  a parameter of the test
    content = b"\n".join(raws) + (b"\n" if ends else b"")
    lines = _read(content, encoding)
    expected = io.BytesIO(content).readlines()
    assert [line.size_bytes for line in lines] == [len(raw) for raw in expected]
    for number, (line, raw) in enumerate(zip(lines, expected, strict=True), start=1):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            assert isinstance(line, Row)
            assert line.line == number
            assert line.item is None
            continue
        if "\0" in text:
            assert isinstance(line, Row)
        else:
            assert isinstance(line, Line)
            assert (line.number, line.text) == (number, text.replace("\ufeff", ""))


def test_a_line_that_does_not_decode_names_the_byte_and_the_other_encoding() -> None:
    good, bad, after = _read(b'{"a": 1}\n' + "전화".encode("cp949") + b"\nz\n")
    assert isinstance(good, Line)
    assert isinstance(after, Line)
    assert isinstance(bad, Row)
    assert bad.problem is not None
    assert bad.problem.reason == "is not UTF-8 (byte 0xC0 at place 1)"
    assert "import the file itself with --encoding cp949 (encoding='cp949')" in bad.problem.remedy
    assert bad.text == "\\xc0\\xfcȭ"


def test_cp949_reads_syllables_outside_euc_kr() -> None:
    (line,) = _read("똠방각하\n".encode("cp949"), Encoding.CP949)
    assert isinstance(line, Line)
    assert line.text == "똠방각하\n"


def test_a_nul_is_a_bad_line_that_names_its_position() -> None:
    bad, after = _read(b"ab\0c\nd\n")
    assert isinstance(bad, Row)
    assert bad.problem is not None
    assert "position 3" in bad.problem.reason
    assert isinstance(after, Line)


@pytest.mark.parametrize(("size_bytes", "kind"), [(LONGEST_LINE_BYTES, Line), (LONGEST_LINE_BYTES + 1, Row)])
@pytest.mark.parametrize("ends", [True, False])
def test_the_limit_counts_the_line_end(size_bytes: int, kind: type, ends: bool) -> None:  # noqa: FBT001  a parameter of the test
    first = b"x" * (size_bytes - ends) + (b"\n" if ends else b"")
    lines = _read(first + (b"next\n" if ends else b""))
    assert isinstance(lines[0], kind)
    assert lines[0].size_bytes == size_bytes
    assert len(lines) == 1 + ends
    if ends:
        assert isinstance(lines[1], Line)
        assert lines[1].number == 2


class _Endless(io.RawIOBase):
    """A line of 100 MB, and one after it, without the bytes being anywhere."""

    def __init__(self) -> None:
        self._left = 100_000_000

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # all that BufferedReader gives
        if self._left < 0:
            return 0
        if self._left == 0:
            self._left = -1
            buffer[:6] = b"\nnext\n"
            return 6
        count = min(len(buffer), self._left)
        buffer[:count] = b"x" * count
        self._left -= count
        return count


def test_a_line_of_100_mb_is_skipped_without_being_held() -> None:
    stream = io.BufferedReader(_Endless(), 65_536)
    tracemalloc.start()
    bad, after = read_lines(stream, Encoding.UTF_8)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(bad, Row)
    assert bad.size_bytes == 100_000_001
    assert bad.text is None
    assert isinstance(after, Line)
    assert after.text == "next\n"
    assert peak_bytes < 3 * LONGEST_LINE_BYTES
