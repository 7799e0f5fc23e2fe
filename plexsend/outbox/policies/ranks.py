"""Ranks: of several values that are asked for, the one with the lowest is the strictest."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from plexsend.settings import OnUncertain, UncertainThen

if TYPE_CHECKING:
    from plexsend.settings import QuietHours, RcsDialect


def lowest(value: float) -> float:
    """Rank the lowest value first."""
    return value


def highest(value: float) -> float:
    """Rank the highest value first."""
    return -value


def limit(value: float) -> float:
    """Rank the lowest limit first; 0 is no limit, the loosest of all."""
    return value or inf


def most_careful(value: OnUncertain) -> int:
    """Rank what never sends twice first."""
    return (OnUncertain.PARK, OnUncertain.RECEIPT, OnUncertain.RESEND).index(value)


def safest(value: UncertainThen) -> int:
    """Rank what waits for a person first."""
    return (UncertainThen.PARK, UncertainThen.RESEND).index(value)


def oldest(value: RcsDialect) -> str:
    """Rank the oldest dialect first."""
    return value.value


def longest_night(value: QuietHours) -> float:
    """Rank the longest quiet hours first."""
    return -value.length.total_seconds()


def alike(_: object) -> int:
    """Rank nothing."""
    return 0
