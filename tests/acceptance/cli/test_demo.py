"""`plexsend demo`, run as a stranger runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.cli.conftest import wait_until

if TYPE_CHECKING:
    from typing import Any

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

# What a stranger may have around: nothing of it may be used, and much of it would break everything.
STRANGER = {
    "PLEXSEND_ACCOUNT_MAIN": "real;very-secret",
    "PLEXSEND_MMS_URL": "https://gateway.invalid",
    "PLEXSEND_REDIS_URL": "redis://127.0.0.1:1/0",
    "PLEXSEND_RATE": "nonsense",
    "PLEXSEND_DURABLE": "1",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
}


README = Path(__file__).parents[3] / "README.md"


def without_numbers(text: str) -> str:
    """Two runs differ in these alone, and in the command's name."""
    return re.sub(r"\d[\d.,]*", "N", re.sub(r"`\S+plexsend ", "`plexsend ", text))


def number(text: str, pattern: str) -> int:
    (found,) = re.findall(pattern, text)
    return int(found.replace(",", ""))


def _is_the_only_thing_left(terminal: Any, told: str) -> None:
    """The page of the campaign's report stays, for the person alone."""
    (page,) = terminal.temporary()
    assert told.endswith(f"The campaign's report, for a browser: {page}\n")
    assert page.read_text("utf-8").lower().startswith("<!doctype html>")
    assert page.stat().st_mode & 0o077 == 0


def _messages_of_the_campaign(told: str) -> int:
    assert "The campaign 봄맞이 세일: 성공 37 + 실패 1 + 대기 0 + 제외 2 = 40 rows." in told
    assert "judges every row as it will be sent: 40 rows, 1 invalid, 1 duplicate left out." in told
    assert "Its plan: 38 messages in 4 requests, " in told
    return 38


def test_the_whole_demo_ends_in_time_with_every_message_accounted_for(terminal: Any) -> None:
    # The very thing that a worker would import first, did it run where the command is typed.
    (terminal.folder / "worker.py").write_text("raise SystemExit('the wrong worker')")
    began = time.monotonic()
    run = terminal.start("demo", **STRANGER)
    run.process.wait(90)
    took_s = time.monotonic() - began
    told = run.text()

    assert run.process.returncode == 0, told + run.err.read_text()
    assert took_s < 60
    assert terminal.left() == {}
    _is_the_only_thing_left(terminal, told)
    assert all(char.isprintable() or char == "\n" for char in told)
    assert "very-secret" not in told

    added = number(told, r"rows were read: ([\d,]+) added")
    invalid = number(told, r"added, ([\d,]+) invalid")
    delivered = number(told, r"([\d,]+)  delivered\n")
    otherwise = sum(
        int(count) for count in re.findall(r"^ +(\d+)  (?:undelivered|unknown): ", told, re.MULTILINE)
    )
    flat = " ".join(told.split())
    ended = re.findall(r"^ +(\d+)  (?:rejected|failed|cancelled): ", told, re.MULTILINE)
    refused = [int(count) for count in ended]
    fallbacks = number(told, r"(\d+)  sent as LMS in place of an RCS")
    assert added >= 2_000
    assert invalid > 10
    of_campaign = _messages_of_the_campaign(told)
    assert delivered + otherwise + sum(refused) == added + fallbacks + of_campaign
    assert (otherwise, fallbacks) == (9, 2)
    assert "`plexsend why demo-spring-0001`: waits for the morning: " in told
    assert re.search(r"20  advertisements waited \S+ s for the morning; none went before", told)
    assert re.search(r"1  cancelled: SUPPRESSED, ", told)
    assert re.search(r"4  undelivered: 2, no such number", told)
    assert re.search(r"1  unknown: 5, the carrier gave no result", told)
    assert not re.search(r"  accepted\n", told)
    assert "Uploaded coupon.jpg once: 66 rows of two files show it." in told
    assert re.search(r"rejected: G141, ", told)
    assert "Imported sample-rcs.jsonl: 237 messages for rcs-mms-bulk; 3 rows are invalid" in told
    assert re.search(r"most in any second .*: mms-bulk \d+ \(150\), .*rcs-mms-bulk \d+ \(20\)", flat)
    assert re.search(r"1  rejected: C400_2, ", told)
    assert number(told, r"(\d+)  sent one by one") == 10
    assert number(told, r"(\d+)  tried again under the same key") >= 10
    assert number(told, r"(\d+)  came back for lack of credit") >= 1
    assert re.search(r"held \S+ s: lane mms-bulk@main, the gateway in trouble [^;]*; released when", flat)
    assert re.search(r"held \S+ s: account main, out of credit [^;]*; released by the operator", flat)
    assert 8 < float(re.findall(r"requests, ([\d.]+) messages in each", told)[0]) <= 10
    assert f"The audit holds: all {added + fallbacks + of_campaign:,} messages are accounted for." in told
    assert f"The gateway's own list names the same {delivered + otherwise:,} messages as accepted." in told
    assert "up --sandbox" in told.partition("What to type next")[2]
    readme = README.read_text("utf-8").partition("<!-- demo:begin -->")[2].partition("```text\n")[2]
    # How many it is about is chance, and one is told in other words.
    flat = flat.replace("accepted it, and it knew its key.", "accepted them, and it knew their keys.")
    for line in readme.partition("What to type next")[0].splitlines():
        assert without_numbers(" ".join(line.split())) in without_numbers(flat)


@pytest.mark.parametrize(
    ("victim", "name", "log"),
    [
        (("plexsend.sandbox",), "sandbox", "sandbox.log"),
        (("valkey-server",), "valkey", "valkey.log"),
        (("serve", "receipts"), "receipts", "receipts.log"),
        (("celery", "worker-2@"), "worker 2", "worker-2.log"),
    ],
)
def test_a_process_that_dies_on_the_way_is_named_with_its_log(
    terminal: Any, victim: tuple[str, ...], name: str, log: str
) -> None:
    run = terminal.start("demo")
    run.wait_for("Imported sample-spring.csv")
    (pid,) = run.children(*victim)
    (kept,) = terminal.temporary()
    wait_until(lambda: (kept / "logs" / log).stat().st_size > 0)
    os.kill(pid, signal.SIGKILL)

    assert run.process.wait(60) == 1
    error = run.err.read_text()
    moment = r"(in the middle of the demo|while worker \d started)"
    assert re.search(rf"plexsend: {name} ended {moment} \(killed by SIGKILL\)\.", error)
    assert "Traceback" not in error
    assert terminal.left() == {}
    folder: Path
    (folder,) = terminal.temporary()
    assert f"Its log: {folder / 'logs' / log}" in error
    assert (folder / "logs" / log).read_text()
    assert f"is kept: {folder}" in error
    assert "every message has a known fate" not in run.text()


def test_programs_get_objects_alone(terminal: Any) -> None:
    run = terminal.start("demo", "--json", "--keep")
    run.wait_for("Imported sample-standard.jsonl")
    run.wait_for('"event": "progress"')
    assert run.end(signal.SIGINT) == 130

    events = [json.loads(line)["event"] for line in run.text().splitlines()]
    assert {"told", "progress"} <= set(events)
    assert run.err.read_text() == ""
    (folder,) = terminal.temporary()
    assert (folder / "sample-bulk.csv").exists()
    assert (folder / "sample-bulk.csv.rejected.jsonl").read_text().count("\n") > 5
