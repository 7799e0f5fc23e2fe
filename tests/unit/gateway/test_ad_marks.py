"""The marks of advertisements: put where they are missing, judged where they are there."""

from __future__ import annotations

from typing import Any

import pytest

from plexsend.gateway.ad_marks import AdMarks, judge_marks, put_marks, says_advertisement, why_not_marked

MARKS = AdMarks("한빛상점", "080-123-4567")
LAST = "\n무료수신거부 080-123-4567"
CARD: dict[str, Any] = {"header": "0", "msg_base_id": "RPSSAXX001"}


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("봄 할인", f"(광고) 한빛상점\n봄 할인{LAST}"),
        ("한빛상점 봄 할인", f"(광고) 한빛상점 봄 할인{LAST}"),
        ("광고 문의는 1588-1234", f"(광고) 한빛상점\n광고 문의는 1588-1234{LAST}"),
        ("(광고) 한빛상점 봄", f"(광고) 한빛상점 봄{LAST}"),
        ("봄\n무료수신거부 0801234567", "(광고) 한빛상점\n봄\n무료수신거부 0801234567"),
        ("(광고)한빛상점 봄\n무료거부: 080-123-4567", "(광고)한빛상점 봄\n무료거부: 080-123-4567"),
    ],
)
def test_what_is_missing_is_put(text: str, marked: str) -> None:
    found = put_marks({"msg": text, "title": "t"}, MARKS)
    assert (found.item, found.problems) == ({"msg": marked, "title": "t"}, ())
    assert put_marks(found.item, MARKS).item == found.item
    assert why_not_marked(found.item, MARKS) is None
    put = "".join((found.added or {}).values())
    assert len(put) == len(marked) - len(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[광고] 봄", "variant"),
        ("(광 고) 봄", "variant"),
        ("（광고） 봄", "variant"),
        ("<광.고> 봄", "variant"),
        ("광고) 봄", "variant"),
        ("[AD] 봄", "variant"),
        ("봄 할인 (광고)", "not in front"),
        (" (광고) 한빛상점 봄", "blanks before"),
        ("(광고) 봄", "not the sender's name"),
        ("(광고)", "not the sender's name"),
        ("무료수신거부 080-123-4567\n봄", "must be last"),
        ("봄 무료수신거부 080-999-4567", "another refusal number"),
        ("봄 무료 수신 거부 080-123-4567 문의 환영", "must be last"),
    ],
)
def test_what_is_there_is_judged(text: str, reason: str) -> None:
    found = put_marks({"msg": text}, MARKS)
    assert found.item == {"msg": text}
    assert [problem.field for problem in found.problems] == ["msg"]
    assert reason in found.problems[0].reason
    assert why_not_marked({"msg": text}, MARKS)


def test_a_title_with_a_variant_is_refused() -> None:
    (problem,) = put_marks({"msg": "봄", "title": "[광고] 봄"}, MARKS).problems
    assert problem.field == "title"


def test_rcs_shows_the_number_in_its_footer() -> None:
    item = {"header": "1", "msg": {"body": {"title": "봄"}}}
    assert put_marks(item, MARKS).item == {**item, "footer": "080-123-4567"}
    assert put_marks({**item, "footer": "0801234567"}, MARKS).problems == ()
    (problem,) = put_marks({**item, "footer": "080-999-4567"}, MARKS).problems
    assert problem.field == "footer"
    assert why_not_marked(item, MARKS)


@pytest.mark.parametrize(
    ("body", "marked"),
    [
        (
            {"title": "봄", "description": "오세요"},
            {"title": "(광고) 한빛상점 봄", "description": f"오세요{LAST}"},
        ),
        ({"description": "오세요"}, {"title": "(광고) 한빛상점", "description": f"오세요{LAST}"}),
        ({"title1": "한빛상점 봄"}, {"title1": "(광고) 한빛상점 봄", "description1": LAST.strip()}),
        ({"title": "(광고) 봄"}, {"title": "(광고) 한빛상점 봄", "description": LAST.strip()}),
    ],
)
def test_a_unified_base_has_them_in_its_card(body: dict[str, str], marked: dict[str, str]) -> None:
    found = put_marks({**CARD, "msg": {"body": body}}, MARKS)
    assert found.item == {**CARD, "msg": {"body": marked}}
    assert put_marks(found.item, MARKS).item == found.item
    assert why_not_marked(found.item, MARKS) is None


def test_a_card_with_a_variant_is_refused() -> None:
    (problem,) = put_marks({**CARD, "msg": {"body": {"title": "[광고] 봄"}}}, MARKS).problems
    assert problem.field == "msg.body.title"


@pytest.mark.parametrize(
    ("item", "is_one"),
    [
        ({"msg": "(광고) 봄"}, True),
        ({"msg": "광고 봄"}, False),
        ({"header": "1"}, True),
        ({"header": "0", "msg": {"body": {"title1": "(광고) 봄"}}}, True),
        ({"header": "0", "msg": {"body": {"description": "(광고) 봄"}}}, False),
        ({"msg": None}, False),
        ({"header": 1, "msg": {"body": "x"}}, False),
    ],
)
def test_an_item_says_it_by_its_own_marks(item: dict[str, Any], *, is_one: bool) -> None:
    assert says_advertisement(item) is is_one


@pytest.mark.parametrize(
    "item", [{}, {"msg": 1}, {"msg": None}, {"header": "1", "footer": 3}, {**CARD, "msg": []}]
)
def test_what_is_not_text_is_left_to_the_rules(item: dict[str, Any]) -> None:
    assert put_marks(item, MARKS).problems == ()


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"msg": "(광고) 누구든지 봄\n무료수신거부 080-999-9999"}, []),
        ({"msg": "봄 할인"}, []),
        ({"msg": "[광고] 봄"}, [("msg", "variant")]),
        ({"msg": "봄", "title": "(광 고)"}, [("title", "variant")]),
        ({"msg": "무료수신거부 080-999-9999 봄"}, [("msg", "must be last")]),
        ({"header": "1", "msg": {"body": {"title": "[광고]"}}}, []),
        ({**CARD, "msg": {"body": {"title": "봄 (광고)"}}}, [("msg.body.title", "not in front")]),
        (
            {**CARD, "msg": {"body": {"title1": "a", "description1": "무료거부 0809999999 a"}}},
            [("msg.body.description1", "must be last")],
        ),
        ({**CARD, "msg": 5}, []),
        ({"msg": 5}, []),
    ],
)
def test_marks_are_judged_without_knowing_whose_they_are(
    item: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    problems = judge_marks(item)
    assert [problem.field for problem in problems] == [field for field, _ in found]
    assert all(reason in problem.reason for problem, (_, reason) in zip(problems, found, strict=True))
