"""A child has its own session, its output in a file, and dies with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import NotPossible
from plexsend.stack import leash
from plexsend.stack.child import Child, ChildFailed, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEADLINE_S = 15.0
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a leash, and /proc")


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _has_ended(child: Child) -> bool:
    return not child.is_running


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Make a child that runs a piece of Python; it is ended after the test."""
    made: list[Child] = []

    def make(code: str, **options: Any) -> Child:
        command = (sys.executable, "-I", "-S", "-c", code)
        child = Child(Program("it", command, tmp_path / "it.log", tmp_path, dict(os.environ), **options))
        made.append(child)
        return child

    yield make
    for child in made:
        child.kill()
        wait_until(partial(_has_ended, child))


FOREVER = "import time; print('here', flush=True); time.sleep(600)"


def test_a_child_that_was_never_started_neither_runs_nor_has_ended(make: Callable[..., Child]) -> None:
    child = make("")

    assert (child.is_running, child.exit_code, child.pid) == (False, None, 0)
    child.terminate()
    child.kill()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "exit code 0"),
        ("raise SystemExit(3)", "exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
    ],
)
def test_its_end_is_told_in_words(make: Callable[..., Child], code: str, words: str) -> None:
    child = make(code)
    child.start()
    wait_until(lambda: not child.is_running)

    assert child.how_it_ended() == words


def test_last_words_are_those_since_the_last_start(make: Callable[..., Child]) -> None:
    child = make("import os, sys; print('first', os.getpid()); print('last', file=sys.stderr)")
    child.program.log.write_text("of an earlier life\n")
    for _ in range(2):
        child.start()
        wait_until(lambda: not child.is_running)

        assert sorted(child.last_words()) == sorted([f"first {child.pid}", "last"])
    assert child.last_words(1)
    assert child.program.log.read_text().count("last") == 2


def test_a_log_that_was_cut_meanwhile_is_read_all_the_same(make: Callable[..., Child]) -> None:
    child = make("")
    child.program.log.write_text("x" * 1000)
    child.start()
    wait_until(lambda: not child.is_running)
    child.program.log.write_text("new\n")

    assert child.last_words() == ["new"]


def test_a_child_is_out_of_reach_of_the_terminals_ctrl_c(make: Callable[..., Child]) -> None:
    child = make(FOREVER)
    child.start()
    wait_until(lambda: "here" in child.read_log())

    assert os.getsid(child.pid) == child.pid != os.getsid(0)


def test_a_child_ends_on_sigterm_though_its_parent_ignores_it(make: Callable[..., Child]) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        child = make(FOREVER)
        child.start()
    finally:
        signal.signal(signal.SIGTERM, before)
    wait_until(lambda: "here" in child.read_log())
    child.terminate()
    wait_until(lambda: not child.is_running)

    assert child.how_it_ended() == "killed by SIGTERM"


@on_linux
def test_killing_a_child_kills_what_it_has_started(make: Callable[..., Child]) -> None:
    child = make(
        "import subprocess, sys, time\n"
        f"grandchild = subprocess.Popen([sys.executable, '-c', {FOREVER!r}])\n"
        "print('pid', grandchild.pid, flush=True)\ntime.sleep(600)"
    )
    child.start()
    wait_until(lambda: "here" in child.read_log())
    pid = int(child.read_log().split("pid ")[1].split()[0])
    assert is_alive(pid)
    child.kill()

    wait_until(lambda: not is_alive(pid))
    wait_until(lambda: not child.is_running)


