"""Checking: every row of a campaign judged as feeding will judge it, before anything is sent."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from plexsend.campaigns.checks.check_report import CheckReport, ShownRow
from plexsend.campaigns.checks.definition_pictures import judge_pictures
from plexsend.campaigns.checks.error_file import error_file
from plexsend.campaigns.checks.judging_processes import judge_all
from plexsend.campaigns.checks.personalise import Personaliser
from plexsend.campaigns.checks.repeats import Repeats
from plexsend.campaigns.checks.row_judge import JudgeTerms, RowJudge, key_of
from plexsend.campaigns.checks.suppressed import SuppressedRows
from plexsend.campaigns.definitions.cron_words import cron_words
from plexsend.campaigns.definitions.defined import Duplicates
from plexsend.campaigns.definitions.schedule import find_zone
from plexsend.campaigns.folders.folder import CHUNK_ROWS
from plexsend.errors import Problem
from plexsend.gateway.schemas.text_doubts import IN_BRACES
from plexsend.gateway.services import get_service
from plexsend.outbox.policies.known import KnownPolicies
from plexsend.outbox.reading.queries import server_ms
from plexsend.producers.guards import AccountGuards
from plexsend.producers.message import in_words, text_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from plexsend.campaigns.checks.error_file import ErrorFile
    from plexsend.campaigns.checks.judging_processes import ChunkWriter
    from plexsend.campaigns.checks.row_judge import InvalidRow, JudgedChunk, ListedRow
    from plexsend.campaigns.definitions.defined import Definition
    from plexsend.campaigns.recipients import RecipientRow, Recipients
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings


_MISSED_MS = 300_000
"""A time that passed less long ago was meant for now."""


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """How far a check is."""

    rows: int
    invalid: int
    read_bytes: int
    size_bytes: int
    """Of the recipients' file; 0: not known."""


def check(
    definition: Definition,
    recipients: Recipients,
    store: Store,
    settings: Settings,
    *,
    processes: int = 1,
    errors: Path | None = None,
    repeats: Path | None = None,
    writer: ChunkWriter | None = None,
    progress: Callable[[CheckProgress], None] | None = None,
    on_invalid: Callable[[InvalidRow], None] | None = None,
    on_mended: Callable[[int], None] | None = None,
    folder: Path | None = None,
    known: Sequence[Problem] = (),
) -> CheckReport:
    """Judge every row, and return what became of all of them. Sends nothing, and writes nothing into Redis.

    Args:
        definition: The campaign.
        recipients: Its recipients, open.
        store: Where the policies and suppressions of its account are.
        settings: What the environment says.
        processes: How many processes judge; 1: this one alone.
        errors: Where the rows that are not sent are written to, with the reasons; None: nowhere.
        repeats: The same for rows that are left out, since their number came before.
        writer: Writes each chunk of rows that was judged; None: nobody does.
        progress: Called after each chunk.
        on_invalid: Called with each invalid row, in the order of the file.
        on_mended: Called with the line of each row whose number got its 0 back.
        folder: Below which its pictures are; None: they have whole paths.
        known: What is wrong with its definition: rows are not refused for that again.

    Raises:
        UsageError: its service or account is not known.
        FileProblem: the recipients cannot be read, or the errors not be written.
        CampaignFolderFailed: a chunk cannot be written.
        MissingExtra: for pictures that are files, without the extra `images`.
        NotPossible: a process that judged ended.
        OutboxError: Redis does not answer.
    """
    get_service(definition.service)
    terms, problems = judge_terms(definition, recipients.header, store, settings, folder)
    terms = replace(terms, known=frozenset(map(key_of, known)))
    problems += _passed(definition, terms.now_ms)
    person = Personaliser(definition, recipients.header)
    report = CheckReport(
        definition,
        recipients.header,
        tuple(recipients.notes),
        (*known, *person.problems, *(each for each in problems if key_of(each) not in terms.known)),
        (*person.warnings, *_doubt_cron(definition)),
    )
    if person.receiver_place is None:
        return report
    seen = Repeats(keeps_rows=repeats is not None)
    finds_repeats = definition.duplicates is Duplicates.FIRST
    suppressed = SuppressedRows(store, settings.number_key, definition, terms.guards)
    with ExitStack() as stack:
        stack.callback(seen.close)
        file = None if errors is None else stack.enter_context(error_file(errors, recipients.header))
        chunks = seen.watch(_chunks(recipients.rows()))
        for judged in judge_all(terms, chunks, processes=processes, writer=writer):
            numbers = judged.receivers
            repeated = seen.find(judged) if finds_repeats else []
            report.add(judged, repeated)
            if suppressed.looks:
                suppressed.count(_without(numbers, repeated))
            _name(judged, file, on_invalid, on_mended)
            if progress is not None:
                progress(
                    CheckProgress(report.rows, report.invalid, recipients.read_bytes, recipients.size_bytes)
                )
        report.repeated_rows = seen.first_ones()
        if repeats is not None:
            seen.write(repeats, recipients.header)
    _leave_out_said(report, person)
    report.suppressed = suppressed.rows
    report.warnings += suppressed.problems
    report.shown = list(_shown(terms, report))
    return report


