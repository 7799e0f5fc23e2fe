"""Personalising: the cells of a row become the item that its receiver gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plexsend.campaigns.checks.personalise import Personaliser
from plexsend.campaigns.definitions.defined import Definition
from plexsend.errors import Problem

HEADER = ("이름", "휴대폰번호", "쿠폰")


def personaliser(header: tuple[str, ...] = HEADER, **values: Any) -> Personaliser:
    return Personaliser(Definition(**{"name": "a", "service": "lms-bulk", **values}), header)


def test_a_row_becomes_an_item() -> None:
    made = personaliser(
        sender="02-2345-6789", title="#{이름}님께", text="#{이름}님 #{쿠폰}", fields={"sub_id": "spring"}
    )
    assert (made.problems, made.warnings, made.variables) == ((), (), ("이름", "쿠폰"))
    assert made.item((" 홍길동 ", "010-2345-6789", "A-1")) == (
        {
            "sender_number": "02-2345-6789",
            "receiver_number": "010-2345-6789",
            "title": "홍길동님께",
            "msg": "홍길동님 A-1",
            "sub_id": "spring",
        },
        (),
        False,
    )


def test_an_empty_cell_gets_its_default_or_is_named() -> None:
    made = personaliser(text="#{이름}님 #{쿠폰}", defaults={"이름": "고객"})
    rendered = made.item((" ", "01023456789", ""))
    assert (rendered.item["msg"], rendered.empty) == ("고객님 ", ("쿠폰",))


def test_a_default_of_a_variable_is_not_one_of_the_number_in_the_same_column() -> None:
    made = personaliser(
        text="#{휴대폰번호} #{번호}", mapping={"번호": "휴대폰번호"}, defaults={"번호": "없음"}
    )
    rendered = made.item(("", "", ""))
    assert rendered.item["receiver_number"] == ""
    assert (rendered.item["msg"], rendered.empty) == (" 없음", ("휴대폰번호",))


def test_a_lost_0_is_put_back_and_said() -> None:
    made = personaliser(text="가 #{휴대폰번호}")
    rendered = made.item(("", "1022227919.0", ""))
    assert (rendered.item["receiver_number"], rendered.mended) == ("01022227919", True)


def test_a_list_of_one_column_is_enough() -> None:
    made = personaliser(("휴대폰",), text="가")
    assert made.item(("01023456789",)).item == {"msg": "가", "receiver_number": "01023456789"}


@pytest.mark.parametrize("heading", ["#{이름}", " 이 름", "이름", "\u110b\u1175\u1105\u1173\u11b7"])
def test_a_column_is_found_however_its_name_is_written(heading: str) -> None:
    made = personaliser((heading, "receiver_number"), text="#{이름}")
    assert made.problems == ()
    assert made.item(("홍", "01023456789")).item["msg"] == "홍"


def test_a_name_of_the_same_letters_goes_before_one_that_is_alike() -> None:
    made = personaliser(("고객 명", "고객명", "수신번호"), text="#{고객명}")
    assert made.problems == ()
    assert made.item(("1", "2", "01023456789")).item["msg"] == "2"


def test_columns_may_hold_fields() -> None:
    made = personaliser(
        ("번호", "문구", "사진", "회원", "보내는이", "지점"),
        service="mms-bulk",
        mapping={
            "receiver_number": "번호",
            "text": "문구",
            "images": "사진",
            "sub_id": "회원",
            "sender_number": "보내는이",
            "점": "지점",
        },
        title="#{점} 안내",
    )
    assert made.problems == ()
    cells = ("01023456789", "#{점} 가", "https://a/1.jpg|/b/2.jpg", "", "02-2345-6789", "강남")
    assert made.item(cells).item == {
        "receiver_number": "01023456789",
        "sender_number": "02-2345-6789",
        "title": "강남 안내",
        "msg": "#{점} 가",
        "file_path": ["https://a/1.jpg", Path("/b/2.jpg")],
    }


def test_a_card_of_rcs_and_its_fallback_are_filled() -> None:
    made = personaliser(
        service="rcs-mms-bulk",
        title="#{이름}님",
        text="카드 #{쿠폰}",
        images=("/a/b.jpg",),
        advertisement=True,
        fields={"msg_type": "RMM", "buttons": [{"suggestions": [{"action": {"displayText": "#{쿠폰}"}}]}]},
        fallback={"service": "lms-bulk", "title": "제목", "text": "#{이름}님 #{쿠폰}"},
    )
    assert made.problems == ()
    item = made.item(("홍", "01023456789", "A")).item
    assert item["msg"] == {"body": {"description": "카드 A", "title": "홍님", "media": Path("/a/b.jpg")}}
    assert item["buttons"] == [{"suggestions": [{"action": {"displayText": "A"}}]}]
    assert item["fallback"] == {"service": "lms-bulk", "msg": "홍님 A", "title": "제목"}
    assert (item["advertisement"], item["msg_type"]) == (True, "RMM")
    second = made.item(("김", "01023456789", "B")).item
    assert (item["fallback"]["msg"], second["fallback"]["msg"]) == ("홍님 A", "김님 B")


def test_a_picture_of_a_card_may_be_in_a_column() -> None:
    made = personaliser(service="rcs-mms-bulk", text="가", mapping={"images": "쿠폰"})
    item = made.item(("", "01023456789", "maapfile://a")).item
    assert item["msg"]["body"]["media"] == "maapfile://a"


def test_a_consent_at_night_goes_with_advertisements_alone() -> None:
    header = ("수신번호", "야간동의")
    made = personaliser(header, text="가", advertisement=True)
    assert made.item(("01023456789", "Y")).item["night_consent"] == "Y"
    assert "night_consent" not in made.item(("01023456789", " ")).item
    assert "night_consent" not in personaliser(header, text="가").item(("01023456789", "Y")).item


def test_columns_of_consents_are_found() -> None:
    made = personaliser(("수신번호", "ad_consent_at", "night_consent"), text="가")
    assert (made.receiver_place, made.consent_place, made.night_consent_place) == (0, 1, 2)
    mapped = personaliser(("수신번호", "언제"), text="가", mapping={"ad_consent_at": "언제"})
    assert (mapped.consent_place, mapped.night_consent_place) == (1, None)


def test_everything_that_is_wrong_for_every_row_is_named_once() -> None:
    made = personaliser(
        ("이 름", "고객명", "메모", "메모"),
        title="#{이룸}",
        text="#{이룸} #{메모} #{시간}",
        mapping={"시간": "예약", "sub_id": "회원"},
    )
    assert [problem.field for problem in made.problems] == [
        "receiver_number", "mapping.sub_id", "#{이룸}", "#{메모}", "mapping.시간",
    ]  # fmt: skip
    words = dict(zip([each.field for each in made.problems], map(str, made.problems), strict=True))
    assert "no column '이룸'; they have '이 름', '고객명', '메모', '메모'" in words["#{이룸}"]
    assert words["#{메모}"] == (
        "#{메모}: the recipients have 2 columns '메모'. Give each column a name of its own."
    )


def test_a_variable_without_a_column_shows_where_it_is() -> None:
    made = personaliser(text="#{이름} #{없음}", defaults={"없음": "가"})
    assert len(made.problems) == 1
    rendered = made.item(("홍", "01023456789", ""))
    assert (rendered.item["msg"], rendered.empty) == ("홍 #{없음}", ())


def test_a_near_name_is_asked_about() -> None:
    (problem,) = personaliser(text="#{쿠폰번호}", header=("휴대폰", "쿠폰 번호1")).problems
    assert "Did you mean '쿠폰 번호1'?" in problem.remedy


def test_several_columns_of_numbers_are_asked_about() -> None:
    (problem,) = personaliser(("휴대폰", "전화번호"), text="가").problems
    assert (problem.field, "'휴대폰', '전화번호'" in problem.reason) == ("receiver_number", True)
    assert (
        personaliser(("휴대폰", "전화번호"), text="가", mapping={"receiver_number": "휴대폰"}).problems == ()
    )


def test_a_list_without_a_header_shows_no_number() -> None:
    (problem,) = personaliser(("01023456789", "홍길동"), text="가").problems
    assert "010" not in str(problem)


def test_variables_of_other_programs_are_doubted() -> None:
    """Percent signs are in every advertisement: they count where there is such a column."""
    text = "##이름## ##없음## {{쿠폰}} %이름% 30%할인%"
    made = personaliser(text=text, fallback={"service": "lms-bulk", "text": "##이름##"})
    found = [problem.reason.split()[0] for problem in made.warnings]
    assert found == ["##이름##", "##없음##", "{{쿠폰}}", "%이름%"]


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("receiver_number", "휴대폰번호"),
        ("msg", "text"),
        ("title", "제목칸"),
        ("sender_number", "from"),
        ("sub_id", "sub_id"),
        ("buttons.0", "buttons.0"),
    ],
)
def test_problems_are_named_as_they_were_written(field: str, written: str) -> None:
    made = personaliser((*HEADER, "제목칸"), text="가", mapping={"title": "제목칸"}, fields={"sub_id": "가"})
    problem = made.as_written(Problem(field, "is wrong", ""))
    assert (problem.field, problem.written or problem.field) == (field, written)


def test_problems_of_a_card_and_its_fallback_are_named_as_they_were_written() -> None:
    made = personaliser(
        service="rcs-mms-bulk",
        text="가",
        fallback={"service": "mms-bulk", "text": "나", "images": ["/a.jpg"]},
    )
    fields = ("msg.body.description", "fallback.msg", "fallback.file_path.1", "fallback.sub_id", "fallback")
    written = [made.as_written(Problem(field, "", "")).written for field in fields]
    assert written == ["text", "fallback.text", "fallback.images", "fallback.sub_id", ""]
