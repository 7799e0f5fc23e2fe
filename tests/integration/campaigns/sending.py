"""A run made in few words for tests: its recipients on the disk, its state in Redis."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.folders.folder import CHUNK_ROWS, RunFolder
from plexsend.gateway.environment import read_settings
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.making import create_run
from plexsend.outbox.runs.run import Run, RunChunk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings

COLUMNS = ("휴대폰번호", "이름")
DEFINITION = Definition(
    name="spring",
    service="sms-standard",
    sender="02-2345-6789",
    text="#{이름}님 안녕하세요",
    mapping={"receiver_number": "휴대폰번호"},
)


def settings_of(root: Path, **more: str) -> Settings:
    """Return settings with an account, and this folder for campaigns."""
    return read_settings(
        {"PLEXSEND_ACCOUNT_MAIN": "u;s", "PLEXSEND_CAMPAIGN_DIR": str(root), **more},
    )


def number_of(row: int) -> str:
    """Return the number of a row."""
    return f"010{row + 20_000_000:08}"


def make_run(
    store: Store,
    root: Path,
    rows: int,
    *,
    definition: Definition = DEFINITION,
    marks: Mapping[int, str] | None = None,
    cells: Mapping[int, tuple[str, ...]] | None = None,
    starts: bool = True,
    **more: Any,
) -> Run:
    """Return a run with so many rows, checked, and started unless that is not wanted.

    Args:
        store: Where it is.
        root: The folder of campaigns.
        rows: How many rows.
        definition: What it sends.
        marks: Rows that are left out, and why.
        cells: Rows with other cells than their number and name.
        starts: Whether it runs.
        **more: Of `create_run`.
    """
    group = create_run(
        store,
        definition.account,
        definition.name,
        definition=definition.as_json(),
        by="kim",
        columns=list(COLUMNS),
        rate=definition.rate,
        **more,
    )
    run = read(store, group, definition.account)
    folder = RunFolder(root, run.account, group, run.id)
    chunks = []
    for number, first in enumerate(range(0, rows, CHUNK_ROWS)):
        page = [
            (row + 2, (cells or {}).get(row, (number_of(row), f"고객{row}")))
            for row in range(first, min(rows, first + CHUNK_ROWS))
        ]
        name = folder.write_chunk(number, first, page)
        chunks.append(RunChunk(number, name.digest, first, name.rows))
    left_out = bytearray(b" " * rows)
    for row, mark in (marks or {}).items():
        left_out[row : row + 1] = mark.encode()
    digest = folder.write_marks(bytes(left_out))
    steps.name_chunks(store, run.account, group, chunks)
    steps.set_checked(
        store, run.account, group, rows=rows, invalid=0, left_out=len(marks or {}), marks=digest
    )
    if starts:
        steps.start(store, run.account, group)
    return read(store, group, run.account)


def read(store: Store, group: str, account: str = "main") -> Run:
    """Return a run that must be there."""
    found = reading.run(store, account, group)
    assert found is not None
    return found


def folder_of(root: Path, run: Run) -> RunFolder:
    """Return the folder of a run."""
    return RunFolder(root, run.account, run.group, run.id)


def rows_there(store: Store, run: Run) -> set[int]:
    """Return the rows that have a record."""
    start = store.keys.record(run.account, f"{run.id}-")
    names = store.client.scan_iter(f"{start}*", count=1000)
    return {int(name.decode().rpartition("-")[2]) for name in names}


def with_rate(rate: int) -> Definition:
    """Return the definition with a rate."""
    return replace(DEFINITION, rate=rate)
