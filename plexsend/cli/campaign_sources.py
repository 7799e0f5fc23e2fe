"""What a command about a campaign is given: definition and recipients, from a file or by its name."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plexsend.campaigns.definitions.definition import BadDefinition, Definition, read_definition
from plexsend.campaigns.drafts.from_run import CRON_FROM_RUN, Only, RunRecipients, select
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.reading.finding import find_campaign, find_run
from plexsend.campaigns.recipients import open_recipients
from plexsend.errors import NotPossible, UsageError
from plexsend.terminal.meter import meter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from plexsend.errors import Problem
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from plexsend.settings import Settings
    from plexsend.terminal.screen import Screen

STDIN = "-"
_MOST_PROCESSES = 8
_ALL = b"\1"


@dataclass(frozen=True, slots=True)
class CampaignSource:
    """A campaign that is to be checked."""

    definition: Definition
    open: Callable[[], AbstractContextManager[Any]]
    """Opens its recipients."""
    shown: str
    """What its recipients are called."""
    list_path: Path | None = None
    """The list of its recipients, where that is a file."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with its definition; its rows are judged all the same."""
    run: Run | None = None
    """Where it is a run that was created."""
    folder: Path | None = None
    """That of the run, in which its pictures are."""

    def spare(self, errors: Path | None, repeats: Path | None) -> None:
        """Raise UsageError where a file to be written would take the place of the list, or of the other."""
        for path, option in ((errors, "--errors"), (repeats, "--repeats")):
            if path and self.list_path and path.resolve() == self.list_path.resolve():
                raise UsageError(f"{path} is the list of recipients itself. Name another file with {option}.")
        if errors and repeats and errors.resolve() == repeats.resolve():
            raise UsageError(f"{errors} is named twice. Name another file with --repeats.")


def judging_processes() -> int:
    """Return how many processes judge: one for each core."""
    return min(_MOST_PROCESSES, len(os.sched_getaffinity(0)))


def is_definition(what: str) -> bool:
    """Return whether this names a file, and not a campaign."""
    return what.lower().endswith(".toml") or Path(what).is_file()


def from_file(what: str, recipients: str | None) -> CampaignSource:
    """Return the campaign of a file; with mistakes in it, as far as it can be read.

    `recipients`: in place of those that it names; `-`: the standard input.
    """
    try:
        return of_definition(read_definition(what), recipients)
    except BadDefinition as exc:
        names_file = all(problem.field != "recipients" for problem in exc.problems)
        if exc.definition is None or not (recipients or (names_file and exc.definition.recipients)):
            raise
        return of_definition(exc.definition, recipients, exc.problems)


def of_definition(
    definition: Definition, recipients: str | None = None, problems: tuple[Problem, ...] = ()
) -> CampaignSource:
    """Return the campaign of a definition."""
    given = recipients or definition.recipients
    if not given:
        raise UsageError(
            'The definition names no recipients. Write recipients = "customers.xlsx", or give --recipients.'
        )

    def open_list() -> AbstractContextManager[Any]:
        return open_recipients(
            sys.stdin.buffer if given == STDIN else given,
            encoding=definition.encoding,
            sheet=definition.sheet,
            receiver=definition.mapping.get("receiver_number"),
        )

    shown = "the standard input" if given == STDIN else Path(given).name
    list_path = None if given == STDIN else Path(given)
    return CampaignSource(definition, open_list, shown, list_path, problems)


def of_selection(
    screen: Screen,
    settings: Settings,
    store: Store,
    definition: Definition,
    *,
    run: str,
    only: str,
    reasons: Sequence[str],
) -> tuple[CampaignSource, str]:
    """Return a campaign whose recipients are rows of another run, and how its run names that one.

    What is left out of those rows is printed.
    """
    if definition.cron is not None:
        raise UsageError(CRON_FROM_RUN)
    with meter(screen, "look", "rows") as report:
        selection = select(
            store,
            settings.campaign_dir,
            name=definition.name,
            account=definition.account,
            source=run,
            only=Only(only),
            reasons=reasons,
            report=report,
        )
    for remark in selection.remarks():
        screen.note(remark)
    recipients = selection.recipients
    return CampaignSource(definition, lambda: recipients, recipients.file_name), selection.source


def from_name(store: Store, settings: Settings, what: str, account: str | None) -> CampaignSource:
    """Return a campaign that was created: its run, or what its cron makes runs of."""
    if "/" not in what:
        campaign = find_campaign(store, what, account)
        if campaign.cron and campaign.definition:
            return of_definition(Definition.from_json(campaign.definition))
    run = find_run(store, what, account)
    if run.dropped_ms or not run.chunks:
        raise NotPossible(
            f"The recipients of {run.written} are deleted, or were never read: none is checked."
        )
    folder = RunFolder(settings.campaign_dir, run.account, run.group, run.id)
    # Its time is the run's own, and may have passed.
    return CampaignSource(
        replace(Definition.from_json(run.definition), send_at_ms=None),
        lambda: RunRecipients(folder, run, _ALL * run.rows),
        run.written,
        run=run,
        folder=folder.path,
    )
