"""Creating a run: its recipients are checked and copied into a folder first, and only then named in Redis.

Until then nothing names the folder. So a process that is killed anywhere leaves a whole run, or what `tidy`
removes: such a folder, or a draft without recipients, which is cancelled.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from plexsend.campaigns.checks.checking import check
from plexsend.campaigns.checks.judging_processes import ChunkWriter
from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.drafts.created import CreatedRun
from plexsend.campaigns.drafts.crons import beside_cron
from plexsend.campaigns.drafts.staging import keep_pictures, staged_folder, tidy
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.folders.follow_ups import require_alone
from plexsend.campaigns.folders.whole_files import CampaignFolderFailed
from plexsend.campaigns.plans.planning import plan, read_facts
from plexsend.campaigns.plans.windows import open_window
from plexsend.errors import NotPossible
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.making import create_run, form_for_campaigns
from plexsend.outbox.runs.states import RunState
from plexsend.producers.accounts import check_account
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plexsend.campaigns.checks.check_report import CheckReport
    from plexsend.campaigns.checks.checking import CheckProgress
    from plexsend.campaigns.checks.row_judge import InvalidRow
    from plexsend.campaigns.plans.planning import RunPlanned
    from plexsend.campaigns.recipients import Recipients
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from plexsend.settings import Settings


class StagedRun:
    """A campaign whose recipients were checked and copied, and that no one can see yet. Made by `stage`.

    Args:
        definition: As the run will keep it.
        report: What became of its rows.
        planned: Its plan; None: nothing of it can be sent.
        folder: Where the copies are.
        marks: What names the marks there.
    """

    def __init__(
        self,
        definition: Definition,
        report: CheckReport,
        planned: RunPlanned | None,
        folder: RunFolder,
        marks: str,
    ) -> None:
        self.definition = definition
        self.report = report
        self.plan = planned
        self._folder = folder
        self._marks = marks

    def create(
        self, store: Store, settings: Settings, *, by: str, source: str = "", leaves_out_invalid: bool = False
    ) -> CreatedRun:
        """Make the run, and schedule it where its definition says when.

        Args:
            store: Where it goes.
            settings: With the folder of campaigns.
            by: Who makes it.
            source: The run whose rows it is for, as `follow_ups.source_of` writes it; empty: none.
            leaves_out_invalid: Whether invalid rows are left out, however many they are.

        Raises NotPossible where the check refuses it.
        """
        require_sendable(self.report, leaves_out_invalid=leaves_out_invalid)
        definition, report = self.definition, self.report
        account = definition.account
        warnings = (*report.warnings, *beside_cron(store, definition))
        group = create_run(
            store,
            account,
            definition.name,
            definition=definition.as_json(),
            by=by,
            label=definition.label,
            columns=report.header,
            rate=definition.rate,
            expires_at_ms=definition.expires_at_ms,
            source=source,
        )
        run = reading.run(store, account, group)
        assert run is not None  # noqa: S101  it was made just now
        if source:
            lines = (line for chunk in report.chunks for line, _ in self._folder.read_chunk(chunk))
            require_alone(store, settings.campaign_dir, run, lines, by=by)
        self._folder.move(RunFolder(settings.campaign_dir, account, group, run.id))
        _name(store, run, report, self.plan, marks=self._marks)
        return CreatedRun(group, account, *_set_out(store, run, definition), warnings)


@contextmanager
def stage(
    definition: Definition,
    recipients: Recipients,
    store: Store,
    settings: Settings,
    *,
    processes: int = 1,
    errors: Path | None = None,
    repeats: Path | None = None,
    progress: Callable[[CheckProgress], None] | None = None,
    on_invalid: Callable[[InvalidRow], None] | None = None,
    on_mended: Callable[[int], None] | None = None,
) -> Iterator[StagedRun]:
    """Check a campaign, copy its recipients and pictures, and give what can be created of it.

    What was copied goes when the block ends and no run was created. See `check` for what is raised.
    """
    form_for_campaigns(store)
    check_account(definition.account, settings.accounts)
    tidy(store, settings.campaign_dir, definition.account)
    folder, writer = staged_folder(settings.campaign_dir, definition.account)
    try:
        stored = keep_pictures(definition, folder)
        report = check(
            stored,
            recipients,
            store,
            settings,
            processes=processes,
            errors=errors,
            repeats=repeats,
            writer=writer,
            progress=progress,
            on_invalid=on_invalid,
            on_mended=on_mended,
            folder=folder.path,
        )
        marks = folder.write_marks(bytes(report.marks))
        planned = plan(read_facts(store, stored, report)) if report.can_go else None
        yield StagedRun(stored, report, planned, folder, marks)
    finally:
        # Where it was moved to a run, there is nothing here.
        with suppress(CampaignFolderFailed):
            folder.drop()


def fill(
    store: Store,
    settings: Settings,
    run: Run,
    recipients: Recipients,
    *,
    lease: int = 0,
    progress: Callable[[CheckProgress], None] | None = None,
) -> CheckReport:
    """Check the recipients of a draft that is there, such as one of a cron, and copy them into its folder.

    Where the check refuses it, it stays a draft that says why; else it is checked, and may start. After an
    interruption it is called again, and begins anew. RunRefused: another has the lease by then.
    """
    definition = Definition.from_json(run.definition)
    folder = RunFolder(settings.campaign_dir, run.account, run.group, run.id)
    stored = keep_pictures(definition, folder)
    writer = ChunkWriter(settings.campaign_dir, run.account, run.group, run.id)
    report = check(stored, recipients, store, settings, writer=writer, progress=progress, folder=folder.path)
    why = why_refused(report)
    if why:
        steps.set_draft(store, run.account, run.group, why=why, lease=lease)
        return report
    steps.name_recipients(
        store, run.account, run.group, columns=report.header, definition=stored.as_json(), lease=lease
    )
    marks = folder.write_marks(bytes(report.marks))
    facts = read_facts(store, stored, report, starts_ms=server_ms(store))
    _name(store, run, report, plan(facts), marks=marks, lease=lease)
    open_window(store, run, definition, server_ms(store))
    return report


def start(store: Store, run: Run) -> steps.StepDone:
    """Let a checked or scheduled run go now. Raises NotPossible where it cannot."""
    if run.state is RunState.CHECKED:
        open_window(store, run, Definition.from_json(run.definition), server_ms(store))
    return steps.start(store, run.account, run.group)


def start_created(store: Store, created: CreatedRun) -> CreatedRun:
    """Let a run that was just created go now, and return it as it is then."""
    assert created.group is not None  # noqa: S101  a cron's is not started
    run = reading.run(store, created.account, created.group)
    assert run is not None  # noqa: S101  it was made just now
    return replace(created, state=start(store, run).state)


def why_refused(report: CheckReport, *, leaves_out_invalid: bool = False) -> str:
    """Return why nothing of a campaign starts, for people; empty where it may."""
    if report.problems:
        return f"{counted(len(report.problems), 'mistake')} in every row, such as {report.problems[0]}"
    if report.invalid > (allowed := report.definition.max_invalid) and not leaves_out_invalid:
        are = "is" if report.invalid == 1 else "are"
        return (
            f"{report.invalid:,} of {counted(report.rows, 'row')} {are} invalid, "
            f"and max_invalid allows {allowed:,}. "
            "Correct them, or leave them out (--leave-out-invalid, leave_out_invalid=True)"
        )
    if not report.rows:
        return "the list has no rows. Its first one names the columns, and the receivers come below"
    return "" if report.messages else "not one of its rows can be sent"


def require_sendable(report: CheckReport, *, leaves_out_invalid: bool) -> None:
    """Raise NotPossible where nothing of a campaign may start."""
    why = why_refused(report, leaves_out_invalid=leaves_out_invalid)
    if why:
        raise NotPossible(f"Nothing was created: {why}.")


def _name(
    store: Store,
    run: Run,
    report: CheckReport,
    planned: RunPlanned | None,
    *,
    marks: str,
    lease: int = 0,
) -> None:
    """Name the recipients of a draft, which are on the disk, and let it be checked."""
    steps.name_chunks(store, run.account, run.group, report.chunks, lease=lease)
    steps.set_checked(
        store,
        run.account,
        run.group,
        rows=report.rows,
        invalid=report.invalid,
        left_out=report.duplicates,
        marks=marks,
        plan="" if planned is None else planned.as_json(),
        lease=lease,
    )


def _set_out(store: Store, run: Run, definition: Definition) -> tuple[RunState, int | None]:
    """Schedule a checked run where its definition says when; return its state and that time."""
    at_ms = definition.send_at_ms
    open_window(store, run, definition, at_ms or server_ms(store))
    if at_ms is None:
        return RunState.CHECKED, None
    done = steps.schedule(
        store,
        run.account,
        run.group,
        at_ms,
        if_missed=str(definition.if_missed),
        missed_within_min=definition.missed_within_min,
    )
    return done.state, at_ms
