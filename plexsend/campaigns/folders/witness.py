"""The witness of a run: files that know how far feeding went, whatever copy of Redis is restored."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.campaigns.folders.whole_files import folder_failed, make_folder, write_whole

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

_NAME = re.compile(r"witness\.(\d{1,20})", re.ASCII)
_LINE = "{:015d} {:015d}\n"
"""Done and begun. Always as long, so that one write over the last one is never half of each."""


@dataclass(frozen=True, slots=True)
class Witness:
    """How far feeding went, as the disk knows it: a Redis that went back in time knows less."""

    lease: int
    """The highest lease under which anything was fed."""
    done: int
    """The rows before this one were given to Redis."""
    begun: int
    """Those from `done` on and before this one may have been."""


class WitnessFiles:
    """The witness of one run: a file for each lease.

    A feeder whose lease has lapsed writes its own: it takes nothing back of what a later one noted.

    Args:
        folder: That of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: tuple[int, FileIO] | None = None

    def read(self) -> Witness | None:
        """Return how far feeding went; None where nothing was noted, or there is no folder."""
        try:
            names = map(_NAME.fullmatch, os.listdir(self._folder))  # noqa: PTH208  names, not paths
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise folder_failed(self._folder, exc) from exc
        found = [(int(name[1]), *self._read(name[0])) for name in names if name]
        return Witness(*map(max, zip(*found, strict=True))) if found else None

    def note(self, lease: int, done: int, begun: int, *, sync: bool) -> None:
        """Note how far feeding went; see `RunFolder.note_witness`."""
        path = self._folder / f"witness.{lease}"
        line = _LINE.format(done, begun).encode()
        try:
            fd = self._fd(lease, path, line, done)
            os.pwrite(fd, line, 0)
            if sync:
                os.fsync(fd)
        except OSError as exc:
            raise folder_failed(path, exc) from exc

    def close(self) -> None:
        """Close the file that is open."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    # A run has a lease every few seconds, for days perhaps.
    def _forget(self, lease: int, done: int) -> None:
        for name in os.listdir(self._folder):  # noqa: PTH208  names, not paths
            found = _NAME.fullmatch(name)
            if found and int(found[1]) < lease and max(self._read(name)) <= done:
                (self._folder / name).unlink(missing_ok=True)

    def _fd(self, lease: int, path: Path, line: bytes, done: int) -> int:
        if self._open is None or self._open[0] != lease:
            self.close()
            if not path.exists():
                make_folder(self._folder)
                write_whole(path, line)
                self._forget(lease, done)
            self._open = lease, path.open("r+b", buffering=0)
        return self._open[1].fileno()

    def _read(self, name: str) -> tuple[int, int]:
        path = self._folder / name
        try:
            done, begun = map(int, path.read_text("ascii").split())
        except ValueError:
            # Something else than this program wrote it.
            return 0, 0
        except OSError as exc:
            raise folder_failed(path, exc) from exc
        return done, begun
