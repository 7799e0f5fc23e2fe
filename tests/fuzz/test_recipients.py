"""Whatever is in a list of recipients: rows as wide as their header, or one sentence; never a traceback."""

from __future__ import annotations

import gzip
import io
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.campaigns.recipients import RecipientRow, open_recipients
from plexsend.errors import FileProblem
from tests.fuzz.effort import examples
from tests.spreadsheets import write_workbook

if TYPE_CHECKING:
    from pathlib import Path

TEXT = '이름,휴대폰,메모\r\n"홍\n길동",01023456789,"a ""b"""\r\n김,010-2222-3333,단골\r\n'
LISTS = [
    TEXT.encode(),
    TEXT.encode("cp949"),
    TEXT.encode("utf-16"),
    TEXT.replace(",", ";").encode(),
    TEXT.replace(",", "\t").encode(),
    '{"이름": "가", "휴대폰": 1022227919}\n{"휴대폰": null}\n'.encode(),
    gzip.compress(TEXT.encode()),
    b"sep=;\na;b\n1;2\n",
]
BITS = [
    *(bytes([each]) for each in b'",;\t\r\n\0\xff{}[<'),
    b"\xef\xbb\xbf",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\xea\xb0",
]


def spoil(content: bytes, seed: int) -> bytes:
    """Return a list with something put in, taken out or changed, at a few places."""
    rng, spoilt = random.Random(seed), bytearray(content)
    for _ in range(rng.randint(0, 6)):
        at, way = rng.randrange(len(spoilt) or 1), rng.random()
        if way < 0.4:
            spoilt[at:at] = rng.choice(BITS)
        elif way < 0.7:
            del spoilt[at : at + rng.randint(1, 8)]
        elif spoilt:
            spoilt[at] = rng.randrange(256)
    return bytes(spoilt)


def read(content: bytes, fmt: str | None = None, encoding: str | None = None) -> None:
    """Read a list, and hold what comes of it to what holds for all lists."""
    rows: list[RecipientRow] = []
    width, said = 0, ""
    try:
        with open_recipients(io.BytesIO(content), fmt=fmt, encoding=encoding) as recipients:
            width = len(recipients.header)
            rows.extend(recipients.rows())
    except FileProblem as exc:
        said = str(exc)
    assert "\n" not in said
    assert [(row.number, len(row.cells)) for row in rows] == [(place, width) for place in range(len(rows))]


@examples(60)
@given(
    content=st.builds(spoil, st.sampled_from(LISTS), st.integers(0, 2**32)) | st.binary(max_size=60),
    fmt=st.sampled_from([None, "csv", "jsonl"]),
    encoding=st.sampled_from([None, "utf-8", "cp949", "utf-16"]),
)
def test_a_spoilt_list_is_rows_or_a_sentence(content: bytes, fmt: str | None, encoding: str | None) -> None:
    read(content, fmt, encoding)


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path: Path = tmp_path_factory.mktemp("workbook") / "a.xlsx"
    return write_workbook(path, {"a": [["이름", "휴대폰"], ["가", 1022227919]]}).read_bytes()


@examples(15)
@given(seed=st.integers(0, 2**32))
def test_a_spoilt_workbook_is_rows_or_a_sentence(workbook: bytes, seed: int) -> None:
    read(spoil(workbook, seed))
    read(gzip.compress(spoil(workbook, seed)))
