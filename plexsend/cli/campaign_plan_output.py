"""The plan of a run as it is printed for people, with its longest text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.definitions.cron_words import cron_words
from plexsend.producers.message import text_limit
from plexsend.terminal.amounts import won
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.campaigns.checks.check_report import CheckReport
    from plexsend.campaigns.checks.row_judge import SampleRow
    from plexsend.campaigns.definitions.defined import Definition
    from plexsend.campaigns.plans.planning import RunPlanned
    from plexsend.terminal.moments import WallClock

_MB = 1_000_000
_NOT_GO = ("message does not go", "messages do not go")


def plan_lines(planned: RunPlanned, clock: WallClock, definition: Definition) -> Iterator[str]:
    """Yield a plan in words; that of a cron is of its next run."""
    speed = f"{planned.per_s:,.10g} a second"
    if definition.cron is not None:
        yield f"It makes a run {cron_words(definition.cron, 'en')}, of the list as it is then."
    of_next = "" if definition.cron is None else " of the next run, by the list as it is now"
    yield (
        f"Plan{of_next}: {counted(planned.messages, 'message')} in {counted(planned.requests, 'request')}, "
        f"from {clock.words(planned.starts_at_ms)} until {clock.words(planned.ends_at_ms)}, "
        f"{speed if planned.is_rated else f'as fast as the gateway answers (taken for {speed})'}."
    )
    for spill in planned.spills:
        opens = "" if spill.opens_ms is None else f" and go on at {clock.words(spill.opens_ms)}"
        closed = "the window closes" if spill.why == "window" else "the quiet hours begin"
        yield (
            f"{counted(spill.messages, *_NOT_GO)} before {closed} at {clock.words(spill.closes_ms)}{opens}."
        )
    if planned.expired:
        yield f"{counted(planned.expired, *_NOT_GO)} at all: the run ends before."
    if planned.over_limit:
        over = counted(planned.over_limit, "message is", "messages are")
        yield f"{over} more than the service's limit of the day has left: what is over goes on later days."
    for field, deleted_ms in planned.pictures:
        yield (
            f"{field}: the gateway deletes this picture at {clock.words(deleted_ms)}, before the end. Name "
            "its file instead: it is uploaded when it is needed."
        )
    size = max(0.1, planned.memory_bytes / _MB)
    memory = f"Redis needs up to {size:,.1f} MB for it."
    cost = "" if planned.cost is None else f" It costs {won(planned.cost)} won, if all of it is billed."
    yield f"{memory}{cost}"


def longest_words(report: CheckReport, longest: SampleRow) -> str:
    """Return how much of what its service takes the longest text is, as it is sent."""
    limit = text_limit(report.definition.service)
    unit = "bytes" if limit.in_bytes else "characters"
    marks = " with the marks of advertisements" if report.definition.advertisement else ""
    size = f"{report.longest_sent:,} of {limit.most:,} {unit}"
    return f"The longest text takes {size}{marks}, in line {longest.line:,}."
