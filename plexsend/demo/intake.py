"""Taking the demo's sample in, as `plexsend import` would: what was added, and what was wrong where."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from plexsend.demo.summary import Imported, WrongRows
from plexsend.producers.files.imports import import_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.demo.sample_file import SampleFile
    from plexsend.errors import Problem
    from plexsend.producers.files.rejects import Reject
    from plexsend.producers.files.reports import Progress
    from plexsend.producers.producer import Producer


def take_in(
    producer: Producer, file: SampleFile, *, account: str, on_added: Callable[[int], None]
) -> Imported:
    """Import a file; `on_added` hears how many of its rows were added so far."""
    lines: dict[Problem, list[int]] = defaultdict(list)

    def note_reject(reject: Reject) -> None:
        for problem in reject.errors:
            lines[problem].append(reject.line)

    def note_progress(progress: Progress) -> None:
        on_added(progress.added)

    report = import_file(
        producer,
        file.path,
        file.service,
        account=account,
        on_progress=note_progress,
        on_reject=note_reject,
    )
    wrong = (WrongRows(file.path.name, problem, tuple(found)) for problem, found in lines.items())
    return Imported(report.added, report.invalid, tuple(wrong))
