"""What is printed about the check of a campaign: while it goes on, and at the end."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from plexsend.campaigns.checks.alike import alike
from plexsend.campaigns.checks.consents import YEARS, ConsentAge
from plexsend.campaigns.checks.row_judge import column_of
from plexsend.campaigns.drafts.creating import why_refused
from plexsend.cli.campaign_plan_output import longest_words, plan_lines
from plexsend.errors import Problem
from plexsend.outbox.runs import reading
from plexsend.terminal.faults import EXIT_REFUSED, Fault, problem_json
from plexsend.terminal.meter import meter
from plexsend.terminal.moments import utc
from plexsend.terminal.phones import phone
from plexsend.terminal.plurals import counted
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plexsend.campaigns.checks.check_report import CheckReport
    from plexsend.campaigns.checks.checking import CheckProgress
    from plexsend.campaigns.checks.row_judge import InvalidRow
    from plexsend.campaigns.definitions.defined import Definition
    from plexsend.campaigns.plans.planning import RunPlanned
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from plexsend.terminal.moments import WallClock
    from plexsend.terminal.screen import Screen

_COLUMNS = (
    Column("line", right=True),
    Column("column", style="bold", folds=True, least=10),
    Column("reason", folds=True),
    Column("remedy", folds=True),
)
_MOST_LINES = 5
_WRITE_TO_EACH = 'To write to each of them: duplicates = "send" in the definition.'
_MENDED = "its number had lost its 0 in a spreadsheet, and got it back"


class CheckScreen:
    """Prints a check.

    Args:
        screen: Where to.
        clock: Shows times.
        leaves_out: Whether the command could leave invalid rows out, which is said where there are any.
    """

    def __init__(self, screen: Screen, clock: WallClock, *, leaves_out: bool = False) -> None:
        self._screen = screen
        self._clock = clock
        self._or_leave_out = ", or leave them out with --leave-out-invalid" if leaves_out else ""

    @contextmanager
    def progress(self) -> Iterator[Callable[[CheckProgress], None]]:
        """Give the function that a check calls with its progress."""
        with meter(self._screen, "check", "rows") as report:

            def on_progress(progress: CheckProgress) -> None:
                words = f"{progress.invalid:,} invalid" if progress.invalid else ""
                total = max(progress.size_bytes, progress.read_bytes)
                report(progress.read_bytes, total, count=progress.rows, words=words)

            yield on_progress

    def invalid(self, row: InvalidRow) -> None:
        """Print an invalid row for programs, without what is in it."""
        errors = [{"column": column_of(problem), **problem_json(problem)} for problem in row.problems]
        self._screen.facts({"row": row.row + 1, "line": row.line, "errors": errors})

    def mended(self, line: int) -> None:
        """Say for programs that a row's number got its 0 back; standard output has the invalid rows first."""
        self._screen.warn(Problem(f"line {line}", _MENDED, ""))

    def print(self, report: CheckReport, planned: RunPlanned | None, file: str) -> None:
        """Print what became of all rows, and the plan; programs get the summary as the last line."""
        self._print_rows(report, file)
        self._print_doubts(report)
        self._print_shown(report)
        self._print_plan(report, planned)
        self._screen.facts(summary(report, planned))

    def end(self, report: CheckReport, *, errors: Path | None, leaves_out_invalid: bool = False) -> int:
        """Print what is refused as an error; return the exit code."""
        everywhere = [replace(each, field=column_of(each)) for each in report.everywhere]
        if problems := (*report.problems, *everywhere):
            count = counted(len(problems), "mistake holds", "mistakes hold")
            self._screen.complain(Fault("invalid", f"{count} for every row: nothing can be sent.", problems))
        if report.invalid and not leaves_out_invalid and not everywhere:
            where = (
                f"All are in {errors}, in your own columns."
                if errors is not None
                else "--errors FILE writes all of them in your own columns."
            ) + f" Correct them in your list{self._or_leave_out}."
            words = f"{counted(report.invalid, 'row is', 'rows are')} invalid."
            self._screen.complain(Fault("invalid", words, hint=where))
        elif not problems and (why := why_refused(report, leaves_out_invalid=leaves_out_invalid)):
            self._screen.complain(Fault("invalid", f"Nothing can be sent: {why}."))
        refused = report.problems or not report.messages or (report.invalid and not leaves_out_invalid)
        return EXIT_REFUSED if refused else 0

    def _print_rows(self, report: CheckReport, file: str) -> None:
        say = self._screen.say
        counts = [
            f"{report.valid:,} valid",
            f"{report.invalid:,} invalid",
            f"{counted(report.duplicates, 'duplicate')} left out",
            f"{report.suppressed:,} suppressed",
        ]
        alone = " None can be sent as it is; each for itself:" if report.problems else ""
        begin = f"{file}: {counted(report.rows, 'row')}{'.' if alone else ','}{alone}"
        say(f"{begin} {', '.join(counts)}.", style="bold", wraps=True)
        if report.notes:
            say(f"It is read as: {', '.join(report.notes)}.", wraps=True)
        rows = [
            [f"{each.line:,}", column_of(problem), problem.reason, problem.remedy]
            for each in report.invalid_rows
            for problem in each.problems
            if problem not in report.everywhere
        ]
        if rows:
            say()
            shown = len(report.invalid_rows)
            if shown < report.invalid:
                say(f"The first {shown} of the invalid rows:", style="bold")
            self._screen.table(_COLUMNS, rows, blocks=True)
        if report.invalid > len(report.invalid_rows):
            self._print_kinds(report)
        self._print_repeats(report)

    def _print_repeats(self, report: CheckReport) -> None:
        rows = report.repeated_rows
        if not rows:
            return
        for each in rows if self._screen.as_json else ():
            reason = f"has the number of line {each.first_line}, which is written to once"
            self._screen.warn(Problem(f"line {each.line}", reason, _WRITE_TO_EACH))
        shown = f", the first {len(rows)}" if len(rows) < report.duplicates else ""
        self._screen.say()
        self._screen.say(f"Rows whose number came before, and that are left out{shown}:", style="bold")
        columns = (Column("line", right=True), Column("number came in line", right=True))
        self._screen.table(columns, [[f"{each.line:,}", f"{each.first_line:,}"] for each in rows])
        if shown:
            self._screen.note("--repeats FILE writes all of them in your own columns.")

    def _print_kinds(self, report: CheckReport) -> None:
        kinds = alike({kind: n.rows for kind, n in report.kinds.items() if kind not in report.everywhere})
        if not kinds:
            return
        columns = (
            Column("rows", right=True),
            Column("column", style="bold", folds=True, least=10),
            Column("reason", folds=True),
            Column("first lines", folds=True, least=12),
        )
        self._screen.say()
        self._screen.say("What is wrong with how many rows:", style="bold")
        self._screen.table(
            columns,
            [
                [
                    f"{each.rows:,}",
                    column_of(each.example),
                    each.reason,
                    ", ".join(map(str, report.lines_of(each)[:_MOST_LINES])),
                ]
                for each in kinds
            ],
            blocks=True,
        )

    def _print_doubts(self, report: CheckReport) -> None:
        warn = self._screen.warn
        for problem in report.warnings:
            warn(problem)
        for name, count in report.empty.items():
            warn(
                Problem(
                    f"#{{{name}}}",
                    f"is empty in {counted(count, 'row')}",
                    f'Fill it in, or name what stands in for it: [defaults] "{name}" = "고객".',
                )
            )
        for each in alike(report.remarks):
            reason = f"in {counted(each.rows, 'row')} {each.reason}"
            warn(Problem(column_of(each.example), reason, each.example.remedy))
        if report.mended:
            lines = ", ".join(map(str, report.mended_lines[:_MOST_LINES]))
            self._screen.note(
                f"In {counted(report.mended, 'row')} the number got back the 0 that a spreadsheet took "
                f"(lines {lines}{', …' if report.mended > _MOST_LINES else ''})."
            )
        self._print_consents(report)

    def _print_consents(self, report: CheckReport) -> None:
        old, missing = report.consents[ConsentAge.OLD], report.consents[ConsentAge.MISSING]
        if old:
            self._screen.warn(
                Problem(
                    "ad_consent_at",
                    f"is older than {YEARS} years in {counted(old, 'row')}",
                    "The law asks you to confirm a consent every two years.",
                )
            )
        if missing:
            self._screen.warn(
                Problem(
                    "ad_consent_at",
                    f"names no day in {counted(missing, 'row')}",
                    "Do not write to anybody whose consent you cannot show.",
                )
            )
        nightly = sum(n for lane, n in report.lanes.items() if lane.has_night_consent)
        if nightly:
            self._screen.note(
                f"{counted(nightly, 'receiver')} agreed to advertisements at night; the others wait for the "
                "morning."
            )

    def _print_shown(self, report: CheckReport) -> None:
        for each in report.shown:
            self._screen.say()
            why = f" ({each.why})" if each.why else ""
            self._screen.say(f"Line {each.line:,}{why}:")
            for line in phone(each.text, title=each.title, images=each.images):
                self._screen.say(f"  {line}")

    def _print_plan(self, report: CheckReport, planned: RunPlanned | None) -> None:
        self._screen.say()
        if planned is None:
            self._screen.say("There is no plan: nothing of it can be sent as it is.", wraps=True)
        else:
            for line in plan_lines(planned, self._clock, report.definition):
                self._screen.say(line, wraps=True)
        if report.longest is not None:
            self._screen.say(longest_words(report, report.longest), wraps=True)


def note_test(screen: Screen, store: Store, definition: Definition, run: Run | None) -> None:
    """Say where nobody has sent a row to their own phone yet."""
    run = run or reading.latest(store, definition.name, definition.account)
    if run is None or not run.tested_ms:
        where = definition.name if run is None else run.written
        screen.note(
            f"No test was sent yet. Once it is created: plexsend campaign test {where} --to 010…"
            if run is None
            else f"No test was sent yet: plexsend campaign test {where} --to 010…"
        )


def summary(report: CheckReport, planned: RunPlanned | None) -> dict[str, object]:
    """Return what programs read of a check."""
    return {
        "rows": report.rows,
        "valid": report.valid,
        "invalid": report.invalid,
        "duplicates": report.duplicates,
        "suppressed": report.suppressed,
        "longest": None if report.longest is None else report.longest.size,
        "requests": 0 if planned is None else planned.requests,
        "starts_at": None if planned is None else utc(planned.starts_at_ms),
        "ends_at": None if planned is None else utc(planned.ends_at_ms),
        "cost": None if planned is None or planned.cost is None else float(planned.cost),
    }
