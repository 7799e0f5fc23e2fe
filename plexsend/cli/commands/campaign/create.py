"""`plexsend campaign create`: a run made of a campaign's definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.commands.campaign.check import errors_option, recipients_option, repeats_option
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option, yes_option
from plexsend.errors import UsageError
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

leave_out_option = click.option(
    "--leave-out-invalid", is_flag=True, help="Leave invalid rows out, however many they are."
)
_ONLY = ("unsent", "failed", "reached")


@click.command(
    epilog=example(
        "plexsend campaign create spring.toml",
        "plexsend campaign create spring.toml --yes --leave-out-invalid",
        "plexsend campaign create again.toml --from-run spring-sale --only failed --reason 전원꺼짐",
    )
)
@click.argument("file", metavar="FILE")
@recipients_option
@yes_option
@leave_out_option
@errors_option
@repeats_option
@click.option("--from-run", metavar="NAME", help="Write to rows of this run, in place of a list.")
@click.option("--only", type=click.Choice(_ONLY), help="Which rows of --from-run: those with this outcome.")
@click.option(
    "--reason",
    "reasons",
    multiple=True,
    metavar="R",
    help="Only rows with this code, or a code with these words; may be given again.",
)
@json_option
def create(
    *,
    file: str,
    recipients: str | None,
    yes: bool,
    leave_out_invalid: bool,
    errors: Path | None,
    repeats: Path | None,
    from_run: str | None,
    only: str | None,
    reasons: tuple[str, ...],
    as_json: bool,
) -> int:
    """Create a run of the campaign in FILE.

    It is checked again, and its plan is shown, before it asks. The recipients are copied: what you change in
    your list later changes nothing. With `send_at` it is scheduled, with `cron` a run is made at each of its
    times, otherwise `plexsend campaign start` starts it. Exit code 1 if a row is invalid.
    """
    screen = Screen(as_json=as_json)
    if (from_run is None) != (only is None) or (reasons and from_run is None):
        raise UsageError("--from-run and --only go together, and --reason belongs to them.")
    if from_run is not None and recipients is not None:
        raise UsageError("--from-run and --recipients both name recipients. Leave one of the two out.")
    from plexsend.cli.campaign_creating import create_campaign, print_created, require_answer

    require_answer(yes=yes)
    with open_outbox(screen) as (settings, store):
        from plexsend.campaigns.definitions.definition import read_definition
        from plexsend.cli.campaign_sources import of_definition, of_selection

        definition = read_definition(file)
        if from_run is None:
            source, of_run = of_definition(definition, recipients), ""
        else:
            source, of_run = of_selection(
                screen, settings, store, definition, run=from_run, only=only or "", reasons=reasons
            )
        created, code = create_campaign(
            screen,
            settings,
            store,
            source,
            yes=yes,
            leaves_out_invalid=leave_out_invalid,
            errors=errors,
            repeats=repeats,
            of_run=of_run,
        )
        if created is not None:
            print_created(screen, store, definition, created)
    return code
