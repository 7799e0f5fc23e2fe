"""The demo's night holds at whatever hour somebody watches."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from plexsend.demo.night import hours_around
from plexsend.outbox.policies.open_hours import KST, open_spans
from plexsend.settings.quiet_hours import quiet_hours

HOUR_MS = 3_600_000


@pytest.mark.parametrize("minute", range(0, 24 * 60, 15))
def test_night_is_one_that_the_law_allows_and_lasts_an_hour_longer(minute: int) -> None:
    moment = datetime(2026, 11, 29, tzinfo=KST) + timedelta(minutes=minute)
    now_ms = round(moment.timestamp() * 1000)
    quiet = quiet_hours("quiet_hours", hours_around(now_ms))

    spans = open_spans(quiet, now_ms)
    for at_ms in (now_ms, now_ms + HOUR_MS):
        assert not any(opens <= at_ms < closes for opens, closes in spans)
    assert min(opens for opens, _ in spans if opens > now_ms) - now_ms <= 20 * HOUR_MS
