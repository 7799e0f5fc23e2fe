"""Campaigns from Python: from people in a list of mappings to another run for the rest of them."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend import campaigns
from plexsend.campaigns.api import DEFAULT
from plexsend.errors import NotPossible, UsageError
from plexsend.gateway.environment import read_settings
from plexsend.outbox.runs import reading
from tests.integration.outbox.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

PEOPLE = [
    {"receiver_number": "010-2111-2222", "이름": "김"},
    {"receiver_number": "010-3333-4444", "이름": "홍길동"},
    {"receiver_number": "010-2111-2222", "이름": "김 again"},
]


@pytest.fixture
def spring(store: Store, tmp_path: Path) -> Iterator[campaigns.Definition]:
    """A campaign of the application, whose environment names this test's own store."""
    Bench(store)
    settings = read_settings({"PLEXSEND_CAMPAIGN_DIR": str(tmp_path)})
    with DEFAULT.replaced(campaigns.Campaigns(settings, store)):
        yield campaigns.define(
            name="spring", service="lms-bulk", from_="02-2345-6789", text="#{이름}님, 봄옷이 왔습니다."
        )


def test_a_campaign_goes_its_way(spring: campaigns.Definition, store: Store) -> None:
    checked = campaigns.check(spring, PEOPLE)
    assert (checked.report.rows, checked.report.valid, checked.report.duplicates) == (3, 3, 1)
    assert checked.plan is not None
    assert checked.plan.messages == 2
    assert campaigns.runs() == []
    created = campaigns.create(spring, iter(PEOPLE))
    assert (created.group, created.state) == ("spring~1", campaigns.RunState.CHECKED)
    assert campaigns.start("spring") is campaigns.RunState.RUNNING
    assert campaigns.pause("spring", reason="wrong price", by="kim") is campaigns.RunState.PAUSED
    view = campaigns.show("spring", explain=True)
    assert (view.state, view.counts.pending, view.counts.excluded) == (campaigns.RunState.PAUSED, 2, 1)
    assert "by kim: wrong price" in view.why[0]
    assert campaigns.resume("spring/1") is campaigns.RunState.RUNNING
    assert campaigns.cancel("spring").changed
    assert [each.run.written for each in campaigns.runs("spring")] == ["spring/1"]
    with pytest.raises(NotPossible, match="Did you mean spring"):
        campaigns.show("sprng")
    again = campaigns.create(spring, from_run="spring/1", only="unsent")
    assert again.group == "spring~2"
    run = reading.run(store, "main", "spring~2")
    assert run is not None
    assert (run.source, run.rows, run.columns) == ("spring~1 unsent", 2, ("receiver_number", "이름"))
    with pytest.raises(NotPossible, match="2 rows were taken by an earlier run"):
        campaigns.create(spring, from_run="spring/1", only=campaigns.Only.UNSENT)


def test_recipients_are_files_and_streams_too(spring: campaigns.Definition, tmp_path: Path) -> None:
    table = "receiver_number,이름\n010-2111-2222,김\n"
    tmp_path.joinpath("people.csv").write_text(table, "utf-8")
    assert campaigns.check(spring, tmp_path / "people.csv").report.rows == 1
    assert campaigns.check(spring, io.BytesIO(table.encode())).report.rows == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((), "There are no recipients"),
        ((42,), "recipients is of type int"),
        (({"receiver_number": "1"},), "recipients is of type dict"),
        ((["010-2111-2222"],), "A recipient is of type str"),
    ],
)
def test_what_are_no_recipients_is_said(spring: campaigns.Definition, given: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        campaigns.check(spring, *given)


def test_rows_of_a_run_are_named_with_their_outcome(spring: campaigns.Definition) -> None:
    with pytest.raises(UsageError, match="from_run needs only="):
        campaigns.create(spring, from_run="spring")
    with pytest.raises(UsageError, match="takes no recipients"):
        campaigns.create(spring, PEOPLE, from_run="spring", only="failed")
    with pytest.raises(UsageError, match="name it with from_run="):
        campaigns.create(spring, PEOPLE, only="failed")
    with pytest.raises(UsageError, match="is not unsent, failed or reached"):
        campaigns.create(spring, from_run="spring", only="everybody")


def test_a_cron_is_refused_and_warned_of_as_on_the_command_line(
    spring: campaigns.Definition, tmp_path: Path
) -> None:
    tmp_path.joinpath("people.csv").write_text("receiver_number\n02-111-2222\n010-2111-2222\n", "utf-8")
    monthly = replace(spring, cron="0 10 1 * 1", text="x", recipients=str(tmp_path / "people.csv"))
    with pytest.raises(NotPossible, match="max_invalid allows 0"):
        campaigns.create(monthly)
    with pytest.raises(UsageError, match="max_invalid = 10"):
        campaigns.create(monthly, leave_out_invalid=True)
    with pytest.raises(UsageError, match="name their file in the definition"):
        campaigns.create(monthly, PEOPLE)
    (warning,) = campaigns.create(replace(monthly, max_invalid=1)).warnings
    assert "either is enough" in warning.reason
    (beside,) = campaigns.create(spring, PEOPLE).warnings
    assert "it makes runs beside this one" in beside.reason


def test_a_cron_is_written_down(spring: campaigns.Definition, tmp_path: Path) -> None:
    del spring
    tmp_path.joinpath("people.csv").write_text("receiver_number\n010-2111-2222\n", "utf-8")
    weekly = campaigns.define(
        name="weekly",
        service="lms-bulk",
        from_="02-2345-6789",
        text="x",
        cron="0 10 * * 1",
        recipients=tmp_path / "people.csv",
    )
    created = campaigns.create(weekly)
    assert (created.group, created.state, created.warnings) == (None, None, ())
    assert created.starts_ms is not None
    planned = campaigns.check(weekly).plan
    assert planned is not None
    assert planned.starts_at_ms // 60_000 == created.starts_ms // 60_000
    assert campaigns.cancel("weekly").changed, "it makes no more runs"
    with pytest.raises(NotPossible, match="has had no run yet"):
        campaigns.cancel("weekly")
