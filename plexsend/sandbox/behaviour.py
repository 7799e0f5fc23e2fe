"""What the guide leaves open, as switches: a client must live with either position."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# The codes of which the guide does not say whether they come per item or for the whole request.
EITHER_WAY = frozenset({"G110", "G150", "G160"})


# A week: no carrier tries for longer.
_LONGEST_MS = 7 * 24 * 3600 * 1000
_MOST_DAYS = 3650


class Duplicates(StrEnum):
    """What becomes of a key that was accepted before."""

    REFUSE = "refuse"
    """Answered 71003 and counted apart."""
    ACCEPT = "accept"
    """Accepted again, so that a test can count what was sent twice."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The positions of all switches."""

    duplicates: Duplicates = Duplicates.REFUSE
    envelope_for: frozenset[str] = frozenset({"G110", "G160"})
    """Which of G110, G150 and G160 answer the whole request; the others answer each item."""
    max_items: int = 10
    """More messages in one request are G160."""
    messages_per_s: float | None = None
    """More messages of one service and account within any second are HTTP 429. None: no limit."""
    retry_after: str | None = "1"
    """The Retry-After header of such a 429: seconds, a date, nonsense, or None for no header."""
    senders: frozenset[str] | None = None
    """The registered sender numbers; another is G140. None: every number of the right form."""
    shuffle: bool = True
    """Results come in random order, because the guide promises none."""
    picture_days: float = 90
    """For how many days an uploaded image is kept. A message that shows one later is C400_2."""
    receipt_delay_ms: float = 0
    """How long after acceptance a receipt is posted."""
    receipt_spread_ms: float = 0
    """Each receipt comes up to this much later than that, so that they come out of order."""
    receipt_early: float = 0
    """The share of receipts that are posted before the sending request is answered."""
    receipt_doubled: float = 0
    """The share of receipts that come twice."""
    receipt_missing: float = 0
    """The share of receipts that never come."""
    receipt_codes: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Code → the share of receipts that have it; the others say delivered."""
    receipt_retry_ms: float = 1000
    """How long to wait after a first try that was not answered as it should be; it doubles each time."""

    @property
    def refuses_duplicates(self) -> bool:
        """Whether a key that was accepted before is answered 71003."""
        return self.duplicates is Duplicates.REFUSE

    def change(self, changes: Mapping[str, object]) -> Behaviour:
        """Return other positions. ValueError names what is unknown or of the wrong type."""
        positions: dict[str, Any] = {name: _read(name, value) for name, value in changes.items()}
        return dataclasses.replace(self, **positions)

    def to_json(self) -> dict[str, object]:
        """Return the positions as JSON knows them."""
        return {
            **dataclasses.asdict(self),
            "envelope_for": sorted(self.envelope_for),
            "senders": None if self.senders is None else sorted(self.senders),
            "receipt_codes": dict(self.receipt_codes),
        }


def _read(name: str, value: object) -> object:
    """Return a switch's position from a plain value."""
    read = _READERS.get(name)
    if read is None:
        raise ValueError(f"there is no switch {name!r}; there are {', '.join(sorted(_READERS))}")
    try:
        return read(value)
    except (TypeError, ValueError) as exc:
        raise ValueError(f"{name} cannot have that value") from exc


def _read_envelopes(value: object) -> frozenset[str]:
    codes = _read_names(value)
    if codes is None or codes - EITHER_WAY:
        raise ValueError
    return codes


def _read_names(value: object) -> frozenset[str] | None:
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Collection):
        raise TypeError
    if not all(isinstance(name, str) for name in value):
        raise TypeError
    return frozenset(value)


def _read_count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError
    return value


def _read_rate(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError
    return value


def _read_header(value: object) -> str | None:
    text = None if value is None else str(value)
    # A line break would end the header and begin another.
    if text is not None and not (text.isascii() and text.isprintable()):
        raise ValueError
    return text


def _read_share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError
    return value


def _read_wait(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST_MS:
        raise ValueError
    return value


def _read_codes(value: object) -> dict[str, float]:
    if not isinstance(value, Mapping) or not all(isinstance(code, str) for code in value):
        raise TypeError
    shares = {code: _read_share(share) for code, share in value.items()}
    if sum(shares.values()) > 1:
        raise ValueError
    return shares


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _read_days(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_DAYS:
        raise ValueError
    return value


_READERS = {
    "duplicates": lambda value: Duplicates(str(value)),
    "envelope_for": _read_envelopes,
    "max_items": _read_count,
    "messages_per_s": _read_rate,
    "retry_after": _read_header,
    "senders": _read_names,
    "shuffle": _read_flag,
    "picture_days": _read_days,
    "receipt_delay_ms": _read_wait,
    "receipt_spread_ms": _read_wait,
    "receipt_early": _read_share,
    "receipt_doubled": _read_share,
    "receipt_missing": _read_share,
    "receipt_codes": _read_codes,
    "receipt_retry_ms": _read_wait,
}
