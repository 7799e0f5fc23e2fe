"""The report of a check: what became of all rows, of a bounded size however many they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from plexsend.campaigns.folders.folder import GOES
from plexsend.campaigns.folders.follow_ups import DUPLICATE

if TYPE_CHECKING:
    from plexsend.campaigns.checks.alike import AlikeProblems
    from plexsend.campaigns.checks.consents import ConsentAge
    from plexsend.campaigns.checks.repeats import RepeatedRow
    from plexsend.campaigns.checks.row_judge import InvalidRow, JudgedChunk, SampleRow
    from plexsend.campaigns.definitions.defined import Definition
    from plexsend.errors import Problem
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.runs.run import RunChunk

INVALID = b"i"
"""The mark of a row that cannot be sent."""
_MOST_KEPT = 10
"""Rows and lines that are kept of each kind, to be shown."""
_MOST_KINDS = 200
"""Kinds of problems that are counted apart; a column of numbers makes one of them for each of its digits."""
_SAMPLES = 5


@dataclass(slots=True)
class ProblemCount:
    """How often one thing is wrong."""

    rows: int = 0
    lines: list[int] = field(default_factory=list)
    """The first of them."""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as its receiver gets it."""

    line: int
    title: str = field(repr=False)
    text: str = field(repr=False)
    images: int
    why: str
    """Why it is shown."""


@dataclass(slots=True)
class CheckReport:
    """What became of all rows of a check."""

    definition: Definition
    header: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What was found out about the file of the recipients."""
    problems: tuple[Problem, ...] = ()
    """What is wrong for all rows: nothing of it can be sent."""
    warnings: tuple[Problem, ...] = ()
    """What is doubtful for all rows."""
    rows: int = 0
    invalid: int = 0
    duplicates: int = 0
    """Rows that are left out, since another one has their number."""
    suppressed: int = 0
    """Rows that would go but for a suppression of their number, as it is now."""
    repeated_rows: list[RepeatedRow] = field(default_factory=list)
    """The first of the duplicates."""
    invalid_rows: list[InvalidRow] = field(default_factory=list)
    """The first of them."""
    kinds: dict[Problem, ProblemCount] = field(default_factory=dict)
    """What is wrong → in how many rows."""
    empty: Counter[str] = field(default_factory=Counter)
    remarks: Counter[Problem] = field(default_factory=Counter)
    mended: int = 0
    mended_lines: list[int] = field(default_factory=list)
    consents: Counter[ConsentAge] = field(default_factory=Counter)
    lanes: Counter[Lane] = field(default_factory=Counter)
    """Lane of the route → valid rows, duplicates too."""
    longest: SampleRow | None = None
    longest_sent: int = 0
    """How much its text takes as it is sent, with the marks of advertisements."""
    shortest: SampleRow | None = None
    body_bytes: int = 0
    shown: list[ShownRow] = field(default_factory=list)
    marks: bytearray = field(default_factory=bytearray, repr=False)
    """A letter for each row: why it is left out."""
    chunks: list[RunChunk] = field(default_factory=list)
    samples: list[tuple[str, SampleRow]] = field(default_factory=list)
    """Rows to be shown, with the reason."""

    @property
    def valid(self) -> int:
        """Rows that can be sent, those that are left out among them."""
        return self.rows - self.invalid

    @property
    def everywhere(self) -> tuple[Problem, ...]:
        """What is wrong in each of several rows, such as a sender that is missing: it is said once."""
        if self.rows <= 1:
            return ()
        return tuple(problem for problem, count in self.kinds.items() if count.rows == self.rows)

    @property
    def messages(self) -> int:
        """Rows that go."""
        return self.valid - self.duplicates

    @property
    def can_go(self) -> bool:
        """Whether any of it can be sent as it is."""
        return bool(self.messages) and not self.problems

    @property
    def is_refused(self) -> bool:
        """Whether a run of it must not start."""
        return bool(self.problems) or self.invalid > self.definition.max_invalid or not self.messages

    def add(self, judged: JudgedChunk, repeated: list[int]) -> None:
        """Add a chunk; `repeated` are the places of those whose number came before."""
        marks = bytearray(GOES * judged.rows)
        for place in repeated:
            marks[place] = DUPLICATE[0]
        for each in judged.invalid:
            marks[each.row - judged.first_row] = INVALID[0]
            self._count(each)
        self.marks += marks
        self.rows += judged.rows
        self.invalid += len(judged.invalid)
        self.duplicates += len(repeated)
        self.empty += judged.empty
        self.remarks += judged.remarks
        self.consents += judged.consents
        self.lanes += judged.lanes
        self.mended += len(judged.mended)
        self.mended_lines += judged.mended[: _MOST_KEPT - len(self.mended_lines)]
        self.body_bytes += judged.body_bytes
        if judged.chunk is not None:
            self.chunks.append(judged.chunk)
        self._choose(judged, {judged.first_row + place for place in repeated} | {*map(_row, judged.invalid)})

    def lines_of(self, kind: AlikeProblems) -> list[int]:
        """Return some lines, from the first on, of rows that have one of these problems."""
        return sorted(line for each in kind.problems for line in self.kinds[each].lines)

    def sample(self) -> list[tuple[str, SampleRow]]:
        """Return the rows that a person looks at, each once: the unusual ones, and the first ones."""
        chosen = [("the longest", self.longest), ("the shortest", self.shortest), *self.samples]
        found: dict[int, SampleRow] = {}
        reasons: dict[int, list[str]] = {}
        for why, row in chosen:
            if row is not None and (row.row in found or len(found) < _SAMPLES):
                found[row.row] = row
                reasons.setdefault(row.row, []).append(why)
        return [("; ".join(filter(None, reasons[row])), found[row]) for row in sorted(found)]

    def _count(self, invalid: InvalidRow) -> None:
        if len(self.invalid_rows) < _MOST_KEPT:
            self.invalid_rows.append(invalid)
        for problem in invalid.problems:
            count = self.kinds.get(problem)
            if count is None and len(self.kinds) < _MOST_KINDS:
                count = self.kinds[problem] = ProblemCount()
            if count is not None:
                count.rows += 1
                if len(count.lines) < _MOST_KEPT:
                    count.lines.append(invalid.line)

    def _choose(self, judged: JudgedChunk, left_out: set[int]) -> None:
        for name, row in judged.empty_at.items():
            if row.row not in left_out and all(why != _empty(name) for why, _ in self.samples):
                self.samples.insert(0, (_empty(name), row))
        if len(self.samples) < _SAMPLES:
            going = (row for row in judged.samples if row.row not in left_out)
            self.samples += (("", row) for row in islice(going, _SAMPLES - len(self.samples)))
        longest, shortest = judged.longest, judged.shortest
        if longest and (self.longest is None or longest.size > self.longest.size):
            self.longest = longest
        if shortest and (self.shortest is None or shortest.size < self.shortest.size):
            self.shortest = shortest


_row = attrgetter("row")


def _empty(name: str) -> str:
    return f"#{{{name}}} is empty"
