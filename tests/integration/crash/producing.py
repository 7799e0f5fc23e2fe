"""Scenarios of producers: submits, the announcement of lanes, imports of files."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from plexsend.errors import OutboxUnavailable
from plexsend.outbox import steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.reading import queries
from plexsend.outbox.replies import text
from plexsend.producers import ImportInterrupted, ImportReport, import_file
from tests.integration.crash.scenario import Scenario
from tests.unit.gateway.rcs_items import GOOD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.crash.stage import Stage

# One more than goes in with one call.
_ROWS = 501


def mms_item(number: int, **more: Any) -> dict[str, Any]:
    """Return a valid MMS item."""
    return {
        "sender_number": "0221234567",
        "receiver_number": "01023456789",
        "msg": f"안녕하세요 {number}",
        "file_path": ["https://images/1.jpg"],
        **more,
    }


def _rcs() -> list[dict[str, Any]]:
    return [
        {**GOOD, "msg_key": f"{msg_type.lower()}-{number}", "msg_type": msg_type}
        for number in range(2)
        for msg_type in ("RMM", "RMH")
    ]


def _submit(stage: Stage) -> None:
    _submit_items(stage, "mms-bulk", [mms_item(n, msg_key=f"k-{n}") for n in range(3)])


def _submit_twice(stage: Stage) -> None:
    _submit(stage)
    _submit_items(stage, "mms-bulk", [mms_item(n, msg_key=f"k-{n}") for n in range(5)])


def _submit_for_later(stage: Stage) -> None:
    now = datetime.now(UTC)
    times = {"send_at": now + timedelta(seconds=30), "expires_at": now + timedelta(hours=1)}
    _submit_items(stage, "mms-bulk", [mms_item(n, msg_key=f"k-{n}") for n in range(3)], **times)


def _submit_to_two_lanes(stage: Stage) -> None:
    _submit_items(stage, "rcs-mms-bulk", _rcs())


def _submit_items(stage: Stage, service: str, items: list[dict[str, Any]], **times: Any) -> None:
    try:
        submission = stage.producer.submit(service, items, **times)
    except OutboxUnavailable:
        # Whether they were added is not known: the same again.
        submission = stage.producer.submit(service, items, **times)
    assert not submission.conflicts
    assert not submission.invalid
    stage.tell([each.msg_key for each in submission.added])
    stage.tell([each.msg_key for each in submission.duplicates])


def _pause(stage: Stage) -> None:
    steer.pause(stage.plain, Scope.SERVICE, "rcs-mms-bulk", account=None, by="a test", why="wanted so")


def _resume(stage: Stage) -> None:
    steer.resume(stage.plain, Scope.SERVICE, "rcs-mms-bulk", account=None)


def _submit_once_resumed(stage: Stage) -> None:
    # Who was told that it is resumed does not do it again.
    if stage.plain.client.hexists(stage.plain.keys.pauses, "rcs-mms-bulk"):
        _resume(stage)
    _submit_to_two_lanes(stage)


def _submit_under_pause(stage: Stage) -> None:
    _submit_to_two_lanes(stage)
    for _ in range(3):
        stage.work()
        stage.let_pass(4)
    assert len(stage.told) == queries.look_at(stage.plain, queries.lanes(stage.plain)[0]).ready * 2
    _resume(stage)


def _write_file(stage: Stage) -> None:
    rows = [mms_item(n) for n in range(_ROWS)]
    rows[7]["msg"] = ""
    _file(stage).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def _file(stage: Stage) -> Path:
    return stage.folder / "rows.jsonl"


def _import(stage: Stage) -> ImportReport:
    try:
        return import_file(stage.producer, _file(stage), "mms-bulk")
    except (OutboxUnavailable, ImportInterrupted):
        return import_file(stage.producer, _file(stage), "mms-bulk")


def _import_again(stage: Stage) -> None:
    report = _import(stage)
    assert (report.added + report.duplicates, report.invalid) == (_ROWS - 1, 1)
    assert report.rejected_path is not None
    assert [json.loads(line)["line"] for line in report.rejected_path.read_text("utf-8").splitlines()] == [8]
    start = stage.plain.keys.record("main", "")
    keys = [text(name)[len(start) :] for name in stage.plain.client.scan_iter(f"{start}*", count=1000)]
    assert len(keys) == _ROWS - 1
    stage.tell(keys)


SCENARIOS = (
    Scenario("submit", _submit, again=_submit),
    Scenario("submit-to-a-known-lane", _submit_twice, again=_submit_twice),
    Scenario("submit-for-later", _submit_for_later, again=_submit_for_later),
    Scenario("submit-to-two-lanes", _submit_to_two_lanes, again=_submit_to_two_lanes),
    Scenario("submit-to-a-paused-service", _submit_to_two_lanes, _pause, again=_submit_under_pause),
    # Resumed while its pause is being copied to the account.
    Scenario(
        "submit-to-a-service-resumed-meanwhile",
        _submit_to_two_lanes,
        _pause,
        again=_submit_once_resumed,
        meanwhile={"hsetnx-1-before": _resume},
    ),
    Scenario("import", _import, _write_file, again=_import_again),
)
