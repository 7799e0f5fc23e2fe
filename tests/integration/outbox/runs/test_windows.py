"""A run sends within its window alone, to the millisecond of Redis's clock, and `why` says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.batches import Batch
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.policies.open_hours import OPEN_HOURS
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.reading import flow_facts
from plexsend.outbox.reading.flow import Flow, judge
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.reading.why import why
from plexsend.outbox.runs import steps
from tests.integration.outbox.bench import BULK, NUMBER_KEY, Bench, back
from tests.integration.outbox.runs.feeder import feed, lane_of, leased, running

if TYPE_CHECKING:
    from plexsend.outbox.runs.run import Run

HOUR_MS = 3_600_000


def fed(bench: Bench, rows: int = 3) -> Run:
    run = running(bench.store)
    feed(bench.store, run, leased(bench.store, run), range(rows))
    return run


def set_window(bench: Bench, run: Run, *spans: tuple[int, int]) -> None:
    now_ms = server_ms(bench.store)
    spans = tuple((now_ms + opens, now_ms + closes) for opens, closes in spans)
    steps.set_window(bench.store, "main", run.group, spans)


def test_a_run_without_a_window_sends_at_any_time(bench: Bench) -> None:
    run, other = fed(bench), fed(bench)
    set_window(bench, other, (HOUR_MS, 2 * HOUR_MS))
    assert len(bench.take(lane=lane_of(run)).messages) == 3


def test_outside_its_window_a_run_waits_and_nothing_else_does(bench: Bench) -> None:
    run = fed(bench)
    lane = lane_of(run)
    set_window(bench, run, (-HOUR_MS, 0), (30_000, HOUR_MS))
    waits = bench.rest(lane=lane)
    assert (waits.reason, 0 < waits.wait_ms <= 30_000) == ("window", True)
    assert bench.sweep().rings == ()
    assert 0 < (bench.wake_in_ms(lane) or 0) <= 30_000
    # It fills no batch of another lane either.
    bench.submit(["k"])
    assert [message.msg_key for message in bench.take("p1.2").messages] == ["k"]
    set_window(bench, run, (-1_000, HOUR_MS))
    assert (bench.wake_in_ms(lane) or 0) <= 0
    assert len(bench.take("p1.3", lane=lane).messages) == 3


@pytest.mark.parametrize("spans", [(), ((-2 * HOUR_MS, -HOUR_MS),)])
def test_a_window_that_nobody_renewed_is_closed_and_looked_at_again(
    bench: Bench, spans: tuple[tuple[int, int], ...]
) -> None:
    run = fed(bench)
    set_window(bench, run, *spans)
    assert bench.rest(lane=lane_of(run)).reason == "window"
    assert 0 < (bench.wake_in_ms(lane_of(run)) or 0) <= 60_000
    causes = why(bench.store, bench.record(run.key_of(0)), bench.policy).causes
    assert "nothing says when" in causes[-1].text


@pytest.mark.parametrize("opens", [True, False])
def test_a_window_opens_and_closes_to_the_millisecond(bench: Bench, *, opens: bool) -> None:
    """Redis's own times before and behind a take say on which side of the boundary it was."""
    run = fed(bench, 100)
    lane = lane_of(run)
    # A machine that is busy may be on neither side in time: then the next boundary counts.
    for _ in range(50):
        at_ms = server_ms(bench.store) + 40
        span = (at_ms, at_ms + HOUR_MS) if opens else (at_ms - HOUR_MS, at_ms)
        steps.set_window(bench.store, "main", run.group, [span])
        sides: set[str] = set()
        while "behind" not in sides:
            before_ms = server_ms(bench.store)
            answer = bench.call(lane=lane)
            after_ms = server_ms(bench.store)
            is_open = isinstance(answer, Batch)
            if after_ms < at_ms:
                assert is_open is not opens
                sides.add("before")
            if before_ms >= at_ms:
                assert is_open is opens
                sides.add("behind")
            if isinstance(answer, Batch):
                bench.stop(settlement=back(answer), lane=lane)
        if "before" in sides:
            return
    raise AssertionError("no take came before the boundary")


def test_advertisements_of_a_run_wait_for_both(bench: Bench) -> None:
    run = running(bench.store)
    lane = Lane("mms-bulk", None, "main", run.group, Advertising.QUIET)
    feed(bench.store, run, leased(bench.store, run), range(3), lane=lane, number_key=NUMBER_KEY)
    now_ms = server_ms(bench.store)
    bench.store.client.hset(
        bench.store.keys.in_force("main"), OPEN_HOURS, f"{now_ms + 20_000}-{now_ms + HOUR_MS}"
    )
    set_window(bench, run, (10_000, HOUR_MS))
    waits = bench.rest(lane=lane)
    assert (waits.reason, 10_000 < waits.wait_ms <= 20_000) == ("quiet", True)
    set_window(bench, run, (30_000, HOUR_MS))
    waits = bench.rest(lane=lane)
    assert (waits.reason, 20_000 < waits.wait_ms <= 30_000) == ("window", True)


def test_why_names_the_window(bench: Bench) -> None:
    run = fed(bench)
    set_window(bench, run, (HOUR_MS, 2 * HOUR_MS))
    answer = why(bench.store, bench.record(run.key_of(0)), bench.policy)
    (cause,) = [each for each in answer.causes if each.kind == "window"]
    assert "waits for the window of the campaign spring/1" in cause.text
    assert cause.until_ms is not None
    parts = flow_facts.gather(bench.store, read_to_show(bench.store), sleep=lambda _: None)
    (part,) = [each for each in parts if each.service == "mms-bulk"]
    assert (part.waiting, part.outside) == (0, 3)
    sentence = judge(part)
    assert sentence.flow is Flow.WINDOW
    assert "3 messages wait for the window" in sentence.text
    bench.submit(["k"], BULK)
    assert bench.take("p1.9").messages
