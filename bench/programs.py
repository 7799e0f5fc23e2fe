"""The processes of a bench: started with their output in a file, and ended by their ids."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from bench.clock import children, cpu_s, resident_bytes, wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")
"""What a process inherits: settings from a developer's shell do not influence a measurement."""


class Ended(Exception):
    """A process ended that should have gone on; its last output is in the text."""


class Program:
    """One process, with those it starts itself. Ends with its `with` block."""

    def __init__(
        self, command: Sequence[str], *, log: Path, folder: Path, environ: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        self._name = " ".join(command)
        inherited = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={**inherited, "PYTHONWARNINGS": "ignore", **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self.process.pid

    @property
    def words(self) -> str:
        """All that it has printed so far."""
        return self.log.read_text("utf-8", "replace")

    def wait_for(self, words: str, *, within_s: float = 60.0) -> None:
        """Wait until it has printed this; raises Ended where it ends before."""

        def said() -> bool:
            self.check()
            return words in self.words

        wait_for(said, what=f"{words!r} in {self.log}", within_s=within_s)

    def check(self) -> None:
        """Raise Ended if it no longer runs."""
        if self.process.poll() is not None:
            raise Ended(f"{self._name} ended with {self.process.returncode}:\n{self.words[-2000:]}")

    def cpu_s(self) -> float:
        """Return the processor time of the process and those it started, so far."""
        return cpu_s(self.pid, *children(self.pid))

    def resident_bytes(self) -> int:
        """Return the memory that the process itself holds resident."""
        return resident_bytes(self.pid)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def end(self, *, within_s: float = 20.0) -> None:
        """End it properly, or as a crash would where that takes too long."""
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(within_s)
        # Its session is its own: nothing that it started outlives it.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    """Return a port that no process listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
