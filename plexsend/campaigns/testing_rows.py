"""Testing a run: one of its rows, as its receiver would get it, to one's own numbers. No run counts it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from plexsend.campaigns.checks.judging import run_terms
from plexsend.campaigns.checks.personalise import Personaliser
from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.folders.folder import GOES, RunFolder
from plexsend.campaigns.recipients.columns import NIGHT_CONSENT, RECEIVER
from plexsend.errors import NotPossible
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import steps
from plexsend.producers.fallbacks import FALLBACK
from plexsend.producers.incoming import Incoming
from plexsend.producers.pipelines import Pipelines
from plexsend.producers.redis_outbox import RedisOutbox
from plexsend.producers.submissions import join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plexsend.errors import Problem
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from plexsend.settings import Settings

    Report: TypeAlias = Callable[[int, int], object]

LONGEST: Literal["longest"] = "longest"
"""In place of a number: the row with the longest text."""
WhichRow: TypeAlias = int | Literal["longest"] | None
"""The number of a row, 1 the first below the header; None: the first row that goes."""

_KEY = "test"
"""What keys of tests begin with: a run's own begin with its id."""


@dataclass(frozen=True, slots=True)
class TestedNumber:
    """What became of the test to one number."""

    __test__ = False  # what pytest collects by its name

    number: str = field(repr=False)
    msg_key: str | None
    """Of the message; None: it was refused."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class TestedRow:
    """A row that was sent to one's own numbers."""

    __test__ = False  # the same

    line: int
    """Of the row in its list."""
    numbers: tuple[TestedNumber, ...]


def send_test(
    store: Store,
    settings: Settings,
    run: Run,
    numbers: Sequence[str],
    *,
    row: WhichRow = None,
    report: Report | None = None,
) -> TestedRow:
    """Send one row of a run to these numbers, and note when.

    The messages have keys of their own and no group: nothing of the run counts them, and it may be paused or
    not have begun. An advertisement waits in the quiet hours and carries its marks, and a number that refused
    gets none.

    Args:
        store: Where they go.
        settings: By which pictures are uploaded and numbers are hashed.
        run: Whose recipients are still there.
        numbers: One's own.
        row: Which row.
        report: Told how many rows of how many were looked at, where all of them are.

    Raises NotPossible where there is no such row, or the recipients are deleted.
    """
    definition = Definition.from_json(run.definition)
    if run.dropped_ms or not run.chunks:
        raise NotPossible(f"The recipients of {run.written} are deleted, so no row of it can be sent.")
    folder = RunFolder(settings.campaign_dir, run.account, run.group, run.id)
    personaliser = Personaliser(definition, run.columns)
    line, cells = _find(folder, run, personaliser, row, report)
    item = personaliser.item(cells).item
    keys = [f"{_KEY}-{run.id}-{secrets.token_hex(4)}" for _ in numbers]
    entries = [
        Incoming(at, _addressed(item, number, key))
        for at, (number, key) in enumerate(zip(numbers, keys, strict=True))
    ]
    terms = run_terms(definition, run.account, None, settings.number_key)
    outbox = RedisOutbox(store, is_owned=False, number_key=settings.number_key)
    pipeline = Pipelines(settings, outbox).pipeline_by(terms, folder=folder.path)
    done = join(list(pipeline.run(entries)))
    refused = {each.index: each.problems for each in done.invalid}
    if len(refused) < len(numbers):
        steps.note_run(store, run.account, run.group, test=server_ms(store))
    return TestedRow(
        line,
        tuple(
            TestedNumber(number, None if at in refused else key, refused.get(at, ()))
            for at, (number, key) in enumerate(zip(numbers, keys, strict=True))
        ),
    )


# Whether the row's own receiver agreed to get advertisements at night says nothing of who tests.
def _addressed(item: Mapping[str, Any], number: str, key: str) -> dict[str, Any]:
    own = {**item, RECEIVER: number, "msg_key": key}
    own.pop(NIGHT_CONSENT, None)
    fallback = own.get(FALLBACK)
    if isinstance(fallback, Mapping) and RECEIVER in fallback:
        own[FALLBACK] = {**fallback, RECEIVER: number}
    return own


def _find(
    folder: RunFolder, run: Run, personaliser: Personaliser, row: WhichRow, report: Report | None
) -> tuple[int, tuple[str, ...]]:
    marks = folder.read_marks(run.marks, run.rows)
    found: tuple[int, tuple[str, ...]] | None = None
    longest = -1
    for number, line, cells in _rows(folder, run, row):
        goes = marks[number : number + 1] == GOES
        if number + 1 == row or (row is None and goes):
            return line, cells
        if row == LONGEST and goes:
            size = _size(personaliser.item(cells).item)
            if size > longest:
                longest, found = size, (line, cells)
        if report is not None:
            report(number + 1, run.rows)
    if found is None:
        none = f"no row {row}: its rows are 1 to {run.rows:,}"
        what = "no row that is sent" if row in (None, LONGEST) else none
        raise NotPossible(f"{run.written} has {what}.")
    return found


def _rows(folder: RunFolder, run: Run, row: WhichRow) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    for chunk in run.chunks:
        if isinstance(row, int) and not 0 <= row - 1 - chunk.first_row < chunk.rows:
            continue
        for number, (line, cells) in enumerate(folder.read_chunk(chunk), chunk.first_row):
            yield number, line, cells


def _size(value: object) -> int:
    """Return how long the texts of an item are, as the gateway counts: two bytes for a Hangul syllable."""
    if isinstance(value, str):
        return len(value.encode("cp949", "replace"))
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(_size, value))
    return 0
