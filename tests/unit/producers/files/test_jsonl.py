from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.producers.files.jsonl import read_objects
from plexsend.producers.files.lines import Encoding, read_lines

if TYPE_CHECKING:
    from plexsend.producers.files.rows import Row

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_BAD = st.sampled_from(
    [
        b"{",
        b"[]",
        b'"a"',
        b"null",
        b"{}{}",
        b'{"a":NaN}',
        b'{"a":1,"a":2}',
        b"\xff",
        b'{"a":"\0"}',
        b"7",
        b'{"a":1e999}',
    ]
)
_BLANK = st.sampled_from([b"", b"  ", b"\r", b"\t"])


def _read(content: bytes) -> list[Row]:
    return list(read_objects(read_lines(io.BytesIO(content), Encoding.UTF_8)))


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@given(
    st.lists(st.dictionaries(st.text(st.characters(codec="utf-8")), _VALUES, max_size=4) | _BAD | _BLANK),
    st.sampled_from([b"\n", b"\r\n"]),
)
def test_objects_are_read_and_bad_lines_named_whatever_stands_beside_them(
    lines: list[dict[str, object] | bytes], end: bytes
) -> None:
    content = end.join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    rows = iter(_read(content))
    for number, line in enumerate(lines, start=1):
        if isinstance(line, bytes) and not line.strip():
            continue
        row = next(rows)
        assert row.line == number
        assert row.item == (None if isinstance(line, bytes) else line)
        assert (row.problem is None) == (row.item is not None)
    assert next(rows, None) is None


@given(st.binary(max_size=200))
def test_no_content_raises(content: bytes) -> None:
    assert [row.line for row in _read(content)] == sorted({row.line for row in _read(content)})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": 1', "is not JSON (Expecting ',' delimiter at character 8)"),
        (b"receiver: 010", "is not JSON (Expecting value at character 1)"),
        (b"[1, 2]", "is JSON, but not an object"),
        (b'"text"', "is JSON, but not an object"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "has a field twice in one object"),
        (b'{"a": NaN}', "holds NaN, which is not JSON"),
        (b'{"a": -Infinity}', "holds -Infinity, which is not JSON"),
        (b'{"a": 1e400}', "holds a number that is too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "holds a number of thousands of digits"),
        (b'{"a": ' + b"[" * 33 + b"]" * 33 + b"}", "nests more than 32 objects and arrays"),
        (b'{"a":' * 50_000, "nests more than 32 objects and arrays"),
        (b"[" * 100_000 + b"]" * 100_000, "nests more than 32 objects and arrays"),
    ],
)
def test_each_kind_of_bad_line_says_what_it_is(line: bytes, reason: str) -> None:
    bad, after = _read(line + b'\n{"b": 2}\n')
    assert bad.problem is not None
    assert bad.problem.reason == reason
    assert bad.problem.remedy
    assert bad.text == line.decode()
    assert after.item == {"b": 2}


def test_32_levels_and_any_number_of_brackets_in_text_are_read() -> None:
    deep = b'{"a": ' + b"[" * 31 + b"]" * 31 + b"}"
    (row, text) = _read(deep + b"\n" + _line({"msg": "[(광고)]{" * 100}))
    assert row.item is not None
    assert text.item == {"msg": "[(광고)]{" * 100}


def test_the_reason_never_holds_the_row() -> None:
    (row,) = _read(b'{"receiver_number": "010-2345-6789", "msg": secret}')
    assert row.problem is not None
    assert "6789" not in f"{row.problem} {row!r}"
    assert "secret" not in f"{row.problem} {row!r}"
