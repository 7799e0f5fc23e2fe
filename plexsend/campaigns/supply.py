"""What there is to feed of a run: the rows of its chunks, without those that are left out or have a fate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.campaigns.folder import GOES, ChunkName
from plexsend.outbox.runs.fates import NO_FATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plexsend.campaigns.folder import RunFolder
    from plexsend.outbox.runs.run import Run, RunChunk

_GOES = GOES


@dataclass(slots=True)
class Block:
    """Rows that are fed together, and those between them that are passed over."""

    end: int
    """The row behind its last one."""
    rows: list[tuple[int, tuple[str, ...]]] = field(default_factory=list, repr=False)
    """Number and cells of each row that goes."""


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
        self._marks = folder.read_marks() if run.rows else b""

    def blocks(self, start: int, size: int) -> Iterator[Block]:
        """Yield the rows from `start` on, `size` that go in each block but the last. Raises ChunkMissing."""
        block, begins = Block(start), start
        for chunk in self._run.chunks:
            first, end = max(start, chunk.first_row), chunk.first_row + chunk.rows
            if first >= end:
                continue
            for row, cells in self._going(chunk, first):
                block.rows.append((row, cells))
                block.end = row + 1
                if len(block.rows) == size:
                    yield block
                    begins = block.end
                    block = Block(begins)
            block.end = end
        if block.end > begins:
            yield block

    def goes(self, row: int) -> bool:
        """Return whether a row is to be fed: it is not left out, and nothing became of it yet."""
        return self._marks[row : row + 1] == _GOES and self._fates[row : row + 1].strip(NO_FATE) == b""

    def _going(self, chunk: RunChunk, first: int) -> Iterator[tuple[int, tuple[str, ...]]]:
        wanted = [row for row in range(first, chunk.first_row + chunk.rows) if self.goes(row)]
        # Of one that is left out whole nothing is read.
        if not wanted:
            return
        name = ChunkName(chunk.number, chunk.digest, chunk.first_row, chunk.rows)
        rows: Sequence[tuple[int, tuple[str, ...]]] = self._folder.read_chunk(name)
        for row in wanted:
            yield row, rows[row - chunk.first_row][1]
