"""What came after the answers, as plain values: receipts, what readers heard, what the archive holds."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.chaos.ledger_lines import new_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(slots=True)
class Receipt:
    """One code of a message that the gateway posts, perhaps several times. Times in seconds since 1970."""

    key: str
    code: str
    owed_at: float
    posted_at: float = 0.0
    """When the try that was taken first began; 0: none was taken."""
    taken_at: float = 0.0
    """When it was answered 200 first; 0: never, and then nothing is promised."""


@dataclass(frozen=True, slots=True)
class Archived:
    """One line of the archive."""

    key: str
    state: str
    at: str
    """When it came into that state, as it is written: ISO 8601 in UTC, so the order is that of letters."""


@dataclass(frozen=True, slots=True)
class Sequel:
    """All of it, for one judgement."""

    receipts: Mapping[str, Sequence[Receipt]] = field(default_factory=dict)
    """Key → its receipts; a judgement without any is of a world that has none."""
    heard: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """Reader → key → the states that its processes wrote down."""
    archived: Mapping[str, Sequence[Archived]] = field(default_factory=dict)
    torn: tuple[str, ...] = ()
    """Files of the archive that cannot be read to their end."""
    behind: Mapping[str, int] = field(default_factory=dict)
    """Reader → entries that it has not heard, where it did not come to the end in time."""
    proofs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Reader → what `plexsend audit --results` said of it; empty: nothing."""
    is_there: bool = False
    """Whether there were a receipts server, readers and an archive at all."""


@dataclass(slots=True)
class ReceiptLedger:
    """Reads the gateway's ledger of receipts as it grows."""

    path: Path
    receipts: dict[str, list[Receipt]] = field(default_factory=dict)
    _places: dict[Path, int] = field(default_factory=dict)

    def read(self) -> None:
        """Read what was added since the last time."""
        for line in new_lines(self.path, self._places):
            for key, code in line.get("owed", ()):
                self.receipts.setdefault(key, []).append(Receipt(key, code, line["at"]))
            for key, code in line.get("told", ()) if line.get("taken") else ():
                self._note_taken(key, code, line["began"], line["at"])

    # Of two that say the same it is not known which one was taken.
    def _note_taken(self, key: str, code: str, began: float, at: float) -> None:
        same = [each for each in self.receipts[key] if each.code == code]
        found = next((each for each in same if not each.taken_at), None)
        if found is not None:
            found.posted_at, found.taken_at = began, at


@dataclass(slots=True)
class HeardLedgers:
    """Reads the ledgers of a reader's processes as they grow."""

    heard: dict[str, frozenset[str]] = field(default_factory=dict)
    _places: dict[Path, int] = field(default_factory=dict)

    def read(self, path: Path) -> None:
        """Read what was added to one since the last time."""
        for line in new_lines(path, self._places):
            for _, key, state in line["heard"]:
                self.heard[key] = self.heard.get(key, frozenset()) | {state}


@dataclass(slots=True)
class ArchiveFiles:
    """Reads the files of the archive as they grow: gzip, of which each append is a member."""

    folder: Path
    lines: dict[str, list[Archived]] = field(default_factory=dict)
    torn: list[str] = field(default_factory=list)
    _places: dict[Path, int] = field(default_factory=dict)

    def read(self) -> None:
        """Read what was added since the last time."""
        self.torn = []
        for path in sorted(self.folder.glob("*.jsonl.gz")):
            with path.open("rb") as file:
                file.seek(self._places.get(path, 0))
                rest = file.read()
            while rest:
                unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
                try:
                    text = unpacker.decompress(rest)
                except zlib.error:
                    text = b""
                if not unpacker.eof:
                    self.torn.append(path.name)
                    break
                self._places[path] = self._places.get(path, 0) + len(rest) - len(unpacker.unused_data)
                rest = unpacker.unused_data
                self._note(path, text)

    def _note(self, path: Path, text: bytes) -> None:
        for written in text.splitlines():
            try:
                line = json.loads(written)
                found = Archived(line["msg_key"], line["state"], line["at"])
            except (ValueError, KeyError, TypeError):
                self.torn.append(path.name)
                continue
            self.lines.setdefault(found.key, []).append(found)
