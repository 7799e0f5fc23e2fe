"""Every row of a run with its fate: from its chunks and marks, from records, from what is kept of those.

Read in their order, 500 at a time, so that a million rows take no more memory than a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from plexsend.campaigns.folders.follow_ups import lost_before
from plexsend.campaigns.report.messages import MOST_AT_ONCE, RowMessage, read_messages
from plexsend.campaigns.report.row_fates import (
    OF_FATE,
    OF_MARK,
    OF_STATE,
    SUPPRESSING,
    RowEnd,
    RowFate,
    end_of,
    of_rest,
)
from plexsend.outbox.fallbacks import FALLBACK_CALLED_BACK, FALLBACK_MADE, fallback_key
from plexsend.outbox.runs.fates import FATE_OF, Fate, fate_at
from plexsend.outbox.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plexsend.campaigns.definitions.definition import Definition
    from plexsend.campaigns.folders.folder import RunFolder
    from plexsend.campaigns.report.archived import ArchivedRows
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run


class Charged(NamedTuple):
    """A message that may cost something."""

    service: str
    state: State
    ended_ms: int | None


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row and what became of it. Times are ms since 1970, None where none is known."""

    number: int
    line: int
    """Of its file, as a spreadsheet shows it."""
    cells: tuple[str, ...]
    fate: RowFate
    msg_key: str = ""
    """Empty: there never was a message."""
    service: str = ""
    """What its message went through, or its fallback where the outcome is that one's."""
    message: RowMessage | None = None
    """The one whose outcome counts; None where nobody knows any more than the fate."""
    is_fallback: bool = False
    charged: tuple[Charged, ...] = ()

    @property
    def end(self) -> RowEnd:
        """Which of the four outcomes it is."""
        return end_of(self.fate)


