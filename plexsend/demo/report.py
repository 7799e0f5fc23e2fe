"""The summary in words, for people and for programs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from plexsend.demo.campaign_report import campaign_json, campaign_lines
from plexsend.demo.summary import TOLERATED
from plexsend.gateway.services import MOST_ITEMS
from plexsend.outbox.holds import Reason
from plexsend.outbox.states import State
from plexsend.terminal.faults import problem_json
from plexsend.terminal.moments import span
from plexsend.terminal.plurals import counted
from plexsend.terminal.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plexsend.demo.night import NightSeen
    from plexsend.demo.summary import RefusalCount, Summary, WrongRows
    from plexsend.outbox.reading.snapshot import SeenHold

_LINES_SHOWN = 5
_REASONS_SHOWN = 3
"""Reasons for refused rows that are shown, unless all are wanted."""
WIDTH = 80
"""Columns; a wider terminal is not filled, since longer lines are hard to read."""


def summary_lines(
    summary: Summary,
    *,
    command: str,
    folder: Path | None,
    page: Path | None = None,
    full: bool = False,
    width: int = WIDTH,
) -> Iterator[str]:
    """Yield the summary's lines, broken at words.

    Args:
        summary: What to report.
        command: How `plexsend` is typed here.
        folder: Where the files are, if they are kept.
        page: Where the page of the campaign's report is.
        full: Every reason for a refused row with its lines, not the most frequent alone.
        width: How wide a line may be.
    """
    parts = (
        _end(summary),
        _rows(summary, command, full=full),
        _fates(summary),
        _way(summary),
        _proof(summary),
        () if summary.campaign is None else campaign_lines(summary.campaign),
        _next(command, folder, page),
    )
    for number, part in enumerate(filter(None, parts)):
        if number:
            yield ""
        for lead, text in part:
            yield from wrap(text, width, lead=lead)


_Line = tuple[str, str]
"""What begins a line, printed as it is, and its words."""


def _counted(count: int, words: str) -> _Line:
    return f"  {count:>5,}  ", words


def _end(summary: Summary) -> Iterator[_Line]:
    words = "every message has a known fate" if summary.ok else "NOT everything is as it should be"
    yield "", f"Done after {span(summary.took_s)}: {words}."


def _rows(summary: Summary, command: str, *, full: bool) -> Iterator[_Line]:
    imported = summary.imported
    yield (
        "",
        (
            f"{counted(imported.rows, 'row was', 'rows were')} read: {imported.added:,} added, "
            f"{imported.invalid:,} invalid, of which nothing is sent:"
        ),
    )
    if full:
        for wrong in imported.wrong:
            yield _counted(len(wrong.lines), f"{_why(wrong)} [{_where(wrong)}]")
        return
    often = sorted(imported.wrong, key=lambda wrong: -len(wrong.lines))
    for wrong in often[:_REASONS_SHOWN]:
        yield _counted(len(wrong.lines), _why(wrong))
    rest = often[_REASONS_SHOWN:]
    if rest:
        rows = sum(len(wrong.lines) for wrong in rest)
        yield _counted(rows, f"for {len(rest)} more reasons, which `{command} demo --full` shows")


def _why(wrong: WrongRows) -> str:
    return f"{wrong.problem.field} {wrong.problem.reason}"


def _where(wrong: WrongRows) -> str:
    lines = ", ".join(map(str, wrong.lines[:_LINES_SHOWN]))
    more = ", …" if len(wrong.lines) > _LINES_SHOWN else ""
    return f"{wrong.file}, line{'s' if len(wrong.lines) > 1 else ''} {lines}{more}"


def _fates(summary: Summary) -> Iterator[_Line]:
    yield "", f"What became of the {counted(summary.messages, 'message')}:"
    for count, words in ((summary.delivered, "delivered"), (summary.accepted, "accepted")):
        # Where receipts are taken nothing stays accepted; where none are, nothing is delivered.
        if count and words not in summary.unfinished:
            yield _counted(count, words)
    for refusal in summary.refusals:
        yield _counted(refusal.count, f"{refusal.state}: {_in_words(refusal)}")
    for state, count in summary.unfinished.items():
        yield _counted(count, f"{state}: NOT ended")


def _in_words(refusal: RefusalCount) -> str:
    if refusal.state is State.FAILED:
        return f"{refusal.code}, an answer that nobody can explain; kept for a person"
    return ", ".join(part for part in (refusal.code, refusal.words) if part)


def _way(summary: Summary) -> Iterator[_Line]:
    yield "", "On the way:"
    yield _counted(
        summary.tried_again, "tried again under the same key: the answer was HTTP 500, or none came"
    )
    yield _counted(summary.alone, "sent one by one: their request was refused because of one of them")
    yield _counted(summary.unpaid, "came back for lack of credit and went again after the top-up")
    if summary.fallbacks:
        yield _counted(summary.fallbacks, "sent as LMS in place of an RCS that reached nobody")
    yield from _night(summary.night)
    for seen in summary.holds:
        yield f"  held {span(seen.lasted_s(summary.ended_ms))}: ", _hold(seen)
    yield (
        "  ",
        (
            f"{counted(summary.batches, 'request')}, {summary.average_fill:.1f} messages in each on average "
            f"({MOST_ITEMS} is full)"
        ),
    )
    paces = ", ".join(f"{pace.service} {pace.busiest} ({pace.limit_per_s:g})" for pace in summary.paces)
    kept = all(pace.busiest <= pace.limit_per_s + TOLERATED for pace in summary.paces)
    yield (
        "  ",
        f"most in any second (limit, and {TOLERATED} tolerated): {paces}"
        # The limit is kept where permits are given, in Redis; a busy machine may deliver some late.
        + ("" if kept else "; some were delayed on the way and arrived together"),
    )


def _night(night: NightSeen | None) -> Iterator[_Line]:
    if night is None:
        yield "  ", "the morning did NOT come: advertisements still wait"
        return
    what = "advertisement" if night.waited == 1 else "advertisements"
    yield _counted(
        night.waited,
        f"{what} waited {span(night.lasted_s)} for the morning; {night.early or 'none'} went before",
    )


def _hold(seen: SeenHold) -> str:
    hold = seen.hold
    reason = _REASONS.get(hold.reason, str(hold.reason))
    held = f"{hold.scope} {hold.what}, {reason}"
    said = f" ({hold.why})" if hold.why else ""
    if seen.ended_ms is None:
        return f"{held}{said}; NOT released"
    by = "released by the operator" if seen.by_operator else "released when a message got through"
    return f"{held}{said}; {by}"


_REASONS = {
    Reason.CREDIT: "out of credit",
    Reason.SHUT: "the gateway in trouble",
    Reason.AUTH: "the secret refused",
    Reason.FAULT: "an answer that makes no sense",
    Reason.PAUSE: "paused",
}


def _proof(summary: Summary) -> Iterator[_Line]:
    result = summary.audit
    if summary.twice:
        yield "", f"Accepted twice: {counted(summary.twice, 'message')}, after an answer that never came."
    else:
        yield (
            "",
            (
                "Nobody gets a message twice: "
                + counted(
                    summary.known,
                    "went again although the gateway had accepted it, and it knew its key.",
                    "went again although the gateway had accepted them, and it knew their keys.",
                )
            ),
        )
    if result.ok:
        yield "", f"The audit holds: {result.in_words}."
    else:
        yield "", f"The audit does NOT hold: {counted(len(result.discrepancies), 'break')}."
        for found in result.discrepancies[:_LINES_SHOWN]:
            yield "  ", f"{found.lane} {found.msg_key}: {found.what}"
    if summary.disagreements:
        yield "", "The gateway's own list does NOT agree with the records:"
        for words in summary.disagreements:
            yield "  ", words
    else:
        yield "", f"The gateway's own list names the same {counted(summary.taken, 'message')} as accepted."


def _next(command: str, folder: Path | None, page: Path | None) -> Iterator[_Line]:
    yield "", "What to type next:"
    yield f"  {command} up --sandbox  ", "the same processes, to stay on"
    yield f"  {command} demo --full   ", "the same, and every reason and line"
    if folder is None:
        yield f"  {command} demo --keep   ", "keeps the sample, rejected rows and logs"
    yield f"  {command} --help        ", "everything else"
    if folder is not None:
        yield "Sample, rejected rows and logs are kept in ", str(folder)
    if page is not None:
        yield "The campaign's report, for a browser: ", str(page)


def as_json(summary: Summary, *, folder: Path | None, page: Path | None = None) -> dict[str, object]:
    """Return the summary as it goes to programs."""
    states = Counter({str(refusal.state): 0 for refusal in summary.refusals})
    for refusal in summary.refusals:
        states[str(refusal.state)] += refusal.count
    return {
        "event": "summary",
        "ok": summary.ok,
        "took_s": round(summary.took_s, 1),
        "rows": summary.imported.rows,
        "added": summary.imported.added,
        "invalid": summary.imported.invalid,
        "invalid_rows": [
            {"file": wrong.file, "lines": list(wrong.lines), "error": problem_json(wrong.problem)}
            for wrong in summary.imported.wrong
        ],
        "taken": summary.taken,
        "delivered": summary.delivered,
        "accepted": summary.accepted,
        **states,
        "refusals": [
            {"state": str(each.state), "code": each.code, "desc": each.words, "count": each.count}
            for each in summary.refusals
        ],
        "unfinished": dict(summary.unfinished),
        "tried_again": summary.tried_again,
        "alone": summary.alone,
        "unpaid": summary.unpaid,
        "holds": [
            {
                "scope": str(seen.hold.scope),
                "what": seen.hold.what,
                "reason": str(seen.hold.reason),
                "why": seen.hold.why,
                "lasted_s": round(seen.lasted_s(summary.ended_ms), 1),
                "released": seen.ended_ms is not None,
                "by_operator": seen.by_operator,
            }
            for seen in summary.holds
        ],
        "batches": summary.batches,
        "average_fill": round(summary.average_fill, 2),
        "rates": [
            {"service": pace.service, "limit_per_s": pace.limit_per_s, "busiest_second": pace.busiest}
            for pace in summary.paces
        ],
        "accepted_twice": summary.twice,
        "known_keys": summary.known,
        "audit": {
            "ok": summary.audit.ok,
            "messages": summary.audit.messages,
            "breaks": len(summary.audit.discrepancies),
        },
        "disagreements": list(summary.disagreements),
        "fallbacks": summary.fallbacks,
        "night": None
        if summary.night is None
        else {
            "quiet_hours": summary.night.hours,
            "waited": summary.night.waited,
            "lasted_s": round(summary.night.lasted_s, 1),
            "early": summary.night.early,
        },
        "campaign": campaign_json(summary.campaign, page),
        "folder": None if folder is None else str(folder),
    }
