"""Looking something up: of each message the last line, by its rank."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from plexsend.archive.day_file import DayFile
from plexsend.archive.folder import Folder
from plexsend.archive.looking import ArchiveFilter, LookUp
from plexsend.errors import ArchiveFailed
from plexsend.outbox.lanes import Lane
from plexsend.outbox.states import State
from tests.unit.archive.made_up import BULK, DAY, DAY_MS, NAME, found, label, line

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from plexsend.archive.lines import ArchiveLine

_DAY_MS = 86_400_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def write(path: Path, *lines: ArchiveLine) -> None:
    """Put each line into the file of its day, in this order."""
    with Folder.to_write(path) as folder:
        for each in lines:
            day = datetime.fromtimestamp(each.at_ms / 1000, UTC).date()
            at = each.at_ms - DAY_MS
            DayFile(folder, day).append(label(at, at, each.account), [each])


def told(path: Path, **wanted: Any) -> list[tuple[str, str]]:
    return [(each.msg_key, str(each.state)) for each in found(path, **wanted)]


def test_the_last_line_counts_across_days_and_in_any_order(path: Path) -> None:
    write(
        path,
        line("k1", State.ACCEPTED, at=5),
        line("k1", State.DELIVERED, at=4 * _DAY_MS),
        line("k1", State.UNDELIVERED, at=3 * _DAY_MS),
        line("k2", State.UNDELIVERED, at=9),
        line("k2", State.ACCEPTED, at=8),
        line("k3", State.REJECTED, at=1),
        line("k3", State.REJECTED, at=2, code="again"),
    )
    assert sorted(told(path)) == [("k1", "delivered"), ("k2", "undelivered"), ("k3", "rejected")]
    assert [each.code for each in found(path, msg_keys={"k3"})] == ["again"]
    assert told(path, states={State.ACCEPTED}) == []
    assert told(path, states={State.DELIVERED}) == [("k1", "delivered")]


def test_a_key_that_was_used_again_is_two_messages(path: Path) -> None:
    write(
        path,
        line("k1", State.DELIVERED, at=5),
        line("k1", State.REJECTED, at=9 * _DAY_MS, submitted_ms=DAY_MS + 8 * _DAY_MS),
    )
    assert told(path) == [("k1", "rejected"), ("k1", "delivered")]


def test_a_line_without_its_record_counts_for_the_message_of_its_key(path: Path) -> None:
    write(path, line("k1", at=5), line("k1", State.DELIVERED, at=9 * _DAY_MS, submitted_ms=None))
    assert told(path) == [("k1", "delivered")]


def test_every_line_is_given_where_all_are_asked_for(path: Path) -> None:
    write(
        path,
        line("r1-0", State.ACCEPTED, at=5),
        line("r1-0", State.DELIVERED, at=2 * _DAY_MS),
        line("r2-0", State.DELIVERED, at=6),
        # A key that only holds what is looked for.
        line('x"msg_key":"r1-', State.DELIVERED, at=7),
    )
    look = LookUp(path, ArchiveFilter(key_start="r1-"))
    assert [(each.msg_key, str(each.state)) for each in look.every_line()] == [
        ("r1-0", "delivered"),
        ("r1-0", "accepted"),
    ]
    recent = LookUp(path, ArchiveFilter(key_start="r1-", since_ms=DAY_MS + 2 * _DAY_MS))
    assert [str(each.state) for each in recent.every_line()] == ["delivered"]
    assert not ArchiveFilter(key_start="r1-").may_have(line("r10-0"))


def test_a_line_that_is_there_twice_is_given_once(path: Path) -> None:
    write(path, line("k1", at=5))
    content = (path / NAME).read_bytes()
    (path / NAME).write_bytes(content + content)
    (path / "2026-11-28.damaged-1.jsonl.gz").write_bytes(content)
    assert told(path) == [("k1", "accepted")]


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ({"msg_keys": {"k1", "k4"}}, ["k1", "k4"]),
        ({"receiver": b"\x01" * 8}, ["k2"]),
        ({"account": "shop"}, ["k4"]),
        ({"service": "sms-bulk"}, ["k3"]),
        ({"lane": "mms-bulk@main"}, ["k1", "k2"]),
        ({"lane": "mms-bulk/spring@main"}, ["k2"]),
        ({"group": "spring"}, ["k2"]),
        ({"code": "2"}, ["k3"]),
        ({"code": "C100"}, ["k1", "k2", "k4"]),
        ({"since_ms": DAY_MS + 3}, ["k3", "k4"]),
        ({"since_ms": DAY_MS + 3 * _DAY_MS}, []),
        ({"msg_keys": {"k"}}, []),
    ],
)
def test_each_filter_lets_its_own_through(path: Path, wanted: dict[str, Any], keys: list[str]) -> None:
    write(
        path,
        line("k1", at=1),
        line("k2", at=2, lane=Lane("mms-bulk", None, "main", "spring"), receiver="01" * 8),
        line("k3", at=3, lane=Lane("sms-bulk", None, "main"), state=State.UNDELIVERED, receipt_code="2"),
        line("k4", at=4, lane=Lane("mms-bulk", None, "shop")),
    )
    assert sorted(key for key, _ in told(path, **wanted)) == keys


def test_what_cannot_be_read_is_named_and_the_rest_is_found(path: Path) -> None:
    write(path, line("k1", at=1), line("k2", at=_DAY_MS))
    newer = json.dumps({"v": 2, "msg_key": "k3"}).encode()
    with (path / NAME).open("ab") as file:
        file.write(gzip.compress(newer + b"\nwhat is this\n"))
    (path / "2026-11-30.jsonl.gz").symlink_to(path / NAME)
    look = LookUp(path, ArchiveFilter())
    assert [each.msg_key for each in look] == ["k2", "k1"]
    assert [problem.reason for problem in look.problems] == [
        "it cannot be read",
        "1 line is of a newer program",
        "1 line cannot be read",
    ]


def test_a_file_that_is_being_written_is_read_as_far_as_it_is_whole(path: Path) -> None:
    write(path, line("k1", at=1), line("k2", at=2))
    os.truncate(path / NAME, (path / NAME).stat().st_size - 1)
    assert told(path) == [("k1", "accepted")]


def test_a_folder_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(ArchiveFailed, match="No such file or directory"):
        list(LookUp(path, ArchiveFilter()))


def test_nothing_is_changed_by_looking(path: Path) -> None:
    write(path, line("k1"))
    path.chmod(0o755)
    assert told(path, lane=BULK.name) == [("k1", "accepted")]
    assert (path.stat().st_mode & 0o777, DAY.isoformat()) == (0o755, NAME[:10])
