from __future__ import annotations

import csv
import io
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.errors import FileProblem
from plexsend.gateway.services import SERVICES
from plexsend.producers.files.columns import Columns, columns_of
from plexsend.producers.files.lines import Encoding, read_lines
from plexsend.producers.files.table import CellRow, read_cells, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.producers.files.rows import Row

_TWO = Columns(known=("a", "b", "urls"), required=("a",), lists=frozenset({"urls"}))
_CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.text(
    '",\n\r |', max_size=8
)


def _read(
    content: bytes | str, columns: Columns | None = None, encoding: Encoding = Encoding.UTF_8
) -> list[Row]:
    raw = content.encode() if isinstance(content, str) else content
    return list(read_table(read_lines(io.BytesIO(raw), encoding), columns))


def _items(rows: list[Row]) -> list[object]:
    return [row.item for row in rows]


def _bad_lines(rows: list[Row]) -> list[int]:
    return [row.line for row in rows if row.problem is not None]


@given(
    st.lists(st.tuples(_CELLS, _CELLS, _CELLS)),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_a_csv_writer_writes_is_read_again(table: list[tuple[str, ...]], end: str, quoting: int) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]  # one of the two
    writer.writerows([("x", "y", "z"), *table])
    if quoting == csv.QUOTE_MINIMAL and end == "\n" and any("\r" in cell for row in table for cell in row):
        return  # this writer leaves a carriage return without the quotes that it needs
    rows = _read(written.getvalue())
    names = ("x", "y", "z")
    expected = [
        {name: cell for name, cell in zip(names, row, strict=True) if cell}
        for row in table
        if any(map(str.strip, row))
    ]
    assert _items(rows) == expected


@given(st.binary(max_size=300) | st.text('a,"\n\r', max_size=60).map(str.encode))
def test_whatever_the_content_rows_come_in_the_order_of_their_lines(content: bytes) -> None:
    rows = _read(b"a,b\n" + content)
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    assert all((row.item is None) == (row.problem is not None) for row in rows)


_PLAIN = st.text("abc1가", min_size=1, max_size=5)
_BAD_LINES = st.sampled_from(["one cell", "a,b,c", '"x" y,z', '"never, closed', "a\rb,c", "\0,b"])


@given(st.lists(st.tuples(_PLAIN, _PLAIN) | _BAD_LINES, max_size=12))
def test_a_bad_line_is_one_bad_row_and_its_neighbours_are_read(lines: list[tuple[str, str] | str]) -> None:
    # Two quotes that never end would close one another, and make one row of what stands between.
    lines = [line for at, line in enumerate(lines) if line not in lines[:at] or isinstance(line, tuple)]
    rows = _read(
        "a,b\n" + "".join((",".join(line) if isinstance(line, tuple) else line) + "\n" for line in lines)
    )
    expected = [dict(zip("ab", line, strict=True)) if isinstance(line, tuple) else None for line in lines]
    assert _items(rows) == expected
    assert [row.line for row in rows] == list(range(2, len(lines) + 2))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1", "has 1 cells, the header 2"),
        ("1,2,3", "has 3 cells, the header 2"),
        ('"1" x,2', "has a quoted cell with more behind its closing quote"),
        ("1\r2,3", "has a carriage return inside a line"),
        ("x" * 140_000 + ",2", "has a cell of more than 131,072 characters"),
        ('1,"2', "has a quote that does not end"),
    ],
)
def test_each_kind_of_bad_row_says_what_it_is(line: str, reason: str) -> None:
    before, bad, after = _read(f"a,b\n0,0\n{line}\n3,4\n")
    assert bad.problem is not None
    assert (bad.line, bad.problem.reason) == (3, reason)
    assert bad.problem.remedy
    assert bad.text == line
    assert (before.item, after.item) == ({"a": "0", "b": "0"}, {"a": "3", "b": "4"})


