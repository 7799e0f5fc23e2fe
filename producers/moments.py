"""Moments as callers give them and as the outbox keeps them, ms since 1970.

For a whole call they are aware datetimes. An item may have its own, which count instead: aware datetimes too,
or ISO 8601 text with a zone. A file holds only text, and there a time without a zone is one of the account's
time zone. They never go on the wire.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError, Problem, UsageError
from plexsend.producers.written_times import NotATime, in_zone, read_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

SEND_AT = "send_at"
EXPIRES_AT = "expires_at"
MOMENTS = (SEND_AT, EXPIRES_AT)
"""Fields for what is said of an item and does not go on the wire."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_EXAMPLE = "2026-03-01T09:00:00+09:00"
_IN_A_PROGRAM = f"Give an aware datetime, or ISO 8601 text with a zone, as in {_EXAMPLE}."
_IN_A_FILE = f"Write ISO 8601, such as 2026-03-01 09:00, or with a zone of its own: {_EXAMPLE}."
_NO_ZONE = "has no time zone, so the moment it means depends on the machine"
_LATER = "Give a later moment, or none."


@dataclass(frozen=True, slots=True)
class Moments:
    """When a message may be sent, in ms since 1970."""

    send_at_ms: int | None = None
    """Not before; None: at once."""
    expires_at_ms: int | None = None
    """Never from then on; None: no limit."""


def not_before_ms(moment: datetime | None, *, name: str) -> int | None:
    """Return the first whole ms at or after the moment, or None for None.

    Args:
        moment: An aware datetime; UsageError for anything else.
        name: The caller's name for it, for that error.
    """
    return None if moment is None else _ceiling_ms(_aware(moment, name))


def not_after_ms(moment: datetime | None, *, name: str) -> int | None:
    """Return the last whole ms at or before the moment, or None for None; as `not_before_ms`."""
    return None if moment is None else _floor_ms(_aware(moment, name))


class ServerClock:
    """The clock of Redis: messages expire by it, not by this machine's clock. Read once, when needed.

    Args:
        read: Asks Redis for the time in ms.
    """

    def __init__(self, read: Callable[[], int]) -> None:
        self._read = read
        self._asked = False
        self._ahead_ms: float | None = None
        """Of the time that this machine has run, asleep or not."""

    def now_ms(self) -> int | None:
        """Return the time; None where Redis does not answer: what is added next then fails by itself."""
        if not self._asked:
            self._asked = True
            with suppress(OutboxError):
                self._ahead_ms = self._read() - elapsed_s() * 1000
        return None if self._ahead_ms is None else int(self._ahead_ms + elapsed_s() * 1000)


def has_moments(item: Mapping[Any, object]) -> bool:
    """Return whether an item has a field for a moment of its own."""
    return SEND_AT in item or EXPIRES_AT in item


def take_moments(
    given: Mapping[str, object],
    usual: Moments,
    now_ms: Callable[[], int | None],
    *,
    from_file: bool = False,
    zone: ZoneInfo | None = None,
) -> tuple[dict[str, object], Moments, tuple[Problem, ...]]:
    """Return an item without its own moments, those that count for it, and what is wrong with them.

    Args:
        given: The item. None or a blank text is not a moment.
        usual: Those of the whole call, which count where the item has none.
        now_ms: Returns Redis's time; None: not known.
        from_file: Whether the item was in a file, where a moment can only be text.
        zone: That of a text without one; None: such a text is refused.
    """
    item = dict(given)
    own_send_at, own_expires_at = item.pop(SEND_AT, None), item.pop(EXPIRES_AT, None)
    try:
        send_at = _read(own_send_at, SEND_AT, zone)
        expires_at = _read(own_expires_at, EXPIRES_AT, zone)
    except _Unreadable:
        remedy = _IN_A_FILE if from_file else _IN_A_PROGRAM
        wrong = _unreadable((own_send_at, SEND_AT), (own_expires_at, EXPIRES_AT), zone=zone)
        return item, usual, tuple(Problem(each.field, each.reason, remedy) for each in wrong)
    moments = Moments(
        usual.send_at_ms if send_at is None else _ceiling_ms(send_at),
        usual.expires_at_ms if expires_at is None else _floor_ms(expires_at),
    )
    return item, *_judge(moments, now_ms(), blamed=SEND_AT if expires_at is None else EXPIRES_AT)


class _Unreadable(Exception):
    """A value that is not a moment, and why."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(reason)


def _judge(moments: Moments, now_ms: int | None, *, blamed: str) -> tuple[Moments, tuple[Problem, ...]]:
    send_at_ms, expires_at_ms = moments.send_at_ms, moments.expires_at_ms
    if expires_at_ms is not None and expires_at_ms <= (send_at_ms or 0):
        why = "is not before expires_at" if blamed == SEND_AT else "is not after send_at"
        return moments, (Problem(blamed, f"{why}, so nothing would ever be sent", "Correct one of the two."),)
    if now_ms is None:
        return moments, ()
    if expires_at_ms is not None and expires_at_ms <= now_ms:
        return moments, (Problem(EXPIRES_AT, "has passed, so nothing would be sent", _LATER),)
    # A message that is due already is like any other: it keeps its place among them.
    if send_at_ms is not None and send_at_ms <= now_ms:
        return Moments(None, expires_at_ms), ()
    return moments, ()


def _unreadable(*given: tuple[object, str], zone: ZoneInfo | None) -> list[_Unreadable]:
    found = []
    for value, field in given:
        try:
            _read(value, field, zone)
        except _Unreadable as exc:
            found.append(exc)
    return found


def _read(value: object, field: str, zone: ZoneInfo | None) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = read_time(value)
        except NotATime as exc:
            raise _Unreadable(field, str(exc)) from None
        if zone is not None:
            value = in_zone(value, zone)
    if not isinstance(value, datetime):
        raise _Unreadable(field, f"is of type {type(value).__name__}, not a time")
    if value.utcoffset() is None:
        raise _Unreadable(field, _NO_ZONE)
    return value


def _ceiling_ms(moment: datetime) -> int:
    # A division rounds down, so dividing the negative rounds up.
    return max(0, -(-(moment - _EPOCH) // _MILLISECOND))


def _floor_ms(moment: datetime) -> int:
    return max(0, (moment - _EPOCH) // _MILLISECOND)


def _aware(moment: datetime, name: str) -> datetime:
    # Callers without a type checker pass strings and dates; a date has no offset to ask for.
    if not isinstance(moment, datetime):
        raise UsageError(f"{name} is of type {type(moment).__name__}. Give a datetime with a time zone.")
    if moment.utcoffset() is None:
        raise UsageError(
            f"{name} {_NO_ZONE}. "
            "Give an aware datetime, such as datetime.now(UTC) or one with tzinfo=ZoneInfo('Asia/Seoul')."
        )
    return moment
