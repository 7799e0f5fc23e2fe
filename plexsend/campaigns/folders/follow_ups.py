"""Follow-ups: runs for those rows of another run that had one outcome; which rows earlier ones took."""

from __future__ import annotations

import zlib
from array import array
from contextlib import suppress
from typing import TYPE_CHECKING

from plexsend.campaigns.folders.folder import ChunkMissing, RunFolder
from plexsend.campaigns.folders.whole_files import write_whole
from plexsend.campaigns.reading.counting import row_counts
from plexsend.campaigns.reading.row_outcomes import Reached, row_outcomes
from plexsend.errors import NotPossible
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.states import OVER, RunState
from plexsend.outbox.steer import Act, ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from plexsend.outbox.steer import Decision

DUPLICATE = b"d"
"""The mark of a row whose number another row of the run has."""
_ALL = b"*"
"""In place of lines: nobody can say any more which rows were taken."""
_NUMBER = "I"
"""4 bytes a line."""
_UNSTARTED = (RunState.DRAFT, RunState.CHECKED)
_FREE = (Reached.UNSENT, Reached.SUPPRESSED, Reached.LEFT_OUT)
"""Where a follow-up that is over left a row so, nobody was written to for it."""


class Lines:
    """Numbers of lines of a file, a byte each."""

    def __init__(self) -> None:
        self._there = bytearray()
        self.all = False
        """Whether every line counts as one of them."""

    def add(self, line: int) -> None:
        """Add a line."""
        if line >= len(self._there):
            self._there.extend(bytes(max(line + 1 - len(self._there), len(self._there))))
        self._there[line] = 1

    def __contains__(self, line: int) -> bool:
        return self.all or (line < len(self._there) and bool(self._there[line]))

    def __bool__(self) -> bool:
        return self.all or bool(self._there)


def source_of(group: str, only: str) -> str:
    """Return how a follow-up names the run that it is for, and which rows of it."""
    return f"{group} {only}"


def taken_lines(
    store: Store, root: Path, source: Run, only: str, name: str, *, before: int | None = None
) -> Lines:
    """Return the lines of the source whose rows earlier runs of this campaign took for the same outcome.

    A run that may still write to them takes all of its rows; one that is over only those that were, or may
    have been, written to.

    Args:
        store: Where the runs are.
        root: The folder of all campaigns.
        source: The run whose rows they took.
        only: Which outcome.
        name: The campaign.
        before: Only runs with a lower number; None: all.
    """
    found = Lines()
    for run in _follow_ups(store, source.account, name, source_of(source.group, only), before):
        _add_taken(store, root, source, run, found)
    return found


def _add_taken(store: Store, root: Path, source: Run, run: Run, found: Lines) -> None:
    if run.dropped_ms:
        _read_kept(root, source, run, found)
    elif run.chunks:
        for line in _lines(store, root, run):
            found.add(line)


class TakenRows:
    """Which messages of runs are of rows that a follow-up took, of whatever campaign.

    Args:
        store: Where the runs are.
        root: The folder of all campaigns.
    """

    def __init__(self, store: Store, root: Path) -> None:
        self._store = store
        self._root = root
        self._runs: dict[str, dict[str, Run]] = {}
        self._takers: dict[str, list[tuple[Run, Lines]]] = {}
        self._lines: dict[str, array[int]] = {}
        self._made: dict[str, str] = {}

    def requeue(self, account: str, msg_key: str) -> Decision | str:
        """Have a message sent again; where a follow-up took its row, return that (`NAME/3`) in place of it.

        One that is made at the same moment either sees the message wait again, or is seen here.
        """
        while True:
            by = self.taker(account, msg_key)
            if by is not None:
                return by
            decision = ask(self._store, account, msg_key, Act.REQUEUE, runs=self._made.get(account, ""))
            if decision.outcome != "runs_changed":
                return decision
            for run in self._runs.pop(account).values():
                self._takers.pop(run.id, None)

    def taker(self, account: str, msg_key: str) -> str | None:
        """Return the follow-up (`NAME/3`) that writes, or wrote, to who gets a message; None: none does.

        Where nobody can say any more which rows it took, it took them all.
        """
        run_id, dash, _ = msg_key.rpartition("-")
        if not dash:
            return None
        if account not in self._runs:
            self._made[account] = reading.made(self._store, account)
            self._runs[account] = {run.id: run for run in reading.runs(self._store, account)}
        run = self._runs[account].get(run_id)
        row = None if run is None else run.row_of(msg_key)
        if run is None or row is None:
            return None
        if run.id not in self._takers:
            self._read(run)
        lines = self._lines[run.id]
        for follow_up, taken in self._takers[run.id]:
            if taken.all or (lines[row] in taken if row < len(lines) else bool(taken)):
                return follow_up.written
        return None

    def _read(self, source: Run) -> None:
        runs = self._runs[source.account].values()
        follow_ups = [run for run in runs if run.source.partition(" ")[0] == source.group]
        self._takers[source.id] = [(run, self._taken(source, run)) for run in follow_ups]
        self._lines[source.id] = lines = array(_NUMBER)
        if not follow_ups:
            return
        folder = RunFolder(self._root, source.account, source.group, source.id)
        with suppress(ChunkMissing):
            for chunk in source.chunks:
                lines.extend(line for line, _ in folder.read_chunk(chunk))

    def _taken(self, source: Run, run: Run) -> Lines:
        found = Lines()
        # One that is being created has no chunks yet.
        found.all = run.state is RunState.DRAFT
        try:
            _add_taken(self._store, self._root, source, run, found)
        except ChunkMissing:
            found.all = True
        return found


