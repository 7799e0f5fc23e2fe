"""Lines and labels of messages that there never were."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plexsend.archive.folder import Folder
from plexsend.archive.lines import ArchiveLine
from plexsend.archive.looking import ArchiveFilter, LookUp
from plexsend.archive.members import Label
from plexsend.outbox.lanes import Lane
from plexsend.outbox.states import State

if TYPE_CHECKING:
    from pathlib import Path

BULK = Lane("mms-bulk", None, "main")
DAY = datetime(2026, 11, 28, tzinfo=UTC).date()
DAY_MS = round(datetime(2026, 11, 28, tzinfo=UTC).timestamp() * 1000)
NAME = "2026-11-28.jsonl.gz"


def line(key: str, state: State = State.ACCEPTED, at: int = 0, **more: Any) -> ArchiveLine:
    """A line of a message, `at` ms after the day began."""
    named = {"code": "C100", "submitted_ms": DAY_MS - 1_000, **more}
    return ArchiveLine(msg_key=key, lane=named.pop("lane", BULK), state=state, at_ms=DAY_MS + at, **named)


def label(first: int, last: int, account: str = "main", mark: str = "") -> Label:
    """The label of a span between these ms of the day."""
    return Label(account, f"{mark}{DAY_MS + first}-0", f"{mark}{DAY_MS + last}-0")


def found(path: Path, **wanted: Any) -> list[ArchiveLine]:
    """What a look finds that reads everything."""
    look = LookUp(path, ArchiveFilter(**wanted))
    lines = list(look)
    assert look.problems == []
    return lines


def keys_in(path: Path) -> list[str]:
    """The keys of all lines, as often as they are there, as any program finds them that reads gzip."""
    with Folder.to_read(path) as folder:
        names = [name for _, name in folder.files()]
    written = [each for name in names for each in gzip.decompress((path / name).read_bytes()).splitlines()]
    return [str(json.loads(each)["msg_key"]) for each in written]
