"""`plexsend stats`, and its page."""

from __future__ import annotations

import csv
import re
import shlex
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.cli.stats_output import columns, row
from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.stats_table import By, StatsLine, StatsTable
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.states import State
from plexsend.terminal.tables import lay_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

DOCS = Path(__file__).parents[3] / "docs"
SPRING = Lane("mms-bulk", None, "main", "spring")
SMS = Lane("sms-standard", None, "shop")


@pytest.fixture
def month(yard: Any, store: Store) -> None:
    """Messages that ended in several ways."""
    yard.end(Outcome.ACCEPTED, *(f"a{i}" for i in range(20)), code="C100")
    yard.end(Outcome.ACCEPTED, "g1", "g2", lane=SPRING, code="C100")
    yard.end(Outcome.REJECTED, "r1", code="G140")
    yard.end(Outcome.ACCEPTED, "s1", lane=SMS, code="C100")
    yard.add("waiting")
    said = [
        Receipt("a0", "0", "SKT"),
        Receipt("a1", "0", "KT"),
        Receipt("a2", "2", "KT"),
        Receipt("g1", "0", "KT"),
    ]
    take_receipts(store, "main", said)


def total(ended: Any) -> dict[str, Any]:
    assert ended.code == 0, ended.err
    return dict(ended.lines[-1]["total"])


@pytest.mark.usefixtures("month")
def test_a_month_by_day_has_its_sum(run: Callable[..., Any]) -> None:
    ended = run("stats", "--json")
    (day, last) = ended.lines
    assert last["total"].items() <= day.items()
    assert {name: n for name, n in total(ended).items() if n} == {
        "submitted": 25,
        "accepted": 19,
        "delivered": 3,
        "undelivered": 1,
        "rejected": 1,
        "success": 3,
        "failure": 2,
        "pending": 19,
        "billed": 23,
        "unpriced": 23,
    }
    assert last["final"] is False
    assert last["receipts_until"] < last["changes_until"]
    shown = run("stats").out
    assert re.search(r"^total +25 +3 +2 +19 +0 +23$", shown, re.MULTILINE)
    assert f"{last['month']} may still change. Receipts are waited for until" in shown


@pytest.mark.usefixtures("month")
@pytest.mark.parametrize(
    ("by", "lines"),
    [
        ("service", {"mms-bulk": 24, "sms-standard": 1}),
        ("account", {"main": 24, "shop": 1}),
        ("lane", {"mms-bulk@main": 22, "mms-bulk/spring@main": 2, "sms-standard@shop": 1}),
        ("code", {"C100": None, "0": None, "2": None, "G140": None}),
        ("carrier", {None: None, "KT": None, "SKT": None}),
    ],
)
def test_a_month_by_something_else_has_the_same_sum(
    run: Callable[..., Any], by: str, lines: dict[str | None, int | None]
) -> None:
    ended = run("stats", "--by", by, "--json")
    assert {line[by]: line["submitted"] for line in ended.lines[:-1]} == lines
    assert total(ended)["success"] == 3
    assert sum(line["billed"] for line in ended.lines[:-1]) == total(ended)["billed"] == 23


@pytest.mark.usefixtures("month")
def test_codes_are_explained(run: Callable[..., Any]) -> None:
    found = {line["code"]: line["desc"] for line in run("stats", "--by", "code", "--json").lines[:-1]}
    assert all(found.values())
    assert f"{found['2']} (없는 번호 또는 미가입자)" in run("stats", "--by", "code").out


@pytest.mark.usefixtures("month")
def test_a_price_makes_won_and_billed_states_are_a_policy(run: Callable[..., Any]) -> None:
    run("policy", "set", "mms-bulk", "price=60.50", "--reason", "contract")
    ended = run("stats", "--by", "service", "--json")
    assert [(line["billed"], line["won"], line["unpriced"]) for line in ended.lines[:-1]] == [
        (22, 1331, 0),
        (1, None, 1),
    ]
    assert ended.lines[-1]["unpriced_services"] == ["sms-standard"]
    # What has a price is in the sum, on the screen and in a file.
    assert (total(ended)["won"], total(ended)["unpriced"]) == (1331, 1)
    assert "Without a price, and not in the sum of won: sms-standard." in run("stats").err
    run("policy", "set", "all", "billed=delivered", "--reason", "contract")
    run("policy", "set", "sms-standard@shop", "price=8", "--reason", "contract")
    assert total(run("stats", "--json"))["won"] == 181.5
    # Accepted messages of the other service are not billed now, so no price is missing.
    assert total(run("stats", "--json"))["unpriced"] == 0


