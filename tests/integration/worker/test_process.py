"""A worker process as its doorbells meet it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from celery.worker import state
from kombu.exceptions import OperationalError

from plexsend.errors import OutboxError
from plexsend.worker.process import DRAIN_TASK, Process
from tests.integration.worker.room import BULK, Room, ScriptedClient, names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.gateway.answers import Answer
    from plexsend.outbox.redis.store import Store


@pytest.mark.parametrize("fault", [ZeroDivisionError(), OutboxError("refused")], ids=str)
def test_line_of_a_drain_that_failed_names_what_it_had_in_hand(
    store: Store, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(10))

    def fail(_: Sequence[str]) -> Answer:
        raise fault

    room.answer_by(fail)
    app: Any = None
    Process(app, room.runtime, lambda _: True).answer(BULK.name, "")
    [line] = [record.message for record in caplog.records if "drain failed" in record.message]
    assert f"msg_keys={json.dumps(names(10))}" in line
    # What was taken is reclaimed later.
    assert room.states(BULK) == {"sending": 10}


def test_doorbell_for_no_lane_is_logged_and_raises_nothing(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    app: Any = None
    Process(app, Room(store, ScriptedClient()).runtime, lambda _: True).answer("no lane", "")
    [line] = [record.message for record in caplog.records if "drain failed" in record.message]
    assert "msg_keys" not in line


class Refusing:
    """A broker that takes no doorbell, for this reason."""

    reason = "NOPERM"

    def send_task(self, *_: Any, **__: Any) -> None:
        raise OperationalError(self.reason)


def test_broker_that_refuses_doorbell_after_doorbell_is_logged_once_for_each_reason(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    app: Any = Refusing()
    process = Process(app, Room(store, ScriptedClient()).runtime, lambda _: False)
    for _ in range(30):
        process.ring(BULK, "bell:1")
    app.reason = "READONLY"
    process.ring(BULK, "bell:1")
    lines = [record.message for record in caplog.records if "refuses a doorbell" in record.message]
    assert [("NOPERM" in line, "READONLY" in line) for line in lines] == [(True, False), (False, True)]


@dataclass(eq=False)
class Reserved:
    """What Celery keeps of a doorbell that came: weakly, and by its identity."""

    args: Any
    name: str = DRAIN_TASK


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        ([], set()),
        (["mms-bulk/spring@main"], set()),
        (["mms-bulk/spring@main", "mms-bulk@main"], {"mms-bulk@main"}),
        (["2 mms-bulk/spring@main"], set()),
        (["2 mms-bulk@main"], {"2 mms-bulk@main"}),
        (["not a lane"], {"not a lane"}),
    ],
)
def test_waiting_doorbell_of_a_lane_without_a_group_is_known(
    store: Store, waiting: list[str], expected: set[str]
) -> None:
    app: Any = None
    process = Process(app, Room(store, ScriptedClient()).runtime, lambda _: True)
    under_way = Reserved(["mms-bulk@main", "bell:1"])
    all_of_them = [under_way, *(Reserved([lane, "bell:2"]) for lane in waiting)]
    try:
        for request in all_of_them:
            state.reserved_requests.add(request)
        state.active_requests.add(under_way)
        assert process.surroundings.ungrouped_waits() is bool(expected)
    finally:
        state.reserved_requests.clear()
        state.active_requests.clear()
