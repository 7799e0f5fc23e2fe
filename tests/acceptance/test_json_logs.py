"""Workers that log for programs: every line is one object, whoever wrote it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.acceptance.process import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import MakeStand
    from tests.acceptance.process import Worker
    from tests.acceptance.stand import Stand

HEAD = {"time", "level", "logger", "event"}


def start(stand: Stand, *arguments: str, **settings: str) -> tuple[Worker, Path]:
    """Start a worker and return it, whose log is its standard error, and the file of its standard output."""
    output = stand.folder / "stdout.log"
    worker = stand.launch("worker", *arguments, environ=stand.environ(**settings), output=output)
    return worker, output


def _has_written(log: Path, words: str) -> bool:
    return log.exists() and words in log.read_text("utf-8")


def read(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a log, each of which must be an object with a head."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for line in lines:
        assert line.keys() >= HEAD, line
        assert all(isinstance(line[name], str) for name in HEAD), line
    return lines


def test_every_line_of_a_worker_is_one_object(valkey_url: str, make_stand: MakeStand) -> None:
    stand = make_stand(valkey_url, "main")
    # Warnings of Python are lines too: Celery warns of a worker that root runs before its log is set up.
    worker, output = start(
        stand, "-l", "DEBUG", PLEXSEND_LOG="json", PLEXSEND_XYZZY="1", PYTHONWARNINGS="default"
    )
    worker.wait_for(" ready.")
    stand.sandbox.add_fault("unavailable", times=1)
    lane = stand.submit("mms-bulk", [f"in-trouble-{i}" for i in range(10)])
    stand.wait_states({"accepted": 10}, lane)
    # A key may be made of a recipient's number; the log masks it as any other.
    stand.sandbox.add_fault("unavailable", times=1)
    lane = stand.submit("mms-finance", ["01087654321"])
    stand.wait_states({"accepted": 1}, lane)
    assert worker.end() == 0
    lines = read(worker.log)
    loggers = {line["logger"] for line in lines}
    assert loggers >= {"celery.bootsteps", "celery.apps.worker", "worker.drain", "worker.bootstep"}
    assert {line["level"] for line in lines} >= {"debug", "info", "warning"}
    [doubtful] = [line for line in lines if line["event"] == "a setting is doubtful"]
    assert doubtful["setting"] == "PLEXSEND_XYZZY"
    troubled = [line for line in lines if "in-trouble-3" in line.get("msg_keys", ())]
    assert [line["event"] for line in troubled] == ["batch not sent whole"]
    assert troubled[0]["lane"] == "mms-bulk@main"
    assert "01087654321" not in worker.words
    assert ["010****4321"] in [line.get("msg_keys") for line in lines]
    # Standard output often goes to the same place.
    assert "celery@" not in output.read_text("utf-8")


def test_level_and_file_are_celerys_own_in_either_form(valkey_url: str, make_stand: MakeStand) -> None:
    for form in ("json", "text"):
        stand = make_stand(valkey_url, "main")
        log = stand.folder / "own.log"
        worker, output = start(stand, "-l", "WARNING", "-f", str(log), PLEXSEND_LOG=form, PLEXSEND_XYZZY="1")
        wait_until(partial(_has_written, log, "doubtful"), what="a warning")
        # What is printed on standard output is no log, and is meant for people.
        assert ("queues" in output.read_text("utf-8")) is (form == "text")
        assert worker.end() == 0
        assert worker.words == ""
        if form == "json":
            assert {line["level"] for line in read(log)} == {"warning"}
        else:
            first = log.read_text("utf-8").splitlines()[0]
            assert ": WARNING/MainProcess] a setting is doubtful setting=PLEXSEND_XYZZY" in first


def test_form_that_does_not_exist_is_refused(valkey_url: str, make_stand: MakeStand) -> None:
    stand = make_stand(valkey_url, "main")
    worker, _ = start(stand, PLEXSEND_LOG="yaml")
    assert worker.wait_exit() == 2
    assert "PLEXSEND_LOG: is not one of the known words" in worker.words
    assert "Give one of: text, json." in worker.words


def test_beat_logs_in_the_same_form(valkey_url: str, make_stand: MakeStand) -> None:
    stand = make_stand(valkey_url, "main")
    log = stand.folder / "beat.log"
    beat = stand.launch(
        *("beat", "-l", "DEBUG", "-f", str(log), "-s", str(stand.folder / "schedule")),
        environ=stand.environ(PLEXSEND_LOG="json"),
    )
    wait_until(lambda: log.exists() and "beat: Ticking" in log.read_text("utf-8"), what="a line of beat")
    assert beat.end() == 0
    assert {line["logger"] for line in read(log)} >= {"celery.beat"}


def test_beat_prints_no_banner_among_lines_for_programs(valkey_url: str, make_stand: MakeStand) -> None:
    stand = make_stand(valkey_url, "main")
    environ = stand.environ(PLEXSEND_LOG="json")
    beat = stand.launch_plexsend("beat", "-l", "DEBUG", folder=stand.folder, environ=environ)
    # Where a signal comes while Celery still imports, its handler meets a half of a module.
    beat.wait_for("beat: Ticking")
    assert beat.end() == 0
    read(beat.log)
