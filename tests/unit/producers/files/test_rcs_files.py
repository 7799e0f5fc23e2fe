"""Files of RCS messages: nested items, dotted columns, buttons as JSON in a cell, a variant for each row."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import FileProblem, UsageError
from plexsend.gateway.items import get_loader
from plexsend.outbox.states import State
from plexsend.outbox.submit import NewMessage, SubmitOutcome, Submitted
from plexsend.producers.files.columns import columns_of
from plexsend.producers.files.imports import check_file
from plexsend.producers.files.row_file import open_rows
from plexsend.producers.incoming import Incoming
from plexsend.producers.pipeline import Pipeline
from plexsend.producers.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plexsend.outbox.lanes import Lane
    from plexsend.producers.files.rejects import Reject

BUTTONS = [
    {
        "suggestions": [
            {"action": {"urlAction": {"openUrl": {"url": "https://x.kr/?a=1,2"}}, "displayText": '"열기"'}}
        ]
    }
]
ITEM: dict[str, Any] = {
    "msg_type": "RMM",
    "msg_key": "k1",
    "sender_number": "15881234",
    "receiver_number": "010-2345-6789",
    "msg_base_id": "SMwThT00",
    "br_id": "BR.1",
    "brand_key": "BK.1",
    "header": "0",
    "footer": "080-123-4567",
    "copy_allowed": "TRUE",
    "msg": {"body": {"title": "제목, 둘", "description": "두\n줄", "media": "maapfile://1"}},
    "buttons": BUTTONS,
}


def flat(item: dict[str, Any], before: str = "") -> dict[str, str]:
    """Return an item as the cells of a row."""
    cells: dict[str, str] = {}
    for name, value in item.items():
        if isinstance(value, dict):
            cells |= flat(value, f"{before}{name}.")
        else:
            cells[before + name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return cells


def write_csv(path: Path, *items: dict[str, Any]) -> Path:
    rows = [flat(item) for item in items]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows_of(path: Path, msg_type: str | None = None) -> list[Any]:
    with open_rows(path, columns=columns_of("rcs-mms-bulk", msg_type)) as rows:
        return [row.item if row.problem is None else str(row.problem) for row in rows]


def refusals(path: Path, **options: Any) -> list[tuple[int, list[str]]]:
    rejects: list[Reject] = []
    check_file(path, "rcs-mms-bulk", on_reject=rejects.append, **options)
    return [(reject.line, [problem.field for problem in reject.errors]) for reject in rejects]


FALLBACK_COLUMNS = (
    "fallback.service",
    *(
        f"fallback.{name}"
        for name in (
            "sub_id",
            "title",
            "sender_number",
            "receiver_number",
            "origin_cid",
            "msg",
            "echo_to_webhook",
            "file_path",
        )
    ),
)


def test_columns_of_a_fallback_make_one(tmp_path: Path) -> None:
    instead = {
        "service": "mms-bulk",
        "msg": " 안녕 ",
        "file_path": ["http://a.example/1.jpg", "http://a.example/2.jpg"],
    }
    row = {**ITEM, "fallback_after_s": "60", "fallback": instead}
    cells = {**instead, "file_path": "|".join(instead["file_path"])}
    path = write_csv(tmp_path / "x.csv", {**row, "fallback": cells})
    assert rows_of(path) == [row]
    assert refusals(path) == []


def test_columns_are_the_fields_with_dots_between_the_names() -> None:
    columns = columns_of("rcs-mms-bulk")
    assert columns.known == (
        "msg_type",
        "msg_key",
        "sender_number",
        "receiver_number",
        "msg_base_id",
        "br_id",
        "brand_key",
        "header",
        "footer",
        "copy_allowed",
        "msg.body.title",
        "msg.body.description",
        "msg.body.media",
        "msg.body.title1",
        "msg.body.description1",
        "msg.body.media1",
        "buttons",
        "send_at",
        "expires_at",
        "advertisement",
        "night_consent",
        "fallback_after_s",
        *FALLBACK_COLUMNS,
    )
    required = ("sender_number", "receiver_number", "msg_base_id", "br_id", "brand_key", "header")
    assert columns.required == ("msg_type", *required)
    assert columns_of("rcs-mms-bulk", "RMH").required == required
    assert columns.lists == {"fallback.file_path"}
    assert columns.json == {"buttons"}


def test_columns_of_sms_and_lms_are_their_fields() -> None:
    required = ("sender_number", "receiver_number", "msg")
    assert columns_of("sms-verify").required == columns_of("lms-bulk").required == required
    assert set(columns_of("lms-bulk").known) - set(columns_of("sms-verify").known) == {"title"}


def test_row_of_a_table_is_the_nested_item(tmp_path: Path) -> None:
    assert rows_of(write_csv(tmp_path / "x.csv", ITEM)) == [ITEM]


def test_numbered_keys_are_columns_too(tmp_path: Path) -> None:
    item = ITEM | {"msg": {"body": {"title1": "제목", "media1": "maapfile://1"}}}
    path = write_csv(tmp_path / "x.csv", item)
    assert rows_of(path) == [item]
    assert refusals(path) == []


def test_empty_cells_are_absent_at_every_depth(tmp_path: Path) -> None:
    little = {name: value for name, value in ITEM.items() if name not in {"footer", "buttons"}}
    little |= {"header": "0", "msg": {"body": {"description": "본문"}}}
    path = write_csv(tmp_path / "x.csv", ITEM, little)
    assert rows_of(path) == [ITEM, little]
    assert refusals(path) == []


def test_table_and_json_lines_of_the_same_items_come_to_the_same(tmp_path: Path, write_jsonl: Any) -> None:
    items = [ITEM, ITEM | {"msg_type": "RMH", "msg_key": "k2"}]
    bodies = []
    for path in (write_csv(tmp_path / "x.csv", *items), write_jsonl(items)):
        loaded = [get_loader("rcs-mms-bulk").load(item) for item in rows_of(path)]
        bodies.append([(item.variant, item.body) for item in loaded])
    assert bodies[0] == bodies[1]
    assert [variant for variant, _ in bodies[0]] == ["RMM", "RMH"]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("[{}", "not JSON"),
        ("{'suggestions': []}", "not JSON"),
        ("[NaN]", "NaN"),
        ('[{"a":1,"a":2}]', "twice"),
        ("[" * 40 + "]" * 40, "nests"),
    ],
)
def test_cell_that_is_no_json_spoils_its_row_and_not_the_next(tmp_path: Path, cell: str, words: str) -> None:
    path = write_csv(tmp_path / "x.csv", ITEM | {"buttons": cell}, ITEM)
    bad, good = rows_of(path)
    assert good == ITEM
    assert "'buttons'" in bad
    assert words in bad
    assert refusals(path) == [(2, ["row"])]


def test_what_is_wrong_inside_a_cell_is_told_with_its_path(tmp_path: Path) -> None:
    cell = [{"suggestions": [{"action": {"displayText": "x"}}]}]
    path = write_csv(tmp_path / "x.csv", ITEM | {"buttons": cell}, ITEM | {"buttons": "{}"})
    assert [fields for _, fields in refusals(path)] == [["buttons.0.suggestions.0.action"], ["buttons"]]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("msg.body.titel", "msg.body.title"),
        ("brand_id", "br_id"),
        ("msg_body_title", "msg.body.title"),
        ("Msg Type", "msg_type"),
    ],
)
def test_column_that_is_misspelt_is_told_with_the_one_that_was_meant(
    tmp_path: Path, name: str, meant: str
) -> None:
    with pytest.raises(FileProblem, match=f"did you mean {meant}?"):
        rows_of(write_csv(tmp_path / "x.csv", {**ITEM, name: "x"}))


def test_table_without_a_column_for_the_variant_needs_it_for_all(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x.csv", {name: ITEM[name] for name in ITEM if name != "msg_type"})
    with pytest.raises(FileProblem, match="required column 'msg_type' is missing"):
        check_file(path, "rcs-mms-bulk")
    assert check_file(path, "rcs-mms-bulk", msg_type="RMH").added == 1


def test_variant_for_all_and_another_in_a_row_is_refused(write_jsonl: Any) -> None:
    bare = {name: ITEM[name] for name in ITEM if name != "msg_type"}
    path = write_jsonl([ITEM, bare, ITEM | {"msg_type": "RMH"}, ITEM | {"msg_type": ""}])
    assert refusals(path, msg_type="RMM") == [(3, ["msg_type"]), (4, ["msg_type"])]


@pytest.mark.parametrize(("service", "msg_type"), [("rcs-mms-bulk", "rmm"), ("mms-bulk", "RMM")])
def test_variant_that_the_service_does_not_have_stops_the_check(
    write_jsonl: Any, service: str, msg_type: str
) -> None:
    with pytest.raises(UsageError, match="msg_type"):
        check_file(write_jsonl([]), service, msg_type=msg_type)


@pytest.mark.parametrize("key", [None, "", "  "])
def test_row_without_a_key_gets_one_made_of_the_file(write_jsonl: Any, key: str | None) -> None:
    assert refusals(write_jsonl([ITEM | {"msg_key": key}])) == []


def test_warnings_of_rows_are_told(write_jsonl: Any) -> None:
    label = {
        "suggestions": [{"action": {**BUTTONS[0]["suggestions"][0]["action"], "displayText": "가" * 18}}]
    }
    doubtful = ITEM | {"msg_base_id": "mine", "sender_number": "01023456789", "buttons": [label]}
    remarks: list[Any] = []
    report = check_file(write_jsonl([ITEM, doubtful]), "rcs-mms-bulk", on_remark=remarks.append)
    assert (report.added, report.warnings) == (2, 3)
    assert [(each.index, each.problem.field) for each in remarks] == [
        (2, "sender_number"),
        (2, "msg_base_id"),
        (2, "buttons.0.suggestions.0.action.displayText"),
    ]


class Taker:
    """Takes everything in and remembers what came for which lane."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[NewMessage]]] = []

    def add(self, lane: Lane, messages: Sequence[NewMessage], **_: object) -> list[Submitted]:
        self.taken.append((lane.name, list(messages)))
        return [Submitted(SubmitOutcome.ADDED, State.WAITING) for _ in messages]


