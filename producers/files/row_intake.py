"""Between an import's rows and the outbox: what an earlier import of the name had otherwise is held back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from plexsend.errors import GroupClosed, OutboxError, OutboxFull
from plexsend.outbox.imports import ImportRow, ImportRun, ImportTerms, Met
from plexsend.outbox.submit import SubmitOutcome, Submitted
from plexsend.producers.chunks import HeldBack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.outbox.imports import Imports
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.submit import NewMessage
    from plexsend.producers.chunks import Taker
    from plexsend.producers.files.rejects import ImportRef

_MOST_OLD_KEYS = 1_000
"""Lines whose keys of an older version are looked for: one call."""


@dataclass(frozen=True, slots=True)
class _Note:
    """What is known of a valid row until it is added."""

    run: ImportRun
    row: ImportRow
    by_content: bool
    """Whether its key is made of all that it says: then the same key is the same message."""


@dataclass(slots=True)
class _Tally:
    """What a run added so far."""

    added: int = 0
    sample: str = ""


class RowIntake:
    """Where the valid rows of one import go. It is a Taker, in front of another.

    Args:
        taker: Where they go from here.
        imports: What the outbox remembers.
        terms: What this import says of itself.
        sends_changed: Whether changed rows are added too.
        old_key: Returns the key that older versions gave a row of this very content, by its line.
    """

    def __init__(
        self,
        taker: Taker,
        imports: Imports,
        terms: ImportTerms,
        *,
        sends_changed: bool,
        old_key: Callable[[int], str],
    ) -> None:
        self._taker = taker
        self._imports = imports
        self._terms = terms
        self._sends_changed = sends_changed
        self.old_key = old_key
        self._uses_old_keys: bool | None = None
        self._runs: dict[ImportRef | None, ImportRun] = {}
        self._tallies: dict[ImportRun, _Tally] = {}
        self._notes: dict[str, _Note] = {}

    @property
    def uses_old_keys(self) -> bool:
        """Whether an older version imported this very file: then its keys go on, and nothing is held back."""
        if self._uses_old_keys is None:
            keys = [self.old_key(line) for line in range(1, _MOST_OLD_KEYS + 1)]
            self._uses_old_keys = self._imports.knows_any(keys)
        return self._uses_old_keys

    @property
    def token(self) -> str:
        """The run of the file's own rows; empty where it has not begun."""
        run = self._runs.get(None)
        return "" if run is None else run.token

    def begin(self, ref: ImportRef | None = None) -> ImportRun:
        """Return the run that a row belongs to: the file's own, or the one that rejected the row."""
        run = self._runs.get(ref)
        if run is None:
            terms = self._terms if ref is None else replace(self._terms, name=ref.name)
            run = self._runs[ref] = self._imports.begin(terms, "" if ref is None else ref.run)
            self._tallies.setdefault(run, _Tally())
        return run

    def note(self, run: ImportRun, msg_key: str, known_by: str, *, by_content: bool) -> None:
        """Note a valid row, which is about to be added under this key."""
        self._notes[msg_key] = _Note(run, ImportRow(msg_key, known_by), by_content)

    def forget_notes(self) -> None:
        """Forget the rows of a chunk that was answered."""
        self._notes.clear()

    def add(self, lane: Lane, messages: Sequence[NewMessage], **terms: Any) -> Sequence[Submitted | HeldBack]:
        """Add what is not to be held back, and return what became of each."""
        notes = [self._notes.get(message.msg_key) for message in messages]
        met = self._look(notes, terms["send_at_ms"] or 0)
        going = [place for place in range(len(messages)) if met.get(place) is not Met.CHANGED]
        try:
            answers = self._taker.add(lane, [messages[place] for place in going], **terms) if going else []
        except (OutboxFull, GroupClosed):
            self._forget_new(notes, met)
            raise
        answered = dict(zip(going, answers, strict=True))
        whole: list[Submitted | HeldBack] = []
        for place, note in enumerate(notes):
            answer = answered.get(place, HeldBack())
            if note is not None and isinstance(answer, Submitted):
                answer = self._count(lane, note, answer)
            whole.append(answer)
        return whole

    def end(self, *, is_complete: bool) -> None:
        """Note how the import ended. Where this fails, the same file goes on with the same run."""
        for run, tally in self._tallies.items():
            with suppress(OutboxError):
                self._imports.end(run, added=tally.added, sample=tally.sample, is_complete=is_complete)

    def _look(self, notes: Sequence[_Note | None], send_at_ms: int) -> dict[int, Met]:
        met: dict[int, Met] = {}
        for run, tally in self._tallies.items():
            places = [place for place, note in enumerate(notes) if note is not None and note.run is run]
            rows = [note.row for place in places if (note := notes[place]) is not None]
            found = self._imports.look(
                run,
                rows,
                sends_changed=self._sends_changed,
                send_at_ms=send_at_ms,
                sample=tally.sample,
            )
            met |= zip(places, found, strict=True)
        return met

    def _forget_new(self, notes: Sequence[_Note | None], met: dict[int, Met]) -> None:
        new = [note for place, note in enumerate(notes) if note is not None and met[place] is Met.NEW]
        for run in self._tallies:
            with suppress(OutboxError):
                self._imports.forget(run, [note.row for note in new if note.run is run])

    def _count(self, lane: Lane, note: _Note, answer: Submitted) -> Submitted:
        msg_key = note.row.msg_key
        if answer.outcome is SubmitOutcome.CONFLICT:
            # The body on the wire differs by the gateway's dialect: what the row says is the same.
            state = self._imports.state_in(lane, msg_key) if note.by_content else None
            return answer if state is None else Submitted(SubmitOutcome.DUPLICATE, state)
        tally = self._tallies[note.run]
        tally.added += answer.outcome is SubmitOutcome.ADDED
        tally.sample = tally.sample or msg_key
        return answer
