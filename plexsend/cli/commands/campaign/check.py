"""`plexsend campaign check`: every row of a campaign judged before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.commands.campaign.group import run_account_option
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option
from plexsend.cli.output_files import CsvFile
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

errors_option = click.option(
    "--errors",
    type=CsvFile(),
    metavar="CSV",
    help="Write each row that is invalid into this file, in your own columns, with reason and remedy.",
)
repeats_option = click.option(
    "--repeats",
    type=CsvFile(),
    metavar="CSV",
    help="Write each row whose number came before into this file, with the line in which it did.",
)
recipients_option = click.option(
    "--recipients",
    metavar="LIST|-",
    help="The list, in place of that which FILE names; - reads the standard input.",
)


@click.command(
    epilog=example(
        "plexsend campaign check spring.toml",
        "plexsend campaign check spring.toml --errors errors.csv --repeats repeats.csv",
        "plexsend campaign check spring-sale",
    )
)
@click.argument("what", metavar="FILE|NAME")
@recipients_option
@errors_option
@repeats_option
@run_account_option
@json_option
def check(
    *,
    what: str,
    recipients: str | None,
    errors: Path | None,
    repeats: Path | None,
    account: str | None,
    as_json: bool,
) -> int:
    """Judge every row of a campaign, and show its plan.

    Sends nothing. The campaign is that in FILE, or the run NAME. Each row is personalised and judged by the
    rules of the gateway, as it will be when it is sent. Some rows are shown as a phone shows them.

    With --json each invalid row is a line, and the last line is the summary. Exit code 1 if a row is invalid.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        from plexsend.campaigns.checks.checking import check as check_campaign
        from plexsend.campaigns.plans.planning import plan, read_facts
        from plexsend.cli.campaign_checking import CheckScreen, note_test
        from plexsend.cli.campaign_sources import from_file, from_name, is_definition, judging_processes
        from plexsend.outbox.policies.wall_clocks import clock_of

        source = (
            from_file(what, recipients) if is_definition(what) else from_name(store, settings, what, account)
        )
        source.spare(errors, repeats)
        definition = source.definition
        shown = CheckScreen(screen, clock_of(store, definition.account))
        with source.open() as opened, shown.progress() as progress:
            report = check_campaign(
                definition,
                opened,
                store,
                settings,
                processes=judging_processes(),
                errors=errors,
                repeats=repeats,
                progress=progress,
                on_invalid=shown.invalid if as_json else None,
                on_mended=shown.mended if as_json else None,
                folder=source.folder,
                known=source.problems,
            )
        starts_ms = None if source.run is None else source.run.starts_ms or None
        facts = read_facts(store, definition, report, starts_ms=starts_ms)
        shown.print(report, plan(facts) if report.can_go else None, source.shown)
        if report.can_go:
            note_test(screen, store, definition, source.run)
    return shown.end(report, errors=errors)
