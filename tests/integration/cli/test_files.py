"""check and import: files of messages on their way in."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

ITEM: dict[str, object] = {
    "sender_number": "0234567890",
    "receiver_number": "01023456789",
    "msg": "안녕하세요",
    "file_path": ["https://example.com/a.jpg"],
}
UNREACHABLE = {"PLEXSEND_REDIS_URL": "redis://127.0.0.1:1/0"}


def write_items(path: Path, *items: dict[str, object]) -> str:
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), "utf-8")
    return str(path)


@pytest.fixture
def messages(tmp_path: Path) -> str:
    """Three valid rows, one of them with a title that carriers cut; lines 2 and 4 are not."""
    return write_items(
        tmp_path / "messages.jsonl",
        ITEM,
        ITEM | {"receiver_number": "0212345678"},
        ITEM | {"msg_key": "mine"},
        ITEM | {"msg": "", "colour": "red"},
        ITEM | {"title": "가" * 22},
    )


def test_a_check_tells_every_error_and_sends_nothing(
    run: Callable[..., Any], messages: str, tmp_path: Path
) -> None:
    ended = run("check", messages, "--service", "mms-bulk", "--json", **UNREACHABLE)

    assert ended.code == 1
    *rows, last = ended.lines
    assert last == {
        "valid": 3,
        "invalid": 2,
        "warnings": 1,
        "replacements": 0,
        "lost_zeros": 0,
        "advertisements": False,
        "encoding": "utf-8",
    }
    fields = {row["line"]: {problem["field"] for problem in row["errors"]} for row in rows if "errors" in row}
    assert fields == {2: {"receiver_number"}, 4: {"msg", "colour"}}
    assert [row["line"] for row in rows if "remark" in row] == [5]
    assert "0212345678" not in ended.out + ended.err
    assert list(tmp_path.iterdir()) == [tmp_path / "messages.jsonl"]


def test_people_read_what_is_wrong_with_each_line(run: Callable[..., Any], messages: str) -> None:
    ended = run("check", messages, "--service", "mms-bulk")

    assert ended.code == 1
    assert ended.out == f"{messages}: 3 valid, 2 invalid.\n"
    assert "plexsend: 2 rows are refused.\n  line 2, receiver_number: " in ended.err
    assert "  line 4, colour: " in ended.err
    assert "warning: line 5, title: " in ended.err


def test_a_file_in_order_is_checked_with_exit_code_0(run: Callable[..., Any], tmp_path: Path) -> None:
    file = write_items(tmp_path / "good.jsonl", ITEM, ITEM)
    ended = run("check", file, "--service", "mms-bulk")
    assert (ended.code, ended.out, ended.err) == (0, f"{file}: 2 valid, 0 invalid.\n", "")


def test_only_some_of_many_refused_rows_are_shown_to_people(run: Callable[..., Any], tmp_path: Path) -> None:
    file = write_items(tmp_path / "bad.jsonl", *[ITEM | {"msg": ""}] * 1200)
    ended = run("check", file, "--service", "mms-bulk")
    assert "1,200 rows are refused, the first 10 are." in ended.err
    assert len(ended.err.splitlines()) == 12
    assert len(run("check", file, "--service", "mms-bulk", "--json").lines) == 1201


def test_the_last_line_of_an_import_is_its_five_counts(run: Callable[..., Any], messages: str) -> None:
    ended = run("import", messages, "--service", "mms-bulk", "--json")

    assert ended.code == 1
    *rows, told, last = ended.lines
    assert last == {"added": 3, "duplicates": 0, "changed": 0, "conflicts": 0, "invalid": 2}
    assert told["rejected_path"] == f"{messages}.rejected.jsonl"
    assert [row["line"] for row in rows if "errors" in row] == [2, 4]
    assert ended.error["kind"] == "invalid"
    assert run("lanes", "--json").lines[0]["ready"] == 3


def test_the_same_file_again_adds_nothing(run: Callable[..., Any], tmp_path: Path) -> None:
    file = write_items(tmp_path / "good.jsonl", ITEM, ITEM | {"msg_key": "mine"})
    first = run("import", file, "--service", "mms-bulk")
    assert (first.code, first.err) == (0, "")
    assert first.out == f"{file}: 2 added, 0 duplicates, 0 in conflict, 0 invalid.\n"

    again = run("import", file, "--service", "mms-bulk", "--json")
    assert (again.code, again.err) == (0, "")
    assert again.lines[-1] == {"added": 0, "duplicates": 2, "changed": 0, "conflicts": 0, "invalid": 0}


def test_a_row_in_conflict_is_refused(run: Callable[..., Any], tmp_path: Path) -> None:
    run("import", write_items(tmp_path / "a.jsonl", ITEM | {"msg_key": "k"}), "--service", "mms-bulk")
    ended = run(
        "import",
        write_items(tmp_path / "b.jsonl", ITEM | {"msg_key": "k"}),
        "--service",
        "mms-finance",
        "--json",
    )
    assert ended.code == 1
    assert ended.lines[-1] == {"added": 0, "duplicates": 0, "changed": 0, "conflicts": 1, "invalid": 0}
    assert ended.error["message"] == "1 row is refused."


def test_rejected_rows_are_kept_for_their_owner_and_can_be_imported_when_mended(
    run: Callable[..., Any], messages: str, tmp_path: Path
) -> None:
    people = run("import", messages, "--service", "mms-bulk")
    rejected = tmp_path / "messages.jsonl.rejected.jsonl"
    assert f"All are in {rejected}: mend them there, and import that file." in people.err
    assert stat.S_IMODE(rejected.stat().st_mode) == 0o600

    lines = [json.loads(line) for line in rejected.read_text("utf-8").splitlines()]
    for line in lines:
        line["row"] = ITEM
    ended = run("import", write_items(rejected, *lines), "--service", "mms-bulk", "--json")
    assert (ended.code, ended.lines[-1]["added"]) == (0, 2)


def test_a_table_in_another_encoding_is_read(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "table.txt"
    rows = "msg_key,sender_number,receiver_number,msg,file_path\nk1,0234567890,01023456789,똠방,https://e.com/a|https://e.com/b\n"
    file.write_bytes(rows.replace("똠방", "안녕").encode("cp949"))
    bare = ("import", str(file), "--service", "mms-bulk")

    assert run(*bare).code == 2  # the name does not show the format
    args = (*bare, "--format", "csv")
    said = f"{file} was read as cp949, as its bytes show"
    checked = run("check", *args[1:])
    assert (checked.code, said in " ".join(checked.err.replace("\n", "").split())) == (0, True)
    facts, counts = run(*args, "--json").lines
    assert (facts["encoding"], counts["added"]) == ("cp949", 1)
    named = run(*args, "--encoding", "cp949")
    assert (named.code, "was read as" in named.err) == (0, False)
    assert "1 duplicate" in named.out


@pytest.fixture
def in_folder(run: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Run a command on a file of this name and content, or on a name without a file."""

    def in_folder(name: str | None, content: bytes | None, command: str, *args: str) -> Any:
        if name is None:
            return run(command, *args)
        if content is not None:
            (tmp_path / name).write_bytes(content)
        return run(command, str(tmp_path / name), *args)

    return in_folder


