"""A child: one process of ours, in a session of its own, on a leash, with its output in a log file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.errors import NotPossible
from plexsend.stack import leash

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TAIL_BYTES = 16_384
"""How much of a log's end is looked through for its last lines."""


@dataclass(frozen=True, slots=True)
class Program:
    """What a child runs, and how."""

    name: str
    """Its name for people: `worker 1`."""
    command: tuple[str, ...]
    log: Path
    folder: Path
    """Where it runs."""
    environ: Mapping[str, str] = field(repr=False)
    last_signal: signal.Signals = signal.SIGKILL
    """What it gets when this process dies without having stopped it."""
    keeps_open: tuple[int, ...] = ()
    """File descriptors that it inherits."""


class Child:
    """A program that is run, and may be run again. Use it from one thread, which must outlive the others.

    The kernel ends the child when the thread that started it ends, not only when the process does.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._log_from = 0

    @property
    def name(self) -> str:
        """Its name for people."""
        return self.program.name

    @property
    def pid(self) -> int:
        """Its process id; 0 before the first start."""
        return 0 if self._process is None else self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, minus the signal where one ended it; None while it runs, or before its start."""
        return None if self._process is None else self._process.poll()

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it. NotPossible where the system has no room for one more process or file."""
        program = self.program
        leashed = (
            sys.executable,
            "-I",
            "-S",
            leash.__file__,
            str(os.getpid()),
            str(int(program.last_signal)),
        )
        try:
            with program.log.open("ab") as log:
                self._log_from = log.seek(0, os.SEEK_END)
                self._process = subprocess.Popen(
                    [*leashed, *program.command],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=program.folder,
                    env=dict(program.environ),
                    pass_fds=program.keeps_open,
                    # Ctrl-C in the terminal reaches this process alone, which then stops the others in order.
                    start_new_session=True,
                )
        except OSError as exc:
            raise NotPossible(f"{program.name} cannot be started: {exc.strerror}.") from exc

    def terminate(self) -> None:
        """Ask it to end."""
        if self.is_running:
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it and whatever it has started."""
        # Its group exists at least until the child itself is waited for.
        if self.is_running:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def read_log(self) -> str:
        """Return what it has written since it was last started, at most the last 16 kB."""
        try:
            with self.program.log.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                # Shorter than it was: it has been cut meanwhile, and all of it is new.
                begin = self._log_from if self._log_from <= size else 0
                log.seek(max(size - _TAIL_BYTES, begin))
                return log.read().decode(errors="replace")
        except OSError:
            return ""

    def last_words(self, lines: int = 10) -> list[str]:
        """Return the last lines it has written since it was last started."""
        return [line for line in self.read_log().splitlines() if line.strip()][-lines:]

    def how_it_ended(self) -> str:
        """Return the end in words: `exit code 1`, `killed by SIGKILL`."""
        code = self.exit_code
        if code is None:
            return "still running"
        if code >= 0:
            return f"exit code {code}"
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
