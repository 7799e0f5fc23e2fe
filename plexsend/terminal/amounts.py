"""Amounts of money in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


def won(amount: Decimal) -> str:
    """Return an amount with as many decimal places as it needs: `41,250` and `27.5`."""
    return f"{amount.normalize():,f}"
