"""A fleet goes over to the newer form; programs that do not know it are shut out, and say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.outbox import form as form_module
from plexsend.outbox.form import FORM, OLD_FORM
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.reading import queries
from plexsend.worker.form_watch import LOOK_S
from tests.integration.outbox.test_form import let_pass
from tests.integration.worker.room import BULK, Room, ScriptedClient, names

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


@pytest.fixture
def room(store: Store, monkeypatch: pytest.MonkeyPatch) -> Room:
    """A worker on a prefix on which 0.2.0 has sent."""
    monkeypatch.setattr(form_module, "_KEPT_S", -1.0)
    store.client.sadd(store.keys.lanes, BULK.name)
    return Room(store, ScriptedClient())


def show_older(store: Store) -> None:
    """Let an older process show that it lives."""
    entry = str(WorkerProcess("old", 4, ("mms-bulk",)))
    store.client.zadd(store.keys.procs("main"), {entry: queries.server_ms(store)})


def look(room: Room) -> int:
    """Let a look's time pass and the worker look."""
    room.now_s += LOOK_S
    room.housekeeping.round()
    return room.runtime.form


def test_fleet_goes_over_ten_minutes_after_the_older_processes_have_gone(room: Room) -> None:
    room.submit(BULK, names(10))
    assert look(room) == OLD_FORM
    for _ in range(15):
        show_older(room.store)
        let_pass(room.store, 50_000)
        assert look(room) == OLD_FORM
    room.store.client.delete(room.store.keys.procs("main"))
    forms = []
    for _ in range(13):
        let_pass(room.store, 50_000)
        forms.append(look(room))
    assert forms[:11] == [OLD_FORM] * 11
    assert forms[-1] == FORM
    assert room.record("k-0").lane == BULK


def test_older_housekeeping_fails_from_then_on(room: Room) -> None:
    room.store.client.delete(room.store.keys.lanes)
    room.submit(BULK, names(10))
    show_older(room.store)
    for _ in range(2):
        assert look(room) == FORM
    with pytest.raises(Exception, match="WRONGTYPE"):
        show_older(room.store)
    room.work()
    assert room.states(BULK) == {"accepted": 10}


def test_newer_form_than_its_own_stops_a_worker_that_runs(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    room.submit(BULK, names(10))
    look(room)
    room.store.client.set(room.store.keys.format, FORM + 1)
    room.rung.clear()
    for _ in range(3):
        assert look(room) > FORM
    assert room.rung == []
    [record] = [record for record in caplog.records if "housekeeping failed" in record.message]
    assert "Install the version" in record.message
