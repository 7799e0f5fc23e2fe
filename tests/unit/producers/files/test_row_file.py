from __future__ import annotations

import hashlib
import os
import tempfile
import tracemalloc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import FileChanged, FileProblem, UsageError
from plexsend.producers.files.columns import columns_of
from plexsend.producers.files.row_file import open_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.producers.files.rows import Row

_NOBODY = 65_534


def _read(path: Path, **options: Any) -> list[Row]:
    with open_rows(path, **options) as rows:
        return list(rows)


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Give up root's rights, which no mode of a file stands against."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("name", ["x.jsonl", "x.JSONL", "a.b.jsonl"])
def test_the_extension_tells_the_format(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text('{"a": 1}\n')
    assert [row.item for row in _read(path)] == [{"a": 1}]


def test_a_named_format_counts_more_than_the_extension(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("a\n1\n")
    assert [row.item for row in _read(path, fmt="csv")] == [{"a": "1"}]


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("x.json", {}, "does not show its format. Name the format: jsonl or csv"),
        ("x", {}, "does not show its format"),
        ("x.jsonl.gz", {}, "does not show its format"),
        ("x.csv", {"fmt": "xml"}, "no format 'xml'"),
        ("x.csv", {"encoding": "latin-1"}, "no encoding 'latin-1' here. Name utf-8 or cp949"),
    ],
)
def test_an_unknown_format_or_encoding_is_a_usage_error(
    tmp_path: Path, name: str, options: dict[str, Any], words: str
) -> None:
    (tmp_path / name).write_text("a\n")
    with pytest.raises(UsageError, match=words):
        open_rows(tmp_path / name, **options)


@pytest.mark.parametrize("fmt", ["jsonl", "csv"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "UTF-8"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_both_encodings_are_read(tmp_path: Path, fmt: str, encoding: str, end: str) -> None:
    text = f'{{"msg": "똠방 각하"}}{end}' if fmt == "jsonl" else f"msg{end}똠방 각하{end}"
    path = tmp_path / f"x.{fmt}"
    path.write_bytes(text.encode(encoding))
    assert [row.item for row in _read(path, encoding=encoding)] == [{"msg": "똠방 각하"}]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("msg\n안녕\n".encode(), "utf-8"),
        ("msg\n안녕\n".encode("cp949"), "cp949"),
        # All of it is valid cp949, but its first bytes say what it is.
        ("msg\n".encode("utf-8-sig") + "안녕\n".encode("cp949"), "utf-8"),
        (b"msg\n", "utf-8"),
    ],
)
def test_without_a_word_a_file_is_read_as_its_bytes_show(
    tmp_path: Path, content: bytes, encoding: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with open_rows(path, encoding=None) as rows:
        assert (rows.encoding, rows.digest) == (encoding, hashlib.sha256(content).hexdigest())
        # The header is one column, so the mark is not part of its name.
        assert all(row.item in ({"msg": "안녕"}, None) for row in rows)
    with open_rows(path, encoding="utf-8") as rows:
        assert rows.encoding == "utf-8"


@pytest.mark.parametrize("text", ['{"msg": "가"}', "msg\n가", '"msg"\n"가"'])
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / ("x.jsonl" if text.startswith("{") else "x.csv")
    path.write_text(text, encoding="utf-8-sig")
    assert [row.item for row in _read(path)] == [{"msg": "가"}]


@pytest.mark.parametrize(
    ("written", "named", "words"),
    [
        ("utf-8-sig", "cp949", "it is UTF-8, as its first bytes say, and not cp949"),
        ("utf-16", "utf-8", "it is UTF-16"),
        ("utf-32", "cp949", "it is UTF-"),
    ],
)
def test_a_mark_of_another_encoding_is_refused(tmp_path: Path, written: str, named: str, words: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n", encoding=written)
    with pytest.raises(FileProblem, match=words):
        _read(path, encoding=named)


def test_the_wrong_encoding_is_a_bad_row_for_each_line_that_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": 1}\n' + '{"a": "전화"}\n'.encode("cp949") + b'{"a": 2}\n')
    assert [row.item for row in _read(path)] == [{"a": 1}, None, {"a": 2}]


def test_an_empty_jsonl_file_holds_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.touch()
    assert _read(path) == []


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match=r"nowhere\.csv: there is no such file"):
        open_rows(tmp_path / "nowhere.csv")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="it is a directory"):
        open_rows(tmp_path, fmt="csv")


