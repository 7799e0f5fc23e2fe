"""What there is to feed of a run: the rows of its chunks, without those that are left out or have a fate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.campaigns.folders.folder import GOES
from plexsend.outbox.runs.fates import NO_FATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plexsend.campaigns.folders.folder import RunFolder
    from plexsend.outbox.runs.run import Run, RunChunk

    FedRow = tuple[int, tuple[str, ...]]
    """Number and cells."""

_GOES = GOES


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that are judged together."""

    end: int
    """The row behind the last one, and behind those after it that are passed over."""
    rows: Sequence[FedRow] = field(repr=False)
    """Those that go."""


class Supply:
    """The rows of one run, for one slice.

    Args:
        folder: Where its chunks are.
        run: The run.
        fates: What became of rows already, a byte each; rows behind its end have no fate.
    """

    def __init__(self, folder: RunFolder, run: Run, fates: bytes) -> None:
        self._folder = folder
        self._run = run
        self._fates = fates
        self._marks = folder.read_marks(run.marks, run.rows) if run.rows else b""

    def rows(self, start: int) -> Iterator[FedRow]:
        """Yield number and cells of each row that goes, from `start` on. Raises ChunkMissing."""
        for chunk in self._run.chunks:
            yield from self._going(chunk, max(start, chunk.first_row))

    def goes(self, row: int) -> bool:
        """Return whether a row is to be fed: it is not left out, and nothing became of it yet."""
        return self._marks[row : row + 1] == _GOES and self._fates[row : row + 1].strip(NO_FATE) == b""

    def _going(self, chunk: RunChunk, first: int) -> Iterator[FedRow]:
        wanted = self._wanted(first, chunk.first_row + chunk.rows)
        # Of one that is left out whole nothing is read.
        if not wanted:
            return
        rows: Sequence[tuple[int, tuple[str, ...]]] = self._folder.read_chunk(chunk)
        for row in wanted:
            yield row, rows[row - chunk.first_row][1]

    def _wanted(self, first: int, end: int) -> Sequence[int]:
        # Of most chunks all go: one look at each instead of one at each row.
        if self._marks[first:end].count(_GOES) == end - first and not self._fates[first:end].strip(NO_FATE):
            return range(first, end)
        return [row for row in range(first, end) if self.goes(row)]
