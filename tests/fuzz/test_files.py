"""Whatever is in a file, or is no file: rows, reasons, or one sentence; never a hang, and good rows go on."""

from __future__ import annotations

import gzip
import json
import os
import socket
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.errors import FileProblem, UsageError
from plexsend.gateway.environment import read_settings
from plexsend.outbox.reading.audit import audit
from plexsend.producers import ImportReport, Producer, check_file, import_file
from tests.fuzz.effort import examples, least_work_s, shortest_s
from tests.fuzz.hostile import JSON_VALUES, NUMBER, SECRET, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.outbox.redis.store import Store

SERVICE = "lms-bulk"
GOOD = {"sender_number": "15881234", "receiver_number": "01023456789", "msg": "안녕"}
GOOD_LINE = json.dumps(GOOD, ensure_ascii=False).encode()
HEADER = b"sender_number,receiver_number,msg\n"
GOOD_ROW = "15881234,01023456789,안녕".encode()

BAD_LINES = st.sampled_from(
    [
        b"",
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"[" * 3000,
        b'{"a":' * 3000,
        b'{"msg":1e999}',
        b'{"msg":' + b"9" * 5000 + b"}",
        b'{"msg":NaN}',
        b'{"a":1,"a":2}',
        b'"\\ud800"',
        b'{"msg":"\\ud800\\u0000"}',
        b"null",
        b"\x1a",
        b"\r",
        b"x" * 70_000,
        "유".encode("cp949"),
        b'{"line":1,"msg_key":"k","errors":[],"row":"x"}',
        b'{"line":1,"msg_key":"\\ud800","errors":[],"row":{}}',
        b'{"line":[],"msg_key":[],"errors":1,"row":{"row":{}}}',
        b'{"msg":"' + f"{SECRET} {NUMBER}".encode() + b'"}',
    ]
) | st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b""))
CSV_BITS = st.sampled_from(
    [
        b'"',
        b'""',
        b",",
        b"\n",
        b"\r\n",
        b"\r",
        b"a",
        b"\0",
        b"\xff",
        b" ",
        b'"\n',
        b'","',
        b"|",
        b"=1+1",
        GOOD_ROW,
        HEADER,
    ]
)


def check(path: Path, rejects: Path | None = None, **options: Any) -> ImportReport | FileProblem:
    """Judge a file; what it is told about is fit to be shown."""
    told: list[str] = []

    def hear(reject: Any) -> None:
        told.extend(str(problem) for problem in reject.errors)

    try:
        report = check_file(path, SERVICE, rejected_path=rejects, on_reject=hear, **options)
    except FileProblem as exc:
        told.append(str(exc))
        return exc
    finally:
        shown = " ".join(told)
        assert SECRET not in shown
        assert NUMBER[3:] not in shown
    if rejects is not None:
        written = rejects.read_bytes().count(b"\n") if rejects.exists() else 0
        assert written == report.invalid
    return report


def counted(found: ImportReport | FileProblem) -> ImportReport:
    assert isinstance(found, ImportReport), found
    return found


@examples(120)
@given(st.lists(BAD_LINES | JSON_VALUES.map(as_json) | st.just(GOOD_LINE), max_size=12))
def test_good_lines_go_on_among_whatever_lines_there_are(tmp_path: Path, lines: list[bytes]) -> None:
    path, rejects = tmp_path / "rows.jsonl", tmp_path / "rows.rejected"
    path.write_bytes(b"\n".join([GOOD_LINE, *lines, GOOD_LINE]))
    report = counted(check(path, rejects))
    assert report.added == 2 + lines.count(GOOD_LINE)
    if not report.invalid:
        return
    # Mended, each of them is good, and keeps its key.
    again = counted(check(rejects, fmt="jsonl"))
    assert (again.added, again.invalid) == (0, report.invalid)
    refused = [json.loads(line) for line in rejects.read_bytes().splitlines()]
    mended = tmp_path / "mended.jsonl"
    mended.write_bytes(b"\n".join(as_json({**reject, "row": GOOD}) for reject in refused))
    keys_fit = sum(1 for reject in refused if reject["msg_key"].isascii() and reject["msg_key"].isprintable())
    assert counted(check(mended)).added == keys_fit


