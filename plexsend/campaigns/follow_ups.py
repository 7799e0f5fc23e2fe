"""Follow-ups: runs for those rows of another run that had one outcome; which rows earlier ones took."""

from __future__ import annotations

import zlib
from array import array
from contextlib import suppress
from typing import TYPE_CHECKING

from plexsend.campaigns.folder import ChunkMissing, RunFolder
from plexsend.campaigns.row_outcomes import Reached, row_outcomes
from plexsend.campaigns.whole_files import write_whole
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.states import OVER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

DUPLICATE = b"d"
"""The mark of a row whose number another row of the run has."""
_ALL = b"*"
"""In place of lines: nobody can say any more which rows were taken."""
_NUMBER = "I"
"""4 bytes a line."""
_FREE = (Reached.UNSENT, Reached.SUPPRESSED, Reached.LEFT_OUT)
"""Where a follow-up that is over left a row so, nobody was written to for it."""


class Lines:
    """Numbers of lines of a file, a byte each."""

    def __init__(self) -> None:
        self._there = bytearray()
        self.all = False
        """Whether every line counts as one of them."""

    def add(self, line: int) -> None:
        """Add a line."""
        if line >= len(self._there):
            self._there.extend(bytes(max(line + 1 - len(self._there), len(self._there))))
        self._there[line] = 1

    def __contains__(self, line: int) -> bool:
        return self.all or (line < len(self._there) and bool(self._there[line]))

    def __bool__(self) -> bool:
        return self.all or bool(self._there)


def source_of(group: str, only: str) -> str:
    """Return how a follow-up names the run that it is for, and which rows of it."""
    return f"{group} {only}"


def taken_lines(store: Store, root: Path, source: Run, only: str, name: str) -> Lines:
    """Return the lines of the source whose rows earlier runs of this campaign took for the same outcome.

    A run that may still write to them takes all of its rows; one that is over only those that were, or may
    have been, written to.
    """
    found = Lines()
    for run in reading.runs(store, source.account):
        if run.name == name and run.source == source_of(source.group, only):
            if run.dropped_ms:
                _read_kept(root, source, run, found)
            else:
                for line in _lines(store, root, run):
                    found.add(line)
    return found


def keep_taken(store: Store, root: Path, run: Run) -> None:
    """Write down in the folder of its source which rows a run took, before its own recipients are deleted."""
    source = reading.run(store, run.account, run.source.partition(" ")[0]) if run.source else None
    if source is None or run.dropped_ms:
        return
    folder = RunFolder(root, source.account, source.group, source.id)
    if not folder.exists():
        return
    try:
        content = array(_NUMBER, _lines(store, root, run)).tobytes()
    except ChunkMissing:
        content = _ALL
    write_whole(_kept(folder, run), zlib.compress(content))


def _read_kept(root: Path, source: Run, run: Run, found: Lines) -> None:
    folder = RunFolder(root, source.account, source.group, source.id)
    with suppress(FileNotFoundError):
        content = zlib.decompress(_kept(folder, run).read_bytes())
        if content == _ALL:
            found.all = True
            return
        for line in array(_NUMBER, content):
            found.add(line)


def _kept(folder: RunFolder, run: Run) -> Path:
    return folder.path / f"taken-{run.group}-{run.id}"


def _lines(store: Store, root: Path, run: Run) -> Iterator[int]:
    folder = RunFolder(root, run.account, run.group, run.id)
    marks = folder.read_marks()
    outcomes = row_outcomes(store, run, b"", awaits_receipts=True, lost_before=lost_before(folder, run))
    for chunk in run.chunks:
        for (line, _), outcome in zip(folder.read_chunk(chunk), outcomes, strict=False):
            mark = marks[outcome.row : outcome.row + 1]
            is_open = not mark.strip() and (run.state not in OVER or outcome.reached not in _FREE)
            if is_open or mark == DUPLICATE:
                yield line


def lost_before(folder: RunFolder, run: Run) -> int:
    """Return up to which row a run was fed, as its folder knows: Redis may have gone back behind that."""
    witness = folder.witness()
    if witness is None:
        return 0
    # The block after these may have gone too. Where Redis knows all that is done, it knows that block.
    return max(witness.done, witness.begun) if witness.done > run.fed else 0
