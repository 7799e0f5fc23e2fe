"""Groups with a real worker: held, put off, cancelled under way, beside what has no group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox import groups, steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.reading import queries
from tests.acceptance.process import wait_until

if TYPE_CHECKING:
    from tests.acceptance.conftest import MakeStand


def names(count: int, word: str) -> list[str]:
    return [f"{word}-{i}" for i in range(count)]


def test_a_group_waits_while_it_is_paused_and_nothing_else_does(
    valkey_url: str, make_stand: MakeStand
) -> None:
    stand = make_stand(valkey_url, "main")
    steer.pause(stand.store, Scope.GROUP, "spring", account="main", by="anna", why="not yet")
    spring = stand.submit("mms-bulk", names(25, "spring"), group="spring")
    later = queries.server_ms(stand.store) + 3_600_000
    autumn = stand.submit("mms-bulk", names(25, "autumn"), group="autumn", send_at_ms=later)
    alone = stand.submit("mms-bulk", names(25, "alone"))
    stand.start_workers(1)
    stand.wait_states({"accepted": 25}, alone)
    assert stand.states(spring) == {"waiting": 25}
    assert stand.states(autumn) == {"scheduled": 25}

    steer.resume(stand.store, Scope.GROUP, "spring", account="main")
    groups.reschedule(stand.store, "main", "autumn", 0)
    for lane in (spring, autumn):
        stand.wait_states({"accepted": 25}, lane)
    every = [*names(25, "spring"), *names(25, "autumn"), *names(25, "alone")]
    assert stand.sandbox.accepted == dict.fromkeys(every, 1)
    assert stand.audit().ok


def test_a_group_that_is_cancelled_under_way_ends_and_sends_nothing_more(
    valkey_url: str, make_stand: MakeStand
) -> None:
    stand = make_stand(valkey_url, "main")
    stand.sandbox.add_fault("delay", ms=700)
    keys = names(400, "spring")
    lane = stand.submit("mms-bulk", keys, group="spring")
    stand.start_workers(1)
    wait_until(lambda: len(stand.sandbox.list_arrivals()) >= 8, what="eight requests are under way")

    done = groups.cancel(stand.store, "main", "spring", by="anna", why="wrong price")

    assert done.parked == ()
    assert done.cancelled + done.wanted <= 400
    assert done.cancelled > 0
    sent = 400 - done.cancelled
    # What was being sent was answered: it did not come back unsent.
    stand.wait_states({"accepted": sent, "cancelled": done.cancelled}, lane)
    assert len(stand.sandbox.accepted) == sent
    assert stand.audit().ok
