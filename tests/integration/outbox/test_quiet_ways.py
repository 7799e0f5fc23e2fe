"""By whatever way a message comes to wait again, an advertisement does not go in the quiet hours."""

from __future__ import annotations

import time
import zoneinfo
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox import steer
from plexsend.outbox.batches import Outcome
from plexsend.outbox.constants import QUIET_LOOK_MS
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.open_hours import OPEN_HOURS, as_field
from plexsend.outbox.policies.state import refresh
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading import queries
from plexsend.outbox.replies import text
from plexsend.outbox.rewound import SettleAs, finish, settle
from plexsend.outbox.states import TRANSITIONS, Event, State
from plexsend.outbox.steer import Act
from plexsend.settings.quiet_hours import quiet_hours
from tests.integration.outbox.bench import SHUT, Bench, keys_in, verdicts
from tests.integration.outbox.test_quiet_hours import QUIET, set_open
from tests.integration.outbox.test_rewound import Copy, Process, lost

if TYPE_CHECKING:
    from collections.abc import Callable
HOUR_MS = 3_600_000
OPEN = (-1_000, HOUR_MS)
SMALL = Lane.of("mms-bulk", None, "main", "small", Advertising.QUIET)


def submitted(bench: Bench) -> None:
    bench.submit(["a"], QUIET)


def scheduled(bench: Bench) -> None:
    bench.submit(["a"], QUIET, send_at_ms=queries.server_ms(bench.store) + 5_000)
    bench.let_pass(6_000)


def rescheduled(bench: Bench) -> None:
    bench.submit(["a"], QUIET, send_at_ms=queries.server_ms(bench.store) + HOUR_MS)
    assert steer.reschedule(bench.store, "main", "a", 1).outcome == "rescheduled"


def settled(outcome: Outcome, act: Act | None = None, *, delay_ms: int = 0) -> Callable[[Bench], None]:
    """Return a way through a request: what its verdict is, and what a person asks for then."""

    def way(bench: Bench) -> None:
        bench.submit(["a"], QUIET)
        batch = bench.take(lane=QUIET)
        bench.stop(settlement=verdicts(batch, outcome, delay_ms=delay_ms), lane=QUIET)
        if act is not None:
            assert steer.ask(bench.store, "main", "a", act).outcome in ("requeued", "settled")
        bench.let_pass(delay_ms + 1_000)

    return way


def taken_by_a_dead_drain(bench: Bench) -> None:
    bench.submit(["a"], QUIET)
    batch = bench.take(lane=QUIET)
    bench.let_pass(61_000)
    assert [each.message.msg_key for each in bench.find_abandoned()] == ["a"]
    bench.settle(verdicts(batch, Outcome.RETRY, delay_ms=1_000), lane=QUIET)
    bench.let_pass(2_000)


def found_by_the_walk(bench: Bench) -> None:
    bench.submit(["a"], QUIET)
    bench.store.client.delete(bench.store.keys.lane("main", QUIET.name, "ready"))
    bench.heal(QUIET.name, records=["a"])


def sent_again_after_a_restore(bench: Bench) -> None:
    bench.submit(["a"], QUIET)
    process, copy = Process(bench), Copy(bench)
    process.send(lane=QUIET)
    copy.restore(age_ms=HOUR_MS)
    lost(process.call(lane=QUIET))
    assert sum(settle(bench.store, QUIET, SettleAs.RESEND)) == 1
    finish(bench.store, "main")


WAYS: dict[str, tuple[Event, Callable[[Bench], None]]] = {
    "submitted": (Event.SUBMIT_NOW, submitted),
    "scheduled": (Event.DUE, scheduled),
    "rescheduled": (Event.DUE, rescheduled),
    "given back": (Event.GIVE_BACK, settled(Outcome.BACK)),
    "given back for later": (Event.DUE, settled(Outcome.BACK, delay_ms=2_000)),
    "uncertain, again": (Event.DUE, settled(Outcome.RETRY, delay_ms=2_000)),
    "requeued": (Event.REQUEUE, settled(Outcome.REJECTED, Act.REQUEUE)),
    "settled as resend": (Event.SETTLE_RESEND, settled(Outcome.PARK, Act.RESEND)),
    "reclaimed": (Event.DUE, taken_by_a_dead_drain),
    "healed": (Event.SUBMIT_NOW, found_by_the_walk),
    "restored": (Event.SUBMIT_NOW, sent_again_after_a_restore),
}