def test_a_file_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(FileProblem, match="cannot be read: Not a directory"):
        open_rows(tmp_path / "x" / "y.csv")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(FileProblem, match="not a regular file"):
        open_rows(tmp_path / "pipe.csv")


def test_an_endless_device_is_refused() -> None:
    with pytest.raises(FileProblem, match="not a regular file"):
        open_rows("/dev/zero", fmt="csv")


def test_a_path_that_is_none_is_refused() -> None:
    with pytest.raises(FileProblem, match="the path is not valid"):
        open_rows("a\0b.csv")


def test_a_file_that_may_not_be_read_is_refused() -> None:
    # Not below tmp_path, which nobody else may enter.
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        path = Path(directory) / "x.csv"
        path.write_text("a\n")
        path.chmod(0)
        with _as_nobody(), pytest.raises(FileProblem, match="this user may not read it"):
            open_rows(path)


def test_a_key_of_an_older_version_is_made_of_content_and_line_and_of_nothing_else(tmp_path: Path) -> None:
    one, same, other = tmp_path / "1.jsonl", tmp_path / "2.csv", tmp_path / "3.jsonl"
    one.write_text('{"a": 1}\n')
    same.write_text('{"a": 1}\n')
    other.write_text('{"a": 2}\n')
    keys = []
    for path in (one, same, other):
        with open_rows(path) as rows:
            keys.append((rows.old_key(1), rows.old_key(12)))
    assert keys[0] == keys[1]
    assert len({key for pair in keys for key in pair}) == 4
    assert keys[0][1] == hashlib.sha256(b'{"a": 1}\n').hexdigest()[:24] + "-12"


def test_the_hash_is_of_the_whole_file(tmp_path: Path) -> None:
    digests = set()
    for last in b"xy":
        path = tmp_path / "x.jsonl"
        path.write_bytes(b" " * 3_000_000 + bytes([last]))
        with open_rows(path) as rows:
            assert rows.size_bytes == 3_000_001
            digests.add(rows.digest)
    assert len(digests) == 2


@pytest.mark.parametrize("change", ["grow", "shrink", "rewrite"])
def test_a_change_of_the_file_is_noticed_before_it_is_read(tmp_path: Path, change: str) -> None:
    path = tmp_path / "x.jsonl"
    line = b'{"a": "' + b"x" * 991 + b'"}\n'
    path.write_bytes(line * 3_000)
    seen: list[object] = []
    with open_rows(path) as rows:
        reading = iter(rows)
        seen.append(next(reading).item)
        if change == "grow":
            with path.open("ab") as file:
                file.write(line)
        elif change == "shrink":
            os.truncate(path, 2_500_000)
        else:
            path.write_bytes(line.replace(b"x", b"y") * 3_000)
        with pytest.raises(FileChanged, match="changed while it was read"):
            seen.extend(row.item for row in reading)
    # What stood in the block that was read before the change, and nothing after it.
    assert len(seen) < 1_100
    assert seen == [{"a": "x" * 991}] * len(seen)


def test_a_change_at_the_very_end_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": 1}\n')
    with open_rows(path) as rows:
        reading = iter(rows)
        next(reading)
        with path.open("ab") as file:
            file.write(b'{"a": 2}\n')
        with pytest.raises(FileChanged):
            next(reading)


