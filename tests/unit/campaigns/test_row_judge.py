"""A chunk of rows, judged and counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.checks.consents import ConsentAge
from plexsend.campaigns.checks.row_judge import JudgeTerms, RowJudge
from plexsend.campaigns.definitions.defined import Definition
from plexsend.errors import Problem
from plexsend.gateway.ad_marks import AdMarks
from plexsend.producers.guards import Guards
from plexsend.settings import RcsDialect

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ("휴대폰번호", "이름", "동의일", "야간동의")
DEFINITION = Definition(
    name="spring", service="lms-bulk", sender="02-2345-6789", title="안내", text="#{이름}님, 봄옷이 왔습니다."
)
TERMS = JudgeTerms(
    definition=DEFINITION,
    header=HEADER,
    account="main",
    guards=Guards(),
    rcs_dialect=RcsDialect.V1,
    has_number_key=False,
    today=date(2026, 11, 29),
    now_ms=1_700_000_000_000,
)


def judge(*rows: tuple[str, ...], first: int = 0, terms: JudgeTerms = TERMS, **more: Any) -> Any:
    cells = [
        (place, 2 + place, (*row, *("",) * (len(HEADER) - len(row))), None, False)
        for place, row in enumerate(rows)
    ]
    terms = replace(terms, definition=replace(terms.definition, **more))
    return RowJudge(terms).judge(first, cells)


def test_each_row_has_its_number_or_all_that_is_wrong_with_it() -> None:
    found = judge(("010-2345-6789", "김철수"), ("02-345-6789", "이" * 1500), ("01087654321", "박"), first=70)
    assert found.receivers.tolist() == [1023456789, 0, 1087654321]
    ((row, line, problems),) = [(each.row, each.line, each.problems) for each in found.invalid]
    assert (row, line) == (71, 3)
    assert [each.written for each in problems] == ["휴대폰번호", "text"]
    assert (found.first_row, found.rows) == (70, 3)
    assert sum(found.lanes.values()) == 2


def test_row_that_could_not_be_read_is_invalid_by_that_reason() -> None:
    why = Problem("row", "has 2 cells, the header 4", "Put it in quotes.")
    found = RowJudge(TERMS).judge(0, [(0, 9, ("", "", "", ""), why, False)])
    assert [(each.line, each.problems) for each in found.invalid] == [(9, (why,))]
    assert found.receivers.tolist() == [0]


def test_longest_text_is_the_one_with_most_bytes_and_not_most_characters() -> None:
    found = judge(("01023456789", "x" * 9), ("01023456780", "가나다라마"), ("01023456781", "y"))
    assert (found.longest.line, found.shortest.line) == (3, 4)
    assert found.longest.size == len("가나다라마님, 봄옷이 왔습니다.".encode("euc-kr"))


def test_empty_variables_are_counted_by_variable_and_stand_ins_are_not() -> None:
    rows = (("01023456789", ""), ("01023456780", "김"), ("01023456781", " "))
    found = judge(*rows)
    assert found.empty == {"이름": 2}
    assert found.empty_at["이름"].line == 2
    assert judge(*rows, defaults={"이름": "고객"}).empty == {}


def test_mended_numbers_are_named_by_their_lines() -> None:
    found = judge(("1023456789", "김"), ("01023456780", "이"), ("1023456781.0", "박"))
    assert found.mended == [2, 4]
    assert found.receivers.tolist() == [1023456789, 1023456780, 1023456781]


def test_guards_of_the_account_are_those_that_a_submission_has() -> None:
    terms = replace(TERMS, guards=Guards(only_to=frozenset({"01023456789"}), senders=("15881234",)))
    found = judge(("01023456789", "김"), ("01023456780", "이"), terms=terms, sender="")
    assert [[each.field for each in row.problems] for row in found.invalid] == [["receiver_number"]]


def test_advertisement_gets_the_marks_of_its_account_and_asks_for_what_is_missing() -> None:
    marks = AdMarks("한빛상점", "080-123-4567")
    terms = replace(TERMS, guards=Guards(marks=marks), has_number_key=True)
    rows = [("01023456789", "김", "2020-01-01", "예"), ("01023456780", "이", "", ""), ("x", "박", "", "")]
    found = judge(*rows, terms=terms, advertisement=True)
    assert found.consents == {ConsentAge.OLD: 1, ConsentAge.MISSING: 1}
    assert sorted(lane.name for lane in found.lanes) == ["lms-bulk/~ad@main", "lms-bulk/~adn@main"]
    _, body = RowJudge(replace(terms, definition=replace(DEFINITION, advertisement=True))).shown((*rows[0],))
    assert "(광고) 한빛상점" in body.decode()
    without = judge(*rows, terms=replace(terms, has_number_key=False), advertisement=True)
    assert "PLEXSEND_NUMBER_KEY" in str(without.invalid[0].problems)


def test_picture_of_a_row_that_is_not_there_is_named_for_that_row(tmp_path: Path) -> None:
    terms = replace(TERMS, header=("휴대폰번호", "사진 파일"), folder=tmp_path)
    terms = replace(
        terms,
        definition=replace(DEFINITION, service="mms-bulk", text="안내", mapping={"images": "사진 파일"}),
    )
    rows = [
        (0, 2, ("01023456789", "https://example.com/a.jpg"), None, False),
        (1, 3, ("01023456780", "none.jpg"), None, False),
    ]
    found = RowJudge(terms).judge(0, rows)
    assert [each.line for each in found.invalid] == [3]


@pytest.mark.parametrize("service", ["mms-bulk", "lms-bulk", "sms-bulk"])
def test_products_without_a_card_have_their_text_counted(service: str) -> None:
    more: dict[str, Any] = {"title": ""} if service == "sms-bulk" else {}
    images = ("https://example.com/a.jpg",) if service == "mms-bulk" else ()
    found = judge(("01023456789", "김"), service=service, images=images, **more)
    assert found.longest is not None, found.invalid
    assert found.longest.size == len("김님, 봄옷이 왔습니다.".encode("euc-kr"))


def test_card_has_its_description_counted() -> None:
    fields = {
        "msg_type": "RMM",
        "br_id": "BR.1",
        "brand_key": "BK.1",
        "msg_base_id": "SMwThM00",
        "header": "0",
    }
    found = judge(("01023456789", "김"), service="rcs-mms-bulk", fields=fields, images=("maapfile://abc",))
    assert found.longest is not None, found.invalid
    # As its service counts it.
    assert found.longest.size == len("김님, 봄옷이 왔습니다.")
    assert [lane.variant for lane in found.lanes] == ["RMM"]
