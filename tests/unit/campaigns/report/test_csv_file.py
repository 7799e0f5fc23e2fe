"""The report as CSV: a line a row in the user's own columns, that a spreadsheet opens without changing it."""

from __future__ import annotations

import csv
import io

import pytest

from plexsend.campaigns.report.csv_file import ReportCsv
from plexsend.campaigns.report.languages import Language
from plexsend.campaigns.report.messages import RowMessage
from plexsend.campaigns.report.own_columns import OwnColumns
from plexsend.campaigns.report.row_fates import RowEnd, RowFate, end_of, end_words, fate_words
from plexsend.campaigns.report.rows import ReportRow
from plexsend.outbox.states import State
from tests.unit.campaigns.report.samples import CLOCK, START_MS

NAMES = ("이름", "휴대폰번호", "메모", "상태")
MAPPING = {"receiver_number": "휴대폰번호"}


def written(
    *rows: ReportRow,
    names: tuple[str, ...] = NAMES,
    language: Language = Language.KOREAN,
    whole_numbers: bool = False,
) -> list[list[str]]:
    file = io.StringIO(newline="")
    table = ReportCsv(file, OwnColumns(names, MAPPING, whole_numbers=whole_numbers), CLOCK, language)
    for row in rows:
        table.write(row)
    return list(csv.reader(io.StringIO(file.getvalue(), newline="")))


def row(*cells: str, fate: RowFate = RowFate.WAITING, **given: object) -> ReportRow:
    return ReportRow(0, 2, cells, fate, **given)  # type: ignore[arg-type]  # by name


def test_a_row_has_the_users_columns_then_its_fate_in_words_beside_the_code() -> None:
    message = RowMessage(
        State.UNDELIVERED,
        "2",
        by_receipt=True,
        carrier="SKT",
        ended_ms=START_MS,
        done_ms=START_MS + 61_000,
        attempts=1,
    )
    sent = row(
        *("김철수", "01023456789", "단골", "VIP"),
        fate=RowFate.UNDELIVERED,
        msg_key="0a1b-0",
        service="mms-bulk",
        message=message,
    )
    header, line = written(sent)
    assert header == [
        *(
            "이름",
            "휴대폰번호",
            "메모",
            "상태",
            "행",
            "결과",
            "상태 (plexsend)",
            "코드",
            "코드 설명",
            "통신사",
        ),
        *("발송 시각 (KST)", "결과 시각 (KST)", "실패한 시도", "대체 발송", "메시지 키"),
    ]
    assert line == [
        *(
            "김철수",
            "****6789",
            "단골",
            "VIP",
            "2",
            "실패",
            "수신 실패",
            "2",
            "없는 번호 또는 미가입자",
            "SKT",
        ),
        *("2026-11-30 10:00:00", "2026-11-30 10:01:01", "1", "", "0a1b-0"),
    ]
    english = written(sent, language=Language.ENGLISH)
    assert english[0][4:7] == ["line", "outcome", "fate"]
    assert english[1][5:9] == ["failure", "undelivered", "2", "no such number"]


def test_a_row_without_a_message_has_no_code_and_no_time() -> None:
    assert written(row("김", "01023456789", "", "", fate=RowFate.DUPLICATE))[1][4:] == [
        *("2", "제외", "중복 번호"),
        *[""] * 8,
    ]


@pytest.mark.parametrize(
    ("number", "masked", "whole"),
    [
        ("01023456789", "****6789", "010-2345-6789"),
        ("1023456789", "****6789", "010-2345-6789"),
        ("1023456789.0", "****6789", "010-2345-6789"),
        ("+82 10-2345-6789", "****6789", "010-2345-6789"),
        ("0111234567", "****4567", "011-123-4567"),
        ("010-2345-678", "***-***5-678", "010-2345-678"),
        ("없음", "없음", "없음"),
        ("", "", ""),
    ],
)
def test_a_receiver_is_masked_unless_it_is_asked_for_and_keeps_its_0(
    number: str, masked: str, whole: str
) -> None:
    assert written(row("김", number, "", ""))[1][1] == masked
    assert written(row("김", number, "", ""), whole_numbers=True)[1][1] == whole


def test_numbers_in_other_columns_are_masked_too() -> None:
    cells = ("김 010-2345-6789", "01023456789", "집 0221234567, 2026-11-30", "주문 20261130-0001")
    assert written(row(*cells))[1][:4] == [
        *("김 ****6789", "****6789", "집 ****4567, 2026-11-30", "주문 20261130-0001"),
    ]
    assert written(row(*cells), whole_numbers=True)[1][2] == cells[2]
    header = written(names=("이름", "01023456789"))[0]
    assert header[:2] == ["이름", "****6789"]


def test_nothing_of_the_users_is_computed_and_line_ends_stay_in_their_cell() -> None:
    line = written(row("=1+1", "01023456789", '첫 줄\r\n둘째, "줄"', "06236"))[1]
    assert line[0] == "'=1+1"
    assert line[2] == '첫 줄\n둘째, "줄"'
    assert line[3] == "'06236"


def test_a_code_of_nothing_but_zeros_stays_one() -> None:
    message = RowMessage(State.DELIVERED, "00000", by_receipt=True, ended_ms=START_MS)
    sent = row("a", "b", "c", "d", fate=RowFate.DELIVERED, service="rcs-mms-bulk", message=message)
    assert written(sent)[1][7:9] == ["'00000", "전달됨"]


def test_a_row_of_another_length_has_as_many_cells_as_there_are_columns() -> None:
    assert written(row("a"))[1][:5] == ["a", "", "", "", "2"]
    assert written(row("a", "b", "c", "d", "e", "f"))[1][:5] == ["a", "b", "c", "d, e, f", "2"]


def test_every_fate_is_one_outcome_and_has_words_in_both_languages() -> None:
    for fate in RowFate:
        assert end_of(fate) in RowEnd
        words = {fate_words(fate, language) for language in Language}
        assert len(words) == len(Language)
    shown = [end_words(end, Language.KOREAN) for end in RowEnd]
    assert shown == ["성공", "실패", "대기", "제외"]
    assert len({fate_words(fate, Language.KOREAN) for fate in RowFate}) == len(RowFate)