def test_a_program_that_is_not_there_says_so_in_the_log(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    child = Child(Program("it", (missing,), tmp_path / "log", tmp_path, dict(os.environ)))
    child.start()
    wait_until(lambda: not child.is_running)

    assert child.exit_code == leash.CANNOT_START
    assert child.last_words() == [f"cannot start {missing}: No such file or directory"]


def test_what_the_system_refuses_to_start_is_refused(tmp_path: Path) -> None:
    nowhere = Program("it", ("x",), tmp_path / "log", tmp_path / "nowhere", dict(os.environ))
    with pytest.raises(NotPossible, match="it cannot be started: No such file"):
        Child(nowhere).start()


PARENT = """
import os, sys, time
from pathlib import Path
from plexsend.stack.child import Child, ChildFailed, Program
folder = Path(sys.argv[1])
command = (sys.executable, "-I", "-S", "-c", sys.argv[2])
child = Child(Program("it", command, folder / "it.log", folder, os.environ))
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""


@on_linux
def test_a_child_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), FOREVER], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    wait_until(lambda: (tmp_path / "it.log").read_text() == "here\n")
    assert is_alive(pid)
    parent.kill()
    parent.communicate()

    wait_until(lambda: not is_alive(pid))


def test_a_child_whose_parent_died_before_the_leash_was_on_never_begins() -> None:
    # The process id of somebody who is not its parent stands for one who has gone.
    done = subprocess.run(
        [sys.executable, "-I", "-S", leash.__file__, "1", "9", sys.executable, "-c", "print('begun')"],
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (leash.CANNOT_START, b"")


def test_words_are_waited_for_since_the_last_start_alone(make: Callable[..., Child]) -> None:
    child = make("import sys, time; print('long' * 10_000, 'ready', flush=True); time.sleep(600)")
    child.start()
    child.wait_for("ready")
    assert child.words.startswith("long")
    child.kill()
    child.wait(10)
    child.program = replace(child.program, command=(*child.program.command[:-1], "print('again')"))
    child.start()
    with pytest.raises(ChildFailed, match=r"ended \(exit code 0\)"):
        child.wait_for("ready")
    assert child.words == "again\n"


def test_words_that_do_not_come_in_time_are_told_with_the_last_that_came(make: Callable[..., Child]) -> None:
    child = make(FOREVER)
    child.start()
    child.wait_for("here")
    with pytest.raises(ChildFailed, match=r"it has not written 'there' within 0.1 s:\nhere"):
        child.wait_for("there", within_s=0.1)
    child.check()


def test_standard_output_may_go_elsewhere(make: Callable[..., Child], tmp_path: Path) -> None:
    child = make("import sys; print('out'); print('err', file=sys.stderr)", output=tmp_path / "out")
    child.start()
    assert child.wait(10) == 0
    assert (child.words, (tmp_path / "out").read_text()) == ("err\n", "out\n")


def test_end_is_waited_for_and_told(make: Callable[..., Child]) -> None:
    child = make("raise SystemExit(3)")
    with pytest.raises(ChildFailed, match="was never started"):
        child.wait(1)
    assert child.end() is None
    child.start()
    assert child.wait(10) == 3
    assert child.send(signal.SIGTERM) is False
    with pytest.raises(ChildFailed, match=r"ended \(exit code 3\)"):
        child.check()


def test_child_that_goes_on_is_told_of(make: Callable[..., Child]) -> None:
    child = make(FOREVER)
    child.start()
    with pytest.raises(ChildFailed, match=r"did not end within 0.1 s"):
        child.wait(0.1)


@pytest.mark.parametrize("deaf", [True, False], ids=["deaf", "stopped"])
def test_end_comes_to_a_child_that_is_deaf_or_stopped(make: Callable[..., Child], *, deaf: bool) -> None:
    child = make(
        f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {FOREVER}" if deaf else FOREVER
    )
    child.start()
    child.wait_for("here")
    if not deaf:
        child.send(signal.SIGSTOP)
    assert child.end(0.3 if deaf else 20.0) == (-signal.SIGKILL if deaf else -signal.SIGTERM)


def test_end_takes_along_what_the_child_has_started(make: Callable[..., Child]) -> None:
    code = (
        "import subprocess, sys\n"
        f"grandchild = subprocess.Popen([sys.executable, '-c', {FOREVER!r}])\n"
        "print('grandchild', grandchild.pid, flush=True)"
    )
    child = make(code)
    child.start()
    # The child itself has ended by then.
    wait_until(lambda: "here" in child.words)
    grandchild = int(child.words.split("grandchild ")[1].split()[0])
    assert child.end() == 0
    wait_until(lambda: not is_alive(grandchild))


def test_child_without_a_leash_outlives_the_thread_that_started_it(make: Callable[..., Child]) -> None:
    child = make(FOREVER, last_signal=None)
    thread = threading.Thread(target=child.start)
    thread.start()
    thread.join()
    child.wait_for("here")
    child.check()
    # It became the program itself at once.
    assert "leash" not in Path(f"/proc/{child.pid}/cmdline").read_text()