@pytest.mark.parametrize("command", ["check", "import"])
@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("missing.csv", None, (1, "no such file")),
        ("wrong.csv", b"msg,receiver,file_path,sender_number\n", (1, "receiver")),
        ("foreign.csv", "msg".encode("utf-16"), (1, "UTF-16")),
        ("empty.csv", b"", (1, "header")),
        ("data.txt", b"x", (2, "format")),
        ("data.xls", b"x", (2, "spreadsheet")),
        ("data.csv", b"PK\x03\x04", (1, "spreadsheet")),
    ],
)
def test_a_file_that_cannot_be_used_gets_one_clear_error(
    command: str, name: str, content: bytes | None, expected: tuple[int, str], in_folder: Callable[..., Any]
) -> None:
    exit_code, told = expected
    for form in ((), ("--json",)):
        ended = in_folder(name, content, command, "--service", "mms-bulk", *form)
        assert (ended.code, ended.out) == (exit_code, "")
        assert name in ended.err
        assert told in ended.err
    assert in_folder(None, None, "lanes", "--json").lines == []


@pytest.mark.parametrize("command", ["check", "import"])
def test_a_wrong_service_is_wrong_usage(command: str, run: Callable[..., Any], messages: str) -> None:
    ended = run(command, messages, "--service", "mms-blk", "--json")
    assert (ended.code, ended.out) == (2, "")
    assert "Did you mean mms-bulk?" in ended.error["message"]


def test_an_import_for_later_waits_until_then(run: Callable[..., Any], messages: str) -> None:
    run("import", messages, "--service", "mms-bulk", "--send-at", "2100-01-01T00:00:00Z", "--account", "shop")
    (lane,) = run("lanes", "--json").lines
    assert (lane["lane"], lane["later"], lane["ready"]) == ("mms-bulk@shop", 3, 0)