def test_another_file_under_the_same_name_is_not_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": 1}\n')
    with open_rows(path) as rows:
        (tmp_path / "y").write_bytes(b'{"a": 2}\n')
        (tmp_path / "y").replace(path)
        assert [row.item for row in rows] == [{"a": 1}]


def test_a_file_with_a_line_of_100_mb_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n1,2\n")
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b"\n3,4\n")
    tracemalloc.start()
    rows = _read(path)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [row.item for row in rows] == [{"a": "1", "b": "2"}, None, {"a": "3", "b": "4"}]
    assert rows[1].problem is not None
    assert "takes 100000001 bytes" in rows[1].problem.reason
    assert peak_bytes < 6_000_000


def test_a_wrong_header_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("\nmsg,reciever_number\n")
    with open_rows(path, columns=columns_of("mms-bulk")) as rows, pytest.raises(FileProblem) as caught:
        list(rows)
    assert str(caught.value).startswith(f"{path}: Column 'reciever_number' is not known")
    assert caught.value.line == 2


def test_closing_closes_also_where_nothing_was_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n")
    with open_rows(path) as rows:
        pass
    with pytest.raises(FileProblem):
        next(iter(rows))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_each_line_end_of_a_table_is_one(tmp_path: Path, end: str, encoding: str) -> None:
    path = tmp_path / "x.csv"
    lines = ["x,y,z", '1,"첫째\n둘째",c', "2,b,", ""]
    path.write_bytes(end.join(lines).encode(encoding))
    rows = _read(path, encoding=encoding)
    assert [row.item for row in rows] == [{"x": "1", "y": "첫째\n둘째", "z": "c"}, {"x": "2", "y": "b"}]
    assert [row.line for row in rows] == ([2, 3] if end == "\r" else [2, 4])


def test_carriage_returns_alone_end_lines_of_json(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\r{"a": 2}\r')
    assert [(row.line, row.item) for row in _read(path)] == [(1, {"a": 1}), (3, {"a": 2})]


def test_a_carriage_return_between_parts_of_json_ends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a":\r1}\n\r{"a": 2}\n')
    assert [row.item for row in _read(path)] == [{"a": 1}, {"a": 2}]


def test_a_carriage_return_inside_a_line_of_another_file_ends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b'a,b\r\r\n1,"x\ry"\r\n2,x\ry\n')
    rows = _read(path)
    assert [row.item for row in rows] == [{"a": "1", "b": "x\ry"}, None]


def test_a_long_file_of_carriage_returns_is_noticed_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    line = b'{"a": "' + b"x" * 991 + b'"}\r'
    path.write_bytes(line * 3_000)
    with open_rows(path) as rows:
        reading = iter(rows)
        next(reading)
        with path.open("ab") as file:
            file.write(line)
        with pytest.raises(FileChanged):
            list(reading)


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_byte_order_marks_are_never_part_of_the_text(tmp_path: Path, name: str) -> None:
    mark = "\ufeff"
    if name == "x.csv":
        text = f"{mark}{mark}a,b\n{mark}1,2\n3,{mark}4\n{mark}"
    else:
        text = f'{mark}{mark}{{"a": "1", "b": "2"}}\n{mark}{{"a": "3", "b": "{mark}4"}}\n{mark}'
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert [row.item for row in _read(path)] == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", r"a spreadsheet \(.xlsx, .ods\) or .* save it as CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"an old Office document \(.xls\)"),
        (b"\x1f\x8b\x08\x00", r"packed \(gzip\).* Unpack it first"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"<html><table>", "a web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "a web page or XML"),
    ],
)
@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_a_file_of_another_kind_is_named(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileProblem, match=words):
        _read(path)


@pytest.mark.parametrize("name", ["x.xlsx", "x.XLS", "x.ods"])
def test_a_spreadsheet_is_not_asked_for_its_format(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"is a spreadsheet\. Save it as CSV UTF-8"):
        open_rows(tmp_path / name)
