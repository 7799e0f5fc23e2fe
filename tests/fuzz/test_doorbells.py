"""Whatever a doorbell says: it comes to nothing, and the next one finds a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.outbox.reading.audit import audit
from plexsend.worker.process import Process, _current, enter
from plexsend.worker.tasks import drain
from tests.fuzz.effort import examples
from tests.fuzz.hostile import JSON_VALUES, TEXTS
from tests.integration.worker.room import BULK, Room, ScriptedClient, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.redis.store import Store


@pytest.fixture
def room(store: Store) -> Iterator[Room]:
    """A worker whose task answers doorbells."""
    room = Room(store, ScriptedClient())
    no_broker: Any = None
    # What would be rung stays with the room.
    process = Process(no_broker, room.runtime, lambda _: False)
    process.surroundings = room.around
    enter(process)
    yield room
    _current.clear()


LANES: st.SearchStrategy[Any] = (
    st.sampled_from(
        [
            "mms-bulk@main",
            "mms-bulk@nobody",
            "nope@main",
            "mms-bulk.RMM@main",
            "rcs-mms-bulk@main",
            "rcs-mms-bulk.XYZ@main",
            "mms-bulk",
            "@",
            "x" * 100_000,
            "mms-bulk@main\n",
            None,
            0,
            [],
            {"lane": "mms-bulk@main"},
        ]
    )
    | TEXTS
    | JSON_VALUES
)
BELLS: st.SearchStrategy[Any] = (
    st.sampled_from(["", "bell:", "bell:x.1", "x" * 100_000, None, 0, [], {}, True]) | JSON_VALUES
)


@examples(60)
@given(LANES, BELLS)
def test_whatever_a_doorbell_says_the_task_ends_and_takes_nothing_that_is_not_there(
    room: Room, lane: Any, bell: Any
) -> None:
    drain(lane, bell)
    assert room.sent == []


@examples(20)
@given(LANES, BELLS)
def test_a_true_doorbell_is_answered_after_any_other(room: Room, lane: Any, bell: Any) -> None:
    room.sent.clear()
    keys = names(3, f"k{room.runtime.next_drain()}")
    room.submit(BULK, keys)
    drain(lane, bell)
    drain(BULK.name, "bell:x.1")
    assert [key for request in room.sent for key in request] == keys
    assert audit(room.store).ok
