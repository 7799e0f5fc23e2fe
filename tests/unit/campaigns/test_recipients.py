"""Recipients: lists as people have them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plexsend.campaigns.recipients import RecipientRow, open_recipients
from plexsend.errors import FileChanged, FileProblem, UsageError

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ("이름", "휴대폰번호", "메모")
TEXT = "이름,휴대폰번호,메모\r\n홍길동,01023456789,\r\n김,010-2222-3333,단골\r\n"
ROWS = [("홍길동", "01023456789", ""), ("김", "010-2222-3333", "단골")]


def put(tmp_path: Path, content: bytes | str, name: str = "list.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(given: Any, **options: Any) -> tuple[tuple[str, ...], list[str], list[RecipientRow]]:
    with open_recipients(given, **options) as recipients:
        return recipients.header, recipients.notes, list(recipients.rows())


def rows_of(text: str | bytes, **options: Any) -> list[RecipientRow]:
    content = text if isinstance(text, bytes) else text.encode()
    return read(io.BytesIO(content), **options)[2]


def cells_of(rows: list[RecipientRow]) -> list[tuple[str, ...]]:
    return [row.cells for row in rows]


def refusal(given: Any, **options: Any) -> str:
    with pytest.raises(FileProblem) as caught:
        read(given, **options)
    return str(caught.value)


# Encodings.


@pytest.mark.parametrize(
    ("encoding", "notes"),
    [
        ("utf-8", []),
        ("utf-8-sig", []),
        ("cp949", ["cp949"]),
        ("utf-16", ["UTF-16"]),
        ("utf-16-le", ["UTF-16"]),
        ("utf-16-be", ["UTF-16"]),
    ],
)
def test_encodings_are_found_and_said(tmp_path: Path, encoding: str, notes: list[str]) -> None:
    header, said, rows = read(put(tmp_path, TEXT.encode(encoding)))
    assert (header, said, cells_of(rows)) == (HEADER, notes, ROWS)


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16"])
def test_an_encoding_that_is_named_is_not_looked_for(tmp_path: Path, encoding: str) -> None:
    _, said, rows = read(put(tmp_path, TEXT.encode(encoding)), encoding=encoding.upper())
    assert (said, cells_of(rows)) == ([], ROWS)


def test_half_a_letter_of_utf_16_costs_its_row_alone() -> None:
    text = "이름,휴대폰\n\ud83d가,01023456789\n나,01023456789\n".encode("utf-16", "surrogatepass")
    bad, good = rows_of(text)
    assert (bad.line, good.cells) == (2, ("나", "01023456789"))
    assert bad.problem is not None
    assert len(rows_of("휴대폰\n01023456789\n".encode("utf-16") + b"\x0a")) == 2


def test_a_line_in_another_encoding_costs_its_row_alone() -> None:
    broken = TEXT.encode() + "박,01099998888,\n".encode("cp949") + "최,01011112222,\n".encode()
    *_, bad, last = rows_of(broken)
    assert (bad.number, bad.line, len(bad.cells), last.number) == (2, 4, 3, 3)
    assert bad.problem is not None
    assert "is not UTF-8" in bad.problem.reason
    assert bad.problem.remedy == (
        'Correct the line; or, if the whole file is cp949, give the list encoding = "cp949".'
    )


def test_a_nul_does_not_make_a_text_utf_16() -> None:
    first, second = rows_of(b"\xec\x9d\xb4\xeb\xa6\x84,phone\na\0b,01023456789\nc,01023456789\n")
    assert (first.problem is None, second.cells) == (False, ("c", "01023456789"))


# Separators, quotes, line ends.


@pytest.mark.parametrize(("separator", "notes"), [(",", []), (";", ["semicolons"]), ("\t", ["tabs"])])
def test_separators_are_found_and_said(separator: str, notes: list[str]) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([HEADER, ("a;b\tc,d", "01023456789", 'e "f"')])
    header, said, rows = read(io.BytesIO(text.getvalue().encode()))
    assert (header, said) == (HEADER, notes)
    assert cells_of(rows) == [("a;b\tc,d", "01023456789", 'e "f"')]


def test_separators_inside_of_quotes_do_not_count() -> None:
    (row,) = rows_of('"a,b,c";휴대폰\n1;01023456789\n')
    assert row.cells == ("1", "01023456789")


@pytest.mark.parametrize("said", ["sep=;\r\n", '"sep=;"\n'])
def test_a_first_line_may_name_the_separator(said: str) -> None:
    header, notes, (row,) = read(io.BytesIO(f"{said}이,름;휴대폰\n가;01023456789\n".encode()))
    assert (header, notes, row.line, row.cells) == (
        ("이,름", "휴대폰"),
        ["semicolons"],
        2,
        ("가", "01023456789"),
    )


def test_a_line_is_what_a_spreadsheet_shows() -> None:
    """A cell that holds line ends is one row there, and a blank row is one as well."""
    text = '이름,휴대폰\n"가\n나\n다",01023456789\n\n라,01023456789\n"마\n바",01023456789\n사,01023456789\n'
    assert [row.line for row in rows_of(text)] == [2, 4, 5, 6]
    assert [row.number for row in rows_of(text)] == [0, 1, 2, 3]


def test_a_quote_that_does_not_end_costs_its_line_alone() -> None:
    text = '이름,휴대폰\n"가,01023456789\n나,01023456789\n'
    bad, good = rows_of(text)
    assert (bad.problem is None, bad.line, good.line, good.cells[0]) == (False, 2, 3, "나")


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_any_line_end_will_do(end: str) -> None:
    assert cells_of(rows_of(TEXT.replace("\r\n", end))) == ROWS


class _Odd:
    """A list of some blocks, with something in the middle that only the reader of lines takes."""

    def __init__(self, odd: str, count: int = 4_600) -> None:
        self.count = count
        lines = [f"홍길동{place},0102345{place:04},가나다라마바사아자차카타파하" for place in range(count)]
        self.text = "\n".join(["이름,휴대폰,메모", *lines[: count // 2], odd, *lines[count // 2 :], ""])


@pytest.mark.parametrize(
    ("odd", "first", "lines"),
    [
        ('"가\n나",01023456789,"a,b"', "가\n나", 1),
        (' "가" ,01023456789,', "가", 1),
        ('\ufeff"가\n나",01023456789,', "가\n나", 1),
        ("가,01023456789,a,b", None, 1),
        ('"가,01023456789,', None, 1),
        ("가,01023456789,\0", None, 1),
        ("가,01023456789,a\rb", None, 1),
        (f"가,01023456789,{'a' * 1_200_000}", None, 1),
        ("\n , , \n", "", 3),
    ],
    ids=["lines", "blanks", "mark", "wide", "quote", "nul", "return", "long", "blank"],
)
def test_something_odd_changes_nothing_for_the_others(odd: str, first: str | None, lines: int) -> None:
    """`first` is the first cell of what is odd; None: it cannot be read; empty: it is not a row."""
    made = _Odd(odd)
    found = rows_of(made.text)
    half, more = made.count // 2, 0 if first == "" else 1
    assert [row.number for row in found] == list(range(made.count + more))
    for row in found[half : half + more]:
        assert (None if row.problem else row.cells[0]) == first
    others = [*found[:half], *found[half + more :]]
    assert [row.cells[0] for row in others] == [f"홍길동{place}" for place in range(made.count)]
    assert [row.line for row in others] == [
        place + 2 + (lines if place >= half else 0) for place in range(made.count)
    ]
    assert all(row.problem is None for row in others)


def test_quoted_cells_over_the_border_of_blocks_are_whole() -> None:
    cells = [(f'{place}\n"{"가" * (place % 90)}"', f"0102345{place:04}", ",") for place in range(4_000)]
    text = io.StringIO()
    csv.writer(text).writerows([("이름", "휴대폰", "메모"), *cells])
    found = rows_of(text.getvalue())
    assert (cells_of(found), found[-1].line) == (cells, 4_001)


# Headers and widths.


def test_rows_are_as_wide_as_the_header() -> None:
    text = "이름,휴대폰,메모\n가,01023456789\n나,01023456789,,,\n다,01023456789,a,b\n라,01023456789,a\n"
    rows = rows_of(text)
    assert [len(row.cells) for row in rows] == [3] * 4
    assert [row.problem is None for row in rows] == [True, True, False, True]
    assert str(rows[2].problem).startswith("row: has 4 cells, the header 3. ")


def test_a_row_that_an_unquoted_line_end_broke_is_not_sent_in_part() -> None:
    text = "메모,휴대폰,이름\na,01023456789,가\nb,01023456789\n나는 나\nc,01023456789,다\n"
    rows = rows_of(text)
    assert [row.problem is None for row in rows] == [True, False, True, True]
    assert "the next row has no number" in str(rows[1].problem)


def test_the_last_row_may_be_short() -> None:
    (row,) = rows_of("휴대폰,메모\n01023456789")
    assert row.cells == ("01023456789", "")


def test_names_that_are_empty_or_there_twice_stay() -> None:
    header, notes, (row,) = read(io.BytesIO("메모, ,휴대폰,메모\na,b,01023456789,c\n".encode()))
    assert header == ("메모", "", "휴대폰", "메모")
    assert (notes, row.cells) == (["a column without a name: 2"], ("a", "b", "01023456789", "c"))


def test_the_header_of_a_second_list_behind_the_first_is_not_a_person() -> None:
    rows = rows_of(TEXT + "\ufeff" + TEXT)
    assert (cells_of(rows), [row.number for row in rows]) == (ROWS * 2, [0, 1, 2, 3])


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", ",,\n"])
def test_an_empty_list_says_what_is_missing(content: str) -> None:
    assert "it is empty. Its first row names the columns." in refusal(io.BytesIO(content.encode()))


# Numbers.


def test_a_lost_0_is_put_back_in_the_column_of_numbers_alone() -> None:
    text = "주문,휴대폰번호\n1022227919,1022227919\n1022227919.0,1022227919.0\n1,01022227919\n"
    rows = rows_of(text)
    assert [row.cells[1] for row in rows] == ["01022227919"] * 3
    assert [row.cells[0] for row in rows] == ["1022227919", "1022227919.0", "1"]
    assert [row.mended for row in rows] == [True, True, False]


def test_the_column_of_numbers_may_be_named() -> None:
    text = "휴대폰,번호\n1022227919,1022227919\n"
    (row,) = rows_of(text, receiver="번호")
    assert row.cells == ("1022227919", "01022227919")


@settings(max_examples=25)
@given(
    rows=st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff")), st.text("01", max_size=3)
        )
    )
)
def test_what_a_program_wrote_is_read_as_it_was(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("가", "receiver_number"))
    writer.writerows(rows)
    expected = [row for row in rows if any(map(str.strip, row)) and row != ("가", "receiver_number")]
    assert cells_of(rows_of(text.getvalue())) == expected


# JSON Lines.


def test_objects_have_all_names_that_any_has() -> None:
    lines = [
        {"이름": "가", "휴대폰": "01023456789"},
        {"휴대폰": 1023456789, "점수": 1.5, "동의": True, "메모": None, "태그": ["a", 1]},
    ]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    header, _, rows = read(io.BytesIO(text.encode()))
    assert header == ("이름", "휴대폰", "점수", "동의", "메모", "태그")
    assert cells_of(rows) == [
        ("가", "01023456789", "", "", "", ""),
        ("", "01023456789", "1.5", "true", "", '["a", 1]'),
    ]
    assert [row.mended for row in rows] == [False, True]


def test_a_line_that_is_not_an_object_costs_its_row_alone(tmp_path: Path) -> None:
    path = put(
        tmp_path, '{"휴대폰": "01023456789"}\n{"휴대폰"\n\n[1]\n{"휴대폰": "01023456780"}\n', "a.jsonl"
    )
    _, _, rows = read(path)
    assert [(row.line, row.problem is None) for row in rows] == [(1, True), (2, False), (4, False), (5, True)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[{"a": 1}]', "it is one JSON array. Write one object on each line"),
        ('{"a"\n', "it holds no object that can be read"),
        ("\n".join(f'{{"a{n}": 1}}' for n in range(1001)), "have more than 1,000 names"),
    ],
)
def test_json_that_is_no_list_is_refused(content: str, words: str) -> None:
    assert words in refusal(io.BytesIO(content.encode()))


def test_empty_json_lines_say_what_is_missing(tmp_path: Path) -> None:
    assert "it is empty. Write one object on each line" in refusal(put(tmp_path, "\n", "a.jsonl"))


# Packed lists, pipes, other files.


def test_a_packed_list_is_read_and_said(tmp_path: Path) -> None:
    header, notes, rows = read(put(tmp_path, gzip.compress(TEXT.encode("cp949")), "list.csv.gz"))
    assert (header, notes, cells_of(rows)) == (HEADER, ["gzip", "cp949"], ROWS)


def test_a_packed_list_that_unpacks_to_far_too_much_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, gzip.compress(b"a" * 14_000_000), "bomb.csv.gz")
    assert "it unpacks to more than 200 times its size" in refusal(path)


@pytest.mark.parametrize("cut", [slice(0, -5), slice(0, 30)])
def test_a_damaged_packed_list_is_refused(tmp_path: Path, cut: slice) -> None:
    path = put(tmp_path, gzip.compress(TEXT.encode())[cut], "list.csv.gz")
    assert refusal(path) == f"{path}: it is damaged, and unpacks in part only. Pack it again."


def test_a_list_may_come_through_a_pipe() -> None:
    with open_recipients(io.BytesIO(TEXT.encode()), file_name="수신자") as recipients:
        assert recipients.size_bytes == len(TEXT.encode())
        assert cells_of(list(recipients.rows())) == cells_of(list(recipients.rows())) == ROWS
        assert recipients.read_bytes == recipients.size_bytes
    assert refusal(io.BytesIO(b"")).startswith("the standard input: it is empty.")


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "a.xls", "it is an old Office document (.xls). Open it"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "a.cell", "it is a spreadsheet of 한셀 (.cell). Open it"),
        (
            b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"),
            "a.xlsx",
            "protected by a password. Take",
        ),
        (b"%PDF-1.7", "a.pdf", "it is a PDF document"),
        (b"<html><table>", "a.xls", "it is a web page or XML"),
        (b"PK\x03\x04" + b"\0" * 30, "a.xlsx", "it is a damaged spreadsheet or archive"),
        (b"\x00\x00\xfe\xff\x00\x00\x00a", "a.csv", "it is UTF-32"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "a.csv", "it is UT"),
    ],
)
def test_other_files_are_named_with_a_remedy(tmp_path: Path, content: bytes, name: str, words: str) -> None:
    path = put(tmp_path, content, name)
    assert refusal(path).startswith(f"{path}: ")
    assert words in refusal(path)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("content.xml", "a spreadsheet of OpenDocument (.ods)"),
        ("xl/workbook.bin", "a binary workbook (.xlsb)"),
        ("Index/Document.iwa", "a spreadsheet of Numbers"),
        ("list.csv", "an archive (.zip). Unpack it"),
    ],
)
def test_other_archives_are_named(tmp_path: Path, part: str, words: str) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(part, "a")
    assert words in refusal(path)


def test_what_is_not_a_file_is_refused(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "no.csv")
    assert "it is a directory" in refusal(tmp_path)


def test_a_list_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, TEXT)
    with open_recipients(path) as recipients:
        path.write_text(TEXT + "박,01099998888,\n", encoding="utf-8")
        with pytest.raises(FileChanged):
            list(recipients.rows())


@pytest.mark.parametrize("options", [{"fmt": "parquet"}, {"encoding": "latin-1"}, {"sheet": "고객"}])
def test_options_that_do_not_fit_are_refused(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        open_recipients(put(tmp_path, TEXT), **options)


def test_a_text_is_not_a_spreadsheet() -> None:
    assert "it is not a spreadsheet (.xlsx)" in refusal(io.BytesIO(TEXT.encode()), fmt="xlsx")
