"""A real worker under a rate that lanes share: a group that wants all of it, and single messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.lanes import Lane
from plexsend.outbox.submit import NewMessage

if TYPE_CHECKING:
    from tests.acceptance.conftest import MakeStand

RATE_PER_S = 100
SINGLES = 60
GROUP = Lane("mms-bulk", None, "main", "spring")


@pytest.mark.parametrize("answer_ms", [5, 200])
def test_single_messages_hardly_wait_beside_a_group(
    valkey_url: str, make_stand: MakeStand, answer_ms: int
) -> None:
    stand = make_stand(valkey_url, "main", PLEXSEND_RATE=str(RATE_PER_S), PLEXSEND_LINGER_MS="0")
    stand.sandbox.add_fault("delay", ms=answer_ms)
    stand.start_workers(1)
    drafts = [NewMessage(f"g{i}", stand.body("mms-bulk", f"g{i}", i)) for i in range(250)]
    stand.add(GROUP, drafts)
    lane = Lane("mms-bulk", None, "main")
    for number in range(SINGLES):
        stand.submit("mms-bulk", [f"single-{number}"])
        time.sleep(0.03)
    stand.wait_states({"accepted": SINGLES}, lane)
    waits_ms = sorted(
        record.ended_ms - record.submitted_ms
        for record in stand.records("main", [f"single-{number}" for number in range(SINGLES)])
        if record.ended_ms is not None
    )
    assert len(waits_ms) == SINGLES
    assert waits_ms[-1] - answer_ms < 1_000
    # What they leave the group gets.
    stand.wait_states({"accepted": 250}, GROUP)
    assert stand.audit().ok