def test_every_event_that_lets_a_message_wait_has_a_way_here() -> None:
    leads = {event for event, _, to in TRANSITIONS if to is State.WAITING}
    assert leads == {event for event, _ in WAYS.values()}


@pytest.mark.parametrize("way", WAYS)
def test_it_waits_for_the_morning_whatever_brought_it_there(bench: Bench, way: str) -> None:
    set_open(bench, OPEN)
    WAYS[way][1](bench)
    set_open(bench)
    assert bench.rest("p3.1", lane=QUIET).reason == "quiet"
    # Nor does it fill a batch of something else.
    bench.submit(["order"])
    assert keys_in(bench.take("p3.2")) == ["order"]
    assert bench.state("a") in (State.WAITING, State.SCHEDULED)
    set_open(bench, OPEN)
    assert keys_in(bench.take("p3.3", lane=QUIET)) == ["a"]


def test_a_small_group_is_not_taken_along_either(bench: Bench) -> None:
    bench.submit(["a"], SMALL)
    set_open(bench)
    bench.submit(["b"], Lane("mms-bulk", None, "main", "orders"))
    bench.submit(["order"])
    assert sorted(keys_in(bench.take())) == ["b", "order"]


def test_a_hold_that_ends_at_night_sends_no_probe(bench: Bench) -> None:
    set_open(bench, OPEN)
    bench.submit(["a", "b"], QUIET)
    batch = bench.take(lane=QUIET)
    set_open(bench)
    bench.stop(settlement=verdicts(batch, Outcome.BACK, SHUT), lane=QUIET)
    bench.let_pass(HOUR_MS, steadily=False)
    set_open(bench)
    assert bench.rest("p3.1", lane=QUIET).reason == "quiet"
    bench.submit(["order"])
    assert keys_in(bench.take("p3.2")) == ["order"]


def test_a_change_of_the_hours_counts_within_a_minute_both_ways(bench: Bench) -> None:
    bench.submit(["a"], QUIET)
    set_open(bench, (10 * HOUR_MS, 20 * HOUR_MS))
    waits = bench.rest(lane=QUIET)
    assert (waits.reason, waits.wait_ms <= QUIET_LOOK_MS) == ("quiet", True)
    assert (bench.wake_in_ms(QUIET) or 0) <= QUIET_LOOK_MS == 60_000
    # Somebody lets them begin now: the lane sleeps, and is rung for within the minute.
    set_open(bench, OPEN)
    bench.let_pass(QUIET_LOOK_MS, steadily=False)
    set_open(bench, OPEN)
    assert [ring.lane for ring in bench.sweep().rings] == [QUIET]
    # And the other way round: the next take goes by it.
    set_open(bench)
    assert bench.rest(lane=QUIET).reason == "quiet"


def written(bench: Bench) -> str:
    return text(bench.store.client.hget(bench.store.keys.in_force("main"), OPEN_HOURS))


def test_a_changed_policy_is_what_takes_go_by_at_once(bench: Bench) -> None:
    bench.submit(["a"], QUIET)
    for hours in ("20:50-08:00", "19:00-09:30", "21:00-08:00"):
        put(bench.store, Where(), {"quiet_hours": hours}, by="anna", reason="r")
        now_ms = queries.server_ms(bench.store)
        assert written(bench) == as_field(quiet_hours("quiet_hours", hours), now_ms)


def test_a_host_of_another_clock_and_zone_writes_the_same_hours(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are those of Redis's clock in Korean time, of which a host needs no data."""
    refresh(bench.store, ["main"])
    before = written(bench)
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    zoneinfo.reset_tzpath(to=[])
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 12 * 3600)
    monkeypatch.setattr(time, "time_ns", lambda: round((real() + 12 * 3600) * 1e9))
    try:
        bench.store.client.hdel(bench.store.keys.in_force("main"), OPEN_HOURS, "epoch")
        refresh(bench.store, ["main"])
        assert written(bench) == before
    finally:
        monkeypatch.undo()
        time.tzset()
        zoneinfo.reset_tzpath()
