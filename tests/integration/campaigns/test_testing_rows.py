"""A row of a run to one's own numbers: rendered as its receiver gets it, and counted by no run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.definitions.definition import define
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.testing_rows import LONGEST, TestedRow, send_test
from plexsend.errors import NotPossible
from plexsend.gateway.environment import read_settings
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.records import read_record
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.making import create_run

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.runs.run import Run
    from tests.integration.outbox.bench import Bench

PEOPLE = (
    ("01011112222", "김"),
    ("01033334444", "홍길동"),
    ("01055556666", "이"),
    ("01077778888", "남궁민수영"),
)
OWN = "010-9999-0000"


def made(bench: Bench, root: Path, *, marks: str = "    ", **more: Any) -> Run:
    """Return a checked run of four people in lines 2 to 5."""
    definition = define(
        name="spring",
        service="lms-bulk",
        from_="02-2345-6789",
        text="#{이름}님, 봄옷이 왔습니다.",
        mapping={"receiver_number": "번호"},
        **more,
    )
    group = create_run(
        bench.store, "main", "spring", definition=definition.as_json(), by="kim", columns=["번호", "이름"]
    )
    run = reading.run(bench.store, "main", group)
    assert run is not None
    folder = RunFolder(root, "main", group, run.id)
    digest = folder.write_marks(marks.encode())
    chunk = folder.write_chunk(0, 0, list(enumerate(PEOPLE, 2)))
    steps.name_chunks(bench.store, "main", group, [chunk])
    steps.set_checked(bench.store, "main", group, rows=4, invalid=0, left_out=0, marks=digest)
    return read(bench, group)


def read(bench: Bench, group: str) -> Run:
    run = reading.run(bench.store, "main", group)
    assert run is not None
    return run


def send(bench: Bench, root: Path, run: Run, *numbers: str, **more: Any) -> TestedRow:
    settings = read_settings({"PLEXSEND_CAMPAIGN_DIR": str(root), "PLEXSEND_NUMBER_KEY": "k" * 32})
    return send_test(bench.store, settings, run, numbers or (OWN,), **more)


def body_of(bench: Bench, key: str | None) -> dict[str, Any]:
    text: Any = bench.store.client.get(bench.store.keys.body("main", key or ""))
    return dict(json.loads(text))


def test_the_first_row_that_goes_comes_as_its_receiver_gets_it(bench: Bench, tmp_path: Path) -> None:
    run = made(bench, tmp_path, marks="d   ")
    done = send(bench, tmp_path, run, OWN, "010-9999-0001")
    assert done.line == 3
    first, second = (each.msg_key for each in done.numbers)
    assert body_of(bench, first)["receiver_number"] == "01099990000"
    assert body_of(bench, second)["receiver_number"] == "01099990001"
    assert body_of(bench, first)["msg"] == "홍길동님, 봄옷이 왔습니다."
    record = read_record(bench.store, "main", first or "")
    assert record is not None
    assert (record.lane.group, record.lane.service) == (None, "lms-bulk")
    assert run.row_of(first or "") is None
    assert read(bench, run.group).tested_ms > 0


@pytest.mark.parametrize(("row", "line", "name"), [(3, 4, "이"), (1, 2, "김"), (LONGEST, 5, "남궁민수영")])
def test_a_row_is_named_by_its_number_or_as_the_longest(
    bench: Bench, tmp_path: Path, row: Any, line: int, name: str
) -> None:
    done = send(bench, tmp_path, made(bench, tmp_path), row=row)
    assert done.line == line
    assert body_of(bench, done.numbers[0].msg_key)["msg"].startswith(f"{name}님")


def test_there_is_no_row_behind_the_last(bench: Bench, tmp_path: Path) -> None:
    run = made(bench, tmp_path)
    with pytest.raises(NotPossible, match="has no row 99: its rows are 1 to 4"):
        send(bench, tmp_path, run, row=99)
    steps.drop(bench.store, "main", run.group)
    with pytest.raises(NotPossible, match="are deleted"):
        send(bench, tmp_path, read(bench, run.group))


def test_a_wrong_number_is_refused_and_its_neighbour_goes(bench: Bench, tmp_path: Path) -> None:
    run = made(bench, tmp_path)
    wrong, right = send(bench, tmp_path, run, "02-1", OWN).numbers
    assert (wrong.msg_key, wrong.problems[0].field) == (None, "receiver_number")
    assert right.msg_key is not None
    fresh = made(bench, tmp_path)
    send(bench, tmp_path, fresh, "02-1")
    assert read(bench, fresh.group).tested_ms == 0


def test_an_advertisement_is_tested_as_one(bench: Bench, tmp_path: Path) -> None:
    marks = {"sender_name": "봄옷", "refusal_number": "080-123-4567"}
    put(bench.store, Where(account="main"), marks, by="kim", reason="a test")
    run = made(bench, tmp_path, advertisement=True)
    (tested,) = send(bench, tmp_path, run).numbers
    assert "(광고)" in body_of(bench, tested.msg_key)["msg"]
    assert "080-123-4567" in body_of(bench, tested.msg_key)["msg"]
    record = read_record(bench.store, "main", tested.msg_key or "")
    assert record is not None
    # There it waits in the quiet hours, and each take asks whether its number refused.
    assert record.lane.name == "lms-bulk/~ad@main"
    assert record.receiver_last == "0000"
