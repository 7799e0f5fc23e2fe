"""`plexsend suppress`: numbers come in by hand and by file, and never out again."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.suppression import SuppressionKind, Suppressions, SuppressionSource, Suppressor
from plexsend.settings import NumberKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

KEY = "k" * 32
NUMBER, OTHER = "010-2345-6789", "010-3456-7890"
DAY_MS = 86_400_000


@pytest.fixture
def suppress(run: Callable[..., Any], store: Store) -> Callable[..., Any]:
    """`plexsend suppress …`, in an account that had messages."""
    store.client.set(store.keys.here("main"), 0)
    return lambda *words, **more: run("suppress", *words, PLEXSEND_NUMBER_KEY=KEY, **more)


def test_a_number_is_added_checked_and_removed(suppress: Callable[..., Any]) -> None:
    added = suppress("add", NUMBER, "+82 10 3456 7890", "--reason", "by letter", "--json")
    assert (added.code, added.lines) == (0, [{"added": 2}])
    assert suppress("add", NUMBER).out == "0 numbers suppressed, 1 known already.\n"
    (found, none) = suppress("check", NUMBER, "010-9999-8888", "--json").lines
    assert {name: found[name] for name in ("number", "kind", "scope", "source", "why", "told")} == {
        "number": "010-****-6789", "kind": "ads", "scope": None, "source": "person", "why": "by letter",
        "told": False,
    }  # fmt: skip
    assert none == {"number": "010-****-8888", "kind": None}
    shown = suppress("check", NUMBER, "010-9999-8888")
    assert "by letter" in shown.out
    assert "not suppressed" in shown.out
    assert "2345" not in shown.out + shown.err
    assert suppress("remove", NUMBER).out == "1 number no longer suppressed.\n"
    again = suppress("remove", NUMBER)
    assert (again.code, again.out) == (1, "0 numbers no longer suppressed, 1 not suppressed.\n")


def test_what_is_not_a_number_is_named_without_it_and_the_others_count(suppress: Callable[..., Any]) -> None:
    ended = suppress("add", "02-2345-6789", NUMBER)
    assert (ended.code, ended.out) == (1, "1 number suppressed.\n")
    assert "number 1" in ended.err
    assert "2345" not in ended.err
    ended = suppress("add", "-", typed=f"{OTHER}\n\nnobody\n")
    assert (ended.code, ended.out) == (1, "1 number suppressed.\n")
    assert "number 2" in ended.err


@pytest.mark.parametrize(
    ("words", "because"),
    [
        (("add",), "one a line on stdin"),
        (("check",), "Give numbers, or a list with --file"),
        (("check", NUMBER, "--file", "a.csv"), "Give numbers, or a list with --file"),
        (("add", NUMBER, "--scope", "everywhere"), "is not a scope"),
        (("add", NUMBER, "--kind", "seen"), "seen"),
    ],
)
def test_wrong_usage(suppress: Callable[..., Any], words: tuple[str, ...], because: str) -> None:
    ended = suppress(*words)
    assert ended.code == 2
    assert because in ended.err


def test_without_the_key_it_says_so(run: Callable[..., Any]) -> None:
    ended = run("suppress", "check", NUMBER)
    assert ended.code == 2
    assert "PLEXSEND_NUMBER_KEY" in ended.err


def test_scopes_are_kept_apart(suppress: Callable[..., Any]) -> None:
    suppress("add", NUMBER, "--scope", "1588-1234")
    suppress("add", NUMBER, "--scope", "080-123-4567", "--kind", "all")
    found = suppress("check", NUMBER, "--json").lines
    assert [(one["kind"], one["scope"]) for one in found] == [
        ("ads", "sender 15881234"),
        ("all", "refusal 0801234567"),
    ]
    assert suppress("remove", NUMBER, "--scope", "account").code == 1
    assert suppress("remove", NUMBER, "--scope", "sender:15881234").code == 0
    assert len(suppress("check", NUMBER, "--json").lines) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_a_list_is_imported_and_another_is_marked(
    suppress: Callable[..., Any], tmp_path: Path, encoding: str
) -> None:
    refused = tmp_path / "refused.csv"
    refused.write_text(f"이름,휴대폰 번호\n김,{NUMBER}\n이,없음\n박,{OTHER}\n", encoding=encoding)
    ended = suppress("import", str(refused), "--reason", "옛 시스템", "--encoding", encoding)
    assert (ended.code, ended.out) == (1, "2 numbers suppressed.\n")
    assert "line 3" in ended.err
    own = tmp_path / "own.csv"
    own.write_text(f"name,phone\nkim,{NUMBER}\nlee,010-7777-8888\nodd,12\n", encoding="utf-8")
    marked = suppress("check", "--file", str(own), "--json")
    target = tmp_path / "own.marked.csv"
    assert marked.lines == [{"rows": 3, "marked": 1, "not_numbers": 1, "file": str(target)}]
    assert target.stat().st_mode & 0o777 == 0o600
    with target.open(encoding="utf-8-sig", newline="") as file:
        header, kim, lee, odd = csv.reader(file)
    assert header == ["name", "phone", "suppressed", "scope", "since", "source", "by", "why"]
    assert (kim[:4], kim[5], kim[7]) == (["kim", NUMBER, "ads", "account"], "import", "옛 시스템")
    assert lee == ["lee", "010-7777-8888", "", "", "", "", "", ""]
    assert odd[2] == "not read: has 2 digits"
    assert suppress("check", "--file", str(own)).code == 2, "the marked list is there"
    assert suppress("check", "--file", str(own), "--output", str(tmp_path / "b.csv")).code == 1


def test_the_encoding_is_found_and_said(suppress: Callable[..., Any], tmp_path: Path) -> None:
    old, odd = tmp_path / "old.csv", tmp_path / "odd.csv"
    old.write_text(f"이름,휴대폰번호\n김,{NUMBER}\n", encoding="cp949")
    ended = suppress("import", str(old))
    assert (ended.code, ended.out) == (0, "1 number suppressed.\n")
    assert f"{old} was read as cp949" in ended.err.replace("\n", "")
    marked = suppress("check", "--file", str(old))
    assert "1 of 1 row marked" in marked.out.replace("\n", "")
    # Neither encoding: the row that is wrong is named, and the others count.
    odd.write_bytes(f"phone\n{NUMBER}\n".encode() + b"\xff\xff\n" + f"{OTHER}\n".encode())
    ended = suppress("import", str(odd))
    assert (ended.code, ended.out) == (1, "1 number suppressed, 1 known already.\n"), ended.err
    assert "line 3" in ended.err
    assert "was read as" not in ended.err


def test_since_is_shown_by_the_hour_as_it_is_kept(suppress: Callable[..., Any]) -> None:
    suppress("add", NUMBER)
    shown = suppress("check", NUMBER).out + suppress("list").out + suppress("pending").out
    assert len(re.findall(r"\d\d:00\b(?!:)", shown)) == 4
    assert not re.search(r"\d\d:\d\d:\d\d", shown)


def test_a_text_file_has_one_number_a_line(suppress: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "refused.txt"
    file.write_text(f"{NUMBER}\n\n{OTHER}\n", encoding="utf-8")
    assert suppress("import", str(file)).out == "2 numbers suppressed.\n"


@pytest.mark.parametrize(
    ("content", "because"),
    [("a,b\n1,2\n", "no column of numbers"), ("phone,전화번호\n1,2\n", "several columns")],
)
def test_a_list_without_its_column_is_refused(
    suppress: Callable[..., Any], tmp_path: Path, content: str, because: str
) -> None:
    file = tmp_path / "list.csv"
    file.write_text(content, encoding="utf-8")
    ended = suppress("import", str(file))
    assert ended.code != 0
    assert because in ended.err
    assert suppress("import", str(tmp_path / "missing.csv")).code != 0


def test_the_list_shows_counts_and_says_that_numbers_stay_inside(suppress: Callable[..., Any]) -> None:
    assert "No number is suppressed." in suppress("list").err
    suppress("add", NUMBER, OTHER, "--reason", "by letter")
    (line,) = suppress("list", "--json").lines
    assert (line["kind"], line["numbers"], line["why"]) == ("ads", 2, "by letter")
    shown = suppress("list")
    assert "by letter" in shown.out
    assert "not read back or exported" in shown.err


def test_refusals_wait_for_their_answer_for_fourteen_days(
    suppress: Callable[..., Any], store: Store, tmp_path: Path
) -> None:
    assert "Every refusal was answered." in suppress("pending").err
    suppress("add", NUMBER)
    (line,) = suppress("pending", "--json").lines
    assert (line["kind"], line["numbers"]) == ("ads", 1)
    own = Suppressions(store, "main", NumberKey(KEY))
    long_ago = server_ms(store) - 15 * DAY_MS
    call = Suppressor(SuppressionSource.REFUSAL_CALL)
    own.add(["01034567890"], SuppressionKind.ADS, call, since_ms=long_ago)
    late = suppress("pending")
    assert late.code == 1
    assert "1 refusal should have been answered by now" in late.out
    file = tmp_path / "own.txt"
    file.write_text(f"{NUMBER}\n{OTHER}\n010-7777-8888\n", encoding="utf-8")
    assert suppress("pending", "--file", str(file)).out.startswith("2 of 3 rows marked")
    assert suppress("told", NUMBER, OTHER).out == "2 numbers noted as told.\n"
    assert suppress("told", "010-7777-8888").code == 1
    assert suppress("pending").code == 0
    assert suppress("list", "--json").lines != []


def test_a_list_is_read_however_a_spreadsheet_wrote_it(suppress: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "refused.csv"
    lines = [
        "이름 , 휴대폰 번호 ,주소",
        '"김, 철수",1023456789,"서울\r\n강남"',
        '이,"+82 10-3456-7890",',
        ",,",
        "박,010-2345-6789,x",
    ]
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    ended = suppress("import", str(file), "--json")
    assert (ended.code, ended.lines) == (0, [{"added": 2, "known": 1}])
    marked = tmp_path / "m.csv"
    assert suppress("check", "--file", str(file), "--output", str(marked)).code == 0
    with marked.open(encoding="utf-8-sig", newline="") as written:
        rows = list(csv.reader(written))
    assert [row[:4] for row in rows] == [
        ["이름", "휴대폰 번호", "주소", "suppressed"],
        ["김, 철수", "1023456789", "서울\r\n강남", "ads"],
        ["이", "+82 10-3456-7890", "", "ads"],
        ["박", "010-2345-6789", "x", "ads"],
    ]


def test_a_quote_that_does_not_end_costs_its_row_alone(suppress: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "refused.csv"
    file.write_text(
        f'phone,memo\n{NUMBER},"he said "no"\n010-4567-8901,"open\n{OTHER},fine\n', encoding="utf-8"
    )
    ended = suppress("import", str(file), "--json")
    assert (ended.code, ended.lines) == (1, [{"added": 1, "not_numbers": 2}])
    assert "4567" not in ended.err


@pytest.mark.parametrize(
    ("name", "content", "because"),
    [
        ("a.csv", b"PK\x03\x04more", "a spreadsheet"),
        ("a.txt", b"PK\x03\x04more", "a spreadsheet"),
        ("a.csv", "phone\n".encode("utf-16"), "UTF-16"),
        ("a.csv", b"", "it is empty"),
    ],
)
def test_a_file_that_is_none_is_named(
    suppress: Callable[..., Any], tmp_path: Path, name: str, content: bytes, because: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    for command in (("import", str(file)), ("check", "--file", str(file)), ("told", "--file", str(file))):
        ended = suppress(*command)
        assert (ended.code, ended.out) == (1, "")
        assert because in ended.err
    assert sorted(each.name for each in tmp_path.iterdir()) == [name], "nothing half is left"


def test_of_many_wrong_rows_the_first_are_named(suppress: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "refused.txt"
    file.write_text("".join(f"nobody {n}\n" for n in range(700)) + NUMBER, encoding="utf-8")
    ended = suppress("import", str(file))
    assert (ended.code, ended.out) == (1, "1 number suppressed.\n")
    assert (ended.err.count("warning:"), "And 680 more" in ended.err) == (20, True)


def test_an_account_that_nobody_knows_is_refused(suppress: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(NUMBER, encoding="utf-8")
    for command in (
        ("add", NUMBER), ("remove", NUMBER), ("check", NUMBER), ("told", NUMBER), ("import", str(file)),
        ("list",),
        ("pending",), ("offers",), ("history",),
    ):  # fmt: skip
        ended = suppress(*command, "--account", "brnad")
        assert (ended.code, "brnad" in ended.err) == (1, True), command
    assert suppress("list", "--account", "spring", PLEXSEND_ACCOUNT_SPRING="u;s").code == 0


def test_a_list_may_come_before_the_first_message(run: Callable[..., Any]) -> None:
    assert run("suppress", "add", NUMBER, PLEXSEND_NUMBER_KEY=KEY).out == "1 number suppressed.\n"


def test_the_marked_list_replaces_none_but_the_one_that_is_named(
    suppress: Callable[..., Any], tmp_path: Path
) -> None:
    own, other = tmp_path / "own.csv", tmp_path / "other.csv"
    own.write_text(f"phone\n{NUMBER}\n", encoding="utf-8")
    other.write_text("an older one", encoding="utf-8")
    other.chmod(0o644)
    assert suppress("check", "--file", str(own), "--output", str(own)).code == 2
    assert own.read_text("utf-8") == f"phone\n{NUMBER}\n"
    assert suppress("check", "--file", str(own), "--output", str(other)).code == 0
    assert other.stat().st_mode & 0o777 == 0o600
    assert suppress("check", "--file", str(own), "--output", str(tmp_path / "no" / "x.csv")).code == 1


def test_spreadsheets_calculate_nothing_of_what_is_marked(
    suppress: Callable[..., Any], tmp_path: Path
) -> None:
    suppress("add", NUMBER, "--reason", "=1+1")
    own = tmp_path / "own.csv"
    own.write_text(f"phone\n{NUMBER}\n", encoding="utf-8")
    suppress("check", "--file", str(own))
    assert (tmp_path / "own.marked.csv").read_text("utf-8-sig").splitlines()[1].endswith(",'=1+1")


def test_who_changed_what_is_shown_without_numbers(suppress: Callable[..., Any]) -> None:
    assert "Nobody changed" in suppress("history").err
    suppress("add", NUMBER, OTHER, "--reason", f"asked by {NUMBER}")
    suppress("remove", NUMBER, "--reason", "consented again")
    suppress("remove", NUMBER)
    suppress("told", OTHER)
    lines = suppress("history", "--json").lines
    assert [(one["act"], one["numbers"], one["why"]) for one in lines] == [
        ("tell", 1, None), ("remove", 1, "consented again"), ("add", 2, "asked by ****6789"),
    ]  # fmt: skip
    assert all(one["by"] for one in lines)
    shown = suppress("history").out
    assert "consented again" in shown
    assert "2345" not in shown


def test_offers_are_shown_by_day_and_decided(suppress: Callable[..., Any], store: Store) -> None:
    assert "No number is offered" in suppress("offers").err
    assert suppress("offers", "--accept").code == 1
    own = Suppressions(store, "main", NumberKey(KEY))
    receipt = Suppressor(SuppressionSource.RECEIPT)
    # 23:30 in Korea, and half an hour into the next day there.
    evening_ms = 1_795_876_200_000
    own.add(["01023456789"], SuppressionKind.OFFERED, receipt, since_ms=evening_ms)
    own.add(["01034567890"], SuppressionKind.OFFERED, receipt, since_ms=evening_ms + 3_600_000)
    days = [{"day": "2026-11-28", "numbers": 1}, {"day": "2026-11-29", "numbers": 1}]
    assert suppress("offers", "--json").lines == days
    assert suppress("offers", "--day", "2026-11-29", "--json").lines == days[1:]
    assert suppress("offers", "--decline", "--day", "2026-11-28").out == "1 number no longer offered.\n"
    assert suppress("offers", "--accept", "--reason", "looked").out == "1 number suppressed for everything.\n"
    (found,) = suppress("check", OTHER, "--json").lines
    assert (found["kind"], found["source"], found["why"]) == ("all", "person", "looked")
    assert suppress("offers", "--accept", "--decline").code == 2
    assert suppress("offers", "--day", "28.11.").code == 2


def test_which_column_was_read_is_said_where_others_may_hold_numbers_too(
    suppress: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"번호,휴대폰번호,보호자 연락처,\n1,{OTHER},{NUMBER},\n", encoding="cp949")
    ended = suppress("import", str(file))
    assert (ended.code, "its column '휴대폰번호'" in ended.err) == (0, True)
    assert suppress("import", str(file), "--column", "보호자연락처").err.count("its column") == 0
    marked = suppress("check", "--file", str(file))
    assert marked.out.startswith("1 of 1 row marked")
    first, second = (tmp_path / "a.marked.csv").read_text("utf-8-sig").splitlines()
    assert first.startswith("번호,휴대폰번호,보호자 연락처,,suppressed")
    assert second.startswith(f"1,{OTHER},{NUMBER},,ads")
    assert suppress("check", NUMBER, "--json").lines[0]["kind"] == "ads"


def test_many_numbers_suppressed_alike_are_one_line_by_their_hours(
    suppress: Callable[..., Any], store: Store
) -> None:
    own = Suppressions(store, "main", NumberKey(KEY))
    numbers = [f"010{20_000_000 + n}" for n in range(40)]
    for n, at in enumerate((server_ms(store) - 15 * DAY_MS, server_ms(store) - 2 * DAY_MS)):
        own.add(numbers[n::2], SuppressionKind.ADS, Suppressor(SuppressionSource.REFUSAL_CALL), since_ms=at)
    own.add(numbers[:1], SuppressionKind.ADS, Suppressor(SuppressionSource.PERSON, "", "x"), scope="sender 1")
    lines = suppress("list", "--json").lines
    assert [(one["numbers"], one["source"], one["scope"]) for one in lines] == [
        (40, "080", "account"), (1, "person", "sender 1"),
    ]  # fmt: skip
    late = suppress("pending")
    assert (late.code, "20 refusals should have been answered" in late.out) == (1, True)
