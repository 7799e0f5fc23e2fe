"""The folder of one run: its recipients in chunks, which of its rows are left out, and how far feeding went.

What Redis says of a run names these files: each is whole on the disk before Redis hears of it.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import socket
import zlib
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from plexsend.campaigns.folders.whole_files import (
    SETTING,
    CampaignFolderFailed,
    folder_failed,
    make_folder,
    sync_folder,
    write_whole,
)
from plexsend.campaigns.folders.witness import WitnessFiles
from plexsend.outbox.runs.run import RunChunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from plexsend.campaigns.folders.witness import Witness

    ChunkRow = tuple[int, tuple[str, ...]]
    """The line of a row in its file, and its cells."""

CHUNK_ROWS = 5_000
"""Rows of a chunk; the last one of a run has fewer."""
GOES = b" "
"""The mark of a row that is sent; each other letter says why one is left out."""

_DIGEST_BYTES = 12
_FASTEST = 1
"""Level of gzip: chunks are read once or twice, and level 6 takes three times as long for a fifth less."""
_LINES_AT_ONCE = 200
"""Lines that are read as one list: one by one takes three times as long, and thousands of lists at once make
Python look for garbage among all that the process has."""
_MARKS = "marks"
_GOING = "going."
"""What the name of a folder begins with while its files are removed."""
# A cell of JSON may hold half of a character, which is refused in a message and kept here as it is.
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_HALVES = "surrogatepass"
_PART = re.compile(r"[a-z0-9~-]{1,64}", re.ASCII)


class ChunkMissing(CampaignFolderFailed):
    """A file of a run is not on this host, or not whole. It may be tried again: another host may bring it."""


def file_of(chunk: RunChunk) -> str:
    """Return the name of a chunk's file."""
    return f"c{chunk.number:06d}-{chunk.digest}.jsonl.gz"


