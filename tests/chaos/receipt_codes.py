"""The codes with which the lying gateway posts receipts, and what each makes of a message: by the guide."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a receipt."""

    code: str
    state: str
    """What the message becomes; `accepted`: the key was taken before, which says no more than that."""
    share: int
    """How often it comes, beside the others."""


_SMS = (
    Code("0", "delivered", 70),
    Code("1", "undelivered", 3),
    Code("2", "undelivered", 4),
    Code("D", "undelivered", 3),
    Code("S", "undelivered", 2),
    Code("d", "undelivered", 2),
    Code("a", "undelivered", 2),
    Code("G410", "undelivered", 2),
    Code("G430", "unknown", 3),
    Code("5", "unknown", 2),
    Code("ZZ9", "unknown", 2),
    Code("q", "accepted", 3),
    Code("c", "accepted", 2),
)
_RCS = (
    Code("00000", "delivered", 70),
    Code("71006", "undelivered", 4),
    Code("74002", "undelivered", 6),
    Code("79999", "undelivered", 6),
    Code("0", "unknown", 3),
    Code("80000", "unknown", 6),
    Code("71003", "accepted", 5),
)
ORDER = ("accepted", "unknown", "undelivered", "delivered")
"""Of two receipts of a message the later one here counts, whichever came first."""


def is_rcs(path: str) -> bool:
    """Return whether requests of RCS go by this path."""
    return path.startswith("/rcs")


def codes_of(path: str) -> tuple[Code, ...]:
    """Return the codes of the product to which requests go by this path."""
    return _RCS if is_rcs(path) else _SMS


def is_listed(path: str, code: str) -> bool:
    """Return whether the policy fallback_codes, as it is where nobody set it, names a code of RCS."""
    return is_rcs(path) and state_of(path, code) == "undelivered"


def refuses(path: str, code: str) -> bool:
    """Return whether a code says that the recipient refuses."""
    return not is_rcs(path) and code == "D"


def state_of(path: str, code: str) -> str:
    """Return what a code makes of a message of the product with this path."""
    return next(each.state for each in codes_of(path) if each.code == code)
