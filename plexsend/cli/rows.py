"""What is printed about a file's rows: while they are read, and at the end."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from plexsend.errors import Problem
from plexsend.terminal.faults import EXIT_REFUSED, Fault, problem_json
from plexsend.terminal.meter import meter
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plexsend.cli.timing import Timing
    from plexsend.producers import ImportReport, Progress, Reject, Remark
    from plexsend.terminal.screen import Screen

_MOST_SHOWN = 10
"""Rows that people are shown one by one; all of them are in the file of rejects."""
_USUAL_ENCODING = "utf-8"


class RowScreen:
    """Prints refused and doubtful rows: all of them for programs, the first few for people."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._rejected_lines: list[int] = []
        self._rejected: list[Problem] = []
        self._remarks: list[Problem] = []

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[Progress], None]]:
        """Give the function that an import calls with its progress."""
        with meter(self._screen, title, "rows") as report:

            def on_progress(progress: Progress) -> None:
                counts = (
                    (progress.added, "added" if title == "import" else "valid"),
                    (progress.duplicates, "duplicates"),
                    (progress.changed, "held back"),
                    (progress.conflicts, "in conflict"),
                    (progress.invalid, "invalid"),
                )
                words = ", ".join(f"{count:,} {name}" for count, name in counts if count)
                report(progress.bytes_done, progress.bytes_total, count=progress.rows_done, words=words)

            yield on_progress

    def reject(self, reject: Reject) -> None:
        """Print a refused row, without the row itself: it holds a text and numbers."""
        self._screen.facts(
            {
                "line": reject.line,
                "msg_key": reject.msg_key,
                "errors": [problem_json(problem) for problem in reject.errors],
            }
        )
        if len(self._rejected_lines) < _MOST_SHOWN:
            self._rejected_lines.append(reject.line)
            self._rejected += [_on_line(reject.line, problem) for problem in reject.errors]

    def remark(self, remark: Remark) -> None:
        """Print a remark on a row that can be sent but was changed, or may not be what is wanted."""
        self._screen.facts(
            {"line": remark.index, "msg_key": remark.msg_key, "remark": problem_json(remark.problem)}
        )
        if len(self._remarks) < _MOST_SHOWN:
            self._remarks.append(_on_line(remark.index, remark.problem))

    def print_import(self, report: ImportReport, file: str, timing: Timing) -> None:
        """Print what became of the rows that were answered; programs get the five counts on the last line."""
        self._print_remarks(report)
        self._screen.facts(
            {
                "file": file,
                "rejected_path": None if report.rejected_path is None else str(report.rejected_path),
                "warnings": report.warnings,
                "replacements": report.replacements,
                **timing.facts(),
                "never_sent": dict(report.never_sent),
                "lost_zeros": report.lost_zeros,
                "encoding": report.encoding,
            }
        )
        self._screen.facts(
            {
                "added": report.added,
                "duplicates": report.duplicates,
                "changed": report.changed,
                "conflicts": report.conflicts,
                "invalid": report.invalid,
            }
        )
        held_back = f"{report.changed:,} held back, " if report.changed else ""
        self._screen.say(
            f"{file}: {report.added:,} added, {counted(report.duplicates, 'duplicate')}, {held_back}"
            f"{report.conflicts:,} in conflict, {report.invalid:,} invalid.",
            style="bold",
        )
        if report.added and timing.send_at is not None:
            self._screen.say(
                f"They go at {timing.show(timing.send_at)}; rows with a time of their own go at theirs."
            )
        if report.never_sent:
            states = ", ".join(f"{count:,} {state}" for state, count in report.never_sent.items())
            self._screen.note(f"Of the duplicates some were not sent and are not sent now: {states}.")

    def print_check(self, report: ImportReport, file: str) -> None:
        """Print how all rows were judged."""
        self._print_remarks(report)
        self._screen.facts(
            {
                "valid": report.added,
                "invalid": report.invalid,
                "warnings": report.warnings,
                "replacements": report.replacements,
                "lost_zeros": report.lost_zeros,
                "advertisements": report.has_advertisements,
                "encoding": report.encoding,
            }
        )
        self._screen.say(f"{file}: {report.added:,} valid, {report.invalid:,} invalid.", style="bold")
        if report.has_advertisements:
            self._screen.note(
                "There are advertisements among them. An import puts in the marks that they lack, by the "
                "policies sender_name and refusal_number of its account: those are not counted here. Nor is "
                "judged whether those that are there name the right sender and number."
            )

    def note_encoding(self, report: ImportReport, file: str, *, given: str | None) -> None:
        """Say how the file was read, where nobody named an encoding and it is not the usual one."""
        if given is None and report.encoding != _USUAL_ENCODING:
            self._screen.note(
                f"{file} was read as {report.encoding}, as its bytes show; --encoding names another."
            )

    def end(self, report: ImportReport, *, given: Sequence[str] = ()) -> int:
        """Print the refused rows as an error, and return the exit code.

        Args:
            report: What became of the rows.
            given: Options that change what a row says: the file of rejects has the rows as they were written.
        """
        refused = report.invalid + report.conflicts
        if not refused + report.changed:
            return 0
        path = report.rejected_path
        where = (
            f"All are in {path}: mend them there, and import that file" if path else "Mend them in the file"
        )
        where += ", with --changed send if those held back are to go too." if report.changed else "."
        if path is not None and given:
            where += f" Give {' and '.join(given)} again."
        if report.lost_zeros:
            rows = counted(report.lost_zeros, "row")
            where += f" In {rows} a number lost its leading 0: --mend-numbers puts it back."
        counts = [(refused, "refused"), (report.changed, "held back")]
        said = [f"{counted(n, 'row is', 'rows are')} {what}" for n, what in counts if n]
        count = " and ".join(said) + _first(len(self._rejected_lines), refused + report.changed)
        self._screen.complain(Fault("invalid", f"{count}.", tuple(self._rejected), hint=where))
        return EXIT_REFUSED

    def _print_remarks(self, report: ImportReport) -> None:
        count = report.warnings + report.replacements
        if count and not self._screen.as_json:
            self._screen.note(
                f"Remarks on rows that are not refused: {count:,}{_first(len(self._remarks), count)}."
            )
            for problem in self._remarks:
                self._screen.warn(problem)


def _first(shown: int, count: int) -> str:
    return f", the first {shown} are" if shown < count else ""


def _on_line(line: int, problem: Problem) -> Problem:
    return Problem(f"line {line}, {problem.field}", problem.reason, problem.remedy)
