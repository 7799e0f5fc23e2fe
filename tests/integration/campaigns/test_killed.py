"""Feeders that are killed anywhere, one after the other and two at once: each row is one message.

`make campaigns-chaos` does the same with real workers, beats and a Valkey that are killed.
"""

from __future__ import annotations

import random
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest

from plexsend.campaigns.reading.counting import row_counts
from plexsend.outbox.lanes import Lane
from plexsend.outbox.runs.states import RunState
from tests.integration.campaigns.mortal import feed_until
from tests.integration.campaigns.sending import make_run, read, rows_there

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

ROWS = 3_000
MOST_LIVES = 200


@pytest.mark.parametrize("seed", [1, 2])
def test_each_row_is_one_message_wherever_feeders_die(
    store: Store, valkey_url: str, prefix: str, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    marks = {chance.randrange(ROWS): "d" for _ in range(40)}
    cells = {chance.randrange(ROWS): ("nothing", "a") for _ in range(3)}
    run = make_run(store, tmp_path, ROWS, marks=marks, cells=cells)
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.integration.campaigns.mortal"])
    lives = deaths = 0
    while read(store, run.group).fed < ROWS:
        feeders = [
            context.Process(
                target=feed_until,
                args=(valkey_url, prefix, str(tmp_path), run.group, chance.randint(1, 14)),
                kwargs={"is_made": chance.random() < 0.5},
            )
            for _ in range(chance.choice((1, 1, 2)))
        ]
        for each in feeders:
            each.start()
        for each in feeders:
            each.join()
            deaths += each.exitcode == -9
        lives += len(feeders)
        assert lives < MOST_LIVES
        # As the lease would lapse.
        store.client.hset(store.keys.run("main", run.group), "until", 1)
    assert deaths >= 4
    left_out = set(marks) | set(cells)
    assert rows_there(store, run) == set(range(ROWS)) - left_out
    now = read(store, run.group)
    assert (now.state, now.skipped) == (RunState.RUNNING, len(left_out))
    lane = Lane("sms-standard", None, "main", run.group)
    assert store.client.zcard(store.keys.lane("main", lane.name, "ready")) == ROWS - len(left_out)
    counts = row_counts(store, "main", now)
    assert (counts.waiting, counts.excluded, counts.added) == (
        ROWS - len(left_out),
        len(left_out),
        ROWS - len(left_out),
    )
