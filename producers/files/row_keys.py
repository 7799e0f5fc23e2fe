"""Keys of rows that have none: made of the import's name and of what the row becomes.

So a row that is mended is a new message and its neighbours are the same ones, whatever else changes in the
file: a byte order mark, line ends, the order of its columns or rows.
"""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Self

from plexsend.errors import FileProblem, UsageError
from plexsend.producers.files.columns import KEY
from plexsend.producers.files.rejects import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plexsend.producers.files.rows import Row

# 96 bits: no two rows that are ever imported share them by chance, and a key takes less room in Redis than a
# UUID.
_KEY_BYTES = 12
_LONGEST_NAME = 255
"""Characters of an import's name; a file's name has no more."""
_encode: Final = json.JSONEncoder(sort_keys=True).encode
"""The same text for the same fields, whatever order they came in."""
_CACHE_KIB = 4_096
"""Memory in which equal rows are counted; what is beyond is in a file."""


def name_of(path: Path, name: str | None) -> str:
    """Return the name of an import: the one given, else the file's; of a file of rejects, that of its file.

    Raises UsageError for a name that is not one.
    """
    if name is None:
        # A Mac writes Hangul in file names in pieces.
        return unicodedata.normalize("NFC", path.name.removesuffix(SUFFIX))
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UsageError(
            f"The name of an import has 1 to {_LONGEST_NAME} characters on one line, such as spring-sale."
        )
    return unicodedata.normalize("NFC", name)


class EqualRows:
    """Counts rows by a hash of them, in bounded memory however many there are. A context manager.

    Kept in SQLite's own temporary file: a table in memory would grow with the file that is imported.
    """

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        for line in (
            "PRAGMA journal_mode = OFF",
            f"PRAGMA cache_size = -{_CACHE_KIB}",
            "CREATE TABLE seen (hash INTEGER PRIMARY KEY, times INTEGER NOT NULL)",
            "BEGIN",
        ):
            self._rows.execute(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    def number_of(self, digest: bytes) -> int:
        """Return how many rows of this hash (8 bytes) there were, this one included."""
        place = int.from_bytes(digest, "big", signed=True)
        try:
            if self._rows.execute("INSERT OR IGNORE INTO seen VALUES (?, 1)", (place,)).rowcount:
                return 1
            self._rows.execute("UPDATE seen SET times = times + 1 WHERE hash = ?", (place,))
            (times,) = self._rows.execute("SELECT times FROM seen WHERE hash = ?", (place,)).fetchone()
        except sqlite3.Error as exc:
            raise FileProblem(
                f"equal rows cannot be counted in a temporary file: {exc}. Make room there, or name another "
                "folder in TMPDIR."
            ) from exc
        return int(times)


class RowKeys:
    """Makes the keys of one import's rows.

    Args:
        name: The import's name.
        equal: Counts its equal rows.
    """

    def __init__(self, name: str, equal: EqualRows) -> None:
        self._name = _encode(name)
        self._equal = equal

    def of_content(self, fields: Mapping[str, Any]) -> str:
        """Return the key of a valid row, from its fields as callers write them.

        Equal rows of one file are as many messages, so each has its number among them in its key.
        """
        content = {name: value for name, value in fields.items() if name != KEY}
        return self._numbered("content", _encode(content))

    def of_cell(self, cell: str) -> str:
        """Return the key of a row that its cell in the key column tells apart from all others."""
        return self._hash("cell", cell).hex()

    def of_refused(self, row: Row) -> str:
        """Return the key of a row that is refused: under it the row is added once it is mended."""
        if row.item is not None:
            return self._numbered("item", _encode(row.item))
        return self._numbered("text", f"line {row.line}" if row.text is None else row.text)

    def _numbered(self, kind: str, text: str) -> str:
        digest = self._hash(kind, text)
        number = self._equal.number_of(digest[:8])
        return (digest if number == 1 else self._hash(f"{kind} {number}", text)).hex()

    def _hash(self, kind: str, text: str) -> bytes:
        whole = f"{self._name}\n{kind}\n{text}"
        return blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).digest()
