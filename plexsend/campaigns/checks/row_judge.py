"""The judge of rows: a chunk of recipients personalised, judged as feeding will, and counted."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from plexsend.campaigns.checks.consents import ConsentAge, ConsentAges
from plexsend.campaigns.checks.judging import run_terms
from plexsend.campaigns.checks.personalise import Personaliser
from plexsend.gateway.items import get_loader
from plexsend.outbox.submit import NewMessage
from plexsend.producers.chunks import Waiting
from plexsend.producers.entry_judge import EntryJudge
from plexsend.producers.message import in_words, text_limit
from plexsend.producers.pictures.item_pictures import ItemPictures
from plexsend.producers.pictures.sources import JudgedPictures
from plexsend.producers.submissions import Submission
from plexsend.settings import NumberKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from plexsend.campaigns.definitions.defined import Definition
    from plexsend.errors import Problem
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.runs.run import RunChunk
    from plexsend.producers.entry_judge import JudgedEntry
    from plexsend.producers.guards import Guards
    from plexsend.settings import RcsDialect

    ListedRow = tuple[int, int, tuple[str, ...], Problem | None, bool]
    """A row on its way to a judge: what a RecipientRow is. One that goes to another process has no class,
    which would take five times as long."""

_KEY = "checked"
"""The key of a row that is only judged: the one that it gets is short and valid."""
_NOBODYS_KEY = "-" * 32
"""An advertisement asks whether there is a key. What is hashed with this one is not kept."""
_SAMPLES = 20
"""Of a chunk; some of them may be left out later."""
_MOST_PICTURED = 10_000
_NO_SIZE = 1 << 62
_NOBODY = "0"
"""In place of a number, where a row is invalid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeTerms:
    """What the judges of one check have in common; goes to another process, and holds no secret."""

    definition: Definition
    header: tuple[str, ...]
    account: str
    guards: Guards
    rcs_dialect: RcsDialect
    has_number_key: bool
    today: date
    """In the zone of the campaign."""
    now_ms: int
    folder: Path | None = None
    """Below which its pictures are; None: they have whole paths."""
    known: frozenset[str] = frozenset()
    """Keys of the definition that are wrong: rows are not refused for them again."""


