"""`plexsend campaign report`: the same sums as `show`, and files that hold every row."""

from __future__ import annotations

import csv
import json
import re
import shlex
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.archive.day_file import DayFile
from plexsend.archive.folder import Folder
from plexsend.archive.lines import ArchiveLine
from plexsend.archive.members import Label
from plexsend.campaigns.definitions.defined import Definition
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.outbox.batches import Outcome
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.states import State
from tests.integration.campaigns.run_bench import RunBench
from tests.integration.outbox.bench import Bench
from tests.pages import ROOT, Page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

ROWS = 40
MOST_PICTURE_BYTES = 150_000


@pytest.fixture
def played(store: Store, tmp_path: Path) -> RunBench:
    """A run in which each outcome comes: two rows are left out, ten accepted, ten rejected."""
    return play(store, tmp_path, "spring")


def play(store: Store, root: Path, name: str) -> RunBench:
    bench = RunBench(Bench(store), ROWS, name)
    run = bench.run
    folder = RunFolder(root, "main", run.group, run.id)
    rows = [
        (number + 2, (f"=사람{number}", f"010{20_000_000 + number}", "서울\r\n강남"))
        for number in range(ROWS)
    ]
    chunk = folder.write_chunk(0, 0, rows)
    marks = folder.write_marks(b" " * (ROWS - 2) + b"di")
    definition = Definition(name=name, service="mms-bulk", mapping={"receiver_number": "휴대폰"})
    store.client.hset(
        store.keys.run("main", run.group),
        mapping={
            "definition": definition.as_json(),
            "columns": json.dumps(["이름", "휴대폰", "주소"]),
            "c:0": f"{chunk.digest} 0 {ROWS}",
            "label": "봄맞이",
            "marks": marks,
            "invalid": 1,
            "left_out": 1,
        },
    )
    bench.feed(25)
    bench.send(Outcome.ACCEPTED, "C100")
    bench.send(Outcome.REJECTED, "G141")
    bench.pass_over(1, Fate.INVALID)
    return bench


def settings(tmp_path: Path) -> dict[str, str]:
    return {"PLEXSEND_CAMPAIGN_DIR": str(tmp_path)}


@pytest.mark.parametrize("receipts", [False, True])
def test_the_sums_are_those_of_show(
    run: Callable[..., Any], played: RunBench, tmp_path: Path, *, receipts: bool
) -> None:
    if receipts:
        played.receive("0", [played.key(0), played.key(1)])
        played.receive("E", [played.key(2)])
    (found,) = run("campaign", "report", "spring", "--json", **settings(tmp_path)).lines
    counts = played.counts
    outcomes = {name: found[name] for name in counts.outcomes}
    assert outcomes == counts.outcomes
    assert sum(outcomes.values()) == found["rows"] == counts.rows == ROWS
    fates = found["fates"]
    assert fates["accepted"] + fates["awaited"] == counts.accepted == (7 if receipts else 10)
    assert (fates["waiting"], fates["rejected"]) == (counts.waiting, counts.rejected)
    assert fates["duplicate"] + fates["invalid"] == counts.left_out == 3
    codes = {each["code"]: (each["korean"], each["rows"]) for each in found["codes"]}
    assert codes["G141"] == ("수신번호 오류", 10)
    if receipts:
        assert codes["E"] == ("단말기 전원 꺼짐", 1)


def test_a_table_says_it_in_the_language_that_is_asked_for(
    run: Callable[..., Any], played: RunBench, tmp_path: Path
) -> None:
    assert played.run.rows == ROWS
    out = run("campaign", "report", "spring/1", **settings(tmp_path)).out
    assert out.startswith("봄맞이 (spring/1), 발송 중\n")
    assert "성공 10 + 실패 10 + 대기 17 + 제외 3 = 전체 40" in out
    assert "수신번호 오류" in out
    english = run("campaign", "report", "spring", "--lang", "en", **settings(tmp_path)).out
    assert "success 10 + failure 10 + pending 17 + excluded 3 = all rows 40" in english


def test_a_run_whose_group_somebody_paused_is_paused(
    run: Callable[..., Any], played: RunBench, tmp_path: Path
) -> None:
    run("pause", f"group:{played.group}", "--reason", "price")
    (found,) = run("campaign", "report", "spring", "--json", **settings(tmp_path)).lines
    assert (found["state"], found["why"]) == ("paused", "price")


@pytest.mark.usefixtures("played")
def test_files_hold_every_row_for_their_owner_alone(run: Callable[..., Any], tmp_path: Path) -> None:
    table, page = tmp_path / "r.csv", tmp_path / "r.html"
    given = ("campaign", "report", "spring", "--csv", str(table), "--html", str(page))
    assert run(*given, **settings(tmp_path)).code == 0
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == ROWS
    assert (rows[0]["이름"], rows[0]["휴대폰"], rows[0]["주소"]) == ("'=사람0", "****0000", "서울\n강남")
    assert [rows[at]["상태"] for at in (0, 10, 20, 25, 30, 38, 39)] == [
        *("접수 완료", "발송 실패(거부)", "발송 대기", "오류 행", "발송 대기", "중복 번호", "오류 행"),
    ]
    for path in (table, page):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "010200" not in path.read_text("utf-8")
    refused = run(*given, "--json", **settings(tmp_path))
    assert (refused.code, "--overwrite" in refused.error["message"]) == (2, True)
    assert run(*given, "--overwrite", "--whole-numbers", **settings(tmp_path)).code == 0
    assert "010-2000-0000" in table.read_text("utf-8-sig")
    assert "2000-0000" not in page.read_text("utf-8")


