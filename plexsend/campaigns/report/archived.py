"""What an archive says of the rows of one run, in some twenty bytes a row."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from plexsend.archive.looking import ArchiveFilter, LookUp
from plexsend.campaigns.report.messages import RowMessage
from plexsend.outbox.fallbacks import FALLBACK_MARK
from plexsend.outbox.states import FINAL, RANK_OF

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.archive.lines import ArchiveLine
    from plexsend.errors import Problem
    from plexsend.outbox.runs.run import Run

_STATES = (None, *FINAL)
_RANKS = (-1, *(RANK_OF[state] for state in FINAL))
_MOST_WORDS = 1 << 16


class ArchivedRows:
    """The last line of each message of a run, and of its fallback.

    Args:
        path: The folder of the archive; ArchiveFailed is raised where it cannot be read.
        run: Whose rows.
        has_fallback: Whether messages of the run may have fallbacks.
    """

    def __init__(self, path: Path, run: Run, *, has_fallback: bool = False) -> None:
        self._run = run
        rows = max((chunk.first_row + chunk.rows for chunk in run.chunks), default=0)
        self._firsts = _RowLines(rows)
        self._fallbacks = _RowLines(rows if has_fallback else 0)
        wanted = ArchiveFilter(
            key_start=run.key_of(0)[:-1],
            account=run.account,
            since_ms=run.started_ms or run.created_ms or None,
        )
        look = LookUp(path, wanted)
        for line in look.every_line():
            row = run.row_of(line.msg_key)
            if row is not None:
                self._of(line.msg_key).note(row, line)
        self.problems: list[Problem] = look.problems
        """What could not be read."""

    def message(self, row: int, *, fallback: bool = False) -> RowMessage | None:
        """Return what the archive says of a row's message, or of its fallback; None: nothing."""
        return (self._fallbacks if fallback else self._firsts).message(row)

    def _of(self, msg_key: str) -> _RowLines:
        return self._fallbacks if msg_key.endswith(FALLBACK_MARK) else self._firsts


class _RowLines:
    """For each row the line that counts: of a message that of the highest rank, and of these the latest."""

    def __init__(self, rows: int) -> None:
        self._states = bytearray(rows)
        self._words = array("H", bytes(2 * rows))
        self._at = array("q", bytes(8 * rows))
        self._ended = array("q", bytes(8 * rows))
        # What many rows share: code, whether a receipt said it, carrier.
        self._known: list[tuple[str, bool, str]] = [("", False, "")]
        self._places = {self._known[0]: 0}

    def note(self, row: int, line: ArchiveLine) -> None:
        if row >= len(self._states):
            return
        state = _STATES.index(line.state)
        at_ms = line.done_ms or line.at_ms
        if (_RANKS[state], at_ms) < (_RANKS[self._states[row]], self._at[row]):
            return
        self._states[row] = state
        self._at[row] = at_ms
        self._ended[row] = line.ended_ms or line.at_ms
        self._words[row] = self._place(
            (line.receipt_code or line.code, bool(line.receipt_code), line.carrier)
        )

    def message(self, row: int) -> RowMessage | None:
        state = _STATES[self._states[row]] if row < len(self._states) else None
        if state is None:
            return None
        code, by_receipt, carrier = self._known[self._words[row]]
        return RowMessage(
            state,
            code,
            by_receipt,
            carrier,
            self._ended[row],
            self._at[row] if by_receipt else None,
            is_archived=True,
        )

    # A gateway has some dozens of codes; one that makes up thousands of them is not believed all of them.
    def _place(self, words: tuple[str, bool, str]) -> int:
        found = self._places.get(words)
        if found is None:
            if len(self._known) == _MOST_WORDS:
                return 0
            found = self._places[words] = len(self._known)
            self._known.append(words)
        return found
