from __future__ import annotations

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from plexsend.errors import FileProblem, Problem, UsageError
from plexsend.producers.files.rejects import ImportRef, Reject, RejectFile, choose_path, unwrap
from plexsend.producers.files.rows import Row

_PROBLEM = Problem("msg", "is blank", "Give the text of the message.")


def _reject(line: int = 1, row: Any = None) -> Reject:
    return Reject(line, f"k{line}", (_PROBLEM,), {"msg": "가"} if row is None else row)


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_rejects_are_lines_of_json_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.rejected.jsonl"
    with RejectFile(path) as file:
        file.write(_reject(3))
        file.write(_reject(7, "raw, text"))
        assert file.put_in_place(complete=True) == path
    errors = [{"field": "msg", "reason": "is blank", "remedy": "Give the text of the message."}]
    assert _lines(path) == [
        {"line": 3, "msg_key": "k3", "errors": errors, "row": {"msg": "가"}},
        {"line": 7, "msg_key": "k7", "errors": errors, "row": "raw, text"},
    ]
    assert "가" in path.read_text("utf-8")
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with RejectFile(tmp_path / "r") as file:
            file.write(_reject())
            file.put_in_place(complete=True)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o600


def test_nothing_is_in_place_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text("earlier")
    with RejectFile(path) as file:
        file.write(_reject())
        assert path.read_text() == "earlier"
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("complete", "left"), [(True, []), (False, ["r"])])
def test_an_earlier_file_goes_when_all_rows_were_seen_and_none_rejected(
    tmp_path: Path,
    complete: bool,  # noqa: FBT001  a parameter of the test
    left: list[str],
) -> None:
    (tmp_path / "r").write_text("earlier")
    with RejectFile(tmp_path / "r") as file:
        assert file.put_in_place(complete=complete) is None
    assert [path.name for path in tmp_path.iterdir()] == left


def test_half_a_character_is_written_so_that_it_can_be_read(tmp_path: Path) -> None:
    with RejectFile(tmp_path / "r") as file:
        file.write(_reject(row={"msg": "\ud83d"}))
        file.put_in_place(complete=True)
    assert _lines(tmp_path / "r")[0]["row"] == {"msg": "\ud83d"}


def test_a_killed_writer_leaves_nothing_behind(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from producers.files.rejects import Reject, RejectFile\n"
        "with RejectFile(Path(sys.argv[1])) as file:\n"
        "    for line in range(10_000): file.write(Reject(line, 'k', (), {'msg': 'x' * 100}))\n"
        "    print('written', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "r")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_in_the_way_is_a_file_problem(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="is in the way"):
        RejectFile(tmp_path)


def test_a_place_that_does_not_exist_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="Rejected rows cannot be written"):
        RejectFile(tmp_path / "nowhere" / "r")


@pytest.mark.skipif(os.geteuid() != 0, reason="others than root make the directory unwritable by its mode")
def test_a_place_that_may_not_be_written_is_told_at_once() -> None:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        os.seteuid(65_534)
        try:
            with pytest.raises(FileProblem, match="Permission denied"):
                RejectFile(Path(directory) / "r")
        finally:
            os.seteuid(0)


def test_a_full_disk_is_a_file_problem_and_leaves_the_earlier_file(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text("earlier")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with RejectFile(path) as file:
        file.write(_reject(row={"msg": "x" * 50_000}))
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        try:
            with pytest.raises(FileProblem, match="Make room"):
                file.put_in_place(complete=True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_rejects_go_beside_the_file_under_its_whole_name(tmp_path: Path) -> None:
    assert choose_path(tmp_path / "x.csv", None) == tmp_path / "x.csv.rejected.jsonl"
    assert choose_path(tmp_path / "x.csv", "elsewhere") == Path("elsewhere")


@pytest.mark.parametrize("how", ["same", "dots", "symlink", "hardlink"])
def test_the_file_itself_is_never_overwritten(tmp_path: Path, how: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a\n")
    other = {"same": path, "dots": tmp_path / ".." / tmp_path.name / "x.csv"}.get(how, tmp_path / "y")
    if how == "symlink":
        other.symlink_to(path)
    elif how == "hardlink":
        other.hardlink_to(path)
    with pytest.raises(UsageError, match="name another one for the rejected rows"):
        choose_path(path, other)


def test_a_line_of_rejects_is_its_row_under_its_key() -> None:
    item = {"line": 3, "msg_key": "k3", "errors": [], "row": {"msg": "가"}}
    row, key, ref = unwrap(Row(9, 50, item, None))
    assert (row.line, row.item, row.size_bytes, key, ref) == (9, {"msg": "가"}, 50, "k3", None)
    *_, of_a_run = unwrap(Row(9, 50, {**item, "import": "sale.csv", "run": "7-1"}, None))
    assert of_a_run == ImportRef("sale.csv", "7-1")
    assert unwrap(Row(9, 50, {**item, "import": 1, "run": None}, None)) == (row, key, None)


@pytest.mark.parametrize("text", ["1,2,3", None, 7])
def test_a_line_of_rejects_without_an_item_says_what_to_do(text: object) -> None:
    row, key, _ = unwrap(Row(9, 50, {"line": 3, "msg_key": "k3", "errors": [], "row": text}, None))
    assert row.item is None
    assert row.problem is not None
    assert row.problem.reason == "is a rejected row that holds no item yet"
    assert row.text == (text if isinstance(text, str) else None)
    assert key == "k3"


@pytest.mark.parametrize(
    "item", [{"msg": "x"}, {"line": 3, "msg_key": "k", "errors": [], "row": {}, "more": 1}, {}]
)
def test_any_other_row_stays_as_it_is(item: dict[str, object]) -> None:
    row = Row(1, 1, item, None)
    assert unwrap(row) == (row, None, None)


def test_a_bad_row_stays_as_it_is() -> None:
    row = Row(1, 1, None, _PROBLEM)
    assert unwrap(row) == (row, None, None)


def test_a_reject_shows_no_row_in_its_repr() -> None:
    assert "01023456789" not in repr(_reject(row={"receiver_number": "01023456789"}))
