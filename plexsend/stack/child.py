"""A child: one process of ours, in a session of its own, on a leash, with its output in a log file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.errors import NotPossible, PlexsendError
from plexsend.stack import leash

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TAIL_BYTES = 16_384
"""How much of a log's end is looked through for its last lines."""
_LOOK_AGAIN_S = 0.02


FOR_THE_OWNER = 0o077
"""The umask of children: what they write holds texts and numbers of messages."""


class ChildFailed(PlexsendError):
    """A child ended, or did not say or do in time what was waited for. Its last words are in the text."""

    def __init__(self, child: Child, what: str) -> None:
        self.child = child
        said = "\n".join(child.last_words())
        super().__init__(f"{child.name} {what}:\n{said}" if said else f"{child.name} {what}")


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
    last_signal: signal.Signals | None = signal.SIGKILL
    """What it gets when this process dies without having stopped it; None: nothing, it lives on."""
    keeps_open: tuple[int, ...] = ()
    """File descriptors that it inherits."""
    output: Path | None = None
    """Where its standard output goes; None: into the log, as its standard error does."""


class Child:
    """A program that is run, and may be run again. Use it from one thread, which must outlive the others.

    The kernel ends the child when the thread that started it ends, not only when the process does.
    What is started by threads that come and go is therefore started without one, and so is what is measured:
    the leash is a Python that costs some time before it becomes the program.
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
        leashed: tuple[str, ...] = ()
        if program.last_signal is not None:
            python = (sys.executable, "-I", "-S", leash.__file__)
            leashed = (*python, str(os.getpid()), str(int(program.last_signal)))
        try:
            with ExitStack() as files:
                log = files.enter_context(program.log.open("ab"))
                output = log if program.output is None else files.enter_context(program.output.open("ab"))
                self._log_from = log.seek(0, os.SEEK_END)
                self._process = subprocess.Popen(
                    [*leashed, *program.command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=log,
                    cwd=program.folder,
                    env=dict(program.environ),
                    pass_fds=program.keeps_open,
                    umask=FOR_THE_OWNER,
                    # Ctrl-C in the terminal reaches this process alone, which then stops the others in order.
                    start_new_session=True,
                    # As with a leash, which is a Python: it ignores SIGPIPE and SIGXFSZ, so that a write that
                    # fails is an error for the program and not its end.
                    restore_signals=False,
                )
        except OSError as exc:
            raise NotPossible(f"{program.name} cannot be started: {exc.strerror}.") from exc

    def send(self, number: signal.Signals) -> bool:
        """Send it a signal; returns whether it was there to get it."""
        if not self.is_running:
            return False
        os.kill(self.pid, number)
        return True

    def terminate(self) -> None:
        """Ask it to end."""
        self.send(signal.SIGTERM)

    def kill(self) -> None:
        """End it and whatever it has started."""
        # Its group exists at least until the child itself is waited for.
        if self.is_running:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def wait(self, within_s: float) -> int:
        """Wait for its end and return its exit code. Raises ChildFailed where it goes on for longer."""
        if self._process is None:
            raise ChildFailed(self, "was never started")
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise ChildFailed(self, f"did not end within {within_s:g} s") from None

    def end(self, within_s: float = 20.0) -> int | None:
        """End it in order, or as a crash would where that takes longer; nothing it has started goes on.

        Returns its exit code, None where it was never started.
        """
        if self._process is None:
            return None
        self.terminate()
        # One that was stopped hears it only now.
        self.send(signal.SIGCONT)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(within_s)
        # Its session is its own.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return self._process.wait()

    def check(self) -> None:
        """Raise ChildFailed if it does not run any more."""
        if not self.is_running:
            raise ChildFailed(self, f"ended ({self.how_it_ended()})")

    def wait_for(self, words: str, *, within_s: float = 60.0) -> None:
        """Wait until it has written these words since it was last started.

        Raises ChildFailed where it ends before, or takes longer.
        """
        until_s = time.monotonic() + within_s
        while words not in self.words:
            # What it wrote last may have come between the look at its log and this one.
            if not self.is_running and words not in self.words:
                raise ChildFailed(self, f"ended ({self.how_it_ended()})")
            if time.monotonic() > until_s:
                raise ChildFailed(self, f"has not written {words!r} within {within_s:g} s")
            time.sleep(_LOOK_AGAIN_S)

    @property
    def words(self) -> str:
        """All that it has written since it was last started."""
        return self.read_log(most_bytes=None)

    def read_log(self, most_bytes: int | None = _TAIL_BYTES) -> str:
        """Return the last that it has written since it was last started; None: all of it."""
        try:
            with self.program.log.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                # Shorter than it was: it has been cut meanwhile, and all of it is new.
                begin = self._log_from if self._log_from <= size else 0
                log.seek(begin if most_bytes is None else max(size - most_bytes, begin))
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