def judge_terms(
    definition: Definition,
    header: tuple[str, ...],
    store: Store,
    settings: Settings,
    folder: Path | None = None,
) -> tuple[JudgeTerms, list[Problem]]:
    """Return what the rows of a campaign are judged by, and what is wrong with its own pictures."""
    account = definition.account
    policies = KnownPolicies(store)
    guards = AccountGuards(policies, account)
    guards.look()
    now_ms = server_ms(store)
    definition, problems = judge_pictures(definition, now_ms, folder)
    starts_ms = definition.send_at_ms or now_ms
    zone = find_zone(definition.time_zone)
    return JudgeTerms(
        definition=definition,
        header=header,
        account=account,
        guards=guards.known(),
        rcs_dialect=policies.of(account).rcs_dialect,
        has_number_key=settings.number_key is not None,
        today=datetime.fromtimestamp(starts_ms / 1000, UTC).astimezone(zone).date(),
        now_ms=now_ms,
        folder=folder,
    ), problems


def _passed(definition: Definition, now_ms: int) -> Iterator[Problem]:
    """Yield which of its times have passed."""
    at_ms, until_ms = definition.send_at_ms, definition.expires_at_ms
    if at_ms is not None and at_ms < now_ms - _MISSED_MS:
        yield Problem("send_at", "has passed", "Give a later time, or leave it out: a person starts it then.")
    if until_ms is not None and until_ms <= now_ms:
        yield Problem("expires_at", "has passed, so nothing would be sent", "Give a later time, or none.")


def _doubt_cron(definition: Definition) -> Iterator[Problem]:
    """Yield that a day of the month and a day of the week in a cron are not what most people take it for."""
    if definition.cron is None:
        return
    _, _, day, _, weekday = definition.cron.split()
    if not day.startswith("*") and not weekday.startswith("*"):
        words = cron_words(definition.cron, "en")
        reason = f"comes {words}" if "either" in words else "comes where one of its two days is right"
        yield Problem("cron", reason, "Leave one of the two days out (*), unless that is what is meant.")


def _chunks(rows: Iterable[RecipientRow]) -> Iterator[Sequence[ListedRow]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK_ROWS)):
        yield chunk


def _without(numbers: Iterable[int], repeated: list[int]) -> list[int]:
    """Return the numbers that are written to."""
    left_out = set(repeated)
    return [number for place, number in enumerate(numbers) if number and place not in left_out]


def _name(
    judged: JudgedChunk,
    file: ErrorFile | None,
    on_invalid: Callable[[InvalidRow], None] | None,
    on_mended: Callable[[int], None] | None,
) -> None:
    for each in judged.invalid:
        if file is not None:
            file.write(each)
        if on_invalid is not None:
            on_invalid(each)
    if on_mended is not None:
        for line in judged.mended:
            on_mended(line)


# A variable without a column is a mistake of its own: that its name goes out in braces is the same again.
def _leave_out_said(report: CheckReport, person: Personaliser) -> None:
    if any(each.field.startswith("#{") for each in person.problems) or person.has_foreign_braces:
        for problem in [each for each in report.remarks if IN_BRACES in each.reason]:
            del report.remarks[problem]


def _shown(terms: JudgeTerms, report: CheckReport) -> Iterator[ShownRow]:
    """Yield some rows as their receivers get them: with the marks of advertisements."""
    judge = RowJudge(terms)
    service = terms.definition.service
    for why, row in report.sample():
        item, body = judge.shown(row.cells)
        words = in_words(service, {**item, **json.loads(body)} if body else item)
        images = words["images"] or ()
        text = str(words["text"] or "")
        if report.longest is not None and row.row == report.longest.row:
            report.longest_sent = text_limit(service).size(text)
        yield ShownRow(
            row.line,
            str(words["title"] or ""),
            text,
            1 if isinstance(images, str) else len(images),
            why,
        )
