"""When messages go: times as they are typed, in the zone that the fleet agreed on, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.outbox.policies.midnights import find_zone
from plexsend.outbox.policies.state import read
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.reading import queries
from plexsend.producers.written_times import in_zone
from plexsend.terminal.moments import WallClock, span, utc

if TYPE_CHECKING:
    from datetime import datetime

    from plexsend.outbox.redis.store import Store

_MISSED_S = 300
"""A time that passed less long ago than this was meant for now."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When messages go, with the zone of their account."""

    zone: str
    send_at: datetime | None = None
    expires_at: datetime | None = None

    def facts(self) -> dict[str, str | None]:
        """Return the times as they go to programs."""
        return {"send_at": _facts(self.send_at), "expires_at": _facts(self.expires_at)}

    def words(self) -> str:
        """Return when they go, in words behind `is in` or `are in`; nothing where it is at once."""
        words = f" and goes at {self.show(self.send_at)}" if self.send_at is not None else ""
        return words + (f", not after {self.show(self.expires_at)}" if self.expires_at is not None else "")

    def show(self, moment: datetime) -> str:
        """Return a time with its zone."""
        return self.show_ms(round(moment.timestamp() * 1000))

    def show_ms(self, at_ms: int) -> str:
        """Return a time in ms since 1970 with its zone."""
        return WallClock(find_zone(self.zone)).words(at_ms)


def read_timing(
    store: Store, account: str, *, send_at: datetime | None, expires_at: datetime | None
) -> Timing:
    """Return the times of an account's messages, each with a zone.

    Raises UsageError for a `send_at` that passed long ago, and where no zone is known for a time without one.
    """
    if send_at is None and expires_at is None:
        return Timing("UTC")
    timing = timing_of(store, account)
    if send_at is not None:
        send_at = place(timing, send_at, "--send-at")
        missed_s = queries.server_ms(store) / 1000 - send_at.timestamp()
        if missed_s > _MISSED_S:
            raise UsageError(
                f"--send-at {timing.show(send_at)} has passed, {span(missed_s)} ago. "
                "Leave it out to send at once, or give a later time."
            )
        if missed_s >= 0:
            send_at = None
    if expires_at is not None:
        expires_at = place(timing, expires_at, "--expires-at")
    return Timing(timing.zone, send_at, expires_at)


def read_moment(store: Store, account: str, moment: datetime) -> tuple[datetime, Timing]:
    """Return a time for messages that are in already, with a zone, and what shows it.

    Raises UsageError as `read_timing` does.
    """
    timing = timing_of(store, account)
    placed = place(timing, moment, "TIME")
    missed_s = queries.server_ms(store) / 1000 - placed.timestamp()
    if missed_s > _MISSED_S:
        raise UsageError(
            f"TIME {timing.show(placed)} has passed, {span(missed_s)} ago. "
            "Write now to send at once, or give a later time."
        )
    return placed, timing


def place(timing: Timing, moment: datetime, written: str) -> datetime:
    """Return a time with a zone: its own, or that of the account."""
    if moment.utcoffset() is not None:
        return moment
    zone = find_zone(timing.zone)
    if zone is None:
        raise UsageError(
            f"{written} has no zone, and this machine does not know {timing.zone}, in which it would count. "
            "Write it with its zone, as in 2026-03-01T09:00:00+09:00."
        )
    return in_zone(moment, zone)


def timing_of(store: Store, account: str) -> Timing:
    """Return what shows times in the zone of an account."""
    return Timing(read(store).of(account).zone)


def clock_for(store: Store, account: str | None) -> WallClock:
    """Return what shows times on a screen about one account, or about all that there are."""
    return clock_of(store, *(queries.accounts(store) if account is None else (account,)))


def _facts(moment: datetime | None) -> str | None:
    return None if moment is None else utc(round(moment.timestamp() * 1000))