def test_each_variant_goes_into_a_lane_of_its_own_and_out_of_the_item() -> None:
    taker = Taker()
    pipeline = Pipeline(Terms("rcs-mms-bulk", "main"), get_loader("rcs-mms-bulk"), taker)
    items = [ITEM | {"msg_type": kind, "msg_key": str(n)} for n, kind in enumerate(["RMM", "RMH"] * 3)]
    list(pipeline.run(Incoming(index, item) for index, item in enumerate(items)))
    assert [(lane, [draft.msg_key for draft in drafts]) for lane, drafts in taker.taken] == [
        ("rcs-mms-bulk.RMM@main", ["0", "2", "4"]),
        ("rcs-mms-bulk.RMH@main", ["1", "3", "5"]),
    ]
    assert not any(b"msg_type" in draft.body for _, drafts in taker.taken for draft in drafts)


def test_item_without_a_key_is_refused_by_name_and_gets_none() -> None:
    pipeline = Pipeline(Terms("rcs-mms-bulk", "main"), get_loader("rcs-mms-bulk"), Taker())
    (part,) = pipeline.run([Incoming(0, ITEM | {"msg_key": ""})])
    ((refused),) = part.invalid
    assert (refused.msg_key, [problem.field for problem in refused.errors]) == (None, ["msg_key"])
