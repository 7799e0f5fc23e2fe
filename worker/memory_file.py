"""The file in which a worker process keeps what it remembers of Redis, for those that come after it."""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from plexsend.clock import elapsed_s
from plexsend.logs import get_logger
from plexsend.worker.memory import KnownAccount, Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plexsend.worker.memory import Memory

_log = get_logger("worker.memory")

EVERY_S = 5.0
"""Between two writes: what went in the last of these seconds is not known to those who come after a crash."""
TAKEN_OVER_S = 600.0
"""A file that was not written for longer is one of a process that is gone: the next one takes it over."""
KEPT_S = 30 * 86_400.0
"""For how long one is kept that nobody takes over."""
_END = ".seen.json"
_UNSAFE = re.compile(r"[^A-Za-z0-9@._-]")


class MemoryFile:
    """One for each worker process that has a folder for it.

    Every process reads the files of all, also of those that are gone, and writes its own: whole or not at
    all, since a rename is one step.

    Args:
        folder: Where the files are; it is made if it is missing.
        node: The name of the worker, the same after a restart.
        prefix: That of the keys in Redis: files of another one are not read.
    """

    def __init__(
        self, folder: Path, node: str, prefix: str, *, clock: Callable[[], float] = elapsed_s
    ) -> None:
        self._folder = folder
        self._path = folder / f"{_UNSAFE.sub('_', node)}{_END}"
        self._prefix = prefix
        self._clock = clock
        self._written_at = float("-inf")
        self._taken_over: list[Path] = []
        self._fails = False

    def read(self) -> list[Remembered]:
        """Return what is remembered in the folder; files that cannot be read are logged and left out."""
        found = []
        for path in self._files():
            try:
                content = json.loads(path.read_text("utf-8"))
                if content["prefix"] == self._prefix:
                    found.append(_parse(content))
                    if path != self._path and _age_s(path) > TAKEN_OVER_S:
                        self._taken_over.append(path)
            except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
                _log.warning(
                    "what a worker remembered cannot be read",
                    file=str(path),
                    reason=type(exc).__name__,
                    remedy="nothing is lost; delete the file if it stays so",
                )
        return found

    def write(self, memory: Memory, process: str, sign_ms: int, *, at_once: bool = False) -> None:
        """Write down what is remembered, if its time has come. Nothing is raised: it is tried again."""
        if memory.is_doubted or (not at_once and self._clock() - self._written_at < EVERY_S):
            return
        self._written_at = self._clock()
        content = {
            "prefix": self._prefix,
            "process": process,
            "sign_ms": sign_ms,
            "heard_ms": memory.heard_ms,
            "accounts": {
                name: {"here": each.here, "routes": each.routes} for name, each in memory.accounts().items()
            },
        }
        new = self._path.with_suffix(".new")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            new.write_text(json.dumps(content, sort_keys=True), "utf-8")
            new.replace(self._path)
        except OSError as exc:
            if not self._fails:
                _log.warning(
                    "what this worker remembers cannot be written",
                    file=str(self._path),
                    reason=exc.strerror or type(exc).__name__,
                    remedy="correct PLEXSEND_STATE_DIR, or the rights of the folder",
                )
            self._fails = True
        else:
            self._fails = False
            # What they held is in this process's own file now. A worker without a fixed name leaves one at
            # each start.
            while self._taken_over:
                with suppress(OSError):
                    self._taken_over.pop().unlink()

    def _files(self) -> Iterator[Path]:
        with suppress(OSError):
            for path in sorted(self._folder.glob(f"*{_END}")):
                with suppress(OSError):
                    if _age_s(path) > KEPT_S:
                        path.unlink()
                        continue
                yield path


def _age_s(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _parse(content: Any) -> Remembered:
    return Remembered(
        process=str(content["process"]),
        sign_ms=int(content["sign_ms"]),
        heard_ms=int(content["heard_ms"]),
        accounts={
            str(name): KnownAccount(
                str(int(each["here"])),
                {str(route): (int(takes), int(went)) for route, (takes, went) in each["routes"].items()},
            )
            for name, each in content["accounts"].items()
        },
    )
