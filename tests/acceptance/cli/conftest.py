"""Real commands that start real processes: how they are started, and what is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEADLINE_S = 60.0
COMMAND = str(Path(sys.executable).with_name("plexsend"))


def wait_until(holds: Callable[[], object], *, within_s: float = DEADLINE_S) -> None:
    """Poll until something holds."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def processes_in(folder: Path) -> dict[int, str]:
    """Every process that runs in a folder or below, deleted folders included: process id to command line.

    That finds all that a command has started, since each child runs in the data folder; names and
    environments do not, because Valkey writes its own over them.
    """
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                where = (entry / "cwd").readlink()
                words = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
            if state != "Z" and str(where).startswith(str(folder)):
                found[int(entry.name)] = words
    return found


def hear_ctrl_c() -> None:
    """Undo what a shell does to its background jobs, which the tests may be one of."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass
class Run:
    """One command that was started."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path
    folder: Path

    def text(self) -> str:
        """What it has printed so far."""
        return self.out.read_text()

    def wait_for(self, words: str) -> None:
        """Wait until it has printed these words."""
        wait_until(lambda: words in self.text() or self.process.poll() is not None)
        assert words in self.text(), self.err.read_text()

    def children(self, *words: str) -> list[int]:
        """The processes it has started, those whose command line holds all of these words."""
        return [
            pid
            for pid, line in processes_in(self.folder).items()
            if pid != self.process.pid and all(word in line for word in words)
        ]

    def end(self, *signals: signal.Signals) -> int:
        """Send it signals, and wait for its end; returns its exit code."""
        for number in signals:
            self.process.send_signal(number)
        return self.process.wait(DEADLINE_S)


@dataclass
class Terminal:
    """Starts commands in a folder of their own, and ends what they leave.

    Not by the product's own launcher: a shell gives a command neither a session nor a leash, and what is left
    when such a command ends is what these tests look for.
    """

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    def start(self, *args: str, **settings: str) -> Run:
        """Start a command."""
        number = len(self.runs)
        out, err = (self.folder / f"{name}-{number}" for name in ("out", "err"))
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                [COMMAND, *args],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                cwd=self.folder,
                env=self.environ | settings,
                preexec_fn=hear_ctrl_c,  # noqa: PLW1509  no thread of the tests holds a lock here
            )
        self.runs.append(Run(process, out, err, self.folder))
        return self.runs[-1]

    def run(self, *args: str, **settings: str) -> Run:
        """Run a command to its end."""
        run = self.start(*args, **settings)
        run.process.wait(DEADLINE_S)
        return run

    def left(self) -> dict[int, str]:
        """What runs though its command has ended."""
        return processes_in(self.folder)

    def temporary(self) -> list[Path]:
        """The folders that a demo has made and not removed."""
        return list((self.folder / "tmp").iterdir())


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    yield from open_terminal(tmp_path)


@pytest.fixture(scope="module")
def shared_terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """One for a module whose tests share a command that runs."""
    yield from open_terminal(tmp_path_factory.mktemp("shared"))


def open_terminal(folder: Path) -> Iterator[Terminal]:
    (folder / "tmp").mkdir()
    environ = {name: text for name, text in os.environ.items() if not name.startswith("PLEXSEND_")}
    terminal = Terminal(folder.resolve(), environ | {"TMPDIR": str(folder / "tmp")})
    yield terminal
    for run in terminal.runs:
        run.process.kill()
        run.process.wait()
    for pid in processes_in(terminal.folder):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not processes_in(terminal.folder))
