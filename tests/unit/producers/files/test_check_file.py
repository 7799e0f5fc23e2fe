"""A check goes the whole way of an import but for Redis, so most of that way is tested here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plexsend.errors import FileProblem, UsageError
from plexsend.gateway.services import SERVICES
from plexsend.producers.files.imports import check_file

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.producers.files.rejects import Reject
    from plexsend.producers.files.reports import Progress
    from plexsend.producers.submissions import Remark


def test_rows_are_counted_by_what_would_become_of_them(make_item: Any, write_jsonl: Any) -> None:
    path = write_jsonl([make_item(1), make_item(msg=""), b"{", b"", make_item(2, title="가" * 21)])
    report = check_file(path, "mms-bulk")
    assert (report.added, report.invalid, report.warnings, report.rows) == (2, 2, 1, 4)
    assert (report.duplicates, report.conflicts, report.replacements) == (0, 0, 0)


def test_no_file_is_written_unless_one_is_named(make_item: Any, write_jsonl: Any, tmp_path: Path) -> None:
    path = write_jsonl([make_item(msg="")])
    (tmp_path / "items.jsonl.rejected.jsonl").write_text("being mended")
    assert check_file(path, "mms-bulk").rejected_path is None
    assert (tmp_path / "items.jsonl.rejected.jsonl").read_text() == "being mended"
    report = check_file(path, "mms-bulk", rejected_path=tmp_path / "r")
    assert report.rejected_path == tmp_path / "r"


def test_rejects_are_told_in_the_order_of_the_file_with_row_and_key(make_item: Any, write_jsonl: Any) -> None:
    mine = make_item(msg="", msg_key="mine")
    spaced = make_item(msg_key="not a key")
    path = write_jsonl([make_item(), b'{"msg": ', mine, make_item(), spaced, b"\xff"])
    rejects: list[Reject] = []
    check_file(path, "mms-bulk", on_reject=rejects.append)
    assert [reject.line for reject in rejects] == [2, 3, 5, 6]
    assert [reject.row for reject in rejects] == ['{"msg": ', mine, spaced, "\\xff"]
    assert [reject.errors[0].field for reject in rejects] == ["row", "msg", "msg_key", "row"]
    assert [reject.problems for reject in rejects] == [reject.errors for reject in rejects]
    keys = [reject.msg_key for reject in rejects]
    assert keys[1] == "mine"
    assert len(set(keys)) == 4
    again: list[Reject] = []
    check_file(path, "mms-bulk", on_reject=again.append)
    assert [reject.msg_key for reject in again] == keys


@pytest.mark.parametrize("service", SERVICES)
def test_a_row_never_lacks_a_key_also_where_the_product_demands_one_of_callers(
    write_jsonl: Any, service: str
) -> None:
    path = write_jsonl([{}, {"msg_key": None}, {"msg_key": ""}, {"msg_key": "  "}])
    rejects: list[Reject] = []
    check_file(path, service, on_reject=rejects.append)
    assert len({reject.msg_key for reject in rejects}) == 4
    fields = {problem.field for reject in rejects for problem in reject.errors}
    assert "receiver_number" in fields
    assert "msg_key" not in fields


def test_a_key_that_is_no_key_is_refused_and_not_replaced(make_item: Any, write_jsonl: Any) -> None:
    rejects: list[Reject] = []
    keys: list[object] = [5, "a b", []]
    check_file(write_jsonl([make_item(msg_key=key) for key in keys]), "mms-bulk", on_reject=rejects.append)
    assert [[problem.field for problem in reject.errors] for reject in rejects] == [["msg_key"]] * 3


def test_a_moment_of_a_row_is_told_as_a_file_holds_one(make_item: Any, tmp_path: Path) -> None:
    item = {name: value for name, value in make_item().items() if isinstance(value, str)}
    path = tmp_path / "sale.csv"
    cells = {**item, "file_path": "https://example.com/a.jpg", "send_at": "2100-01-02"}
    path.write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n")
    rejects: list[Reject] = []
    check_file(path, "mms-bulk", on_reject=rejects.append)
    assert [problem.remedy for reject in rejects for problem in reject.errors] == [
        "Write ISO 8601, such as 2026-03-01 09:00, or with a zone of its own: 2026-03-01T09:00:00+09:00."
    ]


@pytest.mark.parametrize(
    "written", ["2100-01-02 09:00", "2100-01-02 9:00", "2100. 1. 2. 9:00:00", "2100/1/2 09:00"]
)
def test_a_time_of_a_row_needs_no_zone(make_item: Any, tmp_path: Path, written: str) -> None:
    item = {name: value for name, value in make_item().items() if isinstance(value, str)}
    cells = {**item, "file_path": "https://example.com/a.jpg", "send_at": written}
    path = tmp_path / "sale.csv"
    path.write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n")
    assert check_file(path, "mms-bulk").added == 1


def test_replacements_are_made_only_where_asked_for(make_item: Any, write_jsonl: Any) -> None:
    path = write_jsonl([make_item(msg="1–2")])
    assert check_file(path, "mms-bulk").invalid == 1
    remarks: list[Remark] = []
    report = check_file(path, "mms-bulk", replace=True, on_remark=remarks.append)
    assert (report.added, report.replacements) == (1, 1)
    assert [(remark.index, remark.problem.field) for remark in remarks] == [(1, "msg")]


def test_progress_ends_at_the_files_size_with_all_rows(make_item: Any, write_jsonl: Any) -> None:
    path = write_jsonl([make_item(n) for n in range(1200)] + [b"", b"{", b""])
    seen: list[Progress] = []
    check_file(path, "mms-bulk", on_progress=seen.append)
    assert [step.rows_done for step in seen] == [500, 1000, 1201, 1201]
    assert [step.bytes_done for step in seen] == sorted(step.bytes_done for step in seen)
    assert seen[-1].bytes_done == seen[-1].bytes_total == path.stat().st_size
    assert (seen[-1].added, seen[-1].invalid) == (1200, 1)


def test_progress_is_told_for_a_file_without_rows(write_jsonl: Any) -> None:
    seen: list[Progress] = []
    assert check_file(write_jsonl([]), "mms-bulk", on_progress=seen.append).rows == 0
    assert [(step.rows_done, step.bytes_done, step.bytes_total) for step in seen] == [(0, 0, 0)]


def test_csv_and_jsonl_of_the_same_items_come_to_the_same(
    make_item: Any, write_jsonl: Any, tmp_path: Path
) -> None:
    item = make_item(msg='여러 줄,\n"따옴표"', file_path=["https://x.test/1.jpg", "https://x.test/2.jpg"])
    table = tmp_path / "items.csv"
    cells = [
        item["sender_number"],
        item["receiver_number"],
        '"여러 줄,\n""따옴표"""',
        "|".join(item["file_path"]),
    ]
    table.write_text("sender_number,receiver_number,msg,file_path\n" + ",".join(cells) + "\n", "cp949")
    rejects: list[Reject] = []
    assert check_file(write_jsonl([item]), "mms-bulk").added == 1
    assert check_file(table, "mms-bulk", encoding="cp949", on_reject=rejects.append).added == 1, rejects


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.booleans(), max_size=30))
def test_the_rejected_are_exactly_the_invalid_rows(
    make_item: Any, write_jsonl: Any, valid: list[bool]
) -> None:
    path = write_jsonl([make_item(n, msg="" if not good else "x") for n, good in enumerate(valid)])
    rejects: list[Reject] = []
    report = check_file(path, "mms-bulk", on_reject=rejects.append)
    assert (report.added, report.invalid) == (sum(valid), len(valid) - sum(valid))
    assert [reject.line for reject in rejects] == [n for n, good in enumerate(valid, 1) if not good]


