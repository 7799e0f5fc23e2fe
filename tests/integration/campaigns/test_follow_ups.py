"""Follow-ups that meet: whatever two people do at once, a row is written to once for a pair of runs."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from plexsend.campaigns.console import Campaigns
from plexsend.campaigns.drafts.creating import stage
from plexsend.campaigns.drafts.from_run import Only, select
from plexsend.campaigns.folders.follow_ups import TakenRows
from plexsend.campaigns.folders.forgetting import forget
from plexsend.errors import NotPossible, UsageError
from plexsend.outbox.batches import Outcome
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.making import create_run
from plexsend.outbox.runs.states import RunState
from plexsend.outbox.steer import Decision
from tests.integration.campaigns.run_bench import RunBench
from tests.integration.campaigns.sending import DEFINITION, make_run, read, settings_of
from tests.integration.outbox.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.campaigns.drafts.created import CreatedRun
    from plexsend.campaigns.drafts.from_run import ChosenRows
    from plexsend.outbox.redis.store import Store

AGAIN = replace(DEFINITION, name="again")
SOURCE = "spring~1 unsent"


@pytest.fixture
def source(store: Store, tmp_path: Path) -> None:
    """A run of 20 rows that was cancelled before any went."""
    run = make_run(store, tmp_path, 20)
    steps.cancel(store, run.account, run.group, by="kim")
    steps.finish(store, run.account, run.group)


def chosen(store: Store, root: Path) -> ChosenRows:
    return select(store, root, name="again", account="main", source="spring/1", only=Only.UNSENT)


def staged(stack: ExitStack, store: Store, root: Path) -> Callable[[], CreatedRun]:
    """Return what creates a follow-up that somebody was shown, and is asked about."""
    selection = chosen(store, root)
    settings = settings_of(root)
    run = stack.enter_context(stage(AGAIN, cast("Any", selection.recipients), store, settings))
    return lambda: run.create(store, settings, by="kim", source=selection.source)


@pytest.mark.usefixtures("source")
def test_of_two_that_are_created_at_once_one_is(store: Store, tmp_path: Path) -> None:
    with ExitStack() as stack:
        one, other = staged(stack, store, tmp_path), staged(stack, store, tmp_path)
        one()
        with pytest.raises(NotPossible, match="created meanwhile for rows of spring~1 unsent"):
            other()
    states = {run.group: run.state for run in reading.runs(store, "main") if run.name == "again"}
    assert states == {"again~1": RunState.CHECKED, "again~2": RunState.CANCELLED}
    with pytest.raises(NotPossible, match="20 rows were taken"):
        chosen(store, tmp_path)


@pytest.mark.usefixtures("source")
def test_while_another_is_being_made_none_is_created(store: Store, tmp_path: Path) -> None:
    with ExitStack() as stack:
        create = staged(stack, store, tmp_path)
        # The other one has no recipients yet: it was made, or was killed, just now.
        create_run(store, "main", "again", definition=AGAIN.as_json(), by="lee", source=SOURCE)
        with pytest.raises(NotPossible, match="Create it again in a moment"):
            create()


@pytest.mark.usefixtures("source")
def test_one_that_was_killed_while_it_was_created_takes_nobody(store: Store, tmp_path: Path) -> None:
    group = create_run(store, "main", "again", definition=AGAIN.as_json(), by="lee", source=SOURCE)
    assert chosen(store, tmp_path).rows == 20
    steps.cancel(store, "main", group, by="plexsend")
    steps.finish(store, "main", group)
    assert chosen(store, tmp_path).rows == 20
    forget(store, tmp_path, read(store, group))
    assert chosen(store, tmp_path).rows == 20


@pytest.mark.usefixtures("source")
def test_one_that_never_started_frees_its_rows_when_it_is_dropped(store: Store, tmp_path: Path) -> None:
    with ExitStack() as stack:
        group = staged(stack, store, tmp_path)().group
    assert group is not None
    before = read(store, group)
    forget(store, tmp_path, before)
    assert chosen(store, tmp_path).rows == 20


@pytest.mark.usefixtures("source")
def test_one_that_was_dropped_where_the_folder_is_not_took_all(store: Store, tmp_path: Path) -> None:
    with ExitStack() as stack:
        group = staged(stack, store, tmp_path)().group
    assert group is not None
    steps.cancel(store, "main", group, by="kim")
    steps.finish(store, "main", group)
    # A host with another PLEXSEND_CAMPAIGN_DIR.
    forget(store, tmp_path / "elsewhere", read(store, group))
    with pytest.raises(NotPossible, match="20 rows were taken"):
        chosen(store, tmp_path)


@pytest.mark.usefixtures("source")
def test_a_cron_is_not_for_rows_of_a_run(store: Store, tmp_path: Path) -> None:
    definition = replace(AGAIN, cron="0 10 * * *", recipients=str(tmp_path / "all.csv"))
    with pytest.raises(UsageError, match="Leave cron out"):
        Campaigns(settings_of(tmp_path), store).create(definition, from_run="spring/1", only="unsent")
    assert [each.name for each in reading.campaigns(store)] == ["spring"]


@pytest.fixture
def failed(store: Store, tmp_path: Path) -> RunBench:
    """A run of four rows of which each was rejected."""
    spring = RunBench(Bench(store), 4, group=make_run(store, tmp_path, 4).group)
    spring.feed(4)
    spring.send(Outcome.REJECTED, "G140")
    steps.finish(store, "main", spring.group)
    return spring


def test_a_row_that_is_sent_again_while_a_follow_up_is_created_is_not_taken(
    store: Store, tmp_path: Path, failed: RunBench
) -> None:
    with ExitStack() as stack:
        chosen = select(store, tmp_path, name="again", account="main", source="spring/1", only=Only.FAILED)
        settings = settings_of(tmp_path)
        run = stack.enter_context(stage(AGAIN, cast("Any", chosen.recipients), store, settings))
        assert TakenRows(store, tmp_path).requeue("main", failed.key(1)) == Decision("requeued", "waiting")
        with pytest.raises(NotPossible, match="were sent again meanwhile"):
            run.create(store, settings, by="kim", source=chosen.source)
    assert read(store, "again~1").state is RunState.CANCELLED
    left = select(store, tmp_path, name="again", account="main", source="spring/1", only=Only.FAILED)
    assert left.rows == 3


def test_a_row_is_not_sent_again_that_a_follow_up_took_while_it_was_looked_for(
    store: Store, tmp_path: Path, failed: RunBench
) -> None:
    rows = TakenRows(store, tmp_path)
    assert rows.taker("main", failed.key(1)) is None
    group = create_run(store, "main", "again", definition="{}", by="lee", source="spring~1 failed")
    assert rows.requeue("main", failed.key(1)) == "again/1"
    assert failed.bench.state(failed.key(1)) == "rejected"
    # One that has nothing to do with it changes nothing.
    steps.cancel(store, "main", group, by="lee")
    steps.finish(store, "main", group)
    rows = TakenRows(store, tmp_path)
    assert rows.taker("main", failed.key(1)) is None
    create_run(store, "main", "other", definition="{}", by="lee")
    assert rows.requeue("main", failed.key(1)) == Decision("requeued", "waiting")
