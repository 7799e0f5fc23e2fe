"""A process of a run, and the supervisor that replaces each at once when it is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LOOK_S = 0.1


@dataclass(eq=False)
class Child:
    """One process that is wanted; it may have had several lives. Everything it says stands in `log`."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    folder: Path
    log: Path
    wanted: bool = True
    lives: int = 0
    again_s: float = 0.0
    """How long the supervisor waits before it replaces the process: some need their port to be free."""
    exits: list[int] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start a life."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                list(self.command),
                cwd=self.folder,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Python ignores SIGXFSZ, and what it starts shall too: a write beyond the limit fails then.
                restore_signals=False,
            )
        self.lives += 1

    @property
    def pid(self) -> int:
        """The process of this life."""
        assert self.process is not None
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def send(self, number: signal.Signals) -> bool:
        """Send a signal; returns whether there was a process to get it."""
        if not self.alive:
            return False
        os.kill(self.pid, number)
        return True

    def end(self, patience_s: float = 20.0) -> None:
        """End it for good: in order first, by force after the time."""
        self.wanted = False
        if self.process is None:
            return
        if self.alive:
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


class Supervisor:
    """Looks after children in a thread of its own and starts anew what has ended and is wanted."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def begin(self) -> None:
        """Look after the children from now on."""
        self._thread.start()

    def add(self, child: Child) -> Child:
        """Start a child and keep it running."""
        with self._lock:
            child.start()
            self.children.append(child)
        return child

    def remove(self, child: Child) -> None:
        """End a child that is wanted no more."""
        child.wanted = False
        child.end()

    def end(self) -> None:
        """End all children, the last started first."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)
        for child in self.children:
            child.wanted = False
        for child in reversed(self.children):
            child.end()

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK_S):
            with self._lock:
                for child in self.children:
                    if child.wanted and child.process is not None and not child.alive:
                        child.exits.append(child.process.returncode)
                        if child.again_s and self._stop.wait(child.again_s):
                            return
                        if child.wanted:
                            child.start()