def test_mended_rejects_are_valid_under_their_keys(make_item: Any, write_jsonl: Any, tmp_path: Path) -> None:
    path = write_jsonl([make_item(msg=""), make_item(), make_item(msg="", msg_key="mine"), b"not json"])
    rejected = tmp_path / "r.jsonl"
    check_file(path, "mms-bulk", rejected_path=rejected)
    lines = [json.loads(line) for line in rejected.read_text("utf-8").splitlines()]
    for line in lines[:2]:
        line["row"]["msg"] = "mended"
    rejected.write_text("".join(json.dumps(line) + "\n" for line in lines))
    left: list[Reject] = []
    report = check_file(rejected, "mms-bulk", on_reject=left.append)
    assert (report.added, report.invalid) == (2, 1)
    assert (left[0].line, left[0].msg_key, left[0].row) == (3, lines[2]["msg_key"], "not json")


def test_an_unknown_service_names_the_known_ones(write_jsonl: Any) -> None:
    with pytest.raises(UsageError, match="mms-bulk"):
        check_file(write_jsonl([]), "mms-bulky")


def test_a_wrong_column_stops_the_check(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("mgs\nx\n")
    with pytest.raises(FileProblem, match="did you mean msg"):
        check_file(tmp_path / "x.csv", "mms-bulk")


def test_the_file_itself_cannot_be_the_file_of_rejects(make_item: Any, write_jsonl: Any) -> None:
    path = write_jsonl([make_item(msg="")])
    with pytest.raises(UsageError):
        check_file(path, "mms-bulk", rejected_path=path)
    assert path.stat().st_size > 0


def test_what_can_be_judged_of_advertisements_without_an_account_is(make_item: Any, write_jsonl: Any) -> None:
    rejects: list[Reject] = []
    rows = [make_item(1), make_item(2, msg="[광고] 봄"), make_item(3, msg="[광고] 봄", advertisement=False)]
    report = check_file(write_jsonl(rows), "mms-bulk", advertisement=True, on_reject=rejects.append)
    assert (report.added, report.invalid, report.has_advertisements) == (2, 1, True)
    assert [(each.line, each.errors[0].field) for each in rejects] == [(2, "msg")]
    assert not check_file(write_jsonl(rows), "mms-bulk").has_advertisements


def test_consent_for_the_night_is_of_advertisements(make_item: Any, write_jsonl: Any) -> None:
    with pytest.raises(UsageError, match="Give advertisement too"):
        check_file(write_jsonl([make_item(1)]), "mms-bulk", night_consent=True)
