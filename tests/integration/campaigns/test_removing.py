"""What is kept of runs for a while, and when it goes: the run itself, and folders that nobody knows."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.folders.follow_ups import source_of
from plexsend.campaigns.ticks import removing
from plexsend.campaigns.ticks.removing import DAY_MS, remove_old
from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import reading, steps
from tests.integration.campaigns.run_bench import RunBench
from tests.integration.campaigns.sending import DEFINITION, folder_of, make_run, read
from tests.integration.outbox.bench import everything

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from tests.integration.outbox.bench import Bench

DAY_S = 86_400


def ended(store: Store, root: Path, name: str, days: int, source: str = "") -> Run:
    """Return a run that ended so many days ago."""
    definition = replace(DEFINITION, name=name)
    run = make_run(store, root, 3, definition=definition, source=source)
    steps.finish(store, "main", run.group)
    store.client.hset(store.keys.run("main", run.group), "ended", server_ms(store) - days * DAY_MS)
    # It was made before that, too.
    store.client.hset(store.keys.run("main", run.group), "created", 1)
    return read(store, run.group)


def remove(store: Store, root: Path) -> list[str]:
    """Remove what is old, twice, and return the runs that are left."""
    for _ in range(2):
        remove_old(store, root, server_ms(store))
    return [run.group for run in reading.runs(store)]


def test_a_run_is_listed_for_400_days_and_then_forgotten_whole(store: Store, tmp_path: Path) -> None:
    empty = everything(store).keys()
    ended(store, tmp_path, "old", 401)
    ended(store, tmp_path, "young", 399)
    assert remove(store, tmp_path) == ["young~1"]
    assert [each.name for each in reading.campaigns(store)] == ["young"]
    assert read(store, "young~1").dropped_ms, "its recipients are gone"
    left = {name for name in everything(store).keys() - empty if "old" in str(name)}
    assert left == set()
    # Its number is not given again.
    assert ended(store, tmp_path, "old", 0).group == "old~2"
    put(store, Where.parse("@main"), {"campaign_list_days": "30"}, by="kim", reason="asked for")
    assert remove(store, tmp_path) == ["old~2"]


def test_a_run_stays_while_another_has_it_as_its_source(store: Store, tmp_path: Path) -> None:
    first = ended(store, tmp_path, "spring", 900)
    second = ended(store, tmp_path, "again", 800, source_of(first.group, "failed"))
    ended(store, tmp_path, "third", 10, source_of(second.group, "failed"))
    assert remove(store, tmp_path) == ["third~1", "again~1", "spring~1"]
    store.client.hset(store.keys.run("main", "third~1"), "ended", 1)
    assert remove(store, tmp_path) == []


def test_a_source_stays_while_its_follow_up_cannot_be_forgotten(store: Store, tmp_path: Path) -> None:
    first = ended(store, tmp_path, "spring", 900)
    second = ended(store, tmp_path, "again", 800, source_of(first.group, "failed"))
    # A message of it is kept: its lane is there yet.
    lane, index = Lane("mms-bulk", None, "main", second.group), f"{store.keys.account('main')}lanes"
    steps.drop(store, "main", second.group)
    store.client.sadd(store.keys.routes("main"), "mms-bulk@main")
    store.client.hset(index, lane.name, 1)
    assert remove(store, tmp_path) == ["again~1", "spring~1"]
    store.client.hdel(index, lane.name)
    assert remove(store, tmp_path) == []


def test_a_run_whose_messages_are_kept_stays(bench: Bench, tmp_path: Path) -> None:
    store = bench.store
    spring = RunBench(bench, 5)
    spring.feed(5)
    steps.finish(store, "main", spring.group)
    store.client.hset(store.keys.run("main", spring.group), "created", 1)
    store.client.hset(store.keys.run("main", spring.group), "ended", 1)
    assert remove(store, tmp_path) == [spring.group]
    spring.send(Outcome.REJECTED, "G140")
    assert remove(store, tmp_path) == [spring.group]


def test_of_many_runs_a_bounded_number_goes_at_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removing, "MOST_RUNS", 2)
    for _ in range(5):
        run = ended(store, tmp_path, "old", 401)
        steps.drop(store, "main", run.group)
    assert len(remove(store, tmp_path)) == 1


def test_folders_that_redis_does_not_know_go_once_nobody_has_used_them_for_long(
    store: Store, tmp_path: Path
) -> None:
    run = make_run(store, tmp_path, 3)
    lost = make_run(store, tmp_path, 3)
    store.client.delete(store.keys.run("main", lost.group))
    staged, rest = tmp_path / "main" / "new-0a1b2c3d4e5f", tmp_path / "main" / "going.x~1-0a1b2c3d4e5f"
    foreign = tmp_path / "main" / "holiday-pictures"
    for each in (staged, rest, foreign):
        each.mkdir()
    all_of_them = (folder_of(tmp_path, run).path, folder_of(tmp_path, lost).path, staged, rest, foreign)

    def used(days: float) -> list[str]:
        for each in all_of_them:
            if each.exists():
                at = time.time() - days * DAY_S
                os.utime(each, (at, at))
        remove(store, tmp_path)
        return sorted(each.name for each in all_of_them if each.exists())

    names = sorted(each.name for each in all_of_them)
    assert used(0) == names
    assert used(29) == sorted({*names} - {rest.name})
    # Another installation touches its own once a day: this one is known, and was.
    assert time.time() - folder_of(tmp_path, run).path.stat().st_mtime < DAY_S
    assert used(31) == sorted([folder_of(tmp_path, run).path.name, foreign.name])
    # Whatever the policy says, a folder that was just made stays.
    put(store, Where.parse("@main"), {"campaign_keep_days": "0"}, by="kim", reason="asked for")
    other = RunFolder(tmp_path, "main", "other~1", "0a1b2c3d4e5f")
    other.write_marks(b" ")
    remove(store, tmp_path)
    assert other.exists()
