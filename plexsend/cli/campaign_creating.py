"""Creating a campaign from a command: it is checked, the plan is shown, a person says yes."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import click

from plexsend.campaigns.checks.check_report import CheckReport
from plexsend.campaigns.checks.checking import check
from plexsend.campaigns.drafts.creating import stage
from plexsend.campaigns.drafts.crons import LEAVE_OUT_OF_CRON, beside_cron, create_cron
from plexsend.campaigns.plans.planning import plan, read_facts
from plexsend.cli.campaign_checking import CheckScreen
from plexsend.cli.campaign_sources import judging_processes
from plexsend.cli.login import login_name
from plexsend.errors import UsageError
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.runs.run import group_of, parse_run
from plexsend.outbox.runs.states import RunState
from plexsend.terminal.moments import utc

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.campaigns.definitions.definition import Definition
    from plexsend.campaigns.drafts.created import CreatedRun
    from plexsend.campaigns.drafts.creating import StagedRun
    from plexsend.cli.campaign_sources import CampaignSource
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings
    from plexsend.terminal.screen import Screen


def require_answer(*, yes: bool) -> None:
    """Raise UsageError where somebody is to be asked and nobody is there: before a long check, not after."""
    if not yes and not sys.stdin.isatty():
        raise UsageError(
            "This asks before it creates anything, and there is no terminal here. Look at the plan with "
            "`plexsend campaign check FILE`, then give --yes."
        )


def create_campaign(
    screen: Screen,
    settings: Settings,
    store: Store,
    source: CampaignSource,
    *,
    yes: bool,
    leaves_out_invalid: bool,
    errors: Path | None = None,
    repeats: Path | None = None,
    of_run: str = "",
    question: str = "Create it?",
) -> tuple[CreatedRun | None, int]:
    """Check a campaign, show its plan, ask, and create it; return what was created, and the exit code.

    `of_run`: the run whose rows it is for, and which.
    """
    source.spare(errors, repeats)
    definition = source.definition
    is_cron = definition.cron is not None
    if is_cron and leaves_out_invalid:
        raise UsageError(LEAVE_OUT_OF_CRON)
    shown = CheckScreen(screen, clock_of(store, definition.account), leaves_out=not is_cron)
    with source.open() as recipients, ExitStack() as stack:
        staged: StagedRun | None = None
        # The bar ends with the check: it must not be drawn over what is printed then.
        with shown.progress() as progress:
            look = partial(
                # Of a cron nothing is copied: each of its runs reads the list anew.
                check if is_cron else stage,
                definition,
                recipients,
                store,
                settings,
                processes=judging_processes(),
                errors=errors,
                repeats=repeats,
                progress=progress,
                on_invalid=shown.invalid if screen.as_json else None,
                on_mended=shown.mended if screen.as_json else None,
            )
            looked = look()
            if isinstance(looked, CheckReport):
                report = looked
                planned = plan(read_facts(store, definition, report)) if report.can_go else None
            else:
                staged = stack.enter_context(looked)
                report, planned = staged.report, staged.plan
        shown.print(report, planned, source.shown)
        if staged is not None:
            for problem in beside_cron(store, definition):
                screen.warn(problem)
        else:
            # As at each of its times: what a run may leave out then is no reason not to begin.
            leaves_out_invalid = report.invalid <= definition.max_invalid
        code = shown.end(report, errors=errors, leaves_out_invalid=leaves_out_invalid)
        if is_cron and not leaves_out_invalid and not report.problems:
            screen.note(
                f"Each run of it may leave out {definition.max_invalid:,} invalid rows: "
                "max_invalid in the definition says how many."
            )
        if code or not _agreed(screen, question, yes=yes):
            return None, code or 1
        by = login_name()
        if staged is None:
            return create_cron(store, definition, by=by, warnings=report.warnings), 0
        return staged.create(store, settings, by=by, source=of_run, leaves_out_invalid=leaves_out_invalid), 0


def print_created(screen: Screen, store: Store, definition: Definition, created: CreatedRun) -> None:
    """Print what was created."""
    number = None if created.group is None else parse_run(created.group)[1]
    screen.facts(
        {
            "name": definition.name,
            "run": number,
            "account": created.account,
            "state": None if created.state is None else str(created.state),
            "starts_at": utc(created.starts_ms),
        }
    )
    clock = clock_of(store, created.account)
    when = clock.words(created.starts_ms)
    if created.group is None or number is None:
        screen.say(f"The campaign {definition.name} is there. Its next run is made at {when}.", style="bold")
        return
    written = group_of(definition.name, number).replace("~", "/")
    if created.state is RunState.SCHEDULED:
        screen.say(f"{written} is scheduled: it starts at {when}.", style="bold")
    elif created.state is RunState.CHECKED:
        screen.say(f"{written} is checked. It starts with: plexsend campaign start {written}", style="bold")
    else:
        screen.say(f"{written} goes. Watch it: plexsend campaign show {written} --follow", style="bold")
        return
    screen.note(f"To see it on your own phone first: plexsend campaign test {written} --to 010…")


def _agreed(screen: Screen, question: str, *, yes: bool) -> bool:
    if yes or click.confirm(question, default=False, err=True):
        return True
    screen.note("Nothing was created.")
    return False
