"""The table of codes against the table of the contract, written a second time."""

from __future__ import annotations

import re

import pytest

from plexsend.gateway.codes import CODES, FAMILIES, FRONT_ERRORS, OWN_CODES, Meaning, code_words, find_code

M = Meaning
CONTRACT = {
    "C100": (M.ACCEPTED, M.UNCERTAIN),
    "C400_1": (M.REJECTED, M.BAD_ITEM),
    "C400_2": (M.REJECTED, M.BAD_ITEM),
    "C400_3": (M.REJECTED, M.BAD_ITEM),
    "C401_1": (M.UNAUTHORIZED, M.UNAUTHORIZED),
    "C401_2": (M.UNAUTHORIZED, M.UNAUTHORIZED),
    "C401_3": (M.UNAUTHORIZED, M.UNAUTHORIZED),
    "C404_1": (M.UNSUITABLE, M.UNSUITABLE),
    "C500_1": (M.UNCERTAIN, M.UNCERTAIN),
    "G110": (M.UNSUITABLE, M.UNSUITABLE),
    "G140": (M.REJECTED, M.BAD_ITEM),
    "G141": (M.REJECTED, M.BAD_ITEM),
    "G142": (M.REJECTED, M.BAD_ITEM),
    "G150": (M.OUT_OF_CREDIT, M.OUT_OF_CREDIT),
    "G160": (M.TOO_MANY_ITEMS, M.TOO_MANY_ITEMS),
    "71003": (M.DUPLICATE, M.UNSUITABLE),
}


def test_table_is_that_of_the_contract() -> None:
    assert {code.code: (code.as_item, code.as_whole) for code in CODES} == CONTRACT, (
        "a code is a row of CODES and, here, a row of CONTRACT: what it means for one item, and as a whole"
    )


@pytest.mark.parametrize(
    ("code", "like"),
    [
        ("C400", "C400_1"),
        ("C400_9", "C400_1"),
        ("C401_9", "C401_1"),
        ("C404_27", "C404_1"),
        ("C500", "C500_1"),
        ("C502_1", "C500_1"),
        ("C503", "C500_1"),
    ],
)
def test_code_that_is_not_listed_follows_its_family(code: str, like: str) -> None:
    found = find_code(code)
    assert found is not None
    assert (found.as_item, found.as_whole) == CONTRACT[like]


@pytest.mark.parametrize(
    "code",
    [
        "",
        "C341",
        "C10",
        "C1000",
        "c100",
        "g150",
        "C400_",
        "C4000",
        "C400-1",
        "XC400_1",
        "C402",
        "C5",
        "C50",
        "G143",
        "0",
    ],
)
def test_code_that_nobody_knows_is_not_guessed(code: str) -> None:
    assert find_code(code) is None


def test_a_code_has_the_same_words_wherever_it_is_shown() -> None:
    assert code_words("G141") == "the recipient number is invalid"
    assert code_words("NO_BODY") == "its text was missing in Redis"
    assert code_words("C599") == "server trouble"
    assert code_words("C341") == "a code that is not listed"
    assert [code_words(word) for word in ("", "TIMEOUT", "HTTP_503")] == ["", "", ""]


def test_a_code_that_ends_a_message_says_what_to_do() -> None:
    kept_back = {code: own for code, own in OWN_CODES.items() if own.reason}
    assert set(kept_back) == {"SUPPRESSED", "AD_GAP", "AD_MARKS", "NO_NUMBER_HASH"}
    assert all(own.remedy and own.lasts is not None for own in kept_back.values())


def test_each_code_is_said_in_korean_too() -> None:
    listed = [row.korean for row in (*CODES, *FAMILIES, *FRONT_ERRORS)]
    for korean in (*listed, *(row.korean for row in OWN_CODES.values())):
        assert re.search("[가-힣]", korean), korean
    assert code_words("G141", korean=True) == "수신번호 오류"
    assert code_words("C400_77", korean=True) == "잘못된 요청"
    assert code_words("PERSON", korean=True) == "담당자가 처리함"
    assert code_words("Z999", korean=True) == "알려지지 않은 코드"
    assert code_words("TIMEOUT", korean=True) == ""