def require_alone(store: Store, root: Path, run: Run, lines: Iterable[int], *, by: str) -> None:
    """Cancel a draft, and raise NotPossible, where an earlier run took one of its lines since it was chosen.

    Of two that are created at once the one with the lower number goes on: it was there for the other to see.
    So it is where a row has another outcome by now, such as one that a person has sent again.
    """
    group, _, only = run.source.partition(" ")
    source = reading.run(store, run.account, group)
    rivals = _follow_ups(store, run.account, run.name, run.source, run.number)
    why = f"other runs of {run.name} were created meanwhile for rows of {run.source}"
    # Which rows one takes that is being created nobody can say yet.
    if source is not None and not any(each.state is RunState.DRAFT for each in rivals):
        taken = taken_lines(store, root, source, only, run.name, before=run.number)
        other = _other_lines(store, root, source, only)
        mine = list(lines)
        if not any(line in taken for line in mine):
            if not any(line in other for line in mine):
                return
            why = f"rows of {run.source} were sent again meanwhile, or reached somebody after all,"
    steps.cancel(store, run.account, run.group, by=by, why=why)
    steps.finish(store, run.account, run.group)
    raise NotPossible(
        f"Nothing was created: {why} that this one has too. Create it again in a moment: it is then for "
        "those that are left."
    )


def _other_lines(store: Store, root: Path, source: Run, only: str) -> Lines:
    """Return the lines of the rows that have another outcome now."""
    folder, found = RunFolder(root, source.account, source.group, source.id), Lines()
    marks = folder.read_marks(source.marks, source.rows)
    awaits = row_counts(store, source.account, source).awaits_receipts
    outcomes = row_outcomes(
        store, source, marks, awaits_receipts=awaits, lost_before=lost_before(folder, source)
    )
    for chunk in source.chunks:
        for (line, _), outcome in zip(folder.read_chunk(chunk), outcomes, strict=False):
            if outcome.reached is not Reached(only):
                found.add(line)
    return found


def _follow_ups(store: Store, account: str, name: str, source: str, before: int | None) -> list[Run]:
    return [
        run
        for run in reading.runs(store, account)
        if run.name == name and run.source == source and (before is None or run.number < before)
    ]


def keep_taken(store: Store, root: Path, run: Run) -> None:
    """Write down in the folder of its source which rows a run took, before its own recipients are deleted."""
    source = reading.run(store, run.account, run.source.partition(" ")[0]) if run.source else None
    if source is None or run.dropped_ms:
        return
    folder = RunFolder(root, source.account, source.group, source.id)
    if not folder.exists():
        return
    try:
        # Asked anew: it may have started since the caller read it. One that never did wrote to nobody.
        now = reading.run(store, run.account, run.group) or run
        is_free = now.state in _UNSTARTED or not now.chunks
        content = b"" if is_free else array(_NUMBER, _lines(store, root, now)).tobytes()
    except ChunkMissing:
        content = _ALL
    write_whole(_kept(folder, run), zlib.compress(content))


def _read_kept(root: Path, source: Run, run: Run, found: Lines) -> None:
    folder = RunFolder(root, source.account, source.group, source.id)
    try:
        content = zlib.decompress(_kept(folder, run).read_bytes())
    except FileNotFoundError:
        # It was dropped where this folder is not: nobody knows which it took.
        content = _ALL
    if content == _ALL:
        found.all = True
        return
    for line in array(_NUMBER, content):
        found.add(line)


def _kept(folder: RunFolder, run: Run) -> Path:
    return folder.path / f"taken-{run.group}-{run.id}"


def _lines(store: Store, root: Path, run: Run) -> Iterator[int]:
    folder = RunFolder(root, run.account, run.group, run.id)
    marks = folder.read_marks(run.marks, run.rows)
    outcomes = row_outcomes(store, run, b"", awaits_receipts=True, lost_before=lost_before(folder, run))
    for chunk in run.chunks:
        for (line, _), outcome in zip(folder.read_chunk(chunk), outcomes, strict=False):
            mark = marks[outcome.row : outcome.row + 1]
            is_open = not mark.strip() and (run.state not in OVER or outcome.reached not in _FREE)
            if is_open or mark == DUPLICATE:
                yield line


def lost_before(folder: RunFolder, run: Run) -> int:
    """Return up to which row a run was fed, as its folder knows: Redis may have gone back behind that."""
    witness = folder.witness()
    if witness is None:
        return 0
    # The block after these may have gone too. Where Redis knows all that is done, it knows that block.
    return max(witness.done, witness.begun) if witness.done > run.fed else 0
