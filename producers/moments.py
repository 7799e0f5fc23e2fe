"""Moments as callers give them, aware datetimes, and as the outbox keeps them, ms since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from plexsend.errors import UsageError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def not_before_ms(moment: datetime | None, *, name: str) -> int | None:
    """Return the first whole ms at or after the moment, or None for None.

    Args:
        moment: An aware datetime; UsageError for anything else.
        name: The caller's name for it, for that error.
    """
    if moment is None:
        return None
    # A division rounds down, and that of the negative rounds up.
    return max(0, -(-_since_epoch(moment, name) // _MILLISECOND))


def not_after_ms(moment: datetime | None, *, name: str) -> int | None:
    """Return the last whole ms at or before the moment, or None for None; as `not_before_ms`."""
    return None if moment is None else max(0, _since_epoch(moment, name) // _MILLISECOND)


def _since_epoch(moment: datetime, name: str) -> timedelta:
    # Callers without a type checker pass strings and dates; a date has no offset to ask for.
    if not isinstance(moment, datetime):
        raise UsageError(f"{name} is of type {type(moment).__name__}. Give a datetime with a time zone.")
    if moment.utcoffset() is None:
        raise UsageError(
            f"{name} has no time zone, so the moment it means depends on the machine. "
            "Give an aware datetime, such as datetime.now(UTC) or one with tzinfo=ZoneInfo('Asia/Seoul')."
        )
    return moment - _EPOCH
