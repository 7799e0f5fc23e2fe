"""The summary that the README shows is what the demo prints, of a run with these numbers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plexsend.demo.night import NightSeen
from plexsend.demo.report import WIDTH, summary_lines
from plexsend.demo.sample import write_sample
from plexsend.demo.sample_ads import write_ads
from plexsend.demo.summary import Imported, Pace, RefusalCount, Summary, WrongRows
from plexsend.outbox.holds import Hold, Reason, Scope
from plexsend.outbox.reading.audit import Audit
from plexsend.outbox.reading.snapshot import SeenHold
from plexsend.outbox.states import State
from plexsend.producers import check_file
from plexsend.terminal.wrapping import width_of
from tests.unit.demo.conftest import CAMPAIGN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.errors import Problem
    from plexsend.producers import Reject

README = Path(__file__).parents[3] / "README.md"
BEGIN, END = "<!-- demo:begin -->", "<!-- demo:end -->"
MOST_LINES = 48
PAGE = Path("/tmp/plexsend-report-c4mpa1gn.html")  # noqa: S108  as the demo names it on Linux

_SHUT = Hold(
    "main",
    Scope.LANE,
    "mms-bulk@main",
    Reason.SHUT,
    0,
    0,
    0,
    "gateway",
    "C500_1: the server is in trouble",
    probing=False,
)
_CREDIT = replace(
    _SHUT,
    scope=Scope.ACCOUNT,
    what="main",
    reason=Reason.CREDIT,
    why="G150: the credit does not suffice",
)


def _import(folder: Path) -> Imported:
    """Judge the demo's own sample, as the demo does."""
    imported = Imported()
    for file in (*write_sample(folder), write_ads(folder)):
        lines: dict[Problem, list[int]] = defaultdict(list)

        def note(reject: Reject, lines: dict[Problem, list[int]] = lines) -> None:
            for problem in reject.errors:
                lines[problem].append(reject.line)

        report = check_file(file.path, file.service, on_reject=note)
        wrong = tuple(WrongRows(file.path.name, problem, tuple(found)) for problem, found in lines.items())
        imported = imported.plus(Imported(report.added, report.invalid, wrong))
    return imported


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """A run of the demo in which all went well."""
    imported = _import(tmp_path_factory.mktemp("sample"))
    return Summary(
        took_s=27.2,
        imported=imported,
        delivered=imported.added - 17 + CAMPAIGN.counts.delivered,
        accepted=0,
        taken=imported.added - 9 + CAMPAIGN.counts.added,
        refusals=(
            RefusalCount(State.REJECTED, "G141", "the recipient number is invalid", 6),
            RefusalCount(State.UNDELIVERED, "2", "no such number", 4),
            RefusalCount(State.REJECTED, "G140", "the sender number is invalid or not registered", 2),
            RefusalCount(State.UNDELIVERED, "74002", "handset without RCS (likely)", 2),
            RefusalCount(State.UNDELIVERED, "D", "refused by the recipient", 2),
            RefusalCount(State.CANCELLED, "SUPPRESSED", "its number refused advertisements", 1),
            RefusalCount(State.FAILED, "C341", "", 1),
            RefusalCount(State.REJECTED, "C400_2", "a value is not allowed", 1),
            RefusalCount(State.UNKNOWN, "5", "the carrier gave no result", 1),
        ),
        unfinished={},
        tried_again=15,
        alone=10,
        unpaid=5,
        holds=(SeenHold(_SHUT, ended_ms=4_000), SeenHold(_CREDIT, ended_ms=3_200, by_operator=True)),
        ended_ms=20_000,
        batches=307,
        sent=2_779,
        paces=(
            Pace("mms-bulk", 150, 170),
            Pace("mms-standard", 30, 50),
            Pace("rcs-mms-bulk", 20, 30),
            Pace("lms-bulk", 100, 19),
        ),
        twice=0,
        known=2,
        audit=Audit(imported.added + 2 + CAMPAIGN.counts.added, {}, {}, ()),
        disagreements=(),
        night=NightSeen("12:00-08:00", waited=20, lasted_s=14.8, early=0),
        fallbacks=2,
        campaign=CAMPAIGN,
    )


def _shown() -> Iterator[str]:
    text = README.read_text("utf-8")
    assert (text.count(BEGIN), text.count(END)) == (1, 1)
    block = text.partition(BEGIN)[2].partition(END)[0]
    yield from block.partition("```text\n")[2].partition("\n```")[0].splitlines()


def test_the_readme_shows_what_the_demo_prints(summary: Summary) -> None:
    told = list(summary_lines(summary, command=".venv/bin/plexsend", folder=None, page=PAGE))
    if list(_shown()) != told:
        pytest.fail(f"Put between {BEGIN} and {END} of README.md:\n" + "\n".join(told))


def test_the_summary_fits_on_one_screen(summary: Summary) -> None:
    told = list(summary_lines(summary, command=".venv/bin/plexsend", folder=None, page=PAGE))
    assert len(told) <= MOST_LINES
    assert max(map(width_of, told)) <= WIDTH


def test_all_of_it_names_every_reason_with_its_lines(summary: Summary) -> None:
    told = " ".join(" ".join(summary_lines(summary, command="plexsend", folder=None, full=True)).split())
    for wrong in summary.imported.wrong:
        assert f"{wrong.problem.field} {wrong.problem.reason} [{wrong.file}, line" in told
