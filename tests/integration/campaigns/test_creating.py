"""Creating a run: whole or not at all, and what a killed process left is removed."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns import steering
from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.drafts.creating import fill, stage, start
from plexsend.campaigns.drafts.crons import create_cron
from plexsend.campaigns.drafts.staging import tidy
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.plans.backlog import backlog
from plexsend.campaigns.recipients import open_recipients
from plexsend.errors import NotPossible
from plexsend.gateway.environment import read_settings
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.redis.store import Store
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.making import create_run
from plexsend.outbox.runs.states import RunState
from tests.integration.campaigns.run_bench import RunBench
from tests.integration.outbox.bench import Bench

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.campaigns.drafts.created import CreatedRun
    from plexsend.settings import Settings

LIST = "휴대폰번호,이름\n01023456789,김\n01023456789,김\n01023456780,이\n"
DEFINITION = Definition(
    name="spring", label="봄", service="sms-bulk", sender="02-2345-6789", text="#{이름}님, 안녕하세요."
)


class Killed(BaseException):
    """What ends a process, as a signal would."""


class DyingStore(Store):
    """A store whose process is killed before a call of a script."""

    left = 1_000

    def run(self, *args: Any, **more: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            raise Killed
        return super().run(*args, **more)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"PLEXSEND_CAMPAIGN_DIR": str(tmp_path / "campaigns")})


def create(
    store: Store, settings: Settings, tmp_path: Path, text: str = LIST, *, lenient: bool = False, **more: Any
) -> CreatedRun:
    path = tmp_path / "list.csv"
    path.write_text(text, "utf-8")
    definition = Definition(**{**{name: getattr(DEFINITION, name) for name in DEFINITION.__slots__}, **more})
    with (
        open_recipients(path) as recipients,
        stage(definition, recipients, store, settings) as staged,
    ):
        return staged.create(store, settings, by="kim", leaves_out_invalid=lenient)


def folders(settings: Settings) -> list[str]:
    path = settings.campaign_dir / "main"
    return sorted(each.name for each in path.iterdir()) if path.exists() else []


def test_created_run_is_checked_and_has_its_recipients(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    created = create(store, settings, tmp_path)
    assert (created.group, created.state, created.starts_ms) == ("spring~1", RunState.CHECKED, None)
    run = reading.run(store, "main", "spring~1")
    assert run is not None
    assert (run.rows, run.invalid, run.left_out, run.columns) == (3, 0, 1, ("휴대폰번호", "이름"))
    assert (run.by, run.label) == ("kim", "봄")
    folder = RunFolder(settings.campaign_dir, "main", run.group, run.id)
    rows = [row for chunk in run.chunks for row in folder.read_chunk(chunk)]
    assert rows == [(2, ("01023456789", "김")), (3, ("01023456789", "김")), (4, ("01023456780", "이"))]
    assert folder.read_marks(run.marks, run.rows) == b" d "
    assert folders(settings) == [folder.path.name]
    assert '"messages":2' in run.plan


def test_run_with_a_time_and_a_window_is_scheduled(store: Store, settings: Settings, tmp_path: Path) -> None:
    at_ms = time.time_ns() // 1_000_000 + 86_400_000
    created = create(store, settings, tmp_path, send_at_ms=at_ms, window=("10:00", "18:00"), rate=50)
    assert (created.state, created.starts_ms) == (RunState.SCHEDULED, at_ms)
    run = reading.run(store, "main", "spring~1")
    assert run is not None
    assert (run.starts_ms, run.rate) == (at_ms, 50)
    assert reading.windows(store, "main")["spring~1"][-1][1] > at_ms + 6 * 86_400_000
    assert reading.due_at(store, "main") == {"spring~1": at_ms}


def test_checked_run_starts_when_a_person_says_so(store: Store, settings: Settings, tmp_path: Path) -> None:
    create(store, settings, tmp_path, window=("10:00", "18:00"))
    run = reading.run(store, "main", "spring~1")
    assert run is not None
    assert start(store, run).state is RunState.RUNNING


def test_pictures_that_are_files_are_copied_and_named_below_the_run(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    image = pytest.importorskip("PIL.Image")
    picture = tmp_path / "spring.jpg"
    image.new("RGB", (20, 20)).save(picture)
    create(store, settings, tmp_path, service="mms-bulk", title="안내", images=(str(picture),))
    run = reading.run(store, "main", "spring~1")
    assert run is not None
    (name,) = Definition.from_json(run.definition).images
    folder = RunFolder(settings.campaign_dir, "main", run.group, run.id)
    assert folder.path.joinpath(name).read_bytes() == picture.read_bytes()


def test_refused_campaign_leaves_nothing(store: Store, settings: Settings, tmp_path: Path) -> None:
    for text, words in (
        (f"{LIST}x,박\n", "1 of 4 rows is invalid.*--leave-out-invalid"),
        ("휴대폰번호,성명\n01023456789,김\n", "1 mistake in every row.*#{이름}"),
        ("휴대폰번호,이름\n", "the list has no rows"),
    ):
        with pytest.raises(NotPossible, match=words):
            create(store, settings, tmp_path, text)
    assert folders(settings) == []
    assert list(reading.runs(store, "main")) == []


def test_what_cannot_go_meanwhile_is_not_in_the_plan(store: Store) -> None:
    waits = RunBench(Bench(store), 3_000)
    waits.feed(30)
    now_ms = server_ms(store)

    def known() -> list[int]:
        return list(backlog(store, "main", "mms-bulk", now_ms))

    assert known() == [30]
    steps.set_window(store, "main", waits.group, [(now_ms + 3_600_000, now_ms + 7_200_000)])
    assert known() == []
    steps.set_window(store, "main", waits.group, [(now_ms - 1, now_ms + 7_200_000)])
    assert known() == [30]
    steering.pause(store, waits.run, by="kim", why="")
    assert known() == []


def test_invalid_rows_are_left_out_where_that_is_asked_for(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    create(store, settings, tmp_path, f"{LIST}x,박\n", lenient=True)
    run = reading.run(store, "main", "spring~1")
    assert run is not None
    assert (run.rows, run.invalid, run.left_out) == (4, 1, 1)
    folder = RunFolder(settings.campaign_dir, "main", run.group, run.id)
    assert folder.read_marks(run.marks, run.rows) == b" d i"


def test_process_killed_at_any_call_leaves_a_whole_run_or_what_is_removed(
    store: Store, valkey_url: str, prefix: str, settings: Settings, tmp_path: Path
) -> None:
    at_ms = time.time_ns() // 1_000_000 + 86_400_000
    whole = 0
    for left in range(20):
        dying = DyingStore.connect(valkey_url, prefix)
        assert isinstance(dying, DyingStore)
        dying.left = left
        before = {run.group for run in reading.runs(store, "main")}
        try:
            create(dying, settings, tmp_path, send_at_ms=at_ms)
            break
        except Killed:
            pass
        finally:
            dying.close()
        for run in reading.runs(store, "main"):
            if run.group in before:
                continue
            folder = RunFolder(settings.campaign_dir, "main", run.group, run.id)
            if run.state is RunState.DRAFT:
                assert not run.rows
            else:
                whole += 1
                assert sum(len(folder.read_chunk(chunk)) for chunk in run.chunks) == run.rows == 3
                assert folder.read_marks(run.marks, run.rows) == b" d "
    else:
        pytest.fail("it was never through")
    assert whole
    # Time passes.
    for run in reading.runs(store, "main"):
        if run.state is RunState.DRAFT:
            store.client.hset(store.keys.run("main", run.group), "created", 1)
    tidy(store, settings.campaign_dir, "main")
    runs = {run.group: run for run in reading.runs(store, "main")}
    assert RunState.DRAFT not in {run.state for run in runs.values()}
    assert folders(settings) == sorted(
        f"{run.group}-{run.id}" for run in runs.values() if run.state is not RunState.CANCELLED
    )


def test_interrupted_check_leaves_nothing(store: Store, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(LIST, "utf-8")

    def interrupt(_: object) -> None:
        assert folders(settings)
        raise KeyboardInterrupt

    with (
        open_recipients(path) as recipients,
        pytest.raises(KeyboardInterrupt),
        stage(DEFINITION, recipients, store, settings, progress=interrupt),
    ):
        pytest.fail("it went on")
    assert folders(settings) == []


def test_folder_of_a_killed_process_is_removed_once_it_is_old(store: Store, settings: Settings) -> None:
    old, new = settings.campaign_dir / "main" / "new-0123", settings.campaign_dir / "main" / "new-4567"
    for path in (old, new):
        path.mkdir(parents=True)
        path.joinpath("c000000-x.jsonl.gz").write_bytes(b"")
    long_ago = time.time() - 7_200
    os.utime(old, (long_ago, long_ago))
    tidy(store, settings.campaign_dir, "main")
    assert folders(settings) == ["new-4567"]


def test_draft_is_filled_or_says_why_it_stays_one(store: Store, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    for text in (f"{LIST}x,박\n", LIST):
        group = create_run(store, "main", "spring", definition=DEFINITION.as_json(), by="plexsend")
        run = reading.run(store, "main", group)
        assert run is not None
        path.write_text(text, "utf-8")
        with open_recipients(path) as recipients:
            fill(store, settings, run, recipients)
    bad, good = reading.run(store, "main", "spring~1"), reading.run(store, "main", "spring~2")
    assert bad is not None
    assert good is not None
    assert (bad.state, good.state, good.rows) == (RunState.DRAFT, RunState.CHECKED, 3)
    assert "1 of 4 rows is invalid" in bad.why
    assert good.columns == ("휴대폰번호", "이름")


def test_cron_is_written_down_with_its_next_time(store: Store) -> None:
    definition = Definition(
        name="weekly", service="sms-bulk", sender="02-2345-6789", text="안내", cron="0 10 * * 1"
    )
    created = create_cron(store, definition, by="kim")
    assert created.group is None
    assert reading.due_at(store, "main") == {"weekly": created.starts_ms}
    found = reading.campaign(store, "main", "weekly")
    assert found is not None
    assert Definition.from_json(found.definition) == definition