@pytest.mark.parametrize("value", ["price=-1", "price=sixty", "price=1.234", "billed=waiting", "billed=paid"])
def test_what_is_not_a_price_or_a_final_state_is_refused(run: Callable[..., Any], value: str) -> None:
    assert run("policy", "set", "mms-bulk", value, "--reason", "x").code == 2


@pytest.mark.usefixtures("month")
def test_a_file_has_each_state_and_opens_in_a_spreadsheet(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "month.csv"
    assert run("stats", "--by", "lane", "--csv", str(path)).code == 0
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["lane"] for row in rows] == [
        "mms-bulk/spring@main",
        "mms-bulk@main",
        "sms-standard@shop",
        "total",
    ]
    assert rows[-1]["delivered"] == "3"
    ended = run("stats", "--csv", str(tmp_path / "none" / "month.csv"), "--json")
    assert (ended.code, ended.error["kind"]) != (0, "")
    assert "cannot be written" in ended.error["message"]


@pytest.mark.usefixtures("month")
def test_a_file_by_code_says_what_each_means_and_keeps_its_digits(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "codes.csv"
    assert run("stats", "--by", "code", "--csv", str(path)).code == 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        means = {row["code"]: row["means"] for row in csv.DictReader(file)}
    assert means["2"].endswith(" (없는 번호 또는 미가입자)")
    assert means["total"] == ""


@pytest.mark.parametrize("name", ["month.xlsx", "MONTH.XLS", "month.csv.gz", "month.json"])
@pytest.mark.parametrize(
    "command", [("stats", "--csv"), ("suppress", "check", "--file", "a.csv", "--output")]
)
def test_a_name_that_promises_another_kind_of_file_is_refused(
    run: Callable[..., Any], tmp_path: Path, command: tuple[str, ...], name: str
) -> None:
    path = tmp_path / name
    ended = run(*command, str(path))
    assert ended.code == 2
    assert f"{path.with_suffix('.csv').name}." in ended.err
    assert not path.exists()


@pytest.mark.usefixtures("month")
def test_an_account_is_looked_at_by_itself(run: Callable[..., Any]) -> None:
    assert total(run("stats", "--account", "shop", "--json"))["submitted"] == 1
    assert run("stats", "--account", "nobody").code == 1


def test_a_month_that_is_not_one_is_wrong_usage(run: Callable[..., Any]) -> None:
    for text in ("2026-13", "11-2026", "2026-1", "now"):
        assert run("stats", "--month", text).code == 2


@pytest.mark.usefixtures("month")
def test_a_month_without_messages_says_so(run: Callable[..., Any]) -> None:
    for text in ("2020-02", "1999-01"):
        ended = run("stats", "--month", text)
        assert (ended.code, ended.out) == (0, "")
        assert ended.err == f"Nothing was counted in {text}.\n"
    assert total(run("stats", "--month", "2020-02", "--json"))["submitted"] == 0


@pytest.mark.usefixtures("month")
def test_stock_is_taken_where_audit_asks_for_it(run: Callable[..., Any], store: Store) -> None:
    (day,) = store.client.scan_iter(f"{store.keys.stats('main')}:*")
    store.client.hincrby(day, "mms-bulk@main|submitted", -3)
    found = run("audit", "--json").lines[-1]
    assert [one["what"] for one in found["breaks"]] == [
        "account main: its days hold 21 submitted, its lanes 24"
    ]
    assert "plexsend stats --take-stock" in found["breaks"][0]["remedy"]
    assert run("stats", "--take-stock", "--json").lines == [
        {"account": "main", "stock": "taken"},
        {"account": "shop", "stock": "taken"},
    ]
    assert run("audit", "--json").lines[-1]["ok"] is True


def test_ten_million_messages_fit_a_terminal_of_80_columns() -> None:
    line = StatsLine("2026-11-28", 99_999_999, billed=99_999_999, won=Decimal(9_999_999_999))
    line.states.update(dict.fromkeys(State, 9999999))
    table = StatsTable(By.DAY, (line,), line, ())
    assert lay_out(columns(table), [row(line, table)], 80).width <= 80


@pytest.mark.parametrize("page", ["stats.md", "stats.ko.md"])
def test_every_command_of_the_page_answers_as_it_shows(
    page: str, run: Callable[..., Any], yard: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```console\n(.*?)```", DOCS.joinpath(page).read_text("utf-8"), re.DOTALL)
    commands = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE) if part]
    assert len(commands) > 7
    # The account and the state that commands name have a message.
    yard.add("a")
    for command in commands:
        typed, _, shown = command.partition("\n")
        program, *args = shlex.split(typed)
        ended = run(*args)
        assert (program, ended.code) == ("plexsend", 0), (typed, ended.err)
        if shown:
            assert ended.out == shown
