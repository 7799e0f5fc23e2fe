"""Messages of every product, on their way in by commands."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

TO = ("--to", "010-2345-6789", "--from", "02-3456-7890", "--text", "안녕하세요")
BRAND = ("--field", "br_id=BR.1", "--field", "brand_key=BK=1", "--field", "msg_base_id=SMwThT00")
RCS = ("send", "rcs-mms-bulk", *TO, *BRAND, "--field", "header=0", "--key", "k1")
ROW = {
    "msg_type": "RMM",
    "sender_number": "0234567890",
    "receiver_number": "01023456789",
    "msg_base_id": "SMwThT00",
    "br_id": "BR.1",
    "brand_key": "BK.1",
    "header": "0",
    "msg.body.title": "제목",
}


def write_table(path: Path, *rows: dict[str, str]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def test_rcs_message_is_sent_with_its_fields_and_variant(run: Callable[..., Any], store: Any) -> None:
    ended = run(
        *RCS, "--msg-type", "RMM", "--title", "제목", "--image", "maapfile://a|b", "--field", "buttons=[{}]",
        "--json",
    )  # fmt: skip
    assert (ended.code, ended.err, ended.lines[0]["outcome"]) == (0, "", "added")
    assert run("status", "k1", "--json").lines[0]["lane"] == "rcs-mms-bulk.RMM@main"
    assert json.loads(store.client.get(store.keys.body("main", "k1"))) == {
        "msg_key": "k1",
        "sender_number": "0234567890",
        "receiver_number": "01023456789",
        "msg_base_id": "SMwThT00",
        "br_id": "BR.1",
        "brand_key": "BK=1",
        "header": "0",
        "msg": {"body": {"title": "제목", "description": "안녕하세요", "media": "maapfile://a|b"}},
        "buttons": [{}],
    }


def test_variant_may_be_a_field_of_the_message(run: Callable[..., Any]) -> None:
    assert run(*RCS, "--field", "msg_type=RMH").code == 0
    assert run("status", "k1", "--json").lines[0]["lane"] == "rcs-mms-bulk.RMH@main"


def test_rcs_message_without_key_or_variant_is_refused(run: Callable[..., Any]) -> None:
    ended = run(*RCS[:-2], "--json")
    assert ended.code == 1
    assert [problem["field"] for problem in ended.lines[0]["errors"]] == ["msg_type", "msg_key"]


def test_warnings_of_a_sent_message_are_shown(run: Callable[..., Any]) -> None:
    ended = run(*RCS, "--msg-type", "RMH")
    assert ended.code == 0
    assert "msg_base_id" in ended.err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--msg-type", "RMX"), "RMM, RMH"),
        (("--msg-type", "RMM", "--field", "header=1"), "given twice"),
        (("--msg-type", "RMM", "--field", "header"), "NAME=VALUE"),
        (("--msg-type", "RMM", "--field", "msg_key=k2"), "msg_key"),
        (("--msg-type", "RMM", "--field", "buttons=[{"), "'buttons'"),
        (("--msg-type", "RMM", "--image", "maapfile://1", "--image", "maapfile://2"), "one image"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(
    run: Callable[..., Any], more: tuple[str, ...], words: str
) -> None:
    ended = run(*RCS, *more)
    assert ended.code == 2
    assert words in ended.err
    assert run("lanes", "--json").lines == []


def test_mms_takes_no_variant(run: Callable[..., Any]) -> None:
    ended = run("send", "mms-bulk", *TO, "--image", "https://x/1.jpg", "--msg-type", "RMM")
    assert ended.code == 2
    assert "have no msg_type" in ended.err


@pytest.mark.parametrize(("service", "title"), [("sms-verify", ()), ("lms-finance", ("--title", "제목"))])
def test_text_message_is_sent_without_an_image(
    run: Callable[..., Any], store: Any, service: str, title: tuple[str, ...]
) -> None:
    assert run("send", service, *TO, *title, "--key", "k1").code == 0
    assert json.loads(store.client.get(store.keys.body("main", "k1"))) == {
        "msg_key": "k1",
        **({"title": "제목"} if title else {}),
        "sender_number": "0234567890",
        "receiver_number": "01023456789",
        "msg": "안녕하세요",
    }
    refused = run("send", service, *TO, "--image", "https://x/1.jpg", "--json")
    assert [problem["field"] for problem in refused.lines[0]["errors"]] == ["file_path"]


def test_mixed_table_is_checked_and_imported_into_two_lanes(run: Callable[..., Any], tmp_path: Path) -> None:
    rows = [ROW, ROW | {"msg_type": "RMH", "msg_base_id": "SMwLhX00"}, ROW | {"header": "2"}]
    path = write_table(tmp_path / "rows.csv", *rows)

    checked = run("check", path, "--service", "rcs-mms-bulk", "--json")
    assert checked.code == 1
    assert checked.lines[-1] == {
        "valid": 2,
        "invalid": 1,
        "warnings": 0,
        "replacements": 0,
        "lost_zeros": 0,
        "advertisements": False,
        "encoding": "utf-8",
    }
    assert run("import", path, "--service", "rcs-mms-bulk", "--json").lines[-1]["added"] == 2
    assert {line["lane"]: line["ready"] for line in run("lanes", "--json").lines} == {
        "rcs-mms-bulk.RMM@main": 1,
        "rcs-mms-bulk.RMH@main": 1,
    }


def test_variant_holds_for_a_whole_table(run: Callable[..., Any], tmp_path: Path) -> None:
    bare = {name: text for name, text in ROW.items() if name != "msg_type"}
    path = write_table(tmp_path / "rows.csv", bare, bare)
    assert "msg_type" in run("check", path, "--service", "rcs-mms-bulk").err
    checked = run("check", path, "--service", "rcs-mms-bulk", "--msg-type", "RMM", "--json")
    assert (checked.code, checked.lines[-1]["valid"]) == (0, 2)
    run("import", path, "--service", "rcs-mms-bulk", "--msg-type", "RMM")
    assert [line["lane"] for line in run("lanes", "--json").lines] == ["rcs-mms-bulk.RMM@main"]


def test_check_lists_what_neighbouring_gateways_refuse(run: Callable[..., Any], tmp_path: Path) -> None:
    path = write_table(tmp_path / "rows.csv", ROW | {"sender_number": "01023456789", "msg_base_id": "mine"})
    ended = run("check", path, "--service", "rcs-mms-bulk", "--json")
    remarks = [line["remark"]["field"] for line in ended.lines if "remark" in line]
    assert (ended.code, remarks) == (0, ["sender_number", "msg_base_id"])
