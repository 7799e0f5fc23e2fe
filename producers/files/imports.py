"""Imports: a file's rows put in, each exactly once however often the file is imported.

A row without `msg_key` gets one made of the import's name and of what the row says. So the same file again
adds nothing, of a file that was mended the mended rows alone are added, and an import that was killed is
simply run again. What looks like another row in place of one that was added is held back. docs/imports.md
has all cases.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from plexsend.errors import UsageError
from plexsend.gateway.items import get_loader
from plexsend.gateway.services import get_service
from plexsend.outbox.imports import ImportTerms
from plexsend.outbox.policies.midnights import find_zone
from plexsend.outbox.policies.rows import ROWS
from plexsend.outbox.states import State
from plexsend.outbox.submit import SubmitOutcome, Submitted
from plexsend.producers.files.columns import columns_of
from plexsend.producers.files.key_column import KeyColumn
from plexsend.producers.files.passes import FilePass, Naming
from plexsend.producers.files.rejects import RejectFile, choose_path
from plexsend.producers.files.reports import ImportReport, Listeners
from plexsend.producers.files.row_file import open_rows
from plexsend.producers.files.row_intake import RowIntake
from plexsend.producers.files.row_keys import EqualRows, RowKeys, name_of
from plexsend.producers.pictures.item_pictures import ItemPictures
from plexsend.producers.pictures.sources import JudgedPictures
from plexsend.producers.pipeline import Pipeline
from plexsend.producers.placing import rooted
from plexsend.producers.terms import Terms

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from plexsend.gateway.services import Product
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.submit import NewMessage
    from plexsend.producers.files.rejects import Reject
    from plexsend.producers.files.reports import Progress
    from plexsend.producers.files.row_file import RowFile
    from plexsend.producers.producer import Producer
    from plexsend.producers.submissions import Remark

_CHANGED = ("hold", "send")


def import_file(
    producer: Producer,
    path: str | os.PathLike[str],
    service: str,
    *,
    account: str = "main",
    group: str | None = None,
    msg_type: str | None = None,
    fmt: str | None = None,
    encoding: str | None = None,
    name: str | None = None,
    key_column: str | None = None,
    changed: Literal["hold", "send"] = "hold",
    resume: bool = False,
    send_at: datetime | None = None,
    expires_at: datetime | None = None,
    advertisement: bool = False,
    night_consent: bool = False,
    replace: bool = False,
    mend_numbers: bool = False,
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
        encoding: `utf-8` or `cp949`; None: whichever of them it is in, as the report says.
        name: What this list is called, from one import to the next; None: the file's name.
        key_column: A column that tells its rows apart, such as an order's number; None: all that they say.
        changed: Whether a row to a receiver that an earlier import of the name had otherwise is held back, or
            sent too.
        resume: Whether this is known to be the same list, where that is not clear.
        send_at: As for `Producer.submit`; a row's own column or field of this name counts instead.
        expires_at: As `send_at`.
        advertisement: As for `Producer.submit`; a row's own column or field of this name counts instead.
        night_consent: As `advertisement`.
        replace: As for `Producer.submit`.
        mend_numbers: Put back the 0 that a spreadsheet took from numbers, and report each.
        rejected_path: Where invalid rows, those in conflict and those held back go, when the import ends;
            None: beside the file, under its name and `.rejected.jsonl`. Removed where there are none.
        on_progress: Called after each chunk of at most 500 rows, and at the end. What a listener raises ends
            the import, as a kill would.
        on_reject: Called with each rejected row, in the order of the file.
        on_remark: Called with each warning and replacement; its `index` is the row's line.

    Raises:
        UsageError: the call itself is wrong; nothing was added.
        ImportRefused: whether this is the same list as an earlier one of this name is not clear; nothing was
            added.
        FileProblem: the file cannot be read; nothing was added.
        OutboxUnavailable: Redis does not answer; nothing was added.
        OutboxFull: Redis is above its mark; nothing was added. Try again later.
        GroupClosed: a cancel closed the group; nothing was added.
        OutboxUnsuitable: Redis must not be used as it is configured; nothing was added.
        ImportInterrupted: it stopped between its rows; its `report` counts what became of those before.
    """
    path = Path(path)
    rejects = choose_path(path, rejected_path)
    if changed not in _CHANGED:
        raise UsageError(f"changed is {changed!r}. Give {' or '.join(map(repr, _CHANGED))}.")
    import_name = name_of(path, name)
    column = None if key_column is None else KeyColumn(key_column, service)
    pipeline = producer.pipeline(
        service,
        account=account,
        group=group,
        msg_type=msg_type,
        send_at=send_at,
        expires_at=expires_at,
        advertisement=advertisement,
        night_consent=night_consent,
        replace=replace,
        mend_numbers=mend_numbers,
        from_file=path,
    )
    has_sender = pipeline.default_sender is not None
    columns = columns_of(service, msg_type, has_sender=has_sender, key_column=key_column)
    with ExitStack() as stack:
        rows = stack.enter_context(open_rows(path, fmt=fmt, encoding=encoding, columns=columns))
        file = stack.enter_context(RejectFile(rejects, _rooted(service, path, rejects)))
        keys = RowKeys(import_name, stack.enter_context(EqualRows()))
        intake = RowIntake(
            pipeline.taker,
            producer.imports(account),
            ImportTerms(import_name, _describe(rows, pipeline), key_column or "", resume),
            sends_changed=changed == "send",
            old_key=rows.old_key,
        )
        pipeline.taker = intake
        return FilePass(
            rows,
            pipeline,
            Naming(import_name, keys, column, named_by_caller=name is not None),
            intake=intake,
            rejects=file,
            listeners=Listeners(on_progress, on_reject, on_remark),
        ).run()


