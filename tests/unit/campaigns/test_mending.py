"""Numbers that a spreadsheet took for amounts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plexsend.campaigns.recipients.mending import mend_number
from plexsend.gateway.numbers import normalise_receiver

MOBILE = st.from_regex(r"01(0[2-9][0-9]{7}|[16789][0-9]{7,8})", fullmatch=True)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1022227919", "01022227919"),
        ("1022227919.0", "01022227919"),
        ("10-2222-7919", "010-2222-7919"),
        ("01022227919.0", "01022227919"),
        ("112345678", "0112345678"),
        ("821022227919.0", "01022227919"),
    ],
)
def test_a_lost_0_is_put_back(written: str, meant: str) -> None:
    assert normalise_receiver(mend_number(written)) == meant.replace("-", "")


@pytest.mark.parametrize(
    "written", ["", "홍길동", "22227919", "1022227919.5", "0212345678", "212345678", "1e9"]
)
def test_what_is_not_a_mobile_number_stays(written: str) -> None:
    assert mend_number(written) is written


@settings(max_examples=30)
@given(number=MOBILE)
def test_every_mobile_number_that_lost_its_0_comes_back(number: str) -> None:
    assert mend_number(number[1:]) == number
    assert mend_number(f"{number[1:]}.0") == number
    assert mend_number(number) is number


@settings(max_examples=50)
@given(text=st.text())
def test_mending_twice_changes_nothing_more(text: str) -> None:
    assert mend_number(mend_number(text)) == mend_number(text)