def test_a_quoted_line_end_stays_in_the_text_and_the_row_has_its_first_line() -> None:
    rows = _read('a,b\r\n1,"first\r\nsecond\n\nlast"\r\n2,x\r\n')
    assert _items(rows) == [{"a": "1", "b": "first\r\nsecond\n\nlast"}, {"a": "2", "b": "x"}]
    assert [row.line for row in rows] == [2, 6]


def test_a_row_over_several_lines_with_wrong_cells_is_one_bad_row() -> None:
    # Its inner lines are text that somebody wrote: they must never be read as rows, even where they look so.
    rows = _read('a,b\n1,"text\n5,6\nmore",3\n7,8\n')
    assert _items(rows) == [None, {"a": "7", "b": "8"}]
    assert rows[0].problem is not None
    assert rows[0].problem.reason == "has 3 cells, the header 2 (lines 2 to 4)"
    assert rows[0].text == '1,"text\n5,6\nmore",3'


def test_an_undecodable_line_within_a_quoted_cell_spoils_its_row_and_not_the_next() -> None:
    rows = _read('a,b\n1,"안녕\n'.encode() + "안녕".encode("cp949") + b'\nend"\n7,8\n')
    assert _items(rows) == [None, None, None, {"a": "7", "b": "8"}]
    assert [row.line for row in rows] == [2, 3, 4, 5]


def test_a_quote_that_never_ends_costs_its_own_line_however_long_the_file() -> None:
    rows = _read('a,b\n1,"open\n' + "2,text\n" * 30_000)
    assert _bad_lines(rows) == [2]
    assert len(rows) == 30_001


@pytest.mark.timeout(30)
def test_quotes_that_never_end_on_every_line_take_time_in_proportion() -> None:
    rows = _read("a,b\n" + 'a","\n' * 60_000)
    assert all(row.item is None for row in rows)
    assert sum(row.size_bytes for row in rows) == 5 * 60_000
    assert max(row.size_bytes for row in rows) <= 65_536


def test_empty_cells_are_absent_and_blank_rows_are_none() -> None:
    rows = _read('a,b,urls\n1,,\n\n,,\n"","",""\n  \n, ,\n,2, \n', _TWO)
    assert _items(rows) == [{"a": "1"}, {"b": "2", "urls": [""]}]
    assert [row.line for row in rows] == [2, 8]


def test_values_of_a_list_are_separated_by_bars() -> None:
    rows = _read("a,urls\n1,http://x/1|http://x/2\n2,http://x/1\n3,u | v|\n4,\n", _TWO)
    assert _items(rows) == [
        {"a": "1", "urls": ["http://x/1", "http://x/2"]},
        {"a": "2", "urls": ["http://x/1"]},
        {"a": "3", "urls": ["u", "v", ""]},
        {"a": "4"},
    ]


def test_columns_stand_in_any_order_with_spaces_around() -> None:
    assert _items(_read(" b , a\n1,2\n", _TWO)) == [{"b": "1", "a": "2"}]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"", "it is empty"),
        (b"\n\n , \n,,\n", "it is empty"),
        (b"\xc0\xc0,a\n", "its header cannot be read: it is not UTF-8"),
        (b'"a,b\n', "its header cannot be read: it has a quote that does not end"),
        (b"a\rb\r", "its header cannot be read: it has a carriage return inside a line"),
        (b"a\0,b\n", "its header cannot be read: it holds a NUL"),
        (b"b,urls\n", "The required column 'a' is missing."),
        (b"a,b,a\n", "Column 'a' is there 2 times."),
        (b"a,,b\n", "Column number 2 has no name"),
        (b"a,url\n", "Column 'url' is not known: did you mean urls?"),
        (b"a,extra\n", "Column 'extra' is not known: remove it, or use a, b, urls."),
        (b"a,x1,y2\n", "Columns 'x1', 'y2' are not known: remove them, or use a, b, urls."),
        (b"a;b\n", "separated by semicolons"),
        (b"a\tb\n", "separated by tabs"),
        (b"1,2\n", "The first line names no known column"),
    ],
)
def test_a_wrong_header_stops_before_the_first_row(header: bytes, words: str) -> None:
    with pytest.raises(FileProblem) as caught:
        _read(header + b"1,2\n" * (header != b"" and not header.startswith(b"\n")), _TWO)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (
            "orderid",
            "There is no column 'orderid', which --key-column (key_column) names. Did you mean 'order_id'?",
        ),
        ("zzz", "There is no column 'zzz', which --key-column (key_column) names."),
    ],
)
def test_a_key_column_that_is_not_there_is_named_and_not_the_files_column(named: str, words: str) -> None:
    header = "sender_number,receiver_number,msg,order_id\n"
    with pytest.raises(FileProblem) as caught:
        _read(header, columns_of("sms-bulk", key_column=named))
    assert str(caught.value).endswith(words)


