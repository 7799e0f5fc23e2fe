"""The plan of a run in words."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.plans.planning import RunPlanned, Spill
from plexsend.cli.campaign_plan_output import plan_lines
from plexsend.terminal.moments import WallClock

AT_MS = 1_764_561_600_000
"""2025-12-01 13:00 in Seoul."""
ONCE = Definition(name="spring", service="lms-bulk")
WEEKLY = Definition(name="spring", service="lms-bulk", cron="0 10 * * 1")


def said(definition: Definition = ONCE, *, count: int = 1, is_rated: bool = True) -> str:
    planned = RunPlanned(
        messages=count,
        requests=count,
        starts_at_ms=AT_MS,
        ends_at_ms=AT_MS + 60_000,
        per_s=12.5,
        is_rated=is_rated,
        spills=(
            Spill("window", AT_MS, count, AT_MS + 3_600_000),
            Spill("quiet hours", AT_MS, count, None),
        ),
        expired=count,
        over_limit=count,
        pictures=(("images.0", AT_MS),),
        memory_bytes=2_500_000,
        cost=Decimal("41250.0"),
    )
    return "\n".join(plan_lines(planned, WallClock(ZoneInfo("Asia/Seoul")), definition))


@pytest.mark.parametrize("count", [1, 2_000])
def test_one_and_many_are_counted_in_words_that_agree(count: int) -> None:
    shown = "1 message does not" if count == 1 else "2,000 messages do not"
    requests = "1 message in 1 request" if count == 1 else "2,000 messages in 2,000 requests"
    text = said(count=count)
    assert f"Plan: {requests}, from 2025-12-01 13:00:00 KST until 2025-12-01 13:01:00 KST" in text
    assert f"{shown} go before the window closes at 2025-12-01 13:00:00 KST and go on at " in text
    assert f"{shown} go before the quiet hours begin at 2025-12-01 13:00:00 KST." in text
    assert f"{shown} go at all: the run ends before." in text
    over = "1 message is" if count == 1 else "2,000 messages are"
    assert f"{over} more than the service's limit of the day has left" in text
    assert "images.0: the gateway deletes this picture at" in text
    assert "Redis needs up to 2.5 MB for it. It costs 41,250 won, if all of it is billed." in text


def test_a_rate_that_nobody_set_is_said_to_be_a_guess() -> None:
    assert "12.5 a second." in said()
    assert "as fast as the gateway answers (taken for 12.5 a second)." in said(is_rated=False)


def test_a_plan_of_a_cron_is_of_its_next_run() -> None:
    first, second, *_ = said(WEEKLY).splitlines()
    assert first == "It makes a run every Monday at 10:00, of the list as it is then."
    assert second.startswith("Plan of the next run, by the list as it is now: 1 message in 1 request")
