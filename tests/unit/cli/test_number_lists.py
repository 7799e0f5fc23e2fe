"""Lists of numbers: whatever a company calls its file and its columns, its numbers are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.cli.number_lists import NumberList
from plexsend.errors import FileProblem

if TYPE_CHECKING:
    from pathlib import Path

NUMBER, OTHER = "010-2345-6789", "010-3456-7890"


def read(file: Path, text: str, *, encoding: str = "utf-8", column: str | None = None) -> NumberList:
    file.write_text(text, encoding=encoding, newline="")
    return NumberList(file, None, column)


def digits(numbers: NumberList) -> list[str]:
    """Return the numbers of a list, and where none is, why."""
    return [
        given.digits if given.problem is None else f"{given.place} {given.problem.reason}"
        for page in numbers.pages()
        for given, _ in page
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
@pytest.mark.parametrize(
    ("header", "row", "chosen"),
    [
        ("번호,이름,휴대폰번호", f"1,김,{NUMBER}", "휴대폰번호"),
        ("고객명,전화번호,핸드폰 번호", f"김,02-2345-6789,{NUMBER}", "핸드폰 번호"),
        ("번호,수신번호", f"17,{NUMBER}", "수신번호"),
        ("to,cc,Mobile No.", f"kim,lee,{NUMBER}", "Mobile No."),
        ("No.,H.P,,", f"1,{NUMBER},,", ""),
        ("이름,Phone_Number,메모,메모", f"김,{NUMBER},a,b", ""),
        ("이름,휴대폰(번호)", f"김,{NUMBER}", ""),
        ("번호", NUMBER, ""),
        ('"phone"', f'"{NUMBER}"', ""),
    ],
)
def test_the_column_of_numbers_is_found_among_those_of_people(
    tmp_path: Path, encoding: str, header: str, row: str, chosen: str
) -> None:
    numbers = read(tmp_path / "a.csv", f"{header}\n{row}\n", encoding=encoding)
    assert digits(numbers) == ["01023456789"]
    assert numbers.chosen == chosen


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("a,b\n1,2\n", "no column of numbers"),
        ("phone,전화번호\n1,2\n", "several columns of numbers: 'phone', '전화번호'"),
        ("phone,phone\n1,2\n", "several columns"),
        (f"이름\t휴대폰\n김\t{NUMBER}\n", "separated by tabs"),
        (f"이름;휴대폰\n김;{NUMBER}\n", "separated by semicolons"),
        (f"{NUMBER},{OTHER}\n", "no column of numbers"),
        ("수신거부 명단\n", "no column of numbers"),
        ("pho\0ne\n", "NUL"),
        ("\n \n", "it is empty"),
    ],
)
def test_a_table_whose_column_is_not_known_is_refused_without_its_numbers(
    tmp_path: Path, text: str, because: str
) -> None:
    with pytest.raises(FileProblem, match=because) as found:
        digits(read(tmp_path / "a.csv", text))
    assert "2345" not in str(found.value)


def test_a_column_may_be_named(tmp_path: Path) -> None:
    file, text = tmp_path / "a.csv", f"휴대폰번호,보호자 연락처\n{OTHER},{NUMBER}\n"
    assert digits(read(file, text, column="보호자연락처")) == ["01023456789"]
    with pytest.raises(
        FileProblem, match=r"no column 'fax' in its first line[.] It has '휴대폰번호', '보호자 연락처'"
    ):
        digits(read(file, text, column="fax"))
    with pytest.raises(FileProblem, match="no names at all"):
        digits(read(file, f"{NUMBER},{OTHER}\n", column="phone"))


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a"])
@pytest.mark.parametrize("beginning", ["", "phone\r\n", "전화번호\r\n"])
def test_numbers_alone_need_no_header(tmp_path: Path, name: str, beginning: str) -> None:
    numbers = read(tmp_path / name, f"\ufeff{beginning}{NUMBER}\r\n\r\n'{OTHER}")
    assert digits(numbers) == ["01023456789", "01034567890"]
    assert numbers.size_bytes == numbers.read_bytes + len("\ufeff".encode()) + len(b"\r\n")


def test_in_a_text_a_first_line_that_is_no_number_costs_itself(tmp_path: Path) -> None:
    found = digits(read(tmp_path / "a.txt", f"명단\n{NUMBER}\n"))
    assert found == ["line 1 holds U+BA85 (명), which is not a digit", "01023456789"]


def test_a_table_by_another_name_is_read_as_one(tmp_path: Path) -> None:
    text = f"이름,휴대폰\n김,{NUMBER}\n이,{OTHER},\n박\n최,010-4567-8901,x,y\n"
    assert digits(read(tmp_path / "refused.txt", text)) == [
        "01023456789", "01034567890", "line 4 is blank", "line 5 has 4 cells, the first line 2",
    ]  # fmt: skip