@examples(150)
@given(st.lists(CSV_BITS | st.binary(max_size=5), max_size=20), st.sampled_from(["utf-8", "cp949"]))
def test_whatever_table_it_is_its_rows_are_told(tmp_path: Path, bits: list[bytes], encoding: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"".join(bits))
    check(path, encoding=encoding)
    path.write_bytes(HEADER + b"".join(bits))
    counted(check(path, tmp_path / "rows.rejected"))


@examples(80)
@given(st.lists(BAD_LINES.filter(lambda line: b'"' not in line and GOOD_ROW not in line), max_size=8))
def test_good_rows_of_a_table_go_on_among_whatever_lines_there_are(
    tmp_path: Path, lines: list[bytes]
) -> None:
    path = tmp_path / "rows.csv"
    mixed = [part for line in lines for part in (line, GOOD_ROW)]
    path.write_bytes(HEADER + b"\n".join([GOOD_ROW, *mixed, b'"never closed,', GOOD_ROW]))
    assert counted(check(path)).added == 2 + len(lines)


@examples(60)
@given(st.binary(max_size=300), st.sampled_from(["jsonl", "csv"]), st.sampled_from(["utf-8", "cp949"]))
def test_whatever_bytes_a_file_is_of_it_is_read_to_its_end(
    tmp_path: Path, content: bytes, fmt: str, encoding: str
) -> None:
    path = tmp_path / "rows"
    for written in (content, gzip.compress(content), content.decode("latin-1").encode("utf-16")):
        path.write_bytes(written)
        check(path, fmt=fmt, encoding=encoding)


