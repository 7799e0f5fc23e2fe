"""Creating a campaign from a command: it is checked, the plan is shown, a person says yes."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from plexsend.campaigns.checks.checking import check
from plexsend.campaigns.drafts.creating import create_cron, stage
from plexsend.cli.campaign_checking import CheckScreen
from plexsend.cli.campaign_sources import judging_processes
from plexsend.cli.login import login_name
from plexsend.errors import Problem, UsageError
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.run import group_of, parse_run
from plexsend.outbox.runs.states import RunState
from plexsend.terminal.moments import utc

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.campaigns.definitions.definition import Definition
    from plexsend.campaigns.drafts.creating import CreatedRun
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
    of_run: str = "",
    question: str = "Create it?",
) -> tuple[CreatedRun | None, int]:
    """Check a campaign, show its plan, ask, and create it; return what was created, and the exit code.

    `of_run`: the run whose rows it is for, and which.
    """
    source.spare(errors)
    definition = source.definition
    is_cron = definition.cron is not None
    shown = CheckScreen(screen, clock_of(store, definition.account), leaves_out=not is_cron)
    if is_cron:
        if leaves_out_invalid:
            raise UsageError(
                "--leave-out-invalid is for one run, and a cron makes many. Say in the definition how many "
                "invalid rows each of them may leave out: max_invalid = 10."
            )
        return _create_cron(screen, shown, settings, store, source, yes=yes, errors=errors)
    with (
        source.open() as recipients,
        ExitStack() as stack,
    ):
        # The bar ends with the check: it must not be drawn over what is printed then.
        with shown.progress() as progress:
            staged = stack.enter_context(
                stage(
                    definition,
                    recipients,
                    store,
                    settings,
                    processes=judging_processes(),
                    errors=errors,
                    progress=progress,
                    on_invalid=shown.invalid if screen.as_json else None,
                )
            )
        shown.print(staged.report, staged.plan, source.shown)
        _warn_of_cron(screen, store, definition)
        code = shown.end(staged.report, errors=errors, leaves_out_invalid=leaves_out_invalid)
        if code or not _agreed(screen, question, yes=yes):
            return None, code or 1
        created = staged.create(
            store, settings, by=login_name(), source=of_run, leaves_out_invalid=leaves_out_invalid
        )
    return created, 0


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


def _create_cron(
    screen: Screen,
    shown: CheckScreen,
    settings: Settings,
    store: Store,
    source: CampaignSource,
    *,
    yes: bool,
    errors: Path | None,
) -> tuple[CreatedRun | None, int]:
    """Write a campaign with a cron down. Its recipients are only checked: each run reads them anew."""
    with source.open() as recipients, shown.progress() as progress:
        report = check(
            source.definition,
            recipients,
            store,
            settings,
            processes=judging_processes(),
            errors=errors,
            progress=progress,
            on_invalid=shown.invalid if screen.as_json else None,
        )
    shown.print(report, None, source.shown)
    # As at each of its times: what a run may leave out then is no reason not to begin.
    code = shown.end(
        report, errors=errors, leaves_out_invalid=report.invalid <= source.definition.max_invalid
    )
    if report.invalid > source.definition.max_invalid and not report.problems:
        screen.note(
            f"Each run of it may leave out {source.definition.max_invalid:,} invalid rows: "
            "max_invalid in the definition says how many."
        )
    if code or not _agreed(screen, "Create it?", yes=yes):
        return None, code or 1
    return create_cron(store, source.definition, by=login_name()), 0


def _warn_of_cron(screen: Screen, store: Store, definition: Definition) -> None:
    """Say where the campaign makes runs by a cron too, which a run that is made by hand does not end."""
    campaign = reading.campaign(store, definition.account, definition.name)
    if campaign is None or not campaign.cron:
        return
    at_ms = reading.due_at(store, definition.account).get(definition.name)
    then = "" if at_ms is None else f", the next at {clock_of(store, definition.account).words(at_ms)}"
    screen.warn(
        Problem(
            "cron",
            f"the campaign {definition.name} has one ({campaign.cron}), which stays: it makes runs beside "
            f"this one{then}",
            f"To end it, with its run that is not over: plexsend campaign cancel {definition.name}, before "
            "this run is created. To keep the two apart: another name in the definition.",
        )
    )


def _agreed(screen: Screen, question: str, *, yes: bool) -> bool:
    if yes or click.confirm(question, default=False, err=True):
        return True
    screen.note("Nothing was created.")
    return False
