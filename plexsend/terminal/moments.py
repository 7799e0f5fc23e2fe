"""Times and spans in words: UTC for programs, the local zone for people."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S
_DAY_S = 24 * _HOUR_S


def utc(at_ms: int | None) -> str | None:
    """Return a time (ms since 1970) as ISO 8601 in UTC; None for None, and for a time that does not exist."""
    moment = _read(at_ms)
    return None if moment is None else moment.isoformat(timespec="milliseconds")


def local(at_ms: int | None) -> str:
    """Return a time (ms since 1970) in this machine's zone, with its offset; nothing where there is none."""
    moment = _read(at_ms)
    return "" if moment is None else moment.astimezone().isoformat(sep=" ", timespec="seconds")


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
