"""Feeding a campaign's run against bare `submit` of the same items, and what it lets wait in Redis."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from redis import Redis

from bench.rounds import Figure, take_turns
from bench.stage import PREFIX, Stage
from plexsend.campaigns.checks.personalise import Personaliser
from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.feeds.feeding import Feeder
from plexsend.campaigns.feeds.slice import Stopped
from plexsend.campaigns.folders.folder import CHUNK_ROWS, RunFolder
from plexsend.campaigns.plans.room import MOST_BYTES
from plexsend.outbox.lanes import Lane
from plexsend.outbox.redis.store import Store
from plexsend.outbox.replies import text
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.making import create_run
from plexsend.outbox.runs.run import RunChunk
from plexsend.producers import Producer

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event
    from pathlib import Path

    from bench.row import Plan
    from plexsend.outbox.runs.run import Run

ROWS = 1_000_000
COLUMNS = ("휴대폰번호", "이름")
DEFINITION = Definition(
    name="bench",
    service="mms-bulk",
    sender="02-2345-6789",
    title="봄맞이 안내",
    text="#{이름}님, 봄옷이 왔습니다. 오늘부터 일요일까지 모든 매장에서 새 옷을 볼 수 있습니다. " * 3,
    images=("https://img.example/1.jpg",),
    mapping={"receiver_number": "휴대폰번호"},
)
_SPARE = 1.15
"""What Redis takes beside the messages themselves: its allocator, the sets of the lane, the run."""
_TAKEN_AT_ONCE = 2_000


def feeding(plan: Plan) -> list[Figure]:
    """Each side alone with the outbox, while another process takes away what was added."""
    rows = plan.size(ROWS)
    with Stage(plan.folder) as stage:
        turns = take_turns(
            {"feeding": partial(_feed, stage, plan.folder, rows), "submit": partial(_submit, stage, rows)},
            min(plan.rounds, 3),
            log=plan.log,
        )
        grown = _grown(stage, plan.folder)
    return [
        Figure("feeding / submit", turns.ratio("feeding", "submit", "per_s"), at_least=0.8),
        Figure("feeding", turns.values("feeding", "per_s"), unit="/s"),
        Figure("submit", turns.values("submit", "per_s"), unit="/s"),
        Figure("Redis grows, nothing sent / the bound", [grown / MOST_BYTES], at_most=_SPARE),
    ]


def _cells(row: int) -> tuple[str, str]:
    return f"010{row + 20_000_000:08}", f"고객{row}"


def _make_run(store: Store, root: Path, rows: int) -> Run:
    group = create_run(
        store, "main", DEFINITION.name, definition=DEFINITION.as_json(), by="bench", columns=COLUMNS
    )
    run = _read(store, group)
    folder = RunFolder(root, "main", group, run.id)
    for number, first in enumerate(range(0, rows, CHUNK_ROWS)):
        page = [(row + 2, _cells(row)) for row in range(first, min(rows, first + CHUNK_ROWS))]
        name = folder.write_chunk(number, first, page)
        steps.name_chunks(store, "main", group, [RunChunk(number, name.digest, first, name.rows)])
    marks = folder.write_marks(b" " * rows)
    steps.set_checked(store, "main", group, rows=rows, invalid=0, left_out=0, marks=marks)
    steps.start(store, "main", group)
    return _read(store, group)


def _read(store: Store, group: str) -> Run:
    found = reading.run(store, "main", group)
    if found is None:
        raise RuntimeError(f"there is no run {group}")
    return found


class _Sink:
    """Takes away what was added, as fast as it comes, so that a million rows fit into any machine.

    In a process of its own: a thread would take the interpreter from the side that is measured.
    """

    def __init__(self, stage: Stage, lane: str) -> None:
        spawned = get_context("spawn")
        self._is_ready, self._stop = spawned.Event(), spawned.Event()
        ready = f"{PREFIX}{{main}}:{lane}:ready"
        self._process = spawned.Process(
            target=_take_away, args=(stage.valkey.url, ready, self._is_ready, self._stop), daemon=True
        )

    def __enter__(self) -> None:
        self._process.start()
        if not self._is_ready.wait(60):
            raise RuntimeError("the process that takes messages away did not start")

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._process.join()


def _take_away(url: str, ready: str, is_ready: Event, stop: Event) -> None:
    client: Any = Redis.from_url(url, protocol=2)
    client.ping()
    is_ready.set()
    while not stop.wait(0.05):
        while found := client.zpopmin(ready, _TAKEN_AT_ONCE):
            keys = [text(key) for key, _ in found]
            client.unlink(*(f"{PREFIX}{{main}}:{part}:{key}" for key in keys for part in "mb"))


def _feed(stage: Stage, folder: Path, rows: int) -> dict[str, float]:
    stage.clear()
    settings = replace(stage.settings(), campaign_dir=folder / "campaigns")
    store = Store.connect(settings.redis, PREFIX)
    run = _make_run(store, settings.campaign_dir, rows)
    feeder = Feeder(store, settings)
    lane = Lane(DEFINITION.service, None, "main", run.group)
    fed = 0
    with _Sink(stage, lane.name):
        began_s = time.perf_counter()
        while fed < rows:
            one = feeder.feed("main", run.group)
            fed += one.rows
            if one.why_stopped not in {Stopped.SLICE_OVER, Stopped.NO_ROOM, Stopped.ALL_FED}:
                raise RuntimeError(f"feeding stopped at row {fed}: {one.why_stopped}")
        took_s = time.perf_counter() - began_s
    RunFolder(settings.campaign_dir, "main", run.group, run.id).drop()
    store.close()
    return {"per_s": rows / took_s}


def _submit(stage: Stage, rows: int) -> dict[str, float]:
    stage.clear()
    personaliser = Personaliser(DEFINITION, COLUMNS)
    took_s = 0.0
    lane = Lane(DEFINITION.service, None, "main", "bench")
    with Producer(stage.settings()) as producer, _Sink(stage, lane.name):
        for first in range(0, rows, 20_000):
            items = [_item(personaliser, row) for row in range(first, min(rows, first + 20_000))]
            began_s = time.perf_counter()
            added = producer.submit(DEFINITION.service, items, group="bench").added
            took_s += time.perf_counter() - began_s
            if len(added) != len(items):
                raise RuntimeError(f"{len(added)} of {len(items)} were added")
    return {"per_s": rows / took_s}


def _item(personaliser: Personaliser, row: int) -> dict[str, object]:
    return {**personaliser.item(_cells(row)).item, "msg_key": f"{'a' * 12}-{row}"}


def _grown(stage: Stage, folder: Path) -> float:
    """Return how much memory Redis takes more once no row more is fed, while nothing is sent."""
    stage.clear()
    settings = replace(stage.settings(), campaign_dir=folder / "bound")
    store = Store.connect(settings.redis, PREFIX)
    run = _make_run(store, settings.campaign_dir, 200_000)
    before = _used(stage)
    feeder = Feeder(store, settings)
    while feeder.feed("main", run.group).rows:
        pass
    grown = _used(stage) - before
    store.close()
    return grown


def _used(stage: Stage) -> int:
    found: dict[str, int] = stage.valkey.client.info("memory")
    return int(found["used_memory"])
