"""Imports: a file's rows put in, each exactly once however often the file is imported.

A row without `msg_key` gets one made of the file's content and its line. So the same file again adds nothing,
and an import that was killed is simply run again, for as long as the records are kept (PLEXSEND_KEEP_DAYS).
A file that was changed is another file, whose rows get other keys: mend rejected rows in the file of rejects,
and import that.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.errors import FileProblem, InvalidItem
from plexsend.gateway.items import get_loader
from plexsend.gateway.services import get_service
from plexsend.outbox.policies.midnights import find_zone
from plexsend.outbox.policies.rows import ROWS
from plexsend.outbox.states import State
from plexsend.outbox.submit import SubmitOutcome, Submitted
from plexsend.producers.files.columns import KEY, columns_of
from plexsend.producers.files.rejects import Reject, RejectFile, choose_path, unwrap
from plexsend.producers.files.reports import ImportInterrupted, ImportReport, Listeners, Progress
from plexsend.producers.files.row_file import RowFile, open_rows
from plexsend.producers.pipeline import Incoming, Pipeline, Terms
from plexsend.producers.submissions import Submission, SubmitInterrupted

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.submit import NewMessage
    from plexsend.producers.files.columns import Columns
    from plexsend.producers.files.rows import Row
    from plexsend.producers.producer import Producer
    from plexsend.producers.submissions import Conflict, Invalid, Remark


def import_file(
    producer: Producer,
    path: str | os.PathLike[str],
    service: str,
    *,
    account: str = "main",
    group: str | None = None,
    msg_type: str | None = None,
    fmt: str | None = None,
    encoding: str = "utf-8",
    send_at: datetime | None = None,
    expires_at: datetime | None = None,
    replace: bool = False,
    rejected_path: str | os.PathLike[str] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_reject: Callable[[Reject], None] | None = None,
    on_remark: Callable[[Remark], None] | None = None,
) -> ImportReport:
    """Put a file's rows in; holds a bounded number of them, whatever its size.

    Args:
        producer: Through which they go in.
        path: The file; see `files.open_rows`.
        service: A service id, such as `mms-bulk`.
        account: The account to send with.
        group: As for `Producer.submit`.
        msg_type: As for `Producer.submit`; a table then needs no column for it.
        fmt: `jsonl` or `csv`; None: as the extension says.
        encoding: `utf-8` or `cp949`.
        send_at: As for `Producer.submit`; a row's own column or field of this name counts instead.
        expires_at: As `send_at`.
        replace: As for `Producer.submit`.
        rejected_path: Where invalid rows and those in conflict go, when the import ends; None: beside the
            file, under its name and `.rejected.jsonl`. Removed where there are none.
        on_progress: Called after each chunk of at most 500 rows, and at the end. What a listener raises ends
            the import, as a kill would.
        on_reject: Called with each rejected row, in the order of the file.
        on_remark: Called with each warning and replacement; its `index` is the row's line.

    Raises:
        UsageError: the call itself is wrong; nothing was added.
        FileProblem: the file cannot be read; nothing was added.
        OutboxUnavailable: Redis does not answer; nothing was added.
        OutboxFull: Redis is above its mark; nothing was added. Try again later.
        GroupClosed: a cancel closed the group; nothing was added.
        OutboxUnsuitable: Redis must not be used as it is configured; nothing was added.
        ImportInterrupted: it stopped between its rows; its `report` counts what became of those before.
    """
    path = Path(path)
    rejects = choose_path(path, rejected_path)
    pipeline = producer.pipeline(
        service,
        account=account,
        group=group,
        msg_type=msg_type,
        send_at=send_at,
        expires_at=expires_at,
        replace=replace,
        from_file=True,
    )
    return _go_through(
        path,
        columns_of(service, msg_type, has_sender=pipeline.default_sender is not None),
        pipeline,
        fmt=fmt,
        encoding=encoding,
        rejects=rejects,
        listeners=Listeners(on_progress, on_reject, on_remark),
    )


def check_file(
    path: str | os.PathLike[str],
    service: str,
    *,
    msg_type: str | None = None,
    fmt: str | None = None,
    encoding: str = "utf-8",
    replace: bool = False,
    rejected_path: str | os.PathLike[str] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_reject: Callable[[Reject], None] | None = None,
    on_remark: Callable[[Remark], None] | None = None,
) -> ImportReport:
    """Judge a file's rows as an import would, and send nothing; needs no Redis and no settings.

    Duplicates and conflicts are not seen, since only Redis knows them.

    Args:
        path: The file; see `files.open_rows`.
        service: A service id, such as `mms-bulk`.
        msg_type: As for `import_file`, and so are the rest but one.
        fmt: `jsonl` or `csv`; None: as the extension says.
        encoding: `utf-8` or `cp949`.
        replace: Whether the usual replacements are made before a row is judged.
        rejected_path: Where invalid rows go. None: nowhere, since a person may be mending those of an import.
        on_progress: Called after each chunk of at most 500 rows, and at the end.
        on_reject: Called with each rejected row, in the order of the file.
        on_remark: Called with each warning and replacement; its `index` is the row's line.

    Raises:
        UsageError: the call itself is wrong.
        FileProblem: the file cannot be read.
        ImportInterrupted: the file cannot be read further; its `report` counts the rows before.
    """
    path = Path(path)
    rejects = None if rejected_path is None else choose_path(path, rejected_path)
    get_service(service).check_variant(msg_type)
    zone = find_zone(ROWS["time_zone"].default)  # no fleet is asked: what is judged is whether a time is one
    terms = Terms(service, account="main", variant=msg_type, replace=replace, from_file=True, zone=zone)
    # There is no Redis to ask, so this machine's clock is used.
    pipeline = Pipeline(terms, get_loader(service), _NoSubmitter(), lambda: time.time_ns() // 1_000_000)
    return _go_through(
        path,
        columns_of(service, msg_type),
        pipeline,
        fmt=fmt,
        encoding=encoding,
        rejects=rejects,
        listeners=Listeners(on_progress, on_reject, on_remark),
    )


class _NoSubmitter:
    """Takes everything in, and keeps nothing."""

    def add(self, lane: Lane, messages: Sequence[NewMessage], **_: object) -> list[Submitted]:  # noqa: ARG002  as Submitter
        return [Submitted(SubmitOutcome.ADDED, State.WAITING)] * len(messages)


def _go_through(
    path: Path,
    columns: Columns,
    pipeline: Pipeline,
    *,
    fmt: str | None,
    encoding: str,
    rejects: Path | None,
    listeners: Listeners,
) -> ImportReport:
    with ExitStack() as stack:
        rows = stack.enter_context(open_rows(path, fmt=fmt, encoding=encoding, columns=columns))
        file = None if rejects is None else stack.enter_context(RejectFile(rejects))
        return _Pass(rows, pipeline, file, listeners).run()


class _Pass:
    """One pass over the rows of one file."""

    def __init__(
        self, rows: RowFile, pipeline: Pipeline, rejects: RejectFile | None, listeners: Listeners
    ) -> None:
        self._rows = rows
        self._pipeline = pipeline
        self._rejects = rejects
        self._listeners = listeners
        # The rows of the chunk that is under way, with their keys: those that are rejected are written out.
        self._pending: dict[int, tuple[Row, str]] = {}
        self._counts = dict.fromkeys(
            ("added", "duplicates", "conflicts", "invalid", "warnings", "replacements"), 0
        )
        self._bytes_done = self._last_line = 0

    def run(self) -> ImportReport:
        try:
            for part in self._pipeline.run(self._entries()):
                self._settle(part)
                self._report_progress(self._bytes_done)
            self._report_progress(self._rows.size_bytes)
            return self._report(complete=True)
        except SubmitInterrupted as stopped:
            self._settle(stopped.submission)
            raise self._interruption(stopped.cause) from stopped.cause
        except FileProblem as problem:
            if not self._last_line:
                raise
            raise self._interruption(problem) from problem

    def _entries(self) -> Iterator[Incoming]:
        for read in self._rows:
            row, msg_key = unwrap(read)
            msg_key = msg_key or self._rows.make_key(row.line)
            self._pending[row.line] = row, msg_key
            raw: object = row.item
            if row.item is None:
                raw = InvalidItem([row.problem] if row.problem else [], msg_key=msg_key)
            elif not _has_key(row.item):
                # Put into the item itself, also where the product requires callers to give a key: this key
                # lasts as long as the file does.
                raw = {**row.item, KEY: msg_key}
            yield Incoming(row.line, raw, row.size_bytes)

    def _settle(self, part: Submission) -> None:
        """Count what became of a chunk, and write its rejects out."""
        unanswered = {each.index for each in part.in_doubt} | {each.index for each in part.not_added}
        for line, (row, _) in self._pending.items():
            if line not in unanswered:
                self._bytes_done += row.size_bytes
                self._last_line = line
        for name in self._counts:
            self._counts[name] += len(getattr(part, name))
        rejected: list[Invalid | Conflict] = [*part.invalid, *part.conflicts]
        for refused in sorted(rejected, key=attrgetter("index")):
            self._reject(refused)
        if self._listeners.on_remark is not None:
            for remark in sorted(part.warnings + part.replacements, key=attrgetter("index")):
                self._listeners.on_remark(remark)
        self._pending.clear()

    def _reject(self, refused: Invalid | Conflict) -> None:
        row, msg_key = self._pending[refused.index]
        reject = Reject(
            row.line, refused.msg_key or msg_key, refused.errors, row.text if row.item is None else row.item
        )
        if self._rejects is not None:
            self._rejects.write(reject)
        if self._listeners.on_reject is not None:
            self._listeners.on_reject(reject)

    def _report_progress(self, bytes_done: int) -> None:
        if self._listeners.on_progress is None:
            return
        added, duplicates, conflicts, invalid, *_ = self._counts.values()
        self._listeners.on_progress(
            Progress(
                rows_done=added + duplicates + conflicts + invalid,
                bytes_done=bytes_done,
                bytes_total=self._rows.size_bytes,
                added=added,
                duplicates=duplicates,
                conflicts=conflicts,
                invalid=invalid,
            )
        )

    def _report(self, *, complete: bool) -> ImportReport:
        rejected_path = None if self._rejects is None else self._rejects.put_in_place(complete=complete)
        return ImportReport(**self._counts, rejected_path=rejected_path)

    def _interruption(self, cause: Exception) -> ImportInterrupted:
        try:
            report = self._report(complete=False)
        except FileProblem:
            # The disk may be what stopped it; the cause says so.
            report = ImportReport(**self._counts, rejected_path=None)
        return ImportInterrupted(cause, report, self._last_line)


def _has_key(item: dict[str, object]) -> bool:
    """Return whether a row has a key of its own; null and blank are not keys, the rest is judged as one."""
    given = item.get(KEY)
    return given is not None and not (isinstance(given, str) and not given.strip())