LARGE: dict[str, Callable[[int], bytes]] = {
    "one line": lambda n: b"x" * n,
    "one line of brackets": lambda n: b"[" * n,
    "one line of zeros": lambda n: b"\0" * n,
    "one quote": lambda n: HEADER + b'"' + b"a,b,c\n" * (n // 6),
    "quotes": lambda n: HEADER + b'"\n' * (n // 2),
    "blank lines": lambda n: b"\n" * n,
    "a wide header": lambda n: b",".join(b"c%d" % i for i in range(n // 8)) + b"\n",
    "a header of one column": lambda n: b"msg_key," * (n // 8) + b"\n",
    "a header of doubled columns": lambda n: (
        HEADER[:-1] + b"," + b",".join(b"c%d" % i for i in range(n // 16)) * 2 + b"\n"
    ),
    "a wide row": lambda n: HEADER + b"," * n + b"\n",
    "arrays in an array": lambda n: b'{"msg":[' + b"[]," * (n // 3) + b"[]]}",
}


@pytest.mark.parametrize("what", LARGE)
@pytest.mark.parametrize("fmt", ["jsonl", "csv"])
def test_work_grows_no_faster_than_the_file(tmp_path: Path, what: str, fmt: str) -> None:
    path = tmp_path / "rows"

    def read(size_bytes: int) -> float:
        path.write_bytes(LARGE[what](size_bytes))
        return least_work_s(lambda: check(path, fmt=fmt), times=2)

    # Quadratic work would take a hundred times as long; below 10 ms other things are measured.
    assert read(120_000) < 40 * max(read(12_000), 0.01)


@pytest.mark.parametrize("what", sorted(LARGE.keys() - {"blank lines", "quotes", "one quote"}))
def test_memory_is_bounded_by_the_longest_line_that_is_read(tmp_path: Path, what: str) -> None:
    path = tmp_path / "rows"
    path.write_bytes(LARGE[what](8_000_000) + b"\n" + GOOD_LINE)
    tracemalloc.start()
    try:
        found = check(path, fmt="jsonl")
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(found, FileProblem) or found.added == 1
    assert peak_bytes < 6_000_000


def test_what_is_told_of_a_header_can_be_read_by_a_person(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    for what in ("a wide header", "a header of one column", "a header of doubled columns"):
        path.write_bytes(LARGE[what](900_000))
        found = check(path)
        assert isinstance(found, FileProblem)
        assert len(str(found)) < 8_000


def make_place(kind: str, folder: Path) -> Path:
    place = folder / "place.csv"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(place))
    elif kind == "loop":
        place.symlink_to(place)
    elif kind == "dangling":
        place.symlink_to(folder / "nothing")
    elif kind == "into a file":
        place.touch()
        return place / "x.csv"
    return {
        "zero": Path("/dev/zero"),
        "null": Path("/dev/null"),
        "random": Path("/dev/urandom"),
        "memory": Path("/proc/self/mem"),
        "folder": folder,
        "long": Path("x" * 5000),
        "long name": folder / ("가" * 90),
        "NUL": Path("a\0b"),
        "half a character": Path("a\udcffb"),
        "nothing": Path(),
    }.get(kind, place)


KINDS = (
    "pipe", "socket", "loop", "dangling", "into a file", "zero", "null", "random", "memory", "folder", "long",
    "long name", "NUL", "half a character", "nothing",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_refused_in_one_sentence_without_waiting_for_it(
    tmp_path: Path, kind: str, store: Store
) -> None:
    place = make_place(kind, tmp_path)
    producer = Producer(read_settings({}), store=store)

    def read() -> None:
        for fmt in ("csv", "jsonl"):
            with pytest.raises(FileProblem):
                check_file(place, SERVICE, fmt=fmt, rejected_path=tmp_path / "rejects")
            with pytest.raises(FileProblem):
                import_file(producer, place, SERVICE, fmt=fmt)

    assert shortest_s(read, times=1) < 5


@pytest.mark.parametrize("name", ["가" * 82 + ".csv", "가" * 78 + ".csv", "가" * 79 + ".jsonl"])
def test_a_long_name_stops_an_import_before_it_adds_anything_or_not_at_all(
    tmp_path: Path, name: str, store: Store, valkey_url: str, prefix: str
) -> None:
    path = tmp_path / name
    path.write_bytes(HEADER + GOOD_ROW + b"\n1,2,3\n" if name.endswith("csv") else GOOD_LINE + b"\n{}\n")
    settings = read_settings({"PLEXSEND_REDIS_URL": valkey_url, "PLEXSEND_KEY_PREFIX": prefix})
    try:
        report = import_file(Producer(settings, store), path, SERVICE)
    except FileProblem:
        assert not list(store.client.scan_iter(f"{prefix}*"))
    else:
        assert (report.added, report.invalid) == (1, 1)
        assert report.rejected_path is not None
        assert report.rejected_path.exists()


@pytest.mark.parametrize(
    ("fmt", "encoding"), [("", "utf-8"), ("csv ", "utf-8"), ("jsonl", "utf-16"), ("csv", "\0")]
)
def test_formats_and_encodings_that_are_none_are_wrong_usage(tmp_path: Path, fmt: str, encoding: str) -> None:
    with pytest.raises(UsageError):
        check_file(tmp_path / "x", SERVICE, fmt=fmt, encoding=encoding)


def test_good_rows_are_in_redis_once_whatever_stands_between_them(
    tmp_path: Path, store: Store, valkey_url: str, prefix: str
) -> None:
    between: Sequence[bytes] = [
        b"\0",
        b"\xff",
        b"[" * 3000,
        b"x" * 1_200_000,
        b"{}",
        b'"',
        b'{"msg":"\\ud800"}',
    ]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(line for bad in between for line in (GOOD_LINE, bad)))
    settings = read_settings({"PLEXSEND_REDIS_URL": valkey_url, "PLEXSEND_KEY_PREFIX": prefix})
    producer = Producer(settings, store)
    first = import_file(producer, path, SERVICE)
    assert (first.added, first.invalid) == (len(between), len(between))
    second = import_file(producer, path, SERVICE)
    assert (second.added, second.duplicates, second.invalid) == (0, len(between), len(between))
    assert audit(store).ok
    assert audit(store).messages == len(between)
