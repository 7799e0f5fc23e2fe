"""What a worker does for campaigns: a share of its threads, and no fault leaves a task."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from plexsend.outbox.runs.states import RunState
from plexsend.worker.campaign_queue import FEED_TASK
from plexsend.worker.campaign_tasks import CampaignWork
from tests.integration.campaigns.sending import make_run, read, rows_there, settings_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from plexsend.outbox.redis.store import Store


def work(url: str, prefix: str, root: Path, *, threads: int = 4) -> tuple[CampaignWork, list[Any]]:
    asked: list[Any] = []
    settings = settings_of(root, PLEXSEND_REDIS_URL=url, PLEXSEND_KEY_PREFIX=prefix)
    process: Any = SimpleNamespace(
        runtime=SimpleNamespace(settings=settings, stop=threading.Event()),
        threads=threads,
        ask_for=lambda *task: asked.append(task),
    )
    return CampaignWork(process), asked


def test_tick_asks_for_what_runs_want_and_the_task_feeds(
    store: Store, valkey_url: str, prefix: str, tmp_path: Path
) -> None:
    run = make_run(store, tmp_path, 30)
    one, asked = work(valkey_url, prefix, tmp_path)
    one.tick()
    assert asked == [(FEED_TASK, "main", run.group)]
    one.feed("main", run.group)
    assert rows_there(store, run) == set(range(30))
    assert read(store, run.group).state is RunState.RUNNING
    assert len(asked) == 1, "it wants no more"


def test_no_more_than_a_share_of_the_threads_feeds(
    store: Store, valkey_url: str, prefix: str, tmp_path: Path
) -> None:
    run = make_run(store, tmp_path, 30)
    one, _ = work(valkey_url, prefix, tmp_path, threads=4)
    with one._threads:
        one.feed("main", run.group)
    assert rows_there(store, run) == set(), "its only thread was taken: the next tick asks again"
    one.feed("main", run.group)
    assert len(rows_there(store, run)) == 30
    one._runtime.stop.set()
    other = make_run(store, tmp_path, 30)
    one.feed("main", other.group)
    assert rows_there(store, other) == set(), "it is to stop"


def test_fault_that_lasts_is_logged_once(
    store: Store, valkey_url: str, prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.client.set(store.keys.campaigns, "another program's")
    one, asked = work(valkey_url, prefix, tmp_path)
    one._ticker = SimpleNamespace(tick=lambda: 1 / 0)  # type: ignore[assignment]  # a double
    for _ in range(3):
        one.tick()
    assert asked == []
    assert sum("tick failed" in line for line in caplog.messages) == 1
