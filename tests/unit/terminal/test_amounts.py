"""Amounts of money have as many decimal places as they need."""

from __future__ import annotations

from decimal import Decimal

from plexsend.terminal.amounts import won


def test_an_amount_has_no_zeros_behind_its_point() -> None:
    amounts = ("696300.0", "41250.00", "27.5", "0", "1E+3", "0.05")
    assert [won(Decimal(each)) for each in amounts] == ["696,300", "41,250", "27.5", "0", "1,000", "0.05"]
