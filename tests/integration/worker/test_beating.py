"""Beat: it rings for campaigns, gives its sign, and outlives its broker."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.environment import read_settings
from plexsend.outbox.beat import beat_signs
from plexsend.stack.ports import free_port
from plexsend.worker.app import create_app
from plexsend.worker.beating import SCHEDULE, Scheduler
from plexsend.worker.campaign_queue import CAMPAIGNS, MOST_WAITING

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def scheduler(valkey_url: str, prefix: str, **more: str) -> Scheduler:
    app = create_app(read_settings({"PLEXSEND_REDIS_URL": valkey_url, "PLEXSEND_KEY_PREFIX": prefix, **more}))
    return Scheduler(app)


def ring(beat: Scheduler) -> float:
    """Let its one entry be due, and tick."""
    for entry in beat.schedule.values():
        assert entry.last_run_at is not None
        entry.last_run_at -= timedelta(seconds=10)
    beat._heap = None
    return beat.tick()


@pytest.fixture(autouse=True)
def campaigns(store: Store) -> None:
    store.client.sadd(store.keys.campaigns, "main")


def waiting(store: Store, prefix: str) -> int:
    return int(store.client.llen(f"{prefix}celery:{CAMPAIGNS}"))


def test_tick_is_sent_to_the_queue_of_campaigns_and_the_sign_is_given(
    valkey_url: str, prefix: str, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    beat = scheduler(valkey_url, prefix)
    assert list(beat.schedule) == list(SCHEDULE)
    with caplog.at_level(logging.INFO):
        ring(beat)
    assert waiting(store, prefix) == 1
    (sign,) = beat_signs(store)
    assert sign.lives
    assert caplog.messages == [], "a line a second is read by nobody"
    # It has just run.
    assert 0 < beat.tick() <= 1
    assert waiting(store, prefix) == 1
    beat.close()


def test_nobody_is_woken_where_there_are_no_campaigns(valkey_url: str, prefix: str, store: Store) -> None:
    store.client.delete(store.keys.campaigns)
    beat = scheduler(valkey_url, prefix)
    ring(beat)
    assert waiting(store, prefix) == 0
    assert beat_signs(store)
    beat.close()


def test_entries_of_an_application_go_as_celery_sends_them(
    valkey_url: str, prefix: str, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Whether or not there are campaigns, and whatever waits for those."""
    store.client.delete(store.keys.campaigns)
    beat = scheduler(valkey_url, prefix)
    beat.update_from_dict({"own": {"task": "own.task", "schedule": 5.0, "options": {"queue": "mms-bulk"}}})
    with caplog.at_level(logging.INFO):
        ring(beat)
        beat.tick()  # one task each time
    assert store.client.llen(f"{prefix}celery:mms-bulk") == 1
    assert any("own.task" in each for each in caplog.messages)
    assert waiting(store, prefix) == 0
    beat.close()


def test_ticks_that_nobody_takes_do_not_pile_up(valkey_url: str, prefix: str, store: Store) -> None:
    beat = scheduler(valkey_url, prefix)
    for _ in range(MOST_WAITING + 5):
        ring(beat)
    assert waiting(store, prefix) == MOST_WAITING
    store.client.delete(store.keys.beat)
    ring(beat)
    assert beat_signs(store), "it lives all the same"
    beat.close()


def test_broker_that_refuses_is_reported_once_and_rung_again(
    valkey_url: str, prefix: str, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    beat = scheduler(valkey_url, prefix)
    ring(beat)
    # Another type: the broker answers every push with an error.
    store.client.delete(f"{prefix}celery:{CAMPAIGNS}")
    store.client.hset(f"{prefix}celery:{CAMPAIGNS}", "a", "b")
    with caplog.at_level(logging.INFO):
        assert [ring(beat) for _ in range(3)] == [1.0] * 3
        lines = [each for each in caplog.messages if "cannot ring" in each]
        assert len(lines) == 1
        store.client.delete(f"{prefix}celery:{CAMPAIGNS}")
        ring(beat)
    assert waiting(store, prefix) == 1
    assert any("rings again" in each for each in caplog.messages)
    beat.close()


def test_outbox_that_is_away_keeps_no_tick_from_being_sent(
    valkey_url: str, prefix: str, store: Store
) -> None:
    away = {"PLEXSEND_BROKER_URL": valkey_url, "PLEXSEND_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    beat: Any = scheduler(valkey_url, prefix, **away)
    ring(beat)
    ring(beat)
    assert waiting(store, prefix) == 2
    beat.close()
