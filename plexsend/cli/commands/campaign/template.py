"""`plexsend campaign template`: an empty list with the columns that a campaign needs."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plexsend.cli.commands.campaign.group import run_account_option
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option
from plexsend.cli.output_files import CsvFile
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from plexsend.campaigns.definitions.definition import Definition


@click.command(
    epilog=example(
        "plexsend campaign template spring.toml --output recipients.csv",
        "plexsend campaign template spring-sale --output recipients.csv",
    )
)
@click.argument("what", metavar="NAME|FILE")
@run_account_option
@click.option("--output", type=CsvFile(), metavar="FILE", help="The file to write, in place of the output.")
@json_option
def template(*, what: str, account: str | None, output: Path | None, as_json: bool) -> None:
    """Write an empty list with the columns that texts need.

    FILE is the definition, NAME a campaign that was created. The list is CSV in UTF-8 with a byte order mark,
    so that a spreadsheet program opens it as it is. Fill it in, one person a row.
    """
    screen = Screen(as_json=as_json)
    definition = _find(what, account, screen)
    from plexsend.campaigns.definitions.shape import columns_needed
    from plexsend.private_files import private_file, require_free
    from plexsend.spreadsheets import ENCODING, cell

    columns = columns_needed(definition)
    text = io.StringIO()
    csv.writer(text).writerow(map(cell, columns))
    if output is not None:
        require_free(output, remedy="Name another file, or remove it.")
        with private_file(output, encoding=ENCODING) as file:
            file.write(text.getvalue())
    screen.facts({"columns": list(columns), "output": None if output is None else str(output)})
    if output is not None:
        screen.say(
            f"{output} is there, with the columns {', '.join(columns)}. Fill in a row for each person.",
            wraps=True,
        )
    elif not as_json:
        click.echo(text.getvalue().encode(ENCODING), nl=False)


def _find(what: str, account: str | None, screen: Screen) -> Definition:
    from plexsend.campaigns.definitions.definition import Definition, read_definition

    if what.lower().endswith(".toml") or Path(what).is_file():
        # The list comes later than its template.
        return read_definition(what, with_files=False)
    with open_outbox(screen) as (_, store):
        from plexsend.campaigns.reading.finding import find_campaign, find_run

        made = "" if "/" in what else find_campaign(store, what, account).definition
        return Definition.from_json(made or find_run(store, what, account).definition)