class RowReader:
    """Reads the rows of one run; iterate over it once.

    Args:
        store: Where the records are.
        run: As it is now.
        definition: Of the run.
        folder: Its folder; ChunkMissing is raised where a file of it is not there.
        awaits_receipts: Whether receipts come for what the account's messages are accepted.
        archived: What an archive says of the rows; None: nothing is known of those whose records are gone
            but their fates.
    """

    def __init__(
        self,
        store: Store,
        run: Run,
        definition: Definition,
        folder: RunFolder,
        *,
        awaits_receipts: bool,
        archived: ArchivedRows | None = None,
    ) -> None:
        self._store = store
        self._run = run
        self._folder = folder
        self._archived = archived
        self._service = definition.service
        self._fallback = str((definition.fallback or {}).get("service", ""))
        self._rest = of_rest(run.state)
        # A block that is being added has messages before the run's mark moves. Redis may have gone back
        # behind what it was given: then nobody knows what became of that.
        witness = folder.witness()
        self._begun = max(run.fed, 0 if witness is None else witness.begun)
        self._known_to = max(run.fed, lost_before(folder, run))
        self._fate_of = dict(OF_STATE)
        if not awaits_receipts:
            self._fate_of[State.ACCEPTED] = RowFate.ACCEPTED
        self.without_particulars = 0
        """Rows that went of which nobody knows a time or a code any more, so far."""

    def __iter__(self) -> Iterator[ReportRow]:
        """Yield the rows in their order."""
        run, marks = self._run, ""
        if run.rows:
            marks = self._folder.read_marks(run.marks, run.rows).decode("ascii", "replace")
        for chunk in run.chunks:
            rows = self._folder.read_chunk(chunk)
            for at in range(0, len(rows), MOST_AT_ONCE):
                yield from self._page(chunk.first_row + at, rows[at : at + MOST_AT_ONCE], marks)

    def _page(
        self, start: int, rows: Sequence[tuple[int, tuple[str, ...]]], marks: str
    ) -> Iterator[ReportRow]:
        goes = [
            number for number in range(start, start + len(rows)) if marks[number : number + 1] in ("", " ")
        ]
        fed = [number for number in goes if number < self._begun]
        span = (self._store.keys.fates(self._run.account, self._run.group), start, start + len(rows) - 1)
        firsts, seconds, letters = self._messages(fed, span)
        for number, (line, cells) in enumerate(rows, start):
            mark = marks[number : number + 1]
            if mark in ("", " "):
                letter = fate_at(letters, number - start)
                yield self._row(number, line, cells, (firsts.get(number), seconds.get(number)), letter)
            else:
                yield ReportRow(number, line, cells, OF_MARK.get(mark, RowFate.INVALID))

    def _messages(
        self, fed: Sequence[int], span: tuple[str, int, int]
    ) -> tuple[dict[int, RowMessage], dict[int, RowMessage], bytes]:
        keys = [self._run.key_of(number) for number in fed]
        found, letters = read_messages(self._store, self._run.account, keys, fates=span)
        firsts = {number: message for number, message in zip(fed, found, strict=True) if message is not None}
        if not self._fallback:
            return firsts, {}, letters
        made = [
            number for number in fed if number not in firsts or firsts[number].fallback_note == FALLBACK_MADE
        ]
        keys = [fallback_key(self._run.key_of(number)) for number in made]
        found, letters = read_messages(self._store, self._run.account, keys, fates=span)
        seconds = {
            number: message for number, message in zip(made, found, strict=True) if message is not None
        }
        return firsts, seconds, letters

    def _row(
        self,
        number: int,
        line: int,
        cells: tuple[str, ...],
        chain: tuple[RowMessage | None, RowMessage | None],
        letter: Fate | None,
    ) -> ReportRow:
        first, second = chain
        if letter is Fate.INVALID:
            return ReportRow(number, line, cells, RowFate.INVALID)
        # A record says more than what is kept of one.
        is_gone = first is None and second is None
        if self._archived is not None:
            first = first or self._archived.message(number)
            if self._fallback:
                second = second or self._archived.message(number, fallback=True)
        counts, is_fallback = _counting(first, second, letter)
        if letter is not None and (is_gone or _is_older(counts, letter)):
            fate = OF_FATE[letter]
            counts, is_fallback = _of_letter(letter, first, second)
        elif counts is None:
            if number >= self._known_to:
                return ReportRow(number, line, cells, self._rest)
            fate = RowFate.LOST
        else:
            fate = self._fate(counts)
        if counts is None:
            self.without_particulars += 1
        return ReportRow(
            number,
            line,
            cells,
            fate,
            self._run.key_of(number),
            self._fallback if is_fallback else self._service,
            counts,
            is_fallback,
            tuple(self._charged(first, second, letter)),
        )

    def _fate(self, message: RowMessage) -> RowFate:
        if message.is_archived and message.state is State.ACCEPTED:
            return RowFate.ACCEPTED
        if message.state is State.CANCELLED and message.code in SUPPRESSING:
            return RowFate.SUPPRESSED
        return self._fate_of[message.state]

    def _charged(
        self, first: RowMessage | None, second: RowMessage | None, letter: Fate | None
    ) -> Iterator[Charged]:
        if first is not None:
            yield Charged(self._service, first.state, first.ended_ms)
        if second is not None:
            yield Charged(self._fallback, second.state, second.ended_ms)
        if second is None and letter in _STATE_OF:
            if first is None:
                yield Charged(self._service, _STATE_OF[letter], None)
            elif first.fallback_note == FALLBACK_MADE:
                yield Charged(self._fallback, _STATE_OF[letter], None)


_STATE_OF = {fate: state for state, fate in FATE_OF.items()}


# The outcome of a fallback counts where it went, unless its first was delivered after all.
def _counting(
    first: RowMessage | None, second: RowMessage | None, letter: Fate | None
) -> tuple[RowMessage | None, bool]:
    if second is None or second.fallback_note == FALLBACK_CALLED_BACK:
        return first, False
    if first is not None and first.state is State.DELIVERED:
        return first, False
    if first is None and letter is Fate.DELIVERED and second.state is not State.DELIVERED:
        return None, False
    return second, True


# Of a first with a fallback that went, whose record is gone, its fate is what is kept.
def _is_older(counts: RowMessage | None, letter: Fate) -> bool:
    if counts is None:
        return True
    return (
        counts.fallback_note == FALLBACK_MADE
        and counts.state is not State.DELIVERED
        and letter is not _letter_of(counts)
    )


# An archive's line is taken for a fate that it is of.
def _of_letter(
    letter: Fate, first: RowMessage | None, second: RowMessage | None
) -> tuple[RowMessage | None, bool]:
    for message, is_fallback in ((second, True), (first, False)):
        if message is not None and _letter_of(message) is letter:
            return message, is_fallback
    return None, False


def _letter_of(message: RowMessage) -> Fate | None:
    if message.state is State.CANCELLED and message.code in SUPPRESSING:
        return Fate.SUPPRESSED
    return FATE_OF.get(message.state)
