"""Quiet hours: when advertisements wait. The law counts in Korean time, whatever zone an account has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta

from plexsend.settings.values import refusal

_WRITTEN = re.compile(r"(\d{1,2}):(\d{2})\s*[-~]\s*(\d{1,2}):(\d{2})", re.ASCII)
# Of the Act on Promotion of Information and Communications Network Utilization, article 50 (3).
LAW_BEGINS, LAW_ENDS = time(21), time(8)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when until when, in Korean time; they begin in the evening and end the next morning."""

    begins: time
    ends: time

    def __str__(self) -> str:
        """Return them as they are written."""
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"

    @property
    def length(self) -> timedelta:
        """How long they are."""
        return timedelta(
            hours=24 - self.begins.hour + self.ends.hour, minutes=self.ends.minute - self.begins.minute
        )


def quiet_hours(name: str, text: str) -> QuietHours:
    """Read quiet hours, `20:50-08:00`; raises SettingsError for any that are shorter than the law's."""
    found = _WRITTEN.fullmatch(text.strip())
    try:
        times = [int(part) for part in found.groups()] if found else []
        hours = QuietHours(time(times[0], times[1]), time(times[2], times[3])) if times else None
    except ValueError:
        hours = None
    if hours is None:
        raise refusal(name, "is not a span of hours", "Write it as 20:50-08:00.")
    if hours.begins > LAW_BEGINS or not LAW_ENDS <= hours.ends < hours.begins:
        raise refusal(
            name,
            "is not as long as the law asks",
            "From 21:00 to 08:00 Korean time advertisements need a consent of their own: begin at 21:00 or "
            "before, and end at 08:00 or later.",
        )
    return hours