def test_rows_held_back_are_listed_counted_and_sent_when_asked_for(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "sale.jsonl"
    others = [ITEM | {"receiver_number": f"0102345678{n}"} for n in range(2)]
    run("import", write_items(path, *others), "--service", "mms-bulk")
    file = write_items(path, *(item | {"msg": "고친 글"} for item in others))

    people = run("import", file, "--service", "mms-bulk")
    assert people.code == 1
    assert "0 added, 0 duplicates, 2 held back, 0 in conflict, 0 invalid." in people.out
    assert (
        "plexsend: 2 rows are held back.\n  line 1, row: is not sent yet: this list was imported before"
        in people.err
    )
    assert "import that file, with --changed send if those held back are to go too." in people.err
    assert "01023456780" not in people.out + people.err

    programs = run("import", file, "--service", "mms-bulk", "--json")
    assert programs.lines[-1] == {"added": 0, "duplicates": 0, "changed": 2, "conflicts": 0, "invalid": 0}
    assert [line["line"] for line in programs.lines if "errors" in line] == [1, 2]

    sent = run("import", f"{file}.rejected.jsonl", "--service", "mms-bulk", "--changed", "send", "--json")
    assert (sent.code, sent.lines[-1]["added"]) == (0, 2)


def test_numbers_that_lost_a_zero_are_counted_with_the_remedy_and_mended_when_asked_for(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    file = write_items(
        tmp_path / "sale.jsonl",
        ITEM | {"receiver_number": "1023456789", "sender_number": "234567890"},
        ITEM | {"receiver_number": "1023456780"},
        ITEM | {"receiver_number": "01023456781"},
    )
    for command in ("check", "import"):
        people = run(command, file, "--service", "mms-bulk")
        assert people.code == 1
        assert "In 2 rows a number lost its leading 0: --mend-numbers puts it back." in people.err
        assert people.err.count("--mend-numbers") == 1
        assert "1023456789" not in people.err
    programs = run("import", file, "--service", "mms-bulk", "--json")
    assert programs.lines[-2]["lost_zeros"] == 2

    assert run("check", file, "--service", "mms-bulk", "--mend-numbers").code == 0
    mended = run("import", file, "--service", "mms-bulk", "--mend-numbers", "--json")
    assert (mended.code, mended.lines[-1]["added"]) == (0, 2)
    remarks = [line["remark"]["field"] for line in mended.lines if "remark" in line]
    assert remarks == ["sender_number", "receiver_number", "receiver_number"]
    assert mended.lines[-2]["replacements"] == 3

    # The file of rejects has rows as they were written: what mended them is needed again.
    file = write_items(tmp_path / "other.jsonl", ITEM | {"receiver_number": "1023456789", "msg": ""})
    people = run("import", file, "--service", "mms-bulk", "--mend-numbers", "--replace")
    assert "import that file. Give --replace and --mend-numbers again." in people.err


def test_duplicates_that_were_cancelled_are_named(run: Callable[..., Any], tmp_path: Path) -> None:
    file = write_items(tmp_path / "sale.jsonl", ITEM | {"msg_key": "k1"}, ITEM | {"msg_key": "k2"})
    run("import", file, "--service", "mms-bulk")
    run("cancel", "k2")
    again = run("import", file, "--service", "mms-bulk")
    assert again.code == 0
    assert "Of the duplicates some were not sent and are not sent now: 1 cancelled." in again.err
    assert "warning: line 2, msg_key: was added before and is cancelled: it is not sent again." in again.err
    assert run("import", file, "--service", "mms-bulk", "--json").lines[-2]["never_sent"] == {"cancelled": 1}


def test_a_list_that_may_be_another_one_is_refused_with_both_remedies(
    run: Callable[..., Any], tmp_path: Path, store: Any
) -> None:
    file = write_items(tmp_path / "today.jsonl", ITEM)
    run("import", file, "--service", "mms-bulk")
    for key in store.client.scan_iter(f"{store.keys.account('main')}import:*"):
        store.client.hset(key, "last", 1)
    refused = run("import", file, "--service", "mms-bulk", "--json")
    assert (refused.code, refused.out, refused.error["kind"]) == (1, "", "refused")
    assert "--resume" in refused.error["message"]
    assert "--name" in refused.error["message"]
    assert run("import", file, "--service", "mms-bulk", "--name", "day 2", "--json").lines[-1]["added"] == 1
    assert run("import", file, "--service", "mms-bulk", "--resume", "--json").lines[-1]["duplicates"] == 1


def test_an_orders_number_tells_rows_apart(run: Callable[..., Any], tmp_path: Path) -> None:
    file = write_items(tmp_path / "orders.jsonl", *(ITEM | {"order": order} for order in ("a", "b", "a")))
    args = ("import", file, "--service", "mms-bulk", "--key-column", "order", "--json")
    assert run(*args).lines[-1] == {"added": 2, "duplicates": 1, "changed": 0, "conflicts": 0, "invalid": 0}
    assert run("check", file, "--service", "mms-bulk", "--key-column", "order").code == 0
