"""Whenever it is asked to stop, and however it ends, no process is left behind."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plexsend.stack.stops import ONE_WISH_S

if TYPE_CHECKING:
    from typing import Any

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
UP = ("up", "--sandbox")


def wait_until(holds: Any, within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.002)


# Each moment, and each signal early and late.
@pytest.mark.parametrize(
    ("moment", "signals"),
    [
        ("lock", (INT,)),
        ("lock", (TERM,)),
        ("logs/valkey.log", (INT, INT)),
        ("logs/valkey.log", (INT,)),
        ("logs/sandbox.log", (TERM,)),
        ("logs/sandbox.log", (INT, INT)),
        ("logs/worker-2.log", (INT,)),
        ("logs/worker-2.log", (TERM,)),
        ("logs/worker-2.log", (INT, INT)),
    ],
    ids=str,
)
def test_up_stopped_while_it_starts(terminal: Any, moment: str, signals: tuple[signal.Signals, ...]) -> None:
    run = terminal.start(*UP)
    wait_until((terminal.folder / ".plexsend" / moment).exists)

    assert run.end(*signals) == 0
    assert terminal.left() == {}
    assert "Traceback" not in run.err.read_text()


def test_up_stopped_while_its_server_for_receipts_starts(terminal: Any) -> None:
    run = terminal.start(*UP)
    wait_until((terminal.folder / ".plexsend" / "logs" / "receipts.log").exists)

    assert run.end(INT) == 0
    assert terminal.left() == {}
    assert "Traceback" not in run.err.read_text()


@pytest.mark.parametrize("signals", [(HUP,), (TERM, INT, INT)], ids=str)
def test_up_stopped_while_it_runs(terminal: Any, signals: tuple[signal.Signals, ...]) -> None:
    run = terminal.start(*UP, "--workers", "1")
    run.wait_for("Ctrl-C stops everything.")
    # Valkey, the sandbox, the server for receipts, a worker, beat.
    wait_until(lambda: len(run.children()) == 5)

    assert run.end(*signals) == 0
    assert terminal.left() == {}
    assert "Stopped." in run.err.read_text()


def test_up_killed_takes_everything_along_and_can_be_started_again(terminal: Any) -> None:
    for _ in range(2):
        run = terminal.start(*UP, "--workers", "1")
        run.wait_for("Ctrl-C stops everything.")
        run.process.kill()
        run.process.wait()
    wait_until(lambda: not terminal.left())


def test_a_second_ctrl_c_does_not_wait_for_a_worker_that_hangs(terminal: Any) -> None:
    run = terminal.start(*UP, "--workers", "1")
    run.wait_for("Ctrl-C stops everything.")
    (worker,) = run.children("celery", "worker-1@")
    os.kill(worker, signal.SIGSTOP)
    run.process.send_signal(INT)
    wait_until(lambda: "Ctrl-C again ends them at once" in run.err.read_text())
    deadline = time.monotonic() + ONE_WISH_S
    wait_until(lambda: time.monotonic() > deadline)
    began = time.monotonic()

    assert run.end(INT) == 1
    assert time.monotonic() - began < 10
    assert terminal.left() == {}
    assert "worker 1: did not end in time and was killed" in run.err.read_text()


@pytest.mark.parametrize(
    ("words", "signals", "code"),
    [
        ("Starting Valkey", (INT,), 130),
        ("Imported sample-bulk.csv", (TERM,), 143),
        ("refuses a recipient", (INT, INT), 130),
    ],
)
def test_demo_stopped(terminal: Any, words: str, signals: tuple[signal.Signals, ...], code: int) -> None:
    run = terminal.start("demo")
    run.wait_for(words)

    assert run.end(*signals) == code
    assert terminal.left() == {}
    assert terminal.temporary() == []
    assert run.err.read_text() == "Stopped. No process is left behind.\n"


def test_demo_killed_takes_everything_along(terminal: Any) -> None:
    run = terminal.start("demo")
    run.wait_for("Imported sample-rcs.jsonl")
    wait_until(lambda: len(run.children()) == 5)
    run.process.kill()

    wait_until(lambda: not terminal.left())


def test_demo_stops_when_nobody_reads_on(terminal: Any) -> None:
    reading, writing = os.pipe()
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("plexsend")), "demo"],
        stdout=writing,
        stderr=subprocess.PIPE,
        cwd=terminal.folder,
        env=terminal.environ,
    ) as process:
        os.close(writing)
        assert os.read(reading, 100).startswith(b"[ 0.0 s] Starting")
        os.close(reading)
        _, errors = process.communicate(timeout=60)

    assert (process.returncode, errors) == (128 + signal.SIGPIPE, b"")
    assert terminal.left() == {}
    assert terminal.temporary() == []


def test_demo_in_a_terminal_is_drawn_and_leaves_the_cursor_visible(terminal: Any) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("plexsend")), "demo"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=terminal.folder,
        env=terminal.environ | {"TERM": "xterm-256color", "COLUMNS": "100"},
        start_new_session=True,
    )
    os.close(follower)
    shown = b""
    while b"refuses a recipient" not in shown:
        shown += os.read(leader, 65536)
    process.send_signal(signal.SIGTERM)
    try:
        while data := os.read(leader, 65536):
            shown += data
    except OSError:
        # How Linux tells that nobody has the terminal open any more.
        pass
    os.close(leader)

    assert process.wait(30) == 143
    assert b"mms-standard@main" in shown
    assert shown.rfind(b"\x1b[?25h") > shown.rfind(b"\x1b[?25l") >= 0
    assert terminal.left() == {}