def _describe(rows: RowFile, pipeline: Pipeline) -> str:
    """Return a hash of a file's content and of all that decides what its rows become."""
    facts = (rows.digest, rows.format, rows.encoding, *pipeline.facts())
    return blake2b("\n".join(facts).encode(), digest_size=12).hexdigest()


def check_file(
    path: str | os.PathLike[str],
    service: str,
    *,
    msg_type: str | None = None,
    fmt: str | None = None,
    encoding: str | None = None,
    key_column: str | None = None,
    advertisement: bool = False,
    night_consent: bool = False,
    replace: bool = False,
    mend_numbers: bool = False,
    rejected_path: str | os.PathLike[str] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_reject: Callable[[Reject], None] | None = None,
    on_remark: Callable[[Remark], None] | None = None,
) -> ImportReport:
    """Judge a file's rows as an import would, and send nothing; needs no Redis and no settings.

    Duplicates, conflicts and changed rows are not seen, since only Redis knows them, nor which addresses are
    of pictures that the gateway has deleted. What only an account has is not there: advertisements do not get
    the marks that they lack (those that they have are judged), nor rows the sender of the policy `senders`.

    Args:
        path: The file; see `files.open_rows`.
        service: A service id, such as `mms-bulk`.
        msg_type: As for `import_file`, and so are the rest but one.
        fmt: `jsonl` or `csv`; None: as the extension says.
        encoding: `utf-8` or `cp949`; None: whichever of them it is in, as the report says.
        key_column: As for `import_file`.
        advertisement: As for `import_file`.
        night_consent: As for `import_file`.
        replace: Whether the usual replacements are made before a row is judged.
        mend_numbers: Whether lost zeros are put back before.
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
    column = None if key_column is None else KeyColumn(key_column, service)
    terms = Terms(
        service=service,
        account="main",
        variant=msg_type,
        advertisement=advertisement,
        night_consent=night_consent,
        replace=replace,
        mend_numbers=mend_numbers,
        from_file=True,
        # No fleet is asked which zone counts: what is judged is whether a time is one.
        zone=find_zone(ROWS["time_zone"].default),
    )
    # There is no Redis to ask, so this machine's clock is used.
    loader = get_loader(service)
    pictures = _judged_pictures(loader.product, path.absolute().parent)
    pipeline = Pipeline(terms, loader, _NoSubmitter(), _now_ms, pictures=pictures)
    columns = columns_of(service, msg_type, key_column=key_column)
    with ExitStack() as stack:
        rows = stack.enter_context(open_rows(path, fmt=fmt, encoding=encoding, columns=columns))
        file = (
            None
            if rejects is None
            else stack.enter_context(RejectFile(rejects, _rooted(service, path, rejects)))
        )
        name = name_of(path, None)
        return FilePass(
            rows,
            pipeline,
            Naming(name, RowKeys(name, stack.enter_context(EqualRows())), column),
            intake=None,
            rejects=file,
            listeners=Listeners(on_progress, on_reject, on_remark),
        ).run()


# A row names its pictures relative to its file.
def _rooted(service: str, path: Path, rejects: Path) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
    """Return what names a row's pictures from the root, for rejects that go to another folder."""
    folder = path.absolute().parent
    if rejects.absolute().parent == folder:
        return None
    return partial(rooted, get_service(service).product.name, folder=folder)


def _judged_pictures(product: Product, folder: Path) -> ItemPictures | None:
    if product.picture is None:
        return None
    return ItemPictures(product.name, JudgedPictures(_now_ms), folder=folder)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class _NoSubmitter:
    """Takes everything in, and keeps nothing."""

    def add(self, lane: Lane, messages: Sequence[NewMessage], **_: object) -> list[Submitted]:  # noqa: ARG002  as Submitter
        return [Submitted(SubmitOutcome.ADDED, State.WAITING)] * len(messages)
