"""A run in Redis and in its folder, made by hand: rows with records, with fates alone, with marks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.campaigns.definitions.defined import Definition
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.report.rows import RowReader
from plexsend.outbox.fallbacks import fallback_key
from plexsend.outbox.runs.run import Run, RunChunk
from plexsend.outbox.runs.states import RunState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from plexsend.campaigns.report.archived import ArchivedRows
    from plexsend.campaigns.report.rows import ReportRow
    from plexsend.outbox.redis.store import Store

COLUMNS = ("이름", "휴대폰번호", "메모")
CHUNK = 600
"""Rows of a chunk: more than are read at once."""


@dataclass
class MadeRun:
    """A run that a test fills."""

    store: Store
    root: Path
    cells: Sequence[tuple[str, ...]]
    state: RunState = RunState.RUNNING
    fed: int | None = None
    marks: str = ""
    fallback: str = ""
    letters: dict[int, str] = field(default_factory=dict)
    account: str = "main"
    group: str = "spring-sale~3"
    id: str = "0a1b2c3d4e5f"

    def record(self, row: int, *, is_fallback: bool = False, **fields: str | int) -> None:
        """Write the record of a row's message: `s` state, `c` code, `w` receipt, `e` end, `b` fallback."""
        key = f"{self.id}-{row}"
        name = self.store.keys.record(self.account, fallback_key(key) if is_fallback else key)
        self.store.client.hset(name, mapping={each: str(value) for each, value in fields.items()})

    def run(self) -> Run:
        """Write the folder and the fates, and return the run."""
        folder = RunFolder(self.root, self.account, self.group, self.id)
        chunks = []
        for number, start in enumerate(range(0, len(self.cells), CHUNK)):
            rows = [(start + at + 2, cells) for at, cells in enumerate(self.cells[start : start + CHUNK])]
            name = folder.write_chunk(number, start, rows)
            chunks.append(RunChunk(name.number, name.digest, name.first_row, name.rows))
        marks = folder.write_marks(self.marks.ljust(len(self.cells)).encode())
        for row, letter in self.letters.items():
            self.store.client.setrange(self.store.keys.fates(self.account, self.group), row, letter)
        return Run(
            group=self.group,
            account=self.account,
            id=self.id,
            state=self.state,
            definition="",
            rows=len(self.cells),
            fed=len(self.cells) if self.fed is None else self.fed,
            columns=COLUMNS,
            chunks=tuple(chunks),
            marks=marks,
        )

    @property
    def definition(self) -> Definition:
        """Its definition."""
        fallback: Mapping[str, str] | None = {"service": self.fallback} if self.fallback else None
        return Definition(
            name="spring-sale",
            service="rcs-mms-bulk" if self.fallback else "mms-bulk",
            mapping={"receiver_number": "휴대폰번호"},
            fallback=fallback,
        )

    def reader(self, *, awaits_receipts: bool = True, archived: ArchivedRows | None = None) -> RowReader:
        """Return what reads it."""
        run = self.run()
        folder = RunFolder(self.root, self.account, self.group, self.id)
        return RowReader(
            self.store, run, self.definition, folder, awaits_receipts=awaits_receipts, archived=archived
        )

    def rows(self, *, awaits_receipts: bool = True, archived: ArchivedRows | None = None) -> list[ReportRow]:
        """Return its rows."""
        return list(self.reader(awaits_receipts=awaits_receipts, archived=archived))


def people(count: int) -> list[tuple[str, ...]]:
    """Return the cells of so many recipients."""
    return [(f"사람{number}", f"010{20_000_000 + number}", "") for number in range(count)]
