"""Times and spans in words: UTC for programs, the zone that the fleet agreed on for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S
_DAY_S = 24 * _HOUR_S
_ANY_YEAR = 2026
"""A year that has both halves: a zone with summer time shows in it."""


def utc(at_ms: int | None) -> str | None:
    """Return a time (ms since 1970) as ISO 8601 in UTC; None for None, and for a time that does not exist."""
    moment = _read(at_ms)
    return None if moment is None else moment.isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class WallClock:
    """Shows times to people as the clock on their wall does, whatever zone this machine is in."""

    zone: tzinfo | None = None
    """None: no zone is known, so UTC."""

    @property
    def name(self) -> str:
        """The zone as people call it: `KST`; its full name where that changes in the course of a year."""
        letters = {datetime(_ANY_YEAR, month, 1, tzinfo=self.zone or UTC).tzname() or "" for month in (1, 7)}
        short = letters.pop()
        return short if not letters and short.isalpha() else str(self.zone)

    def cell(self, at_ms: int | None) -> str:
        """Return a time (ms since 1970) without its zone, for a screen that names that elsewhere."""
        moment = _read(at_ms)
        return "" if moment is None else f"{self._placed(moment):%Y-%m-%d %H:%M:%S}"

    def cell_of_hour(self, at_ms: int | None) -> str:
        """Return the same for a time that is kept by the hour: seconds would say more than is known."""
        moment = _read(at_ms)
        return "" if moment is None else f"{self._placed(moment):%Y-%m-%d %H:%M}"

    def words(self, at_ms: int | None) -> str:
        """Return a time with the name of its zone, for a sentence; nothing where there is none."""
        moment = _read(at_ms)
        if moment is None:
            return ""
        short = self._placed(moment).tzname() or ""
        return f"{self.cell(at_ms)} {short if short.isalpha() else self.name}"

    def title(self, title: str) -> str:
        """Return the title of a column of times that names their zone, for all columns of the screen."""
        return f"{title} ({self.name})"

    def iso(self, at_ms: int | None) -> str:
        """Return a time as ISO 8601 with its offset, to be typed or read by programs."""
        moment = _read(at_ms)
        return "" if moment is None else self._placed(moment).isoformat(timespec="milliseconds")

    def _placed(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone or UTC)


# What another program wrote into a record may not be a time at all.
def _read(at_ms: int | None) -> datetime | None:
    try:
        return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def span(seconds: float) -> str:
    """Return a length of time in its two largest units: `0.2 s`, `45 s`, `3 min 20 s`, `4 d 3 h`."""
    if seconds < 10:  # noqa: PLR2004  below, a tenth of a second is worth showing
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit_s, unit, part_s, part in (
        (_DAY_S, "d", _HOUR_S, "h"),
        (_HOUR_S, "h", _MINUTE_S, "min"),
        (_MINUTE_S, "min", 1, "s"),
    ):
        if whole >= unit_s:
            rest = whole % unit_s // part_s
            return f"{whole // unit_s} {unit}" + (f" {rest} {part}" if rest else "")
    return f"{whole} s"
