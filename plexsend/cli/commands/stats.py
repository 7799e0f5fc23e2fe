"""`plexsend stats`: what became of a month's messages, by day or something else, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import ACCOUNT, example, json_option, wide_option
from plexsend.cli.output_files import CsvFile
from plexsend.terminal.moments import utc
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plexsend.outbox.reading.months import Month, StillOpen
    from plexsend.outbox.reading.stats import DayCount
    from plexsend.outbox.reading.stats_table import StatsTable
    from plexsend.outbox.redis.store import Store

_SUBJECTS = ("day", "service", "account", "lane", "code", "carrier")


@click.command(
    epilog=example("plexsend stats", "plexsend stats --month 2026-11 --by service --csv november.csv")
)
@click.option("--month", "month_text", metavar="YYYY-MM", help="Which month. [default: this one]")
@click.option(
    "--by", type=click.Choice(_SUBJECTS), default="day", show_default=True, help="What a line is about."
)
@click.option("--account", type=ACCOUNT, metavar="A", help="Of this account alone.")
@click.option(
    "--csv",
    "csv_path",
    type=CsvFile(),
    metavar="F",
    help="Write all columns to this file too, which spreadsheets open.",
)
@click.option(
    "--take-stock",
    "takes_stock",
    is_flag=True,
    help="Take what no day holds as it is now, after programs ran that count nothing by day.",
)
@wide_option
@json_option
def stats(
    *,
    month_text: str | None,
    by: str,
    account: str | None,
    csv_path: Path | None,
    takes_stock: bool,
    wide: bool,
    as_json: bool,
) -> None:
    """Show what became of a month's messages, and what they cost.

    A message counts as submitted on the day of its submit, and in its state on the day on which it ended
    first: what its receipt says later counts on that day too. Success is delivered; failure is undelivered,
    rejected, failed or expired; pending is accepted, and its receipt may come; none is cancelled or unknown.
    Days are kept for 26 months, whatever becomes of the records.

    Costs need a price: `plexsend policy set mms-bulk price=60 --reason …`. A narrow terminal leaves out
    columns; --wide shows them, and --csv and --json have each state. With --take-stock nothing is shown.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (_, store):
        accounts = _accounts(store, account)
        if takes_stock:
            _take_stock(screen, store, accounts)
        else:
            _show(screen, store, accounts, month_text, by, csv_path=csv_path, wide=wide)


def _accounts(store: Store, account: str | None) -> list[str]:
    from plexsend.cli.targets import require_account
    from plexsend.outbox.reading import queries

    known = queries.accounts(store)
    if account is None:
        return known
    require_account(account, known)
    return [account]


def _take_stock(screen: Screen, store: Store, accounts: Sequence[str]) -> None:
    from plexsend.outbox.stats import take_stock

    for name in accounts:
        take_stock(store, name)
        screen.facts({"account": name, "stock": "taken"})
    screen.say(f"Stock is taken of: {', '.join(accounts) or 'no account, there is none yet'}.")


def _show(
    screen: Screen,
    store: Store,
    accounts: Sequence[str],
    month_text: str | None,
    by: str,
    *,
    csv_path: Path | None,
    wide: bool,
) -> None:
    from plexsend.cli.stats_output import columns, facts, row, subject_of, write_csv
    from plexsend.outbox.policies.state import read_to_show
    from plexsend.outbox.reading.months import Month, still_open
    from plexsend.outbox.reading.prices import PriceList
    from plexsend.outbox.reading.stats import today_of
    from plexsend.outbox.reading.stats_table import By, add_up

    subject = By(by)
    today = today_of(store, accounts[0] if len(accounts) == 1 else None)
    month = Month.of(today) if month_text is None else Month.parse(month_text)
    served: set[tuple[str, str]] = set()
    table = add_up(_counts(store, accounts, month, served), PriceList.read(store), subject)
    rows = [row(line, table) for line in (*table.lines, table.total)] if table.lines else []
    screen.table(columns(table), rows, empty=f"Nothing was counted in {month}.", blocks=True, wide=wide)
    for line in table.lines:
        screen.facts({"month": str(month), **subject_of(line, subject), **facts(line, table)})
    if csv_path is not None:
        write_csv(csv_path, table)
        screen.say(f"All columns are in {csv_path}.")
    end = still_open(read_to_show(store), month, served)
    _show_end(screen, store, table, month, accounts, end=end)


def _counts(
    store: Store, accounts: Sequence[str], month: Month, served: set[tuple[str, str]]
) -> Iterator[DayCount]:
    from plexsend.outbox.reading.stats import day_counts

    for account in accounts:
        for count in day_counts(store, account, month.first, month.last):
            served.add((count.account, count.service))
            yield count


def _show_end(
    screen: Screen,
    store: Store,
    table: StatsTable,
    month: Month,
    accounts: Sequence[str],
    *,
    end: StillOpen,
) -> None:
    from plexsend.cli.stats_output import facts
    from plexsend.outbox.reading.queries import server_ms
    from plexsend.outbox.reading.stats import counted_since

    now_ms = server_ms(store)
    since_ms = counted_since(store, accounts, month.after)
    is_final = end.changes_until_ms <= now_ms
    screen.facts(
        {
            "month": str(month),
            "total": facts(table.total, table),
            "final": is_final,
            "receipts_until": utc(end.receipts_until_ms or None),
            "changes_until": utc(end.changes_until_ms or None),
            "counted_since": utc(since_ms),
            "unpriced_services": list(table.unpriced),
        }
    )
    if not screen.as_json and table.lines:
        _say_end(screen, store, table, month, accounts, end=end, now_ms=now_ms, since_ms=since_ms)


def _say_end(
    screen: Screen,
    store: Store,
    table: StatsTable,
    month: Month,
    accounts: Sequence[str],
    *,
    end: StillOpen,
    now_ms: int,
    since_ms: int | None,
) -> None:
    from plexsend.cli.timing import timing_of

    timing = timing_of(store, accounts[0])
    if end.changes_until_ms <= now_ms:
        screen.say(f"{month} changes no more: no record is left of what ended in it.", wraps=True)
    else:
        receipts = (
            f"Receipts are waited for until {timing.show_ms(end.receipts_until_ms)}"
            if end.receipts_until_ms > now_ms
            else "Receipts are not waited for any more"
        )
        screen.say(
            f"{month} may still change. {receipts}; one that is late counts, and dead letters can be sent "
            f"again, as long as there are records: until {timing.show_ms(end.changes_until_ms)}.",
            wraps=True,
        )
    if since_ms is not None:
        screen.say(f"Days are counted since {timing.show_ms(since_ms)}.", wraps=True)
    if table.unpriced and table.total.won:
        screen.note(
            f"Without a price, and not in the sum of won: {', '.join(table.unpriced)}. "
            f"plexsend policy set {table.unpriced[0]} price=WON --reason …"
        )
