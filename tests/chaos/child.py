"""A process of a run, and the supervisor that replaces each at once when it is gone."""

from __future__ import annotations

import threading
from dataclasses import replace

from plexsend.stack.child import Child, Program

_LOOK_S = 0.1


class Wanted(Child):
    """One process that is wanted; it may have had several lives. Everything it says stands in `log`."""

    def __init__(self, program: Program) -> None:
        # Without a leash: the supervisor's thread starts processes and ends before them.
        super().__init__(replace(program, last_signal=None))
        self.log = program.log
        self.wanted = True
        self.lives = 0
        self.again_s = 0.0
        """How long the supervisor waits before it replaces the process: some need their port to be free."""
        self.exits: list[int] = []

    def start(self) -> None:
        """Start a life."""
        super().start()
        self.lives += 1

    def end(self, within_s: float = 20.0) -> int | None:
        """End it for good: in order first, by force after the time."""
        self.wanted = False
        # One that is gone long since has a process id that may be another's by now.
        return super().end(within_s) if self.is_running else self.exit_code


class Supervisor:
    """Looks after children in a thread of its own and starts anew what has ended and is wanted."""

    def __init__(self) -> None:
        self.children: list[Wanted] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def begin(self) -> None:
        """Look after the children from now on."""
        self._thread.start()

    def add(self, child: Wanted) -> Wanted:
        """Start a child and keep it running."""
        with self._lock:
            child.start()
            self.children.append(child)
        return child

    def remove(self, child: Wanted) -> None:
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
                    if child.wanted and (code := child.exit_code) is not None:
                        child.exits.append(code)
                        if child.again_s and self._stop.wait(child.again_s):
                            return
                        if child.wanted:
                            child.start()
