"""Feeding: each row becomes one message, none is skipped, whatever dies, stops or goes back."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.checks.personalise import Personaliser
from plexsend.campaigns.feeds.feeding import Feeder
from plexsend.campaigns.feeds.slice import Stopped
from plexsend.campaigns.feeds.troubles import PATIENCE_S
from plexsend.campaigns.folders.witness import Witness
from plexsend.campaigns.plans import room
from plexsend.campaigns.reading.counting import row_counts
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.prune import prune
from plexsend.outbox.replies import text
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.leases import take_lease
from plexsend.outbox.runs.states import RunState
from tests.integration.campaigns.sending import (
    DEFINITION,
    folder_of,
    make_run,
    read,
    rows_there,
    settings_of,
    with_rate,
)
from tests.integration.outbox.bench import Bench, everything
from tests.integration.outbox.passing_time import let_pass

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.campaigns.checks.personalise import Rendered
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, duration_s: float) -> None:
        self.slept.append(duration_s)
        self.now += duration_s


def feeder(store: Store, root: Path, **more: Any) -> Feeder:
    return Feeder(store, settings_of(root), **{"block": 100, **more})


def waiting(store: Store, run: Run) -> int:
    lane = Lane("sms-standard", None, run.account, run.group)
    return int(store.client.zcard(store.keys.lane(run.account, lane.name, "ready")))


def test_each_row_becomes_one_message(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 250, marks={3: "d", 249: "i", 100: "d"})
    fed = feeder(store, tmp_path).feed("main", run.group)
    assert (fed.rows, fed.why_stopped, fed.wants_more) == (250, Stopped.ALL_FED, False)
    assert rows_there(store, run) == set(range(250)) - {3, 100, 249}
    now = read(store, run.group)
    assert (now.fed, now.skipped, now.until_ms) == (250, 3, 0)
    assert now.size_bytes > 247 * 50
    assert waiting(store, run) == 247
    assert folder_of(tmp_path, run).witness() == Witness(now.lease, 250, 250)
    # Asked again it has nothing to do.
    assert feeder(store, tmp_path).feed("main", run.group).rows == 0


def test_rows_are_added_a_hundred_at_a_time_with_their_mark(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 1_234, marks={99: "d", 100: "d", 350: "d"})
    commands = store.client.info("commandstats")
    before = int(commands.get("cmdstat_evalsha", {}).get("calls", 0))
    assert Feeder(store, settings_of(tmp_path)).feed("main", run.group).why_stopped is Stopped.ALL_FED
    assert rows_there(store, run) == set(range(1_234)) - {99, 100, 350}
    assert (read(store, run.group).fed, read(store, run.group).skipped) == (1_234, 3)
    after = int(store.client.info("commandstats")["cmdstat_evalsha"]["calls"])
    # 13 of submit, the first twice as its lane was announced, as were policies; a lease, and its end. Scripts
    # that the server does not know yet are called again.
    assert 13 + 2 <= after - before <= 13 + 2 + 2 + 3


def test_next_rows_are_judged_while_the_server_adds_those_before(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 400)
    # The lane is announced.
    first = iter([False, True])
    feeder(store, tmp_path, stops=lambda _: next(first)).feed("main", run.group)
    added: list[int] = []

    def stops(_: float) -> bool:
        if not added:
            # What is sent now is answered later.
            store.client.client_pause(500, all=False)
        added.append(waiting(store, run))
        return False

    assert feeder(store, tmp_path, stops=stops).feed("main", run.group).why_stopped is Stopped.ALL_FED
    # One that waited for the answer would ask for the next block when there are 200.
    assert added[:2] == [100, 100]
    assert rows_there(store, run) == set(range(400))


def test_rows_that_are_all_left_out_need_no_file(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 300, marks=dict.fromkeys(range(300), "d"))
    for chunk in folder_of(tmp_path, run).path.glob("c*"):
        chunk.unlink()
    assert feeder(store, tmp_path).feed("main", run.group).why_stopped is Stopped.ALL_FED
    assert (read(store, run.group).fed, read(store, run.group).skipped) == (300, 300)


def test_row_that_became_invalid_has_a_fate_and_is_passed_over(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 120, cells={7: ("nothing", "a"), 119: ("0212", "b")})
    feeder(store, tmp_path).feed("main", run.group)
    assert rows_there(store, run) == set(range(120)) - {7, 119}
    fates = reading.fates(store, "main", run.group, rows=120)
    assert {row: chr(fate) for row, fate in enumerate(fates) if fate != 32} == {7: "i", 119: "i"}
    assert read(store, run.group).skipped == 2


def test_rows_that_a_policy_refuses_by_now_are_not_passed_over(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 250)
    put(store, Where(None, "main"), {"senders": "02-999-0000"}, by="kim", reason="mistaken")
    clock = Clock()
    one = feeder(store, tmp_path, clock=clock, sleep=clock.sleep)
    assert one.feed("main", run.group).why_stopped is Stopped.TROUBLE
    assert (read(store, run.group).fed, reading.fates(store, "main", run.group)) == (0, b"")
    clock.now += PATIENCE_S
    one.feed("main", run.group)
    now = read(store, run.group)
    assert now.state is RunState.PAUSED
    assert "100 of 100 rows that were valid when checked" in now.why
    assert "policy senders" in now.why
    # A person who lets it go on has as long again, also where it is not right yet.
    steps.resume(store, "main", run.group)
    assert one.feed("main", run.group).why_stopped is Stopped.TROUBLE
    assert read(store, run.group).state is RunState.RUNNING
    # Once it is right again, nobody was left out.
    put(store, Where(None, "main"), {"senders": "02-2345-6789"}, by="kim", reason="mended")
    steps.resume(store, "main", run.group)
    feeder(store, tmp_path).feed("main", run.group)
    assert rows_there(store, run) == set(range(250))


@pytest.mark.parametrize("content", [b" " * 20, b"d" * 50])
def test_marks_that_are_something_else_leave_nobody_out(store: Store, tmp_path: Path, content: bytes) -> None:
    run = make_run(store, tmp_path, 50)
    marks = folder_of(tmp_path, run).path / f"marks-{run.marks}"
    marks.write_bytes(content)
    assert feeder(store, tmp_path).feed("main", run.group).why_stopped is Stopped.TROUBLE
    assert (read(store, run.group).fed, rows_there(store, run)) == (0, set())


def test_what_an_error_says_of_a_row_is_in_no_log_and_no_reason(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cell = "01098765432 궁예"
    run = make_run(store, tmp_path, 5, cells={2: (cell, "이")})

    def fail(_: Personaliser, cells: tuple[str, ...]) -> Rendered:
        raise ValueError(f"cannot render {cells}") from KeyError(cell)

    monkeypatch.setattr(Personaliser, "item", fail)
    clock = Clock()
    one = feeder(store, tmp_path, clock=clock)
    with caplog.at_level(logging.DEBUG):
        assert one.feed("main", run.group).why_stopped is Stopped.TROUBLE
        clock.now += PATIENCE_S
        one.feed("main", run.group)
    why = read(store, run.group).why
    assert ("ValueError" in caplog.text, "ValueError" in why) == (True, True)
    for shown in (caplog.text, why):
        assert "궁예" not in shown
        assert "고객" not in shown


def test_row_with_a_fate_is_never_fed_again(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 5)
    steps.write_fates(store, "main", run.group, {2: Fate.DELIVERED})
    feeder(store, tmp_path).feed("main", run.group)
    assert rows_there(store, run) == {0, 1, 3, 4}


def test_slice_ends_in_time_and_goes_on_where_it_was(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 1_000)
    asked = iter([False] * 3 + [True] * 9)
    fed = feeder(store, tmp_path, stops=lambda _: next(asked)).feed("main", run.group)
    assert (fed.rows, fed.wants_more) == (300, True)
    assert rows_there(store, run) == set(range(300))
    assert feeder(store, tmp_path).feed("main", run.group).rows == 700
    assert rows_there(store, run) == set(range(1_000))


def test_run_that_another_feeds_or_that_does_not_run_is_left_alone(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 10)
    assert take_lease(store, "main", run.group, "another", 5) is not None
    assert feeder(store, tmp_path).feed("main", run.group).why_stopped is Stopped.NOT_RUNNING
    other = make_run(store, tmp_path, 10, starts=False)
    assert feeder(store, tmp_path).feed("main", other.group).why_stopped is Stopped.NOT_RUNNING
    assert rows_there(store, run) | rows_there(store, other) == set()


@pytest.mark.parametrize("step", [steps.pause, steps.cancel])
def test_nothing_is_added_once_a_run_is_paused_or_cancelled(store: Store, tmp_path: Path, step: Any) -> None:
    run = make_run(store, tmp_path, 1_000)
    asked: list[float] = []

    def stops(age_s: float) -> bool:
        asked.append(age_s)
        if len(asked) == 3:
            step(store, "main", run.group, by="kim")
        return False

    fed = feeder(store, tmp_path, stops=stops).feed("main", run.group)
    assert fed.why_stopped is Stopped.NOT_RUNNING
    # The block that was being added while the step was asked for may be in, with its mark.
    assert 100 <= len(rows_there(store, run)) <= 200
    assert rows_there(store, run) == set(range(read(store, run.group).fed))


def test_feeder_that_was_stopped_while_another_fed_adds_nothing(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 400)
    asked: list[float] = []

    def stops(age_s: float) -> bool:
        asked.append(age_s)
        if len(asked) == 2:
            # As after a SIGSTOP: its lease lapses, and another feeds to the end.
            store.client.hset(store.keys.run("main", run.group), "until", 1)
            assert feeder(store, tmp_path).feed("main", run.group).why_stopped is Stopped.ALL_FED
        return False

    assert feeder(store, tmp_path, stops=stops).feed("main", run.group).why_stopped is Stopped.NOT_RUNNING
    assert rows_there(store, run) == set(range(400))
    assert waiting(store, run) == 400
    assert read(store, run.group).fed == 400


def test_rows_whose_mark_was_not_moved_any_more_are_not_doubled(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 300)
    asked = iter([False, False, True])
    feeder(store, tmp_path, stops=lambda _: next(asked)).feed("main", run.group)
    # As where it died between the two: added, and the mark stays behind; the witness had only begun.
    store.client.hset(store.keys.run("main", run.group), "fed", 100)
    folder = folder_of(tmp_path, run)
    folder.note_witness(read(store, run.group).lease, 100, begun=200, sync=True)
    folder.close()
    assert feeder(store, tmp_path).feed("main", run.group).why_stopped is Stopped.ALL_FED
    assert rows_there(store, run) == set(range(300))
    assert (waiting(store, run), read(store, run.group).state) == (300, RunState.RUNNING)


@pytest.mark.parametrize("what", ["the mark", "the mark and its lease"])
def test_rows_that_redis_forgot_are_not_fed_again(store: Store, tmp_path: Path, what: str) -> None:
    run = make_run(store, tmp_path, 1_000, marks={250: "d"})
    asked = iter([False, False, True, False, False, True])
    one = feeder(store, tmp_path, stops=lambda _: next(asked))
    one.feed("main", run.group)
    key = store.keys.run("main", run.group)
    before: Any = store.client.hgetall(key)
    one.feed("main", run.group)
    assert read(store, run.group).fed == 401
    # A copy from before the second slice is restored: what it added is gone, whether it was sent or not.
    for row in range(200, 1_000):
        store.client.delete(store.keys.record("main", run.key_of(row)))
    store.client.hset(key, "fed", 200)
    if what == "the mark and its lease":
        store.client.delete(key)
        store.client.hset(key, mapping=before)
    assert one.feed("main", run.group).why_stopped is Stopped.REWOUND
    now = read(store, run.group)
    assert (now.state, now.fed) == (RunState.PAUSED, 401)
    assert "200 rows from row 200 on" in now.why
    assert "plexsend campaign resume spring/1" in now.why
    fates = reading.fates(store, "main", run.group, rows=1_000)
    assert [row for row, fate in enumerate(fates) if fate == ord("w")] == [*range(200, 250), *range(251, 401)]
    steps.resume(store, "main", run.group)
    assert feeder(store, tmp_path).feed("main", run.group).why_stopped is Stopped.ALL_FED
    assert rows_there(store, run) == {*range(200), *range(401, 1_000)}


def test_redis_that_goes_back_in_the_middle_of_a_slice_is_noticed(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 1_000)
    asked: list[float] = []

    def stops(age_s: float) -> bool:
        asked.append(age_s)
        if len(asked) == 5:
            store.client.hset(store.keys.run("main", run.group), "fed", 100)
        return False

    one = feeder(store, tmp_path, stops=stops)
    assert one.feed("main", run.group).why_stopped is Stopped.NOT_RUNNING
    assert one.feed("main", run.group).why_stopped is Stopped.REWOUND
    assert read(store, run.group).fed >= 300


def test_missing_chunk_is_tried_for_two_minutes_then_the_run_is_paused_with_the_reason(
    store: Store, tmp_path: Path
) -> None:
    run = make_run(store, tmp_path, 5_100)
    (chunk,) = folder_of(tmp_path, run).path.glob("c000001-*")
    kept = chunk.read_bytes()
    chunk.unlink()
    clock = Clock()
    one = feeder(store, tmp_path, clock=clock)
    assert one.feed("main", run.group).why_stopped is Stopped.TROUBLE
    assert read(store, run.group).fed == 5_000, "what is there is fed"
    clock.now += PATIENCE_S - 1
    one.feed("main", run.group)
    assert read(store, run.group).state is RunState.RUNNING
    clock.now += 2
    one.feed("main", run.group)
    now = read(store, run.group)
    assert now.state is RunState.PAUSED
    assert chunk.name in now.why
    assert "PLEXSEND_CAMPAIGN_DIR" in now.why
    assert now.why_by == "plexsend"
    chunk.write_bytes(kept)
    steps.resume(store, "main", run.group)
    assert one.feed("main", run.group).why_stopped is Stopped.ALL_FED
    assert len(rows_there(store, run)) == 5_100


def test_trouble_of_one_host_pauses_nothing_while_another_feeds(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 300)
    clock = Clock()
    other = feeder(store, tmp_path / "elsewhere", clock=clock)
    for fed in (0, 100, 200):
        assert other.feed("main", run.group).why_stopped is Stopped.TROUBLE
        clock.now += PATIENCE_S + 1
        asked = iter([False, True])
        feeder(store, tmp_path, stops=lambda _, asked=asked: next(asked)).feed("main", run.group)
        assert read(store, run.group).fed == fed + 100
    assert read(store, run.group).state is RunState.RUNNING


def test_no_more_is_fed_than_may_wait(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_BYTES", 400_000)
    run = make_run(store, tmp_path, 2_000)
    one = feeder(store, tmp_path, clock=Clock())
    while one.feed("main", run.group).rows:
        pass
    first = waiting(store, run)
    each = room.RECORD_BYTES + read(store, run.group).size_bytes // first
    assert 300_000 <= first * each <= 400_000
    assert one.feed("main", run.group).why_stopped is Stopped.NO_ROOM
    # What went makes room.
    lane = Lane("sms-standard", None, "main", run.group)
    store.client.zpopmin(store.keys.lane("main", lane.name, "ready"), 200)
    assert 100 <= one.feed("main", run.group).rows <= 300
    # Another run of the account gets its ten batches all the same, and no more.
    other = make_run(store, tmp_path, 2_000)
    assert one.feed("main", other.group).why_stopped is Stopped.NO_ROOM
    assert waiting(store, other) == room.LEAST_WAITING
    assert one.feed("main", other.group).rows == 0


def test_run_with_a_rate_is_fed_at_that_rate_and_hardly_ahead(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 2_000, definition=with_rate(100))
    clock = Clock()
    fed = feeder(store, tmp_path, clock=clock, sleep=clock.sleep).feed("main", run.group, for_s=0.5)
    assert fed.why_stopped in {Stopped.RATE, Stopped.SLICE_OVER, Stopped.NO_ROOM}
    assert 10 <= waiting(store, run) <= 100
    assert sum(clock.slept) <= 0.5


def test_definition_is_the_one_that_the_run_keeps(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 1, cells={0: ("010-2345-6789", "")})
    feeder(store, tmp_path).feed("main", run.group)
    body = text(store.client.get(store.keys.body("main", run.key_of(0))))
    assert "님 안녕하세요" in body
    assert DEFINITION.sender.replace("-", "") in body


def restore(store: Store, copy: dict[bytes, bytes | None]) -> None:
    """Put a copy of Redis in the place of what is there."""
    for name in store.client.scan_iter(f"{store.keys.prefix}*"):
        store.client.delete(name)
    for name, content in copy.items():
        if content is not None:
            store.client.restore(name, 0, content)


def test_nobody_is_written_to_twice_after_an_older_copy_of_redis_was_restored(
    store: Store, tmp_path: Path
) -> None:
    run = make_run(store, tmp_path, 1_000)
    asked = iter([False, True] * 9)
    one = feeder(store, tmp_path, stops=lambda _: next(asked))
    one.feed("main", run.group)
    copy = everything(store)
    for _ in range(3):
        one.feed("main", run.group)
    sent = rows_there(store, run)
    assert sent == set(range(400))
    restore(store, copy)
    assert rows_there(store, run) == set(range(100))
    assert one.feed("main", run.group).why_stopped is Stopped.REWOUND
    counts = row_counts(store, "main", read(store, run.group))
    assert (counts.unknown, counts.lost, sum(counts.outcomes.values())) == (300, 300, 1_000)
    steps.resume(store, "main", run.group)
    assert feeder(store, tmp_path).feed("main", run.group).why_stopped is Stopped.ALL_FED
    assert rows_there(store, run) == {*range(100), *range(400, 1_000)}
    counts = row_counts(store, "main", read(store, run.group))
    assert (counts.added, counts.unknown, sum(counts.outcomes.values())) == (700, 300, 1_000)


def test_nobody_is_written_to_twice_once_all_records_are_gone(store: Store, tmp_path: Path) -> None:
    bench = Bench(store)
    run = make_run(store, tmp_path, 300)
    asked = iter([False, False, True])
    feeder(store, tmp_path, stops=lambda _: next(asked)).feed("main", run.group)
    lane = Lane("sms-standard", None, "main", run.group)
    assert len(bench.drain_all(lane)) == 20
    let_pass(store, "main", 7_200_000)
    for _ in prune(store, "main", timedelta(hours=1)):
        pass
    assert rows_there(store, run) == set()
    # The mark of the second hundred was lost with its feeder; the witness had only begun.
    store.client.hset(store.keys.run("main", run.group), "fed", 100)
    folder = folder_of(tmp_path, run)
    lease = read(store, run.group).lease
    for each in folder.path.glob("witness.*"):
        each.unlink()
    folder.note_witness(lease, 100, begun=200, sync=True)
    folder.close()
    assert feeder(store, tmp_path).feed("main", run.group).why_stopped is Stopped.ALL_FED
    assert rows_there(store, run) == set(range(200, 300))
    counts = row_counts(store, "main", read(store, run.group))
    assert (counts.success, counts.waiting, sum(counts.outcomes.values())) == (200, 100, 300)