def test_the_list_of_recipients_is_never_replaced(
    run: Callable[..., Any], played: RunBench, store: Store, tmp_path: Path
) -> None:
    own = tmp_path / "customers.csv"
    own.write_text("이름,휴대폰\n")
    definition = Definition(name="spring", service="mms-bulk", recipients=str(own))
    store.client.hset(store.keys.run("main", played.group), "definition", definition.as_json())
    ended = run(
        "campaign", "report", "spring", "--csv", str(own), "--overwrite", "--json", **settings(tmp_path)
    )
    assert (ended.code, "is the list of recipients itself" in ended.error["message"]) == (2, True)
    assert own.read_text() == "이름,휴대폰\n"


@pytest.mark.parametrize(("option", "name"), [("--csv", "r.xlsx"), ("--html", "r.csv"), ("--html", "r.pdf")])
def test_a_name_that_promises_another_kind_of_file_is_refused(
    run: Callable[..., Any], tmp_path: Path, option: str, name: str
) -> None:
    ended = run("campaign", "report", "spring", option, str(tmp_path / name))
    assert ended.code == 2
    assert f"Name it r{option.replace('--', '.')}." in ended.err


@pytest.mark.parametrize("page", ["docs/campaigns.md", "docs/ko/campaigns.md"])
def test_commands_and_columns_of_the_page_are_right(
    run: Callable[..., Any], store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.chdir(tmp_path)
    play(store, tmp_path, "spring-sale")
    play(store, tmp_path, "spring-sale")
    shown = Page.of(page)
    commands = [line for line in shown.commands() if line.startswith("plexsend campaign report ")]
    assert len(commands) == 5
    for line in commands:
        done = run(*shlex.split(line)[1:], **settings(tmp_path))
        assert done.code == 0, (line, done.err)
    for name, place in (("report.csv", 0), ("english.csv", 1)):
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file))[3:]
        rows = re.findall(r"^\| ([가-힣, ]+) \| ([a-z_, ]+) \| ", shown.text, re.MULTILINE)
        listed = [title for row in rows for title in row[place].split(", ")]
        assert [title.partition(" (")[0] for title in header] == listed
    for picture in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", shown.text):
        size = (ROOT / page).parent.joinpath(picture).stat().st_size
        assert 0 < size < MOST_PICTURE_BYTES, picture


def test_another_run_is_shown_beside_it(
    run: Callable[..., Any], played: RunBench, store: Store, tmp_path: Path
) -> None:
    other = play(store, tmp_path, "autumn")
    other.pass_over(4, Fate.INVALID)
    given = ("campaign", "report", played.group, "--against", "autumn", "--lang", "en")
    ended = run(*given, **settings(tmp_path))
    assert "success rate" in ended.out
    assert "fewer than 30 such rows: too few to compare" in ended.out
    (found,) = run(*given, "--json", **settings(tmp_path)).lines
    assert (found["against"], found["other"]["failure"]) == ("autumn/1", 10)
    assert found["differences"]["success_of_decided"]["few"] is True
    assert found["differences"]["excluded_of_rows"]["points"] == -10
    assert found["differences"]["failure_of_rows"]["points"] == 0


def test_an_archive_adds_what_redis_has_forgotten(
    run: Callable[..., Any], played: RunBench, store: Store, tmp_path: Path
) -> None:
    gone, its_run = played.key(10), played.run
    store.client.delete(store.keys.record("main", gone))
    store.client.setrange(store.keys.fates("main", played.group), 10, "r")
    ended_ms = its_run.started_ms + 1_000
    line = ArchiveLine(gone, played.lane, State.REJECTED, ended_ms, code="G142", ended_ms=ended_ms)
    with Folder.to_write(tmp_path / "archive") as folder:
        day = datetime.fromtimestamp(ended_ms / 1000, UTC).date()
        DayFile(folder, day).append(Label("main", f"{ended_ms}-0", f"{ended_ms}-1"), [line])
    given = ("campaign", "report", "spring", "--json")
    (without,) = run(*given, **settings(tmp_path)).lines
    assert (without["untimed"], without["failure"]) == (1, 10)
    (found,) = run(*given, "--archive", str(tmp_path / "archive"), **settings(tmp_path)).lines
    assert (found["untimed"], found["failure"]) == (0, 10)
    assert {each["code"]: each["rows"] for each in found["codes"]} == {"C100": 10, "G141": 9, "G142": 1}


def test_a_run_whose_rows_were_deleted_has_no_report(
    run: Callable[..., Any], played: RunBench, tmp_path: Path
) -> None:
    assert played.run.rows == ROWS
    run("campaign", "cancel", "spring", "--yes")
    run("campaign", "drop", "spring", **settings(tmp_path))
    ended = run("campaign", "report", "spring", "--json", **settings(tmp_path))
    assert ended.code == 1
    assert "were deleted at" in ended.error["message"]
    assert "plexsend campaign show spring/1" in ended.error["message"]


def test_a_folder_that_is_not_there_is_said_in_words(
    run: Callable[..., Any], played: RunBench, tmp_path: Path
) -> None:
    assert played.run.rows == ROWS
    ended = run("campaign", "report", "spring", "--json", PLEXSEND_CAMPAIGN_DIR=str(tmp_path / "none"))
    assert ended.code != 0
    assert "is not on this host" in ended.error["message"]


def test_a_name_that_is_near_is_named(run: Callable[..., Any], played: RunBench, tmp_path: Path) -> None:
    assert played.run.rows == ROWS
    ended = run("campaign", "report", "sprng", "--json", **settings(tmp_path))
    assert (ended.code, "Did you mean spring?" in ended.error["message"]) == (1, True)