class RunFolder:
    """The folder of one run. It is made when something is first written.

    Args:
        root: The folder of all campaigns, which all workers share.
        account: The account of the run.
        group: The run, such as `spring-sale~3`.
        run_id: The id that Redis knows it by: two Redis may have runs of the same name below one root.
    """

    def __init__(self, root: Path, account: str, group: str, run_id: str) -> None:
        # What a path is made of comes from Redis or from a person.
        for part in (account, group, run_id):
            if not _PART.fullmatch(part):
                raise CampaignFolderFailed(
                    f"{part[:40]!r} cannot be part of the name of a campaign's folder."
                )
        self.path = root / account / f"{group}-{run_id}"
        self._witness = WitnessFiles(self.path)

    def write_chunk(self, number: int, first_row: int, rows: Sequence[ChunkRow]) -> RunChunk:
        """Write the chunk of this number, and return it once it is on the disk.

        Args:
            number: 0 the first.
            first_row: The number of its first row in the run.
            rows: Its rows.

        Raises CampaignFolderFailed.
        """
        lines = [_encode([line, *cells]) for line, cells in rows]
        content = gzip.compress("\n".join(lines).encode(errors=_HALVES), _FASTEST, mtime=0)
        name = RunChunk(number, _digest(content), first_row, len(rows))
        self._write(file_of(name), content)
        return name

    def read_chunk(self, name: RunChunk) -> list[ChunkRow]:
        """Return the rows of a chunk; raises ChunkMissing where it is not there, or not whole."""
        content = self._read(file_of(name))
        if _digest(content) == name.digest:
            with suppress(ValueError, TypeError, EOFError, OSError, zlib.error):
                lines = gzip.decompress(content).decode(errors=_HALVES).split("\n")
                found = list(_rows(lines if name.rows else ()))
                if len(found) == name.rows:
                    return found
        raise ChunkMissing(
            f"{self.path / file_of(name)} is not what was written there: {name.rows:,} rows of "
            "recipients cannot be read. Put the file back from a copy of the folder, or cancel the run and "
            "create it anew."
        )

    def write_marks(self, marks: bytes) -> str:
        """Write why rows are left out, a letter for each row of the run, blank where it goes.

        Returns the digest by which Redis names them. Who prepared the run before, and wakes up late, writes
        a file of another name.
        """
        digest = _digest(marks)
        self._write(_marks_file(digest), marks)
        return digest

    def read_marks(self, digest: str, rows: int) -> bytes:
        """Return what was written; raises ChunkMissing where it is not there, or is something else.

        Args:
            digest: What names them; empty for a run of a version that named none.
            rows: How many rows the run has.
        """
        name = _marks_file(digest)
        marks = self._read(name)
        if len(marks) == rows and (not digest or _digest(marks) == digest):
            return marks
        # A row without a mark would not be fed, and nobody would hear of it.
        raise ChunkMissing(
            f"{self.path / name} is not what was written there: it is for {len(marks):,} rows, and the run "
            f"has {rows:,}, or it says something else of them. Put it back from a copy of the folder, or "
            "cancel the run and create it anew."
        )

    def write_picture(self, content: bytes, suffix: str) -> str:
        """Keep a picture for the run, and return its name: it is found by that below this folder."""
        name = f"p-{_digest(content)}{suffix}"
        self._write(name, content)
        return name

    def witness(self) -> Witness | None:
        """Return how far feeding went; None where nothing was noted, or there is no folder."""
        return self._witness.read()

    def note_witness(self, lease: int, done: int, *, begun: int | None = None, sync: bool = False) -> None:
        """Note how far feeding went under a lease. Its file stays open until `close`.

        Args:
            lease: The number of the lease.
            done: The rows before this one were given to Redis.
            begun: Those from `done` on and before this one are given to it next; None: none.
            sync: Whether it must survive this machine too. A process that is killed it survives anyway.
        """
        self._witness.note(lease, done, done if begun is None else begun, sync=sync)

    def move(self, to: RunFolder) -> None:
        """Let the folder be that of a run, which has none yet. Raises CampaignFolderFailed."""
        self.close()
        try:
            make_folder(to.path.parent)
            self.path.rename(to.path)
            sync_folder(to.path.parent)
        except OSError as exc:
            raise folder_failed(to.path, exc) from exc

    def drop(self) -> None:
        """Remove the folder with all that is in it. Called again it ends what a kill interrupted."""
        self.close()
        gone = self.path.with_name(f"{_GOING}{self.path.name}")
        try:
            # Renamed first: there is never half a run.
            with suppress(FileNotFoundError):
                shutil.rmtree(gone)
            with suppress(FileNotFoundError):
                self.path.rename(gone)
                shutil.rmtree(gone)
        except OSError as exc:
            raise folder_failed(self.path, exc) from exc

    def exists(self) -> bool:
        """Return whether there is such a folder here."""
        return self.path.is_dir()

    def close(self) -> None:
        """Close the file of the witness. The folder can be used on."""
        self._witness.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, name: str) -> bytes:
        path = self.path / name
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise ChunkMissing(
                f"{path} is not on this host ({socket.gethostname()}). {SETTING} must be one folder that all "
                "hosts share, and the same for workers and commands: compare it with the host where the run "
                "was created. Where the file is gone, cancel the run and create it anew."
            ) from None
        except OSError as exc:
            raise folder_failed(path, exc) from exc

    def _write(self, name: str, content: bytes) -> None:
        try:
            make_folder(self.path)
            write_whole(self.path / name, content)
        except OSError as exc:
            raise folder_failed(self.path / name, exc) from exc


def _marks_file(digest: str) -> str:
    return f"{_MARKS}-{digest}" if digest else _MARKS


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()


def _rows(lines: Sequence[str]) -> Iterator[ChunkRow]:
    for at in range(0, len(lines), _LINES_AT_ONCE):
        page = ",".join(lines[at : at + _LINES_AT_ONCE])
        for line, *cells in json.loads(f"[{page}]"):
            yield line, tuple(cells)
