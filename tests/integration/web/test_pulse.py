"""The pulse of a door: what others know of it, and what it knows of Redis."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from plexsend.outbox.doors import living
from plexsend.outbox.redis.store import Store
from plexsend.outbox.refusals import RefusedBecause
from plexsend.stack.ports import free_port
from plexsend.web import pulse as module
from plexsend.web.pulse import Pulse
from plexsend.web.refused import RefusedCounts
from tests.integration.outbox.test_doors import WEB1

if TYPE_CHECKING:
    import pytest

    from plexsend.outbox.doors import Door


def pulse_of(store: Store, refused: RefusedCounts | None = None) -> Pulse:
    return Pulse(store, lambda: WEB1, durable=False, refused=refused or RefusedCounts())


def test_key_that_another_program_took_keeps_no_receipt_out(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.client.set(store.keys.doors, "somebody's")
    refused = RefusedCounts()
    refused.note(RefusedBecause.PATH)
    pulse = pulse_of(store, refused)
    pulse.start(10)
    assert (pulse.is_fit, pulse.trouble) == (True, "")
    pulse.stop()
    events = [record.getMessage().partition(" words=")[0] for record in caplog.records]
    assert events.count("server not announced") == 1
    # What could not be written down is not forgotten.
    assert refused.take() == {"wrong path": 1}


def test_redis_that_is_away_is_logged_once_and_named_without_its_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = free_port()
    pulse = pulse_of(Store.connect(f"redis://127.0.0.1:{port}/0", "p:"))
    pulse.start(10)
    assert (pulse.is_fit, pulse.trouble) == (False, "Redis does not answer")
    pulse.stop()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_fault_that_nobody_foresaw_ends_no_pulse(
    store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SOON_S", 0.01)
    faults = [ValueError("a fault")] * 3

    def door() -> Door:
        if faults:
            raise faults.pop()
        return WEB1

    pulse = Pulse(store, door, durable=False, refused=RefusedCounts())
    pulse.start(10)
    deadline = time.monotonic() + 10
    while pulse.trouble and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (pulse.lives, pulse.is_fit, pulse.trouble) == (True, True, "")
    pulse.stop()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_redis_that_takes_too_long_is_not_ready(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = pulse_of(store)
    pulse.start(10)
    assert pulse.trouble == ""
    monkeypatch.setattr(module, "elapsed_s", lambda: float("inf"))
    assert pulse.trouble == "Redis does not answer in time"
    monkeypatch.undo()
    pulse.stop()


def test_what_was_taken_and_refused_is_logged_at_the_end(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    refused = RefusedCounts()
    pulse = pulse_of(store, refused)
    pulse.start(10)
    assert [door.process for door in living(store)] == ["p1"]
    pulse.counts["settled"] += 7
    refused.note(RefusedBecause.ADDRESS)
    with caplog.at_level(logging.INFO):
        pulse.stop()
    said = [record.getMessage() for record in caplog.records]
    assert any("receipts taken" in line and "settled" in line and "7" in line for line in said)
    assert any("posts refused" in line and "wrong address" in line for line in said)
    assert living(store) == []
