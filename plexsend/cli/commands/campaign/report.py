"""`plexsend campaign report`: every row of a run with its fate, as a file for spreadsheets and as a page."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plexsend.cli.commands.campaign.group import run_account_option, run_argument
from plexsend.cli.opening import open_outbox
from plexsend.cli.options import example, json_option
from plexsend.cli.output_files import CsvFile, HtmlFile
from plexsend.errors import UsageError
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from plexsend.campaigns.report.figures import CampaignReport
    from plexsend.campaigns.report.languages import Language
    from plexsend.campaigns.report.making import MadeReport, ReportMaker
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings

_REMEDY = "Name another file, remove it, or give --overwrite."


@click.command(
    epilog=example(
        "plexsend campaign report spring-sale --html report.html --csv report.csv",
        "plexsend campaign report spring-sale --against spring-sale/1 --lang en",
    )
)
@run_argument
@click.option(
    "--html", "html_path", type=HtmlFile(), metavar="F", help="Write a page with plots to this file."
)
@click.option(
    "--csv",
    "csv_path",
    type=CsvFile(),
    metavar="F",
    help="Write every row to this file, in your own columns with its fate behind them.",
)
@click.option(
    "--lang",
    type=click.Choice(("ko", "en")),
    default="ko",
    show_default=True,
    help="In Korean or in English.",
)
@click.option("--against", metavar="NAME", help="Show another run beside it.")
@click.option(
    "--archive",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Look into this archive for codes and times that Redis has forgotten (plexsend archive).",
)
@click.option(
    "--whole-numbers",
    is_flag=True,
    help="Write telephone numbers whole into the CSV; they are masked otherwise.",
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@run_account_option
@json_option
def report(
    *,
    name: str,
    html_path: Path | None,
    csv_path: Path | None,
    lang: str,
    against: str | None,
    archive: Path | None,
    whole_numbers: bool,
    overwrite: bool,
    account: str | None,
    as_json: bool,
) -> None:
    """Report what became of every row of the run NAME.

    Success, failure, pending and excluded add up to the rows; a message and its fallback are one row. The
    page needs nothing but itself, prints on A4, and holds no telephone number. The CSV opens in a
    spreadsheet, which computes nothing in it and drops no 0. Both files are readable by you alone.

    Codes, carriers and times are known as long as records are kept (the policy keep_days), with --archive
    as long as that is; what became of a row is known until its run is deleted.
    """
    from plexsend.campaigns.report.languages import Language

    screen = Screen(as_json=as_json)
    _check_files(html_path, csv_path, overwrite=overwrite)
    with open_outbox(screen) as (settings, store):
        maker = _maker(store, settings, name, account)
        other = None if against is None else _maker(store, settings, against, account)
        _check_list(csv_path, maker)
        language = Language(lang)
        made = _make(
            screen, maker, archive, language, csv_path, whole_numbers=whole_numbers, overwrites=overwrite
        )
        beside = None if other is None else _make(screen, other, archive, language)
        _write_page(html_path, made.report, beside, language, overwrites=overwrite)
    _show(screen, made.report, beside, language)
    for problem in (*made.problems, *(beside.problems if beside else ())):
        screen.warn(problem)
    for path in (csv_path, html_path):
        if path is not None:
            screen.say(f"{path} is written.")


def _check_files(html_path: Path | None, csv_path: Path | None, *, overwrite: bool) -> None:
    from plexsend.extras import require
    from plexsend.private_files import require_free

    if html_path is not None:
        require("campaigns")
    for path in (html_path, csv_path):
        if path is not None and not overwrite:
            require_free(path, remedy=_REMEDY)


def _maker(store: Store, settings: Settings, name: str, account: str | None) -> ReportMaker:
    from plexsend.campaigns.reading.finding import find_run
    from plexsend.campaigns.report.making import ReportMaker

    return ReportMaker(store, settings.campaign_dir, find_run(store, name, account))


# The mistake that would cost the most, and which --overwrite makes possible.
def _check_list(csv_path: Path | None, maker: ReportMaker) -> None:
    recipients = maker.definition.recipients
    if csv_path is not None and recipients and csv_path.resolve() == Path(recipients).resolve():
        raise UsageError(f"{csv_path} is the list of recipients itself. Name another file with --csv.")


def _make(
    screen: Screen,
    maker: ReportMaker,
    archive: Path | None,
    language: Language,
    csv_path: Path | None = None,
    *,
    whole_numbers: bool = False,
    overwrites: bool = False,
) -> MadeReport:
    from plexsend.campaigns.report.csv_file import ReportCsv
    from plexsend.campaigns.report.own_columns import OwnColumns
    from plexsend.private_files import private_file
    from plexsend.spreadsheets import ENCODING
    from plexsend.terminal.meter import meter

    with ExitStack() as stack:
        take = None
        if csv_path is not None:
            file = stack.enter_context(private_file(csv_path, encoding=ENCODING, overwrites=overwrites))
            own = OwnColumns(maker.run.columns, maker.definition.mapping, whole_numbers=whole_numbers)
            take = ReportCsv(file, own, maker.clock, language).write
        progress = stack.enter_context(meter(screen, "report", "rows"))
        return maker.make(archive=archive, take=take, progress=progress)


def _write_page(
    path: Path | None,
    report: CampaignReport,
    beside: MadeReport | None,
    language: Language,
    *,
    overwrites: bool,
) -> None:
    if path is None:
        return
    from plexsend.campaigns.report.page import page_of
    from plexsend.private_files import private_file

    with private_file(path, overwrites=overwrites) as file:
        file.write(page_of(report, language, against=None if beside is None else beside.report))


def _show(screen: Screen, report: CampaignReport, beside: MadeReport | None, language: Language) -> None:
    from plexsend.campaigns.report.against import Comparison
    from plexsend.cli.campaign_report_output import (
        comparison_facts,
        report_facts,
        show_comparison,
        show_report,
    )

    comparison = None if beside is None else Comparison(report, beside.report)
    facts = report_facts(report)
    screen.facts(facts if comparison is None else {**facts, **comparison_facts(comparison)})
    if not screen.as_json:
        show_report(screen, report, language)
        if comparison is not None:
            show_comparison(screen, comparison, language)
