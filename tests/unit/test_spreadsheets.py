"""What is in a cell stays as it is: nothing is computed, and no digit is lost."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.phone_numbers import hyphenated
from plexsend.spreadsheets import cell

FORMULAS = ["=1+1", '=HYPERLINK("x")', "+82", "-1+1", "@SUM(A1)", "\t=1", " =1", "\n=1", "\r=1", "\uff1d1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_is_computed(text: str) -> None:
    assert cell(text).startswith("'")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("01023456789", "010-2345-6789"),
        ("0111234567", "011-123-4567"),
        ("0212345678", "02-1234-5678"),
        ("0801234567", "080-123-4567"),
        ("06236", "'06236"),
        ("00000", "'00000"),
        ("1234567890123456", "'1234567890123456"),
        ("12E5", "'12E5"),
    ],
)
def test_no_digit_is_lost(text: str, written: str) -> None:
    assert cell(text) == written


@pytest.mark.parametrize(
    "text", ["", "김철수", "010-2345-6789", "-5", "-1.5", "-", "0", "0.5", "1,000", "a=b"]
)
def test_what_no_spreadsheet_changes_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


@given(st.text())
def test_a_cell_comes_back_as_it_was_written(text: str) -> None:
    written = cell(text)
    file = io.StringIO(newline="")
    csv.writer(file).writerow([written, "next"])
    assert list(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [[written, "next"]]
    assert "\r" not in written
    assert not written.lstrip(" \n\u00a0\u3000").startswith(("=", "+", "@"))


def test_a_number_with_signs_or_of_no_kind_gets_no_hyphens() -> None:
    for text in ("010-2345-6789", "0123456789", "15881234", "0102345678901", ""):
        assert hyphenated(text) == text
