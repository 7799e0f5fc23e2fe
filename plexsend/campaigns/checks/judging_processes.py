"""The processes that judge rows: as many as there are cores, each with a judge of its own.

The process of the check reads the recipients, gives each chunk to the next of these, and takes the answers in
the order of the chunks. At most three chunks of a process are in memory.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any

from plexsend.campaigns.checks.row_judge import RowJudge
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.folders.whole_files import CampaignFolderFailed
from plexsend.errors import NotPossible, PlexsendError
from plexsend.logs import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

    from plexsend.campaigns.checks.row_judge import JudgedChunk, JudgeTerms, ListedRow

_AHEAD = 2
"""Chunks that a process has beside the one that it judges, so that it never waits for the reader."""
_WORTH_CHUNKS = 4
"""A list with fewer is judged sooner than a process has started."""
_END_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class ChunkWriter:
    """Writes the rows that were judged into the folder of a run."""

    root: Path
    account: str
    group: str
    run_id: str

    def write(self, number: int, judged: JudgedChunk, rows: Sequence[ListedRow]) -> None:
        """Write a chunk, and note where it is."""
        folder = RunFolder(self.root, self.account, self.group, self.run_id)
        judged.chunk = folder.write_chunk(
            number, judged.first_row, [(line, cells) for _, line, cells, _, _ in rows]
        )


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why a process judges no more, as it goes to the one that asked."""

    is_of_folder: bool
    words: str

    def error(self) -> PlexsendError:
        """Return the error, for the process that asked."""
        return CampaignFolderFailed(self.words) if self.is_of_folder else NotPossible(self.words)


def judge_all(
    terms: JudgeTerms,
    jobs: Iterable[Sequence[ListedRow]],
    *,
    processes: int,
    writer: ChunkWriter | None = None,
) -> Iterator[JudgedChunk]:
    """Yield what becomes of chunks of rows, in their order.

    Args:
        terms: What they are judged by.
        jobs: The rows of each chunk.
        processes: How many judge; 1: this one.
        writer: Writes each chunk that was judged; None: nobody does.

    Raises NotPossible where a process ended, CampaignFolderFailed, and what `jobs` raises.
    """
    remaining = iter(jobs)
    first = list(islice(remaining, _WORTH_CHUNKS if processes > 1 else 0))
    if processes == 1 or len(first) < _WORTH_CHUNKS:
        yield from _judge_here(terms, _joined(first, remaining), writer)
        return
    with _started(terms, writer, processes) as judges:
        waiting: deque[_Judge] = deque()
        row = 0
        for number, rows in enumerate(_joined(first, remaining)):
            judge = judges[number % processes]
            judge.give(number, row, rows)
            row += len(rows)
            waiting.append(judge)
            if len(waiting) > _AHEAD * processes:
                yield waiting.popleft().take()
        while waiting:
            yield waiting.popleft().take()


def _joined(
    first: list[Sequence[ListedRow]], rest: Iterator[Sequence[ListedRow]]
) -> Iterator[Sequence[ListedRow]]:
    # Each is forgotten once it was given away.
    first.reverse()
    while first:
        yield first.pop()
    yield from rest


def _judge_here(
    terms: JudgeTerms, jobs: Iterable[Sequence[ListedRow]], writer: ChunkWriter | None
) -> Iterator[JudgedChunk]:
    judge = RowJudge(terms)
    row = 0
    for number, rows in enumerate(jobs):
        judged = judge.judge(row, rows)
        if writer is not None:
            writer.write(number, judged, rows)
        row += len(rows)
        yield judged


class _Judge:
    """One process that judges, as the process of the check knows it."""

    def __init__(self, terms: JudgeTerms, writer: ChunkWriter | None) -> None:
        # A process that is forked has the threads' locks of this one, and nobody who opens them.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, terms, writer), daemon=True)
        self.process.start()
        theirs.close()

    def give(self, number: int, first_row: int, rows: Sequence[ListedRow]) -> None:
        """Give it a chunk to judge."""
        try:
            self._connection.send((number, first_row, list(map(tuple, rows))))
        except OSError as exc:
            raise self._ended() from exc

    def take(self) -> JudgedChunk:
        """Return the next chunk that it judged; wait for it."""
        try:
            answer: JudgedChunk | _Failed = self._connection.recv()
        except (EOFError, OSError) as exc:
            raise self._ended() from exc
        if isinstance(answer, _Failed):
            raise answer.error()
        return answer

    def close(self) -> None:
        """Let it end: at the end of its pipe it does."""
        self._connection.close()

    def _ended(self) -> PlexsendError:
        self.process.join(_END_WITHIN_S)
        code = self.process.exitcode
        how = f"by signal {-code}" if code is not None and code < 0 else f"with {code}"
        return NotPossible(
            f"A process that judged rows ended ({how}): the check is not done and nothing was created. Look "
            "whether the machine has memory left, and run it again."
        )


@contextmanager
def _started(terms: JudgeTerms, writer: ChunkWriter | None, count: int) -> Iterator[list[_Judge]]:
    judges: list[_Judge] = []
    # It is started with the first of them, and takes SIGINT out of what is blocked.
    resource_tracker.ensure_running()
    # They inherit what is blocked: Ctrl-C ends this process, and the end of their pipes ends them.
    main = threading.current_thread() is threading.main_thread()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if main else None
    try:
        try:
            judges.extend(_Judge(terms, writer) for _ in range(count))
        finally:
            if before is not None:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        yield judges
    finally:
        for judge in judges:
            judge.close()
        for judge in judges:
            judge.process.terminate()
            judge.process.join(_END_WITHIN_S)


def _serve(connection: Connection[Any, Any], terms: JudgeTerms, writer: ChunkWriter | None) -> None:
    """Judge what comes through the pipe, until its end: the main of a process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
    # Chunks are read while answers are written: two full pipes would wait for each other.
    threading.Thread(target=_read, args=(connection, jobs), daemon=True).start()
    with suppress(BrokenPipeError):
        try:
            judge = RowJudge(terms)
            while (job := jobs.get()) is not None:
                number, first_row, rows = job
                judged = judge.judge(first_row, rows)
                if writer is not None:
                    writer.write(number, judged, rows)
                connection.send(judged)
        except PlexsendError as exc:
            connection.send(_Failed(isinstance(exc, CampaignFolderFailed), str(exc)))
        except Exception as exc:  # noqa: BLE001  the process would print what it says, which may be of a row
            words = f"Judging fails: {reason_of(exc)}. Nothing was created; report what this says."
            connection.send(_Failed(is_of_folder=False, words=words))


def _read(connection: Connection[Any, Any], jobs: queue.SimpleQueue[Any]) -> None:
    with suppress(EOFError, OSError):
        while True:
            jobs.put(connection.recv())
    jobs.put(None)
