"""What is planned starts once, however many claim it; what was missed starts late or is skipped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from plexsend.errors import UsageError
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.redis.store import Store
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.due import DueOutcome, claim_due
from plexsend.outbox.runs.making import put_campaign
from plexsend.outbox.runs.states import RunState
from tests.integration.outbox.runs.feeder import checked, read, running

if TYPE_CHECKING:
    from plexsend.outbox.runs.due import DueClaim
    from plexsend.outbox.runs.run import Campaign

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
CALLERS = 10


def hourly(campaign: Campaign, after_ms: int) -> int:
    """Plan each full hour."""
    assert campaign.cron == "0 * * * *"
    return (after_ms // HOUR_MS + 1) * HOUR_MS


def claim(store: Store) -> list[DueClaim]:
    return claim_due(store, "main", next_after=hourly)


def scheduled(store: Store, late_ms: int, *, if_missed: str = "start", within: int = 60) -> str:
    group = checked(store).group
    at_ms = server_ms(store) - late_ms
    steps.schedule(store, "main", group, at_ms, if_missed=if_missed, missed_within_min=within)
    return group


def planned(store: Store, planned_ms: int, *, if_missed: str = "start", within: int = 60) -> None:
    put_campaign(
        store,
        "main",
        "weekly",
        by="kim",
        label="Weekly",
        cron="0 * * * *",
        definition='{"text":"x"}',
        if_missed=if_missed,
        missed_within_min=within,
        planned_ms=planned_ms,
    )


@pytest.mark.parametrize(
    ("late_ms", "if_missed", "within", "state"),
    [
        (-MINUTE_MS, "start", 60, RunState.SCHEDULED),
        (0, "start", 60, RunState.RUNNING),
        (0, "skip", 0, RunState.RUNNING),
        (MINUTE_MS // 2, "skip", 0, RunState.RUNNING),
        (2 * MINUTE_MS, "skip", 60, RunState.CHECKED),
        (59 * MINUTE_MS, "start", 60, RunState.RUNNING),
        (61 * MINUTE_MS, "start", 60, RunState.CHECKED),
        (2 * MINUTE_MS, "start", 0, RunState.CHECKED),
    ],
)
def test_a_scheduled_run_starts_in_time_or_late_or_is_skipped(
    store: Store, late_ms: int, if_missed: str, within: int, state: RunState
) -> None:
    group = scheduled(store, late_ms, if_missed=if_missed, within=within)
    found = claim(store)
    run = read(store, group)
    assert run.state is state
    if state is RunState.SCHEDULED:
        assert found == []
        return
    (only,) = found
    assert (only.group, only.name, only.planned_ms) == (group, "spring", run.starts_ms)
    assert only.outcome is (DueOutcome.STARTED if state is RunState.RUNNING else DueOutcome.SKIPPED)
    assert (run.why == "its planned start was missed") is (state is RunState.CHECKED)
    assert claim(store) == []
    assert [each.group for each in reading.live_runs(store, "main")] == [group] * (state is RunState.RUNNING)
    assert reading.due_at(store, "main") == {}


def test_a_run_that_had_started_goes_on_however_late(store: Store) -> None:
    group = running(store).group
    at_ms = server_ms(store) - 24 * HOUR_MS
    steps.schedule(store, "main", group, at_ms, if_missed="skip", missed_within_min=0)
    assert [found.outcome for found in claim(store)] == [DueOutcome.STARTED]
    assert read(store, group).state is RunState.RUNNING


def test_a_campaign_that_is_written_down_again_stays_itself(store: Store) -> None:
    planned(store, 1)
    first = reading.campaign(store, "main", "weekly")
    put_campaign(store, "main", "weekly", by="lee", label="Daily")
    again = reading.campaign(store, "main", "weekly")
    assert first is not None
    assert again is not None
    assert (again.id, again.created_ms, again.label, again.cron) == (first.id, first.created_ms, "Daily", "")


def test_a_cron_makes_one_run_for_the_last_of_its_missed_times(store: Store) -> None:
    now_ms = server_ms(store)
    last = now_ms // HOUR_MS * HOUR_MS
    planned(store, last - 5 * HOUR_MS)
    (made,) = claim(store)
    run = read(store, made.group)
    assert (made.outcome, made.group, made.planned_ms) == (DueOutcome.MADE, "weekly~1", last)
    assert (run.state, run.prepares, run.starts_ms) == (RunState.DRAFT, True, last)
    assert (run.definition, run.label, run.by) == ('{"text":"x"}', "Weekly", "kim")
    assert reading.due_at(store, "main") == {"weekly": last + HOUR_MS}
    assert [each.group for each in reading.live_runs(store, "main")] == ["weekly~1"]
    assert claim(store) == []
    steps.set_draft(store, "main", run.group, why="3 rows are invalid")
    assert not read(store, run.group).prepares


def test_a_cron_that_was_missed_for_too_long_waits_for_its_next_time(store: Store) -> None:
    last = server_ms(store) // HOUR_MS * HOUR_MS
    planned(store, last - 5 * HOUR_MS - 30 * MINUTE_MS, within=0)

    def daily(_: Campaign, after_ms: int) -> int:
        return max(after_ms + 1, last + HOUR_MS)

    (skipped,) = claim_due(store, "main", next_after=daily)
    assert (skipped.outcome, skipped.group) == (DueOutcome.SKIPPED, "")
    assert reading.due_at(store, "main") == {"weekly": last + HOUR_MS}
    known = reading.campaign(store, "main", "weekly")
    assert known is not None
    assert (known.missed_ms, known.last) == (skipped.planned_ms, 0)


def test_ten_callers_at_once_start_each_once(store: Store, valkey_url: str, prefix: str) -> None:
    last = server_ms(store) // HOUR_MS * HOUR_MS
    groups = {scheduled(store, 1_000) for _ in range(10)}
    planned(store, last)
    callers = [Store.connect(valkey_url, prefix) for _ in range(CALLERS)]
    barrier = Barrier(CALLERS)

    def call(its_store: Store) -> list[DueClaim]:
        claim_due(its_store, "nobody", next_after=hourly)
        barrier.wait()
        return claim(its_store)

    with ThreadPoolExecutor(CALLERS) as pool:
        claims = [found for answer in pool.map(call, callers) for found in answer]
    for each in callers:
        each.close()
    assert sorted(found.group for found in claims) == sorted([*groups, "weekly~1"])


def test_a_campaign_that_changed_meanwhile_is_looked_at_again(store: Store) -> None:
    last = server_ms(store) // HOUR_MS * HOUR_MS
    planned(store, last)

    def changes(campaign: Campaign, after_ms: int) -> int:
        planned(store, last, within=5)
        return hourly(campaign, after_ms)

    assert claim_due(store, "main", next_after=changes) == []
    assert reading.due_at(store, "main") == {"weekly": last}
    put_campaign(store, "main", "weekly", by="kim")
    assert reading.due_at(store, "main") == {}


def test_a_cron_that_cannot_be_read_keeps_no_other_from_starting(store: Store) -> None:
    group = scheduled(store, 0)
    planned(store, server_ms(store) - 1_000)

    def refuses(_: Campaign, __: int) -> int:
        raise UsageError("not a cron")

    found = claim_due(store, "main", next_after=refuses)
    assert [(each.group, each.outcome) for each in found] == [
        (group, DueOutcome.STARTED),
        ("", DueOutcome.UNREADABLE),
    ]
    assert reading.due_at(store, "main")["weekly"] > server_ms(store) + 50 * MINUTE_MS
    store.client.hset(store.keys.campaigns_of("main"), "weekly", "{broken")
    store.client.zadd(store.keys.due("main"), {"weekly": 1})
    (broken,) = claim_due(store, "main", next_after=refuses)
    assert broken.outcome is DueOutcome.UNREADABLE


def test_what_was_paused_or_taken_away_is_not_started(store: Store) -> None:
    group = scheduled(store, 0)
    steps.pause(store, "main", group, by="kim")
    # Another program, or a copy that was restored, put it back.
    store.client.zadd(store.keys.due("main"), {group: 1, "gone~1": 1, "gone": 1, "not a name~1": 1})
    assert claim(store) == []
    assert reading.due_at(store, "main") == {}
    assert read(store, group).state is RunState.PAUSED
