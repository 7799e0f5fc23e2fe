"""Numbers: what passes, what is refused with which remedy."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.errors import InvalidItem
from plexsend.gateway.items import get_loader
from plexsend.gateway.numbers import (
    LONGEST_WRITTEN,
    LOST_ZERO,
    RECEIVER_PATTERN,
    SENDER_PATTERN,
    ZERO_PUT_BACK,
    normalise_receiver,
    normalise_sender,
    read_receiver,
)
from plexsend.gateway.refusals import Refusal

SENDERS = st.from_regex(re.compile(SENDER_PATTERN, re.ASCII), fullmatch=True)
RECEIVERS = st.from_regex(re.compile(RECEIVER_PATTERN, re.ASCII), fullmatch=True)
DIGITS = st.text("0123456789", min_size=1, max_size=14)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("02-234-5678", "022345678"),
        ("02-2345-6789", "0223456789"),
        ("031-234-5678", "0312345678"),
        ("064-9345-6789", "06493456789"),
        ("070-2345-6789", "07023456789"),
        ("010-2345-6789", "01023456789"),
        ("011-234-5678", "0112345678"),
        ("019-1345-6789", "01913456789"),
        ("080-123-4567", "0801234567"),
        ("0505-123-4567", "05051234567"),
        ("1588-1234", "15881234"),
        ("1661-1234", "16611234"),
        (" 18 00 - 12 34 ", "18001234"),
        ("+82 10-2345-6789", "01023456789"),
    ],
)
def test_sender_passes(given: str, sent: str) -> None:
    assert normalise_sender(given) == sent


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("010-2345-6789", "01023456789"),
        ("010-9345-6789", "01093456789"),
        ("011-134-5678", "0111345678"),
        ("016 0345 6789", "01603456789"),
        ("+82 10 2345 6789", "01023456789"),
        ("+821023456789", "01023456789"),
        ("82 10-2345-6789", "01023456789"),
        ("'010-2345-6789", "01023456789"),
        ('="01023456789"', "01023456789"),
    ],
)
def test_receiver_passes(given: str, sent: str) -> None:
    assert normalise_receiver(given) == sent


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("02-1588-1234", "is a representative number (15xx, 16xx, 18xx) behind an area code"),
        ("031-1661-1234", "is a representative number (15xx, 16xx, 18xx) behind an area code"),
        ("2-2345-6789", "lacks its leading 0"),
        ("1023456789", "lacks its leading 0"),
        ("70-2345-6789", "lacks its leading 0"),
        ("801234567", "lacks its leading 0"),
        ("5051234567", "lacks its leading 0"),
        ("601234567", "lacks its leading 0"),
        ("3012345678", "lacks its leading 0"),
        (
            "1.02346E+09",
            "is a number that a spreadsheet shortened, as in 1.02E+09: its last digits are lost",
        ),
        ("15881234.0", "ends in a decimal point and 0, as a program writes amounts"),
        ("158-1234", "has 7 digits"),
        ("1", "has 1 digit"),
        ("010-2345-67890", "has 12 digits"),
        ("010-1234-5678", "is not a Korean number that can send"),
        ("02-1234-5678", "is not a Korean number that can send"),
        ("1788-1234", "is not a Korean number that can send"),
        ("034-234-5678", "is not a Korean number that can send"),
        ("070-1234-5678", "is not a Korean number that can send"),
        ("", "is blank"),
        (" - ", "is blank"),
        ("02.2345.6789", "holds U+002E (.), which is not a digit"),
        ("(02)2345-6789", "holds U+0028 ((), which is not a digit"),
        ("02\t2345-6789", "holds U+0009, which is not a digit"),
        ("0223456789\n", "holds U+000A, which is not a digit"),
        ("０２23456789", "holds U+FF10 (０), which is not a digit"),
        ("02２3456789", "holds U+FF12 (２), which is not a digit"),
        ("\ud80022345678", "holds U+D800, which is not a digit"),
        ("+82 2-2345-6789", "begins with a country code"),
        ("1" * (LONGEST_WRITTEN + 1), "has 41 characters, more than any number"),
    ],
)
def test_sender_is_refused(given: str, reason: str) -> None:
    refusal = normalise_sender(given)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == reason
    assert refusal.remedy


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("02-2345-6789", "is not a mobile number"),
        ("1588-1234", "is not a mobile number"),
        ("010-1234-5678", "has a 0 or 1 after 010, which no subscriber has"),
        ("010-0234-5678", "has a 0 or 1 after 010, which no subscriber has"),
        ("10-2345-6789", "lacks its leading 0"),
        ("010-234-5678", "is not a Korean mobile number"),
        ("010-2345-678", "is not a Korean mobile number"),
        ("012-345-6789", "is not a Korean mobile number"),
        ("010-2345-67890", "has 12 digits"),
        ("011-23-5678", "has 9 digits"),
        ("+82 010-2345-6789", "begins with a country code"),
        ("+1 202 555 0100", "begins with a country code"),
    ],
)
def test_receiver_is_refused(given: str, reason: str) -> None:
    refusal = normalise_receiver(given)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == reason
    assert refusal.remedy


def test_representative_number_behind_an_area_code_is_told_how_to_be_written() -> None:
    refusal = normalise_sender("02-1588-1234")
    assert isinstance(refusal, Refusal)
    assert "without" in refusal.remedy or "alone" in refusal.remedy


@given(SENDERS)
def test_every_sender_of_the_pattern_passes_as_it_is(number: str) -> None:
    assert normalise_sender(number) == number


@given(SENDERS.filter(lambda number: number.startswith("0")))
def test_every_number_without_its_0_is_told_so_or_is_another_number(number: str) -> None:
    judged = normalise_sender(number[1:])
    assert isinstance(judged, str) or judged.reason == "lacks its leading 0"


@given(RECEIVERS, st.lists(st.tuples(st.integers(0, 11), st.sampled_from("- ")), max_size=8))
def test_separators_anywhere_change_nothing(number: str, separators: list[tuple[int, str]]) -> None:
    written = number
    for place, separator in separators:
        written = written[:place] + separator + written[place:]
    assert normalise_receiver(written) == number


@given(
    RECEIVERS.filter(lambda number: number.startswith("010")), st.sampled_from(["+82", "82", "+82 ", "82-"])
)
def test_country_code_becomes_a_zero(number: str, code: str) -> None:
    assert normalise_receiver(code + number[1:]) == number


@given(st.one_of(DIGITS, st.text(st.characters(exclude_categories=()), max_size=60)))
def test_any_text_becomes_digits_of_the_pattern_or_a_refusal_without_them(text: str) -> None:
    for normalise, pattern in ((normalise_sender, SENDER_PATTERN), (normalise_receiver, RECEIVER_PATTERN)):
        judged = normalise(text)
        if isinstance(judged, Refusal):
            told = re.sub(r"U\+[0-9A-F]+", "", judged.reason + judged.remedy)
            assert not re.search(r"[0-9]{5}", told)
        else:
            assert re.fullmatch(pattern, judged, re.ASCII)


@pytest.mark.parametrize(
    ("field", "written", "sent"),
    [
        ("receiver_number", "1022345678", "01022345678"),
        ("receiver_number", " 10-2234-5678", "01022345678"),
        ("sender_number", "222345678", "0222345678"),
    ],
)
def test_a_lost_zero_is_put_back_where_asked_for_and_reported(field: str, written: str, sent: str) -> None:
    raw = {"sender_number": "0222345678", "receiver_number": "01022345678", "msg": "m", field: written}
    with pytest.raises(InvalidItem) as refused:
        get_loader("sms-bulk").load(raw, default_key="k")
    assert [problem.reason for problem in refused.value.problems] == [LOST_ZERO.reason]
    item = get_loader("sms-bulk").load(raw, default_key="k", mend_numbers=True)
    assert json.loads(item.body)[field] == sent
    assert [(each.field, each.reason) for each in item.replacements] == [(field, ZERO_PUT_BACK.reason)]


def test_a_number_of_json_that_lost_a_zero_is_mended_where_asked_for() -> None:
    raw = {"sender_number": "0222345678", "receiver_number": 1022345678, "msg": "m"}
    item = get_loader("sms-bulk").load(raw, default_key="k", mend_numbers=True)
    assert (item.receiver, len(item.replacements)) == ("01022345678", 1)
    for wrong in (12345, 10**30, True, -1022345678, 1022345678.0):
        with pytest.raises(InvalidItem, match="not text"):
            get_loader("sms-bulk").load(raw | {"receiver_number": wrong}, mend_numbers=True)


def test_a_number_that_lacks_more_than_a_zero_is_refused_all_the_same() -> None:
    raw = {"sender_number": "0222345678", "receiver_number": "12345", "msg": "m"}
    with pytest.raises(InvalidItem):
        get_loader("sms-bulk").load(raw, default_key="k", mend_numbers=True)


@pytest.mark.parametrize(
    "between", ["", "-", " ", ".", "/", "\xa0", "\u200b", "\ufeff", "–", "−", "_", " - ", "·"]
)
@pytest.mark.parametrize("before", ["0", "", "+82 ", "+82 (0)", "82", "0082 ", "'"])
def test_a_number_that_refuses_is_read_whatever_is_between_its_digits(before: str, between: str) -> None:
    for number in ("010-2345-6789", "011-234-5678"):
        written = f"{before}{between.join(number[1:].split('-'))}"
        assert read_receiver(written) == number.replace("-", "")


@pytest.mark.parametrize(
    "written",
    [
        *("02-2345-6789", "010-2345-678", "010-2345-6789 010-3456-7890", "010-2345-6789 x", "1.02E+09", ""),
        *("010-2345-6789 (2)", "+1 10 2345 6789", "010-0345-6789", "1023456789.5", "0" * 41),
    ],
)
def test_what_may_be_another_number_is_refused_in_the_same_words(written: str) -> None:
    assert read_receiver(written) == normalise_receiver(written)
    assert isinstance(read_receiver(written), Refusal)


@given(st.text("0123456789+-. ()x", max_size=20))
def test_what_is_read_has_the_digits_that_were_written(written: str) -> None:
    found = read_receiver(written)
    if not isinstance(found, Refusal):
        assert re.fullmatch(RECEIVER_PATTERN, found)
        # But for `.0` behind what a program took for an amount.
        assert "".join(filter(str.isdigit, written)).rstrip("0").endswith(found.lstrip("0").rstrip("0"))