def test_everything_wrong_with_a_header_is_told_at_once() -> None:
    with pytest.raises(FileProblem) as caught:
        _read("msg,reciever_number,msg,Sender Number,\n", columns_of("mms-bulk"))
    told = str(caught.value)
    assert "'reciever_number' is not known: did you mean receiver_number?" in told
    assert "'Sender Number' is not known: did you mean sender_number?" in told
    assert "'msg' is there 2 times" in told
    assert "number 5 has no name" in told
    assert "required column 'sender_number', 'receiver_number', 'file_path' is missing" in told
    assert caught.value.line == 1


@pytest.mark.parametrize(
    "first", ["01023456789,0222345678,안녕하세요 고객님,http://x/1", "msg,01023456789,안녕", "010-2345-6789"]
)
def test_a_first_row_in_place_of_the_header_is_not_shown(first: str) -> None:
    with pytest.raises(FileProblem) as caught:
        _read(f"{first}\n", columns_of("mms-bulk"))
    told = str(caught.value)
    assert "2345" not in told
    assert "고객님" not in told


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_columns_and_none_demands_a_key(service: str) -> None:
    columns = columns_of(service)
    assert "msg_key" in columns.known
    assert set(columns.required) <= set(columns.known) - {"msg_key"}
    assert {"sender_number", "receiver_number"} <= set(columns.required)
    assert columns.lists <= set(columns.known)


def test_the_columns_of_mms_are_its_fields() -> None:
    columns = columns_of("mms-bulk")
    assert columns.required == ("sender_number", "receiver_number", "msg", "file_path")
    assert columns.lists == {"file_path"}
    assert set(columns.known) >= {"msg_key", "title", "echo_to_webhook", *columns.required}


_MMS = columns_of("mms-bulk")


def _read_mms(
    *rows: str, header: str = "msg_key,receiver_number,sender_number,file_path,msg,title"
) -> list[Row]:
    return _read("\n".join([header, *rows]) + "\n", _MMS)


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ('k1, 1588-1234, "text"', ["k1", " 1588-1234", "text"]),
        ('"k1" , "1588-1234"\t,"text"  ', ["k1", "1588-1234", "text"]),
        ('k1,1588-1234, "one, two"', ["k1", "1588-1234", "one, two"]),
        ('k1,1588-1234, "say ""hello"" , now" ', ["k1", "1588-1234", 'say "hello" , now']),
        ('k1,1588-1234,"say "" , ""now"', ["k1", "1588-1234", 'say " , "now']),
        ('k1,1588-1234, "first\n second "', ["k1", "1588-1234", "first\n second "]),
        ('k1,1588-1234, "first\n "" , second" ', ["k1", "1588-1234", 'first\n " , second']),
        ('k1,1588-1234,12" wide', ["k1", "1588-1234", '12" wide']),
        ('k1,1588-1234, "so" they say', ["k1", "1588-1234", ' "so" they say']),
        ("k1,1588-1234,  plain ", ["k1", "1588-1234", "  plain "]),
    ],
)
def test_blanks_around_quotes_are_not_the_text(row: str, cells: list[str]) -> None:
    (read, after) = _read(f"a,b,c\n{row}\nx,y,z\n")
    assert read.item == dict(zip("abc", cells, strict=True))
    assert after.item == {"a": "x", "b": "y", "c": "z"}