@dataclass(frozen=True, slots=True)
class FixedGuards:
    """Guards as they were when the check began."""

    guards: Guards

    def look(self) -> None:
        """Do nothing: they stay."""

    def known(self) -> Guards:
        """Return them."""
        return self.guards


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """A row that cannot be sent, with everything that is wrong with it."""

    row: int
    line: int
    cells: tuple[str, ...] = field(repr=False)
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row that can be sent, to be shown to a person."""

    row: int
    line: int
    cells: tuple[str, ...] = field(repr=False)
    size: int = 0
    """Of its text: bytes in EUC-KR, or characters, as the service counts."""


def column_of(problem: Problem) -> str:
    """Return what a person called the field of a problem: a column, or a key of the definition."""
    return problem.written or problem.field


def key_of(problem: Problem) -> str:
    """Return the key of the definition that a problem is of, without a place in a list."""
    return column_of(problem).partition(".")[0]


@dataclass(slots=True)
class JudgedChunk:
    """What became of the rows of a chunk."""

    first_row: int
    rows: int
    receivers: array[int] = field(default_factory=lambda: array("Q"), repr=False)
    """The number of each row as one; 0 where it is invalid."""
    lines: array[int] = field(default_factory=lambda: array("Q"))
    """The line of each row."""
    invalid: list[InvalidRow] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)
    """Lines whose number got its 0 back."""
    empty: Counter[str] = field(default_factory=Counter)
    """Variable → rows in which it is empty."""
    empty_at: dict[str, SampleRow] = field(default_factory=dict)
    remarks: Counter[Problem] = field(default_factory=Counter)
    """What is doubtful or was replaced in valid rows → in how many."""
    consents: Counter[ConsentAge] = field(default_factory=Counter)
    lanes: Counter[Lane] = field(default_factory=Counter)
    """Lane of a route → how many valid rows are of it."""
    longest: SampleRow | None = None
    shortest: SampleRow | None = None
    samples: list[SampleRow] = field(default_factory=list)
    body_bytes: int = 0
    """Of all valid ones, as they go on the wire."""
    chunk: RunChunk | None = None
    """Where its rows were written to."""


class RowJudge:
    """Judges rows. One thread uses it.

    Args:
        terms: What it judges by.
    """

    def __init__(self, terms: JudgeTerms) -> None:
        definition = terms.definition
        key = NumberKey(_NOBODYS_KEY) if terms.has_number_key else None
        loader = get_loader(definition.service, terms)
        self._person = Personaliser(definition, terms.header)
        self._definition = definition
        self._pictures = (
            ItemPictures(loader.product.name, JudgedPictures(lambda: terms.now_ms), folder=terms.folder)
            if loader.product.picture is not None
            else None
        )
        self._judge = EntryJudge(
            run_terms(definition, terms.account, None, key),
            loader,
            lambda: terms.now_ms,
            FixedGuards(terms.guards),
            pictures=self._pictures,
        )
        self._judge.renew()
        self._ages = ConsentAges(terms.today)
        self._known = terms.known
        self._counts_bytes = text_limit(definition.service).in_bytes
        self._pictured: dict[Any, tuple[Problem, ...]] = {}
        """What a message shows → what is wrong with that."""

    # A million rows go through this loop: what is done for each of them stands here, in local names.
    def judge(self, first_row: int, rows: Sequence[ListedRow]) -> JudgedChunk:
        """Return what becomes of rows; `first_row` is the number of the first."""
        found = JudgedChunk(first_row, len(rows))
        part = Submission()
        lanes: list[Lane] = []
        person, judge = self._person.item, self._judge.judge
        receivers: list[str] = []
        body_bytes, longest, shortest = 0, -1, _NO_SIZE
        counts_bytes = self._counts_bytes
        for place, (_, line, cells, problem, was_mended) in enumerate(rows):
            if problem is not None:
                receivers.append(_NOBODY)
                self._refuse(found, place, rows, (problem,))
                continue
            item, empty, mended = person(cells)
            item["msg_key"] = _KEY
            if empty or mended or was_mended:
                _note(found, SampleRow(first_row + place, line, cells), empty, mended=mended or was_mended)
            judged = judge(place, item, part)
            if judged is None:
                receivers.append(_NOBODY)
                self._refuse(found, place, rows, self._unknown(part.invalid.pop().problems))
                continue
            if judged.placed is not None and (wrong := self._wrong_pictures(place, judged)):
                receivers.append(_NOBODY)
                self._refuse(found, place, rows, wrong)
                continue
            valid = judged.item
            receivers.append(valid.receiver)
            body_bytes += len(valid.body)
            lanes.append(judged.lane)
            text = item.get("msg")
            if text.__class__ is not str:
                text = self._text_of(item)
            # In EUC-KR all but ASCII takes two bytes, and a valid text has nothing that has no place there.
            size = 2 * len(text) - len(text.encode("ascii", "ignore")) if counts_bytes else len(text)
            if size > longest:
                longest, found.longest = size, SampleRow(first_row + place, line, cells, size)
            if size < shortest:
                shortest, found.shortest = size, SampleRow(first_row + place, line, cells, size)
        found.receivers.extend(map(int, receivers))
        found.lines.extend(map(_line, rows))
        found.body_bytes = body_bytes
        # The items of a lane share one object, which need not be hashed each time.
        names = {id(lane): lane for lane in lanes}
        found.lanes.update({names[each]: count for each, count in Counter(map(id, lanes)).items()})
        self._finish(found, rows, part)
        return found

    def shown(self, cells: Sequence[str]) -> tuple[dict[str, Any], bytes]:
        """Return a valid row's item, and its wire body: with marks, as its receiver gets it."""
        item = self._person.item(cells).item
        item["msg_key"] = _KEY
        judged = self._judge.judge(0, item, Submission())
        return item, b"" if judged is None else judged.item.body

    def _unknown(self, problems: Sequence[Problem]) -> tuple[Problem, ...]:
        """Return problems as the person wrote their fields, without what is said of all rows already."""
        written = map(self._person.as_written, problems)
        return tuple(each for each in written if key_of(each) not in self._known)

    def _wrong_pictures(self, row: int, judged: JudgedEntry) -> tuple[Problem, ...]:
        """Return what is wrong with the pictures of a row; those of most rows are the same."""
        placed = judged.placed
        assert placed is not None  # noqa: S101  as the caller saw
        assert self._pictures is not None  # noqa: S101  it placed them
        shown = (placed.urls, tuple(placed.files.items()))
        if shown not in self._pictured:
            item = judged.item
            message = NewMessage(item.msg_key, item.body, b"", fallback=judged.fallback)
            waiting = Waiting(row, judged.lane, judged.moments, message, placed)
            _, invalid = self._pictures.complete([waiting])
            problems = invalid[0].problems if invalid else ()
            if len(self._pictured) >= _MOST_PICTURED:
                self._pictured.clear()
            self._pictured[shown] = tuple(map(self._person.as_written, problems))
        return self._pictured[shown]

    def _text_of(self, item: dict[str, Any]) -> str:
        return str(in_words(self._definition.service, item)["text"] or "")

    @staticmethod
    def _refuse(
        found: JudgedChunk, place: int, rows: Sequence[ListedRow], problems: tuple[Problem, ...]
    ) -> None:
        if problems:
            _, line, cells, _, _ = rows[place]
            found.invalid.append(InvalidRow(found.first_row + place, line, cells, problems))

    def _finish(self, found: JudgedChunk, rows: Sequence[ListedRow], part: Submission) -> None:
        """Count what can be counted of all rows together."""
        remarks = (*part.warnings, *part.replacements)
        found.remarks.update(self._person.as_written(each.problem) for each in remarks)
        valid = [place for place, number in enumerate(found.receivers) if number]
        for place in valid[:_SAMPLES]:
            _, line, cells, _, _ = rows[place]
            found.samples.append(SampleRow(found.first_row + place, line, cells))
        consent = self._person.consent_place
        if self._definition.advertisement and consent is not None:
            found.consents.update(self._ages.of(rows[place][2][consent]) for place in valid)


_line = itemgetter(1)


def _note(found: JudgedChunk, row: SampleRow, empty: tuple[str, ...], *, mended: bool) -> None:
    """Count what is unusual in a row, whether it can be sent or not."""
    if mended:
        found.mended.append(row.line)
    found.empty.update(empty)
    for name in empty:
        found.empty_at.setdefault(name, row)
