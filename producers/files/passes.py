"""Passes: a file's rows read, judged and added once, a chunk at a time, and what became of them counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from plexsend.errors import FileProblem, ImportRefused, InvalidItem, OutboxError, OutboxUnavailable, Problem
from plexsend.gateway.numbers import LOST_ZERO
from plexsend.outbox.states import State
from plexsend.producers.files.columns import KEY
from plexsend.producers.files.rejects import ImportRef, Reject, unwrap
from plexsend.producers.files.reports import ImportInterrupted, ImportReport, Progress
from plexsend.producers.incoming import Incoming
from plexsend.producers.submissions import Conflict, Remark, SubmitInterrupted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from plexsend.gateway.items import KeyOf
    from plexsend.outbox.imports import ImportRun
    from plexsend.producers.files.key_column import KeyColumn
    from plexsend.producers.files.rejects import RejectFile
    from plexsend.producers.files.reports import Listeners
    from plexsend.producers.files.row_file import RowFile
    from plexsend.producers.files.row_intake import RowIntake
    from plexsend.producers.files.row_keys import RowKeys
    from plexsend.producers.files.rows import Row
    from plexsend.producers.pipeline import Pipeline
    from plexsend.producers.submissions import Changed, Duplicate, Invalid, Submission

_NEVER_SENT = (State.CANCELLED, State.EXPIRED, State.REJECTED, State.FAILED)
"""States of a message that a duplicate of it does not send."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How the rows of a pass get their keys.

    Args:
        name: The import's name.
        keys: Makes keys for rows without one.
        column: The key column; None: none.
        named_by_caller: Whether a person gave the name: then rejected rows of another import belong to it.
    """

    name: str
    keys: RowKeys
    column: KeyColumn | None = None
    named_by_caller: bool = False


@dataclass(frozen=True, slots=True)
class _Pending:
    """A row of the chunk that is under way."""

    row: Row
    own_key: str | None
    """The key that stands beside it in a file of rejects."""
    ref: ImportRef | None


class FilePass:
    """One pass over the rows of one file.

    Args:
        rows: The file.
        pipeline: Where its rows go.
        naming: How they get their keys.
        intake: What the pipeline adds them through; None for a check.
        rejects: Takes those that are rejected; None: nobody does.
        listeners: Hear of them.
    """

    def __init__(
        self,
        rows: RowFile,
        pipeline: Pipeline,
        naming: Naming,
        *,
        intake: RowIntake | None,
        rejects: RejectFile | None,
        listeners: Listeners,
    ) -> None:
        self._rows = rows
        self._pipeline = pipeline
        self._naming = naming
        self._intake = intake
        self._rejects = rejects
        self._listeners = listeners
        # Those that are rejected are written out.
        self._pending: dict[int, _Pending] = {}
        self._counts = dict.fromkeys(
            ("added", "duplicates", "changed", "conflicts", "invalid", "warnings", "replacements"), 0
        )
        self._never_sent: Counter[State] = Counter()
        self._lost_zeros = self._bytes_done = self._last_line = 0

    def run(self) -> ImportReport:
        """Go through the file; see `import_file` for what is raised."""
        try:
            for part in self._pipeline.run(self._entries()):
                self._settle(part)
                self._report_progress(self._bytes_done)
            self._report_progress(self._rows.size_bytes)
            report = self._report(complete=True)
        except SubmitInterrupted as stopped:
            self._settle(stopped.submission)
            raise self._interruption(stopped.cause) from stopped.cause
        except (FileProblem, ImportRefused, OutboxError) as problem:
            if not self._last_line:
                raise
            raise self._interruption(problem) from problem
        if self._intake is not None:
            self._intake.end(is_complete=True)
        return report

    def _entries(self) -> Iterator[Incoming]:
        for read in self._rows:
            row, own_key, ref = unwrap(read)
            self._pending[row.line] = _Pending(row, own_key, ref)
            raw, key_of = self._named(row, own_key, ref)
            yield Incoming(row.line, raw, row.size_bytes, key_of)

    def _named(self, row: Row, own_key: str | None, ref: ImportRef | None) -> tuple[object, KeyOf | None]:
        """Return what a row holds, and what gives it its key; None where it has one that stands by itself."""
        item, column = row.item, self._naming.column
        if item is None:
            return InvalidItem([row.problem] if row.problem else [], msg_key=own_key), None
        cell = ""
        if column is not None:
            item, cell = column.take(item)
        if _has_key(item):
            return item, None
        if own_key is not None:
            run = self._run_of(ref)
            key_of = None if run is None else partial(self._note_rejected, run, cell)
            return {**item, KEY: own_key}, key_of
        if column is not None and not cell:
            return InvalidItem([column.problem()]), None
        return item, self._key_maker(row, cell)

    def _key_maker(self, row: Row, cell: str) -> KeyOf:
        """Return what makes the key of a row that has none. The first of them begins the import's run."""
        if self._intake is None:
            return partial(self._key_of, None, cell)
        if self._intake.uses_old_keys:
            return partial(_first, self._intake.old_key(row.line))
        return partial(self._key_of, self._intake.begin(), cell)

    def _run_of(self, ref: ImportRef | None) -> ImportRun | None:
        if self._intake is None or ref is None:
            return None
        if self._naming.named_by_caller and ref.name != self._naming.name:
            return None
        return self._intake.begin(ref)

    def _note_rejected(self, run: ImportRun, cell: str, fields: Mapping[str, Any]) -> str:
        msg_key = str(fields[KEY])
        if self._intake is not None:
            known_by = cell or str(fields["receiver_number"])
            self._intake.note(run, msg_key, known_by, by_content=False)
        return msg_key

    def _key_of(self, run: ImportRun | None, cell: str, fields: Mapping[str, Any]) -> str:
        keys = self._naming.keys
        msg_key = keys.of_cell(cell) if cell else keys.of_content(fields)
        if self._intake is not None and run is not None:
            known_by = cell or str(fields["receiver_number"])
            self._intake.note(run, msg_key, known_by, by_content=not cell)
        return msg_key

    def _settle(self, part: Submission) -> None:
        """Count what became of a chunk, and write its rejects out."""
        unanswered = {each.index for each in part.in_doubt} | {each.index for each in part.not_added}
        for line, pending in self._pending.items():
            if line not in unanswered:
                self._bytes_done += pending.row.size_bytes
                self._last_line = line
        never_sent = [each for each in part.duplicates if each.state in _NEVER_SENT]
        self._never_sent.update(each.state for each in never_sent)
        part.warnings.extend(map(_never_sent_remark, never_sent))
        for name in self._counts:
            self._counts[name] += len(getattr(part, name))
        rejected: list[Invalid | Conflict | Changed] = [*part.invalid, *part.conflicts, *part.changed]
        for refused in sorted(rejected, key=attrgetter("index")):
            self._reject(refused)
        if self._listeners.on_remark is not None:
            for remark in sorted(part.warnings + part.replacements, key=attrgetter("index")):
                self._listeners.on_remark(remark)
        self._pending.clear()
        if self._intake is not None:
            self._intake.forget_notes()

    def _reject(self, refused: Invalid | Conflict | Changed) -> None:
        pending = self._pending[refused.index]
        row = pending.row
        self._lost_zeros += any(problem.reason == LOST_ZERO.reason for problem in refused.problems)
        msg_key = refused.msg_key or pending.own_key or self._naming.keys.of_refused(row)
        ref = pending.ref
        if ref is None and self._intake is not None and self._intake.token:
            ref = ImportRef(self._naming.name, self._intake.token)
        problems = refused.problems
        if isinstance(refused, Conflict) and not _has_key(row.item or {}):
            problems = (_made_key_taken(refused),)
        reject = Reject(row.line, msg_key, problems, row.text if row.item is None else row.item, ref)
        if self._rejects is not None:
            self._rejects.write(reject)
        if self._listeners.on_reject is not None:
            self._listeners.on_reject(reject)

    def _report_progress(self, bytes_done: int) -> None:
        if self._listeners.on_progress is None:
            return
        names = ("added", "duplicates", "changed", "conflicts", "invalid")
        counts = {name: self._counts[name] for name in names}
        self._listeners.on_progress(
            Progress(
                rows_done=sum(counts.values()),
                bytes_done=bytes_done,
                bytes_total=self._rows.size_bytes,
                **counts,
            )
        )

    def _report(self, *, complete: bool) -> ImportReport:
        rejected_path = None if self._rejects is None else self._rejects.put_in_place(complete=complete)
        return self._report_with(rejected_path)

    def _report_with(self, rejected_path: Path | None) -> ImportReport:
        return ImportReport(
            **self._counts,
            never_sent=dict(self._never_sent),
            lost_zeros=self._lost_zeros,
            has_advertisements=self._pipeline.lanes.has_advertisements,
            rejected_path=rejected_path,
            encoding=self._rows.encoding,
        )

    def _interruption(self, cause: Exception) -> ImportInterrupted:
        # A server that does not answer is not waited for once more.
        if self._intake is not None and not isinstance(cause, OutboxUnavailable):
            self._intake.end(is_complete=False)
        try:
            report = self._report(complete=False)
        except FileProblem:
            # The disk may be what stopped it; the cause says so.
            report = self._report_with(None)
        return ImportInterrupted(cause, report, self._last_line)


def _first(msg_key: str, _: Mapping[str, Any]) -> str:
    return msg_key


def _never_sent_remark(duplicate: Duplicate) -> Remark:
    reason = f"was added before and is {duplicate.state}: it is not sent again"
    remedy = f"`plexsend status {duplicate.msg_key}` says why. To send it, give it another msg_key."
    return Remark(duplicate.index, duplicate.msg_key, Problem(KEY, reason, remedy))


def _made_key_taken(conflict: Conflict) -> Problem:
    """Return what is wrong with a row whose key was made here: its writer never saw a key."""
    reason = (
        f"was put in before with another text or fallback, or in another service or group ({conflict.state})"
    )
    remedy = f"`plexsend status {conflict.msg_key}` shows it. To send both, give this one its own msg_key."
    return Problem("row", reason, remedy)


def _has_key(item: Mapping[str, Any]) -> bool:
    """Return whether a row has a key of its own; null and blank are not keys, the rest is judged as one."""
    given = item.get(KEY)
    return given is not None and not (isinstance(given, str) and not given.strip())
