"""A report of a run, made in one pass over its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.reading.counting import row_counts
from plexsend.campaigns.reading.standing import standing
from plexsend.campaigns.report.adding_up import report_of
from plexsend.campaigns.report.archived import ArchivedRows
from plexsend.campaigns.report.rows import RowReader
from plexsend.campaigns.report.tally import RowTally
from plexsend.errors import NotPossible
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.reading.prices import PriceList
from plexsend.outbox.reading.queries import server_ms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.campaigns.report.figures import CampaignReport
    from plexsend.campaigns.report.rows import ReportRow
    from plexsend.errors import Problem
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from plexsend.terminal.moments import WallClock

_REPORTED_EVERY = 1_000


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report, and what of the archive could not be read for it."""

    report: CampaignReport
    problems: tuple[Problem, ...] = ()


class ReportMaker:
    """Makes the report of one run.

    Args:
        store: Where the run is.
        root: The folder of all campaigns.
        run: The run; NotPossible is raised where its rows were deleted.
    """

    def __init__(self, store: Store, root: Path, run: Run) -> None:
        self.clock: WallClock = clock_of(store, run.account)
        """Shows times where the account is."""
        if run.dropped_ms:
            raise NotPossible(
                f"The rows of {run.written} were deleted at {self.clock.words(run.dropped_ms)}, so there is "
                f"nothing to report of each. `plexsend campaign show {run.written}` has what was counted."
            )
        self._store = store
        self._folder = RunFolder(root, run.account, run.group, run.id)
        found = standing(store, run)
        self.run = replace(
            run, state=found.state, why=found.why, why_by=found.by, why_since_ms=found.since_ms
        )
        """As it is, whoever steered its group."""
        self.definition = Definition.from_json(run.definition)

    def make(
        self,
        *,
        archive: Path | None = None,
        take: Callable[[ReportRow], object] | None = None,
        progress: Callable[[int, int], object] = lambda _, __: None,
    ) -> MadeReport:
        """Read the rows, and return what they add up to.

        Args:
            archive: The folder of an archive; None: only what Redis knows is in it.
            take: Called with each row, in their order.
            progress: Called with how many rows were read, and how many there are.

        Raises ChunkMissing where a file of the run is not there.
        """
        run = self.run
        archived = None
        if archive is not None:
            archived = ArchivedRows(archive, run, has_fallback=self.definition.fallback is not None)
        now_ms = server_ms(self._store)
        awaits = row_counts(self._store, run.account, run).awaits_receipts
        rows = RowReader(
            self._store, run, self.definition, self._folder, awaits_receipts=awaits, archived=archived
        )
        tally = RowTally(self.clock.zone)
        for count, row in enumerate(rows, 1):
            tally.add(row)
            if take is not None:
                take(row)
            if count % _REPORTED_EVERY == 0:
                progress(count, max(run.rows, count))
        prices = PriceList.read(self._store)
        report = report_of(
            run,
            self.definition,
            tally,
            prices,
            self.clock,
            now_ms=now_ms,
            has_archive=archive is not None,
        )
        return MadeReport(report, () if archived is None else tuple(archived.problems))
