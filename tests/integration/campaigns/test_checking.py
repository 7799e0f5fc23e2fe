"""A check: every row judged, everything named at once, nothing written."""

from __future__ import annotations

import csv
import stat
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.checks.checking import CheckProgress, check
from plexsend.campaigns.definitions.defined import Definition, Duplicates
from plexsend.campaigns.recipients import open_recipients
from plexsend.errors import UsageError
from plexsend.gateway.environment import read_settings
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.suppression import SuppressionKind, Suppressions, SuppressionSource, Suppressor

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.campaigns.checks.check_report import CheckReport
    from plexsend.outbox.redis.store import Store

KEY = "k" * 32
DEFINITION = Definition(
    name="spring",
    service="lms-bulk",
    sender="02-2345-6789",
    title="안내",
    text="#{이름}님, #{등급} 할인입니다.",
)
LIST = """휴대폰번호,이름,등급,메모
010-2345-6789,김철수,VIP,a
010-2345-6789,김철수,VIP,b
1087654321,이영희,,c
02-345-6789,박지민,일반,=1+1
010-5555-6666,😀,일반,e
010-2345-6789,김철수,VIP,f
010-7777-8888,최민수,일반,g
"""


def run(store: Store, tmp_path: Path, text: str = LIST, *, environ: Any = None, **more: Any) -> CheckReport:
    path = tmp_path / "list.csv"
    path.write_text(text, "utf-8")
    definition = more.pop("definition", DEFINITION)
    with open_recipients(path) as recipients:
        return check(definition, recipients, store, read_settings(environ or {}), **more)


def test_every_row_is_judged_and_counted_once(store: Store, tmp_path: Path) -> None:
    mended: list[int] = []
    report = run(store, tmp_path, on_mended=mended.append)
    assert (report.rows, report.valid, report.invalid, report.duplicates) == (7, 5, 2, 2)
    assert report.messages == 3
    assert bytes(report.marks) == b" d ii" + b"d "
    assert [(each.row, each.line) for each in report.invalid_rows] == [(3, 5), (4, 6)]
    assert report.empty == {"등급": 1}
    assert (report.mended, report.mended_lines, mended) == (1, [4], [4])
    assert report.is_refused
    assert store.client.keys(f"{store.keys.prefix}*") == []


def test_duplicates_are_sent_where_that_is_asked_for(store: Store, tmp_path: Path) -> None:
    definition = Definition(
        name="spring",
        service="sms-bulk",
        sender="02-2345-6789",
        text="안내",
        duplicates=Duplicates.SEND,
        max_invalid=1,
    )
    report = run(store, tmp_path, definition=definition)
    assert (report.duplicates, report.messages, report.invalid) == (0, 6, 1)
    assert not report.is_refused


def test_invalid_row_does_not_make_a_duplicate_of_the_valid_one_behind_it(
    store: Store, tmp_path: Path
) -> None:
    report = run(store, tmp_path, "휴대폰번호,이름,등급\n01023456789,😀,a\n01023456789,김,b\n")
    assert bytes(report.marks) == b"i "


def test_errors_are_a_file_in_the_users_own_columns_for_their_owner_alone(
    store: Store, tmp_path: Path
) -> None:
    errors = tmp_path / "errors.csv"
    errors.write_text("row,line,column,reason,remedy\nof the check before\n", "utf-8-sig")
    report = run(store, tmp_path, errors=errors)
    assert stat.S_IMODE(errors.stat().st_mode) == 0o600
    rows = list(csv.reader(errors.read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["row", "line", "column", "reason", "remedy", "휴대폰번호", "이름", "등급", "메모"]
    assert [row[:3] for row in rows[1:]] == [["4", "5", "휴대폰번호"], ["5", "6", "text"]]
    assert rows[1][5:] == ["02-345-6789", "박지민", "일반", "'=1+1"]
    assert all(each.remedy in {row[4] for row in rows} for each in report.kinds)


def test_suppressed_numbers_are_those_that_this_campaign_may_not_write_to(
    store: Store, tmp_path: Path
) -> None:
    settings = read_settings({"PLEXSEND_NUMBER_KEY": KEY})
    suppressions = Suppressions(store, "main", settings.number_key)
    origin = Suppressor(SuppressionSource.PERSON, "a test")
    suppressions.add(["01023456789"], SuppressionKind.ALL, origin)
    suppressions.add(["01087654321"], SuppressionKind.ADS, origin)
    suppressions.add(["01077778888"], SuppressionKind.ADS, origin, scope="sender 15881234")
    put(
        store,
        Where(None, "main"),
        {"sender_name": "한빛", "refusal_number": "080-123-4567"},
        by="a test",
        reason="ads",
    )
    environ = {"PLEXSEND_NUMBER_KEY": KEY}
    assert run(store, tmp_path, environ=environ).suppressed == 1
    ads = Definition(**{**_fields(DEFINITION), "advertisement": True})
    assert run(store, tmp_path, environ=environ, definition=ads).suppressed == 2
    other = Definition(**{**_fields(ads), "sender": "1588-1234"})
    assert run(store, tmp_path, environ=environ, definition=other).suppressed == 3
    nobody = run(store, tmp_path)
    assert nobody.suppressed == 0
    assert [each.field for each in nobody.warnings] == ["PLEXSEND_NUMBER_KEY"]


def test_what_is_wrong_for_all_rows_is_said_once_beside_what_is_wrong_with_some(
    store: Store, tmp_path: Path
) -> None:
    definition = Definition(
        **{
            **_fields(DEFINITION),
            "text": "#{이름}님, #{없음} #{도}",
            "service": "mms-bulk",
            "images": ("/none.jpg",),
        }
    )
    report = run(store, tmp_path, definition=definition)
    assert sorted(each.field for each in report.problems) == ["#{도}", "#{없음}", "images.0"]
    assert report.invalid == 2
    assert report.is_refused


def test_recipients_without_numbers_are_not_gone_through(store: Store, tmp_path: Path) -> None:
    report = run(store, tmp_path, "이름,등급\n김,a\n")
    assert [each.field for each in report.problems] == ["receiver_number"]
    assert (report.rows, report.is_refused) == (0, True)


def test_rows_are_shown_as_their_receivers_get_them(store: Store, tmp_path: Path) -> None:
    put(
        store,
        Where(None, "main"),
        {"sender_name": "한빛", "refusal_number": "080-123-4567"},
        by="a test",
        reason="ads",
    )
    ads = Definition(**{**_fields(DEFINITION), "advertisement": True})
    report = run(store, tmp_path, environ={"PLEXSEND_NUMBER_KEY": KEY}, definition=ads)
    assert {each.line for each in report.shown} == {2, 4, 8}
    by_line = {each.line: each for each in report.shown}
    assert by_line[2].text == "(광고) 한빛\n김철수님, VIP 할인입니다.\n무료수신거부 080-123-4567"
    assert by_line[4].why == "the shortest; #{등급} is empty"


def test_progress_ends_with_all_rows_and_bytes(store: Store, tmp_path: Path) -> None:
    seen: list[CheckProgress] = []
    run(store, tmp_path, progress=seen.append)
    assert (seen[-1].rows, seen[-1].invalid) == (7, 2)
    assert seen[-1].read_bytes == seen[-1].size_bytes


def test_service_that_is_not_there_is_a_wrong_call(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean"):
        run(store, tmp_path, definition=Definition(name="spring", service="mms-bulc"))


def _fields(definition: Definition) -> dict[str, Any]:
    return {name: getattr(definition, name) for name in definition.__slots__}