@given(st.lists(st.tuples(_CELLS, _CELLS, _CELLS)), st.sampled_from(["", " ", "\t ", "\u3000"]))
def test_quoted_cells_are_read_again_whatever_blanks_are_around_them(
    table: list[tuple[str, ...]], blank: str
) -> None:
    lines = [
        ",".join(f'{blank}"{cell.replace(chr(34), chr(34) * 2)}"{blank}' for cell in row) for row in table
    ]
    rows = _read("x,y,z\n" + "".join(f"{line}\n" for line in lines))
    names = ("x", "y", "z")
    assert _items(rows) == [
        {name: cell for name, cell in zip(names, row, strict=True) if cell}
        for row in table
        if any(map(str.strip, row))
    ]


@pytest.mark.timeout(30)
def test_loose_quotes_on_every_line_of_a_cell_take_time_in_proportion() -> None:
    rows = _read('a,b\n1, "' + 'x "" , y\n' * 7_000 + '"\n2,3\n')
    assert [row.line for row in rows] == [2, 7_003]


def test_a_row_may_leave_out_its_empty_last_cells() -> None:
    rows = _read_mms(
        "k1,010-2345-6789,1588-1234,https://x/1,hello",
        "k2,010-2345-6789,1588-1234,https://x/1,hello,title",
        "k3,010-2345-6789,1588-1234,https://x/1,hello",
    )
    assert [row.problem for row in rows] == [None] * 3
    assert [len(row.item or {}) for row in rows] == [5, 6, 5]
    assert [row.line for row in rows] == [2, 3, 4]


def test_empty_cells_behind_the_last_column_mean_nothing() -> None:
    assert _items(_read("a,b\n1,2,, \n3,,\n")) == [{"a": "1", "b": "2"}, {"a": "3"}]


def test_a_line_that_names_the_separator_is_not_the_header() -> None:
    (row,) = _read("\ufeffsep=,\r\na,b\r\n1,2\r\n")
    assert (row.line, row.item) == (3, {"a": "1", "b": "2"})


def test_a_row_without_a_needed_cell_is_refused() -> None:
    (bad,) = _read_mms("k1,010-2345-6789,1588-1234,https://x/1")
    assert bad.problem is not None
    assert bad.problem.reason == "has 4 cells, the header 6"


def test_a_text_that_a_line_end_broke_off_is_not_sent_by_halves() -> None:
    rows = _read_mms(
        "k1,010-2345-6789,1588-1234,https://x/1,first half",
        "",
        "second half,title",
        "k2,010-2345-6789,1588-1234,https://x/1,whole",
    )
    assert [row.line for row in rows] == [2, 4, 5]
    assert [row.item is None for row in rows] == [True, True, False]
    assert rows[0].problem is not None
    assert "the next row has no receiver" in rows[0].problem.reason
    assert "quotes" in rows[0].problem.remedy


def test_the_header_of_a_second_file_that_was_joined_is_not_a_row() -> None:
    header = "msg_key,receiver_number,sender_number,file_path,msg"
    row = "k1,010-2345-6789,1588-1234,https://x/1,hello"
    rows = _read(f"{header}\n{row}\n\ufeff{header}\n{row}\n", _MMS)
    assert [row.line for row in rows] == [2, 4]
    assert all(row.problem is None for row in rows)


@pytest.mark.parametrize(
    "cell",
    [
        "https://x/1|https://x/2",
        "https://x/1, https://x/2",
        "https://x/1,https://x/2,",
        "https://x/1;HTTP://x/2",
        "https://x/1 ;  https://x/2; ",
        "https://x/1\nhttps://x/2\n",
        "https://x/1 https://x/2",
    ],
)
def test_several_addresses_are_read_however_they_are_separated(cell: str) -> None:
    (row,) = _read_mms(f'k1,010-2345-6789,1588-1234,"{cell}",hello,')
    assert row.item is not None
    assert [url.lower()[-4:] for url in row.item["file_path"]] == ["/x/1", "/x/2"]


