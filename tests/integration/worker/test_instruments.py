"""A worker counts its requests as they come back, and its housekeeping writes them down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.metrics import ANSWERED, Duration, read_counted
from plexsend.worker.process import Process
from tests.integration.worker.room import BULK, REFUSED, SILENCE, Room, ScriptedClient, accept, names, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.gateway.answers import Answer
    from plexsend.outbox.redis.store import Store


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (accept, ANSWERED),
        (lambda _: REFUSED, "unavailable"),
        (lambda _: SILENCE, "uncertain"),
        (refuse(401), "unauthorized"),
        (refuse(200, "G150"), "out_of_credit"),
    ],
    ids=["accept", "refused", "silence", "401", "G150"],
)
def test_round_of_housekeeping_writes_down_what_came_of_requests(
    scripted: Room, store: Store, answer: Callable[[Sequence[str]], Answer], outcome: str
) -> None:
    scripted.answer_by(answer)
    scripted.submit(BULK, names(10))
    scripted.drain(BULK)
    assert read_counted(store).requests == {}
    scripted.housekeeping.round()
    counted = read_counted(store)
    assert counted.requests == {("mms-bulk", outcome): 1}
    assert counted.timed[Duration.REQUEST].count == 1


def test_last_requests_of_a_process_that_ends_are_written_down_by_their_thread(store: Store) -> None:
    """Housekeeping has ended by then."""
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(10))

    def stop_meanwhile(keys: Sequence[str]) -> Answer:
        room.runtime.stop.set()
        return accept(keys)

    room.answer_by(stop_meanwhile)
    app: Any = None
    Process(app, room.runtime, lambda _: True).answer(BULK.name, "")
    assert room.states(BULK) == {"accepted": 10}
    assert read_counted(store).requests == {("mms-bulk", ANSWERED): 1}
