"""The processes of a bench: started with their output in a file, and ended by their ids."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from bench.clock import children, cpu_s, resident_bytes
from plexsend.stack.child import Child, Program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")
"""What a process inherits: settings from a developer's shell do not influence a measurement."""


class Measured(Child):
    """One process, with those it starts itself. Starts at once, ends with its `with` block."""

    def __init__(self, program: Program) -> None:
        inherited = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environ = {**inherited, "PYTHONWARNINGS": "ignore", **program.environ}
        # Without a leash, whose own processor time would be counted.
        super().__init__(replace(program, environ=environ, last_signal=None))
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def cpu_s(self) -> float:
        """Return the processor time of the process and those it started, so far."""
        return cpu_s(self.pid, *children(self.pid))

    def resident_bytes(self) -> int:
        """Return the memory that the process itself holds resident."""
        return resident_bytes(self.pid)


def measure(
    command: Sequence[str], *, log: Path, folder: Path, environ: Mapping[str, str] | None = None
) -> Measured:
    """Start a command and return its process."""
    return Measured(Program(" ".join(command), tuple(command), log, folder, environ or {}))