def test_a_comma_or_semicolon_inside_an_address_stays() -> None:
    (row,) = _read_mms('k1,010-2345-6789,1588-1234,"https://x/1,2;v=3",hello,')
    assert row.item is not None
    assert row.item["file_path"] == ["https://x/1,2;v=3"]


def test_blanks_around_what_is_not_text_mean_nothing() -> None:
    (row,) = _read_mms(" k1 , 010-2345-6789 , 1588-1234, https://x/1 , hello ,  ")
    assert row.item is not None
    assert (row.item["msg_key"], row.item["file_path"], row.item["msg"]) == ("k1", ["https://x/1"], " hello ")


def test_headings_of_advertising_may_be_korean() -> None:
    columns = columns_of("sms-bulk")
    header = "sender_number,receiver_number,msg,광고,야간동의"
    (first, again, _) = _read(f"{header}\n1,2,a,Y,N\n{header}\n3,4,b,,\n5,6,c,1,1\n", columns)
    assert first.item == {
        "sender_number": "1", "receiver_number": "2", "msg": "a", "advertisement": "Y", "night_consent": "N",
    }  # fmt: skip
    assert again.item == {"sender_number": "3", "receiver_number": "4", "msg": "b"}
    in_pieces = unicodedata.normalize("NFD", header)
    (row,) = _read(f"{in_pieces}\n1,2,a,Y,N\n", columns)
    assert row.item == first.item


def test_a_column_of_advertising_is_there_once() -> None:
    with pytest.raises(FileProblem, match="'advertisement' is there 2 times"):
        _read("sender_number,receiver_number,msg,광고,advertisement\n", columns_of("sms-bulk"))


def test_a_key_column_keeps_the_name_that_its_owner_gave_it() -> None:
    columns = columns_of("sms-bulk", key_column="광고")
    (row,) = _read("sender_number,receiver_number,msg,광고\n1,2,a,spring-1\n", columns)
    assert row.item == {"sender_number": "1", "receiver_number": "2", "msg": "a", "광고": "spring-1"}


def test_columns_have_their_korean_names_too() -> None:
    columns = columns_of("mms-bulk")
    header = "발신번호,휴대폰 번호,제목,내용,사진,예약 시간"
    for form in ("NFC", "NFD"):
        written = unicodedata.normalize(form, header)
        (row,) = _read(f"{written}\n02-1,010-1,a,b,https://a.kr/1.jpg,2026-12-01 10:00\n", columns)
        assert row.item == {
            "sender_number": "02-1", "receiver_number": "010-1", "title": "a", "msg": "b",
            "file_path": ["https://a.kr/1.jpg"], "send_at": "2026-12-01 10:00",
        }  # fmt: skip


def test_a_korean_name_of_what_the_service_has_not_is_not_known() -> None:
    with pytest.raises(FileProblem, match="'제목' is not known"):
        _read("발신번호,수신번호,내용,제목\n1,2,a,b\n", columns_of("sms-bulk"))
    with pytest.raises(FileProblem, match="'receiver_number' is there 2 times"):
        _read("발신번호,수신번호,전화번호,내용\n1,2,3,a\n", columns_of("sms-bulk"))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_cells_may_be_separated_otherwise(separator: str, tmp_path: Path) -> None:
    """Blanks around a quoted cell go, as they do with commas; a tab is a blank where it separates nothing."""
    rows = [["a", 'b "c"', "d, e; f\tg|h"], ["", "x\ny", "z"]]
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
        file.write(f'k1{separator} "가"  {separator}"나" \n')
    with path.open("rb") as stream:
        found = list(read_cells(read_lines(stream, Encoding.UTF_8), separator))
    assert [row.cells for row in found if isinstance(row, CellRow)] == [*rows, ["k1", "가", "나"]]
    assert [(row.line, row.line_count) for row in found if isinstance(row, CellRow)] == [
        (1, 1),
        (2, 2),
        (4, 1),
    ]
