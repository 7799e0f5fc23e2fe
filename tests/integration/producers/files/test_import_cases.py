"""Every case of docs/imports.md: what becomes of a file's rows when it is imported again."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import ImportRefused, OutboxFull
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading import queries
from plexsend.outbox.states import State
from plexsend.producers import ImportInterrupted, ImportReport, Producer, Progress, Remark, import_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.submit import Submitted

PAGE = Path(__file__).parents[4].joinpath("docs", "imports.md").read_text("utf-8")
HOUR_MS = 3_600_000


@dataclass
class Desk:
    """Where files are written, mended and imported."""

    producer: Producer
    store: Store
    folder: Path
    make_item: Any
    make_producer: Any

    def rows(self, count: int, **changes: Any) -> list[dict[str, Any]]:
        return [self.make_item(number, **changes) for number in range(count)]

    def write(self, rows: list[dict[str, Any]], name: str = "sale.jsonl") -> Path:
        path = self.folder / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
        return path

    def put_in(
        self, rows: list[dict[str, Any]] | Path, file: str = "sale.jsonl", **options: Any
    ) -> ImportReport:
        """Import rows as a file of this name, or a file as it is."""
        path = rows if isinstance(rows, Path) else self.write(rows, file)
        return import_file(self.producer, path, options.pop("service", "mms-bulk"), **options)

    def table(self, rows: list[dict[str, Any]], column: str = "order") -> Path:
        """Write rows as a table, with a column of the list's own at its end."""
        path = self.folder / "orders.csv"
        names = [*self.make_item(), column]
        cells = [[str(row.get(name, row["order"])) for name in names] for row in rows]
        path.write_text("\n".join([",".join(names), *map(",".join, cells)]) + "\n", "utf-8")
        return path

    def let_pass(self, ms: int, *fields: str) -> None:
        """Make what is remembered of imports older, or some of its times."""
        client: Any = self.store.client
        for key in client.scan_iter(f"{self.store.keys.account('main')}import:*"):
            for field in fields or ("first", "last"):
                client.hset(key, field, int(client.hget(key, field)) - ms)

    def lose_record(self, text: str) -> None:
        """Take the message with this text away, as retention does."""
        client: Any = self.store.client
        for key in client.scan_iter(f"{self.store.keys.account('main')}b:*"):
            if json.loads(client.get(key))["msg"] == text:
                client.delete(key, self.store.keys.record("main", key.decode().partition(":b:")[2]))

    def texts(self) -> list[str]:
        """Return the texts of all messages."""
        client: Any = self.store.client
        keys = list(client.scan_iter(f"{self.store.keys.account('main')}b:*", count=1000))
        return sorted(json.loads(client.get(key))["msg"] for key in keys)


@pytest.fixture
def desk(make_producer: Any, store: Store, tmp_path: Path, make_item: Any) -> Desk:
    """A desk of one test."""
    return Desk(make_producer(), store, tmp_path, make_item, make_producer)


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    """Return added, duplicates, changed, in conflict, invalid."""
    return report.added, report.duplicates, report.changed, report.conflicts, report.invalid


def the_same_file(desk: Desk) -> None:
    assert counts(desk.put_in(desk.rows(5))) == (5, 0, 0, 0, 0)
    assert counts(desk.put_in(desk.rows(5))) == (0, 5, 0, 0, 0)


def interrupt(desk: Desk, rows: list[dict[str, Any]]) -> None:
    """Import rows, and stop after the first chunk as a kill would."""

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.put_in(rows, on_progress=stop)


def an_interrupted_import(desk: Desk) -> None:
    # All to few receivers: a row that was not reached must not count as changed.
    rows = [desk.make_item(number % 7, msg=f"{number}") for number in range(700)]
    interrupt(desk, rows)
    assert counts(desk.put_in(rows)) == (200, 500, 0, 0, 0)


def an_interrupted_import_twelve_hours_later(desk: Desk) -> None:
    rows = [desk.make_item(number % 7, msg=f"{number}") for number in range(700)]
    interrupt(desk, rows)
    desk.let_pass(13 * HOUR_MS)
    assert counts(desk.put_in(rows)) == (200, 500, 0, 0, 0)


def an_interrupted_import_that_is_mended(desk: Desk) -> None:
    rows = [desk.make_item(number, msg=f"{number}") for number in range(700)]
    rows[650]["receiver_number"] = rows[3]["receiver_number"]
    # The second chunk was noted and never added, as where the process is killed in between.
    taken = desk.producer.pipeline

    class Dies:
        """Adds the first chunk, and dies in the second."""

        def __init__(self, taker: Any) -> None:
            self.taker = taker
            self.calls = 0

        def add(self, *args: Any, **terms: Any) -> Any:
            self.calls += 1
            if self.calls > 1:
                raise KeyboardInterrupt
            return self.taker.add(*args, **terms)

    def pipeline(*args: Any, **options: Any) -> Any:
        made = taken(*args, **options)
        made.taker = Dies(made.taker)
        return made

    desk.producer.pipeline = pipeline  # type: ignore[method-assign]  # a double of where it ends
    with pytest.raises(KeyboardInterrupt):
        desk.put_in(rows)
    desk.producer.pipeline = taken  # type: ignore[method-assign]  # as it was
    client: Any = desk.store.client
    (key,) = client.scan_iter(f"{desk.store.keys.account('main')}import:*")
    moment, _, noted = client.hget(key, "pending").partition(b" ")
    client.hset(key, "pending", b"%d %s" % (int(moment) - 60_000, noted))
    rows[600]["msg"] = "mended"
    assert counts(desk.put_in(rows)) == (199, 500, 1, 0, 0)


def another_way_of_writing(desk: Desk) -> None:
    path = desk.folder / "sale.csv"
    header = "receiver_number,sender_number,msg,file_path"
    rows = [f"0102345000{n},0222345678,안녕 {n},https://e.test/1.jpg" for n in range(4)]
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    assert counts(desk.put_in(path)) == (4, 0, 0, 0, 0)
    path.write_text("\r\n".join([header, *rows]), "utf-8-sig")
    assert counts(desk.put_in(path)) == (0, 4, 0, 0, 0)
    path.write_text("\n".join([header, *rows[::-1]]), "cp949")
    assert counts(desk.put_in(path, encoding="cp949")) == (0, 4, 0, 0, 0)
    turned = ["msg,file_path,receiver_number,sender_number"]
    turned += [f"안녕 {n},https://e.test/1.jpg,010-2345-000{n},02-2234-5678" for n in range(4)]
    path.write_text("\n".join(turned), "utf-8")
    assert counts(desk.put_in(path)) == (0, 4, 0, 0, 0)


def one_row_mended(desk: Desk) -> None:
    rows = [*desk.rows(3), desk.make_item(3, msg="")]
    assert counts(desk.put_in(rows)) == (3, 0, 0, 0, 1)
    rows[3]["msg"] = "mended"
    assert counts(desk.put_in(rows)) == (1, 3, 0, 0, 0)


def mend_rejects(path: Path | None, **changes: Any) -> Path:
    """Write the same change into every row of a file of rejects."""
    assert path is not None
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for line in lines:
        line["row"] |= changes
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def the_file_of_rejects(desk: Desk) -> None:
    # One of them to a receiver that has another row of the same import.
    rejected = desk.put_in(
        [*desk.rows(3), desk.make_item(3, msg=""), desk.make_item(0, msg="")]
    ).rejected_path
    path = mend_rejects(rejected, msg="mended")
    assert counts(desk.put_in(path)) == (2, 0, 0, 0, 0)
    assert counts(desk.put_in(path)) == (0, 2, 0, 0, 0)


def mended_in_both(desk: Desk) -> None:
    rows = [*desk.rows(3), desk.make_item(3, msg="")]
    path = mend_rejects(desk.put_in(rows).rejected_path, msg="mended")
    assert counts(desk.put_in(path)) == (1, 0, 0, 0, 0)
    rows[3]["msg"] = "mended otherwise"
    assert counts(desk.put_in(rows)) == (0, 3, 1, 0, 0)
    rows = [*desk.rows(3), desk.make_item(4, msg="")]
    mended = mend_rejects(desk.put_in(rows, "b.jsonl").rejected_path, msg="late")
    # An import without rejects takes the file of rejects away.
    path = mended.rename(desk.folder / "copy.jsonl")
    rows[3]["msg"] = "mended in the file first"
    assert counts(desk.put_in(rows, "b.jsonl")) == (1, 3, 0, 0, 0)
    assert counts(desk.put_in(path)) == (0, 0, 1, 0, 0)


def the_file_of_rejects_a_day_later(desk: Desk) -> None:
    rejected = desk.put_in([*desk.rows(3), desk.make_item(3, msg="")]).rejected_path
    desk.let_pass(24 * HOUR_MS, "last")
    assert counts(desk.put_in(mend_rejects(rejected, msg="mended"))) == (1, 0, 0, 0, 0)


def a_row_appended(desk: Desk) -> None:
    desk.put_in(desk.rows(3))
    assert counts(desk.put_in(desk.rows(4))) == (1, 3, 0, 0, 0)


def two_rows_to_one_receiver(desk: Desk) -> None:
    rows = [desk.make_item(1), desk.make_item(1), desk.make_item(1, msg="other")]
    assert counts(desk.put_in(rows)) == (3, 0, 0, 0, 0)
    assert counts(desk.put_in(rows[::-1])) == (0, 3, 0, 0, 0)


def the_file_appended_to_itself(desk: Desk) -> None:
    desk.put_in(desk.rows(3))
    assert counts(desk.put_in(desk.rows(3) * 2)) == (0, 3, 3, 0, 0)


def a_typo_mended_in_all_rows(desk: Desk) -> None:
    desk.put_in(desk.rows(3, msg="tpyo"))
    held: list[Any] = []
    report = desk.put_in(desk.rows(3, msg="typo"), on_reject=held.append)
    assert counts(report) == (0, 0, 3, 0, 0)
    assert [each.line for each in held] == [1, 2, 3]
    assert "this list was imported before, and its receiver" in held[0].problems[0].reason
    assert "--changed send" in held[0].problems[0].remedy
    assert desk.texts() == ["tpyo"] * 3
    assert counts(desk.put_in(desk.rows(3, msg="typo"), changed="send")) == (3, 0, 0, 0, 0)
    # What was sent so is known from then on.
    assert counts(desk.put_in(desk.rows(3, msg="typo"))) == (0, 3, 0, 0, 0)
    assert counts(desk.put_in(desk.rows(3, msg="tpyo"))) == (0, 3, 0, 0, 0)


def the_rows_held_back(desk: Desk) -> None:
    desk.put_in(desk.rows(3, msg="tpyo"))
    path = desk.put_in(desk.rows(3, msg="typo")).rejected_path
    assert path is not None
    kept = path.read_text("utf-8").splitlines(keepends=True)[:2]
    path.write_text("".join(kept), "utf-8")
    assert counts(desk.put_in(path)) == (0, 0, 2, 0, 0)
    assert counts(desk.put_in(path, changed="send")) == (2, 0, 0, 0, 0)
    assert counts(desk.put_in(desk.rows(3, msg="typo"))) == (0, 2, 1, 0, 0)


def another_name(desk: Desk) -> None:
    desk.put_in(desk.rows(3))
    assert counts(desk.put_in(desk.rows(3), "other.jsonl")) == (3, 0, 0, 0, 0)
    assert counts(desk.put_in(desk.rows(3), "other.jsonl", name="sale.jsonl")) == (0, 3, 0, 0, 0)


def a_name_that_rested(desk: Desk) -> None:
    desk.put_in(desk.rows(3))
    desk.let_pass(12 * HOUR_MS + 1)
    with pytest.raises(ImportRefused, match=r"sale\.jsonl was imported before, last at .* --resume.* --name"):
        desk.put_in(desk.rows(4))
    assert len(desk.texts()) == 3
    assert counts(desk.put_in(desk.rows(4), resume=True)) == (1, 3, 0, 0, 0)
    desk.let_pass(13 * HOUR_MS)
    assert counts(desk.put_in(desk.rows(4), name="another day")) == (4, 0, 0, 0, 0)
    # Within twelve hours of the last use nobody has to say anything.
    desk.let_pass(11 * HOUR_MS)
    assert counts(desk.put_in(desk.rows(4), name="another day")) == (0, 4, 0, 0, 0)


def records_that_are_gone(desk: Desk) -> None:
    desk.put_in(desk.rows(3))
    desk.lose_record("안녕하세요 0")
    with pytest.raises(
        ImportRefused, match=r"sale\.jsonl was imported before, first at .* --resume.* --name"
    ):
        desk.put_in(desk.rows(3))
    assert counts(desk.put_in(desk.rows(4), resume=True)) == (1, 2, 1, 0, 0)
    # An interrupted import goes on under its own marks, so what it added must be there.
    rows = [desk.make_item(number, msg=f"{number}") for number in range(1_001)]

    def stop(progress: Progress) -> None:
        if progress.rows_done == 1_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.put_in(rows, "half.jsonl", on_progress=stop)
    desk.lose_record("0")
    with pytest.raises(ImportRefused, match="is forgotten by now"):
        desk.put_in(rows, "half.jsonl")
    assert counts(desk.put_in(rows, "half.jsonl", resume=True)) == (1, 999, 1, 0, 0)
    rejected = desk.put_in([*desk.rows(2), desk.make_item(2, msg="")], "mend.jsonl").rejected_path
    path = mend_rejects(rejected, msg="mended").rename(desk.folder / "copy.jsonl")
    assert counts(desk.put_in(path)) == (1, 0, 0, 0, 0)
    desk.lose_record("안녕하세요 0")
    desk.lose_record("mended")
    with pytest.raises(ImportRefused, match="is forgotten by now"):
        desk.put_in(path)
    assert counts(desk.put_in(path, resume=True)) == (0, 0, 1, 0, 0)
    # The same where the first are so old that they may be gone.
    desk.put_in(desk.rows(2), "old.jsonl")
    desk.let_pass(7 * 24 * HOUR_MS, "first")
    with pytest.raises(ImportRefused):
        desk.put_in(desk.rows(2), "old.jsonl")


def rows_with_a_key(desk: Desk) -> None:
    rows = [desk.make_item(number, msg_key=f"k{number}") for number in range(3)]
    assert counts(desk.put_in(rows)) == (3, 0, 0, 0, 0)
    assert counts(desk.put_in(rows, "other.jsonl")) == (0, 3, 0, 0, 0)
    assert not list(desk.store.client.scan_iter(f"{desk.store.keys.account('main')}import:*"))
    # To receivers that the list had, and long after it was used.
    desk.put_in(desk.rows(3))
    desk.let_pass(13 * HOUR_MS)
    assert counts(desk.put_in([{**row, "msg_key": f"new-{row['msg_key']}"} for row in rows])) == (
        3,
        0,
        0,
        0,
        0,
    )
    assert counts(desk.put_in([desk.make_item(1, msg_key="k0")])) == (0, 0, 0, 1, 0)


def orders(desk: Desk, *orders: str, **changes: Any) -> list[dict[str, Any]]:
    """Return a row for each order, all to one receiver."""
    return [
        {**desk.make_item(1, **changes), "file_path": "https://e.test/1.jpg", "order": each}
        for each in orders
    ]


def another_cell(desk: Desk) -> None:
    assert counts(desk.put_in(desk.table(orders(desk, "a", "b")), key_column="order")) == (2, 0, 0, 0, 0)
    assert counts(desk.put_in(desk.table(orders(desk, "b", "a", "c")), key_column="order")) == (1, 2, 0, 0, 0)
    assert counts(desk.put_in(desk.table(orders(desk, "c", "", "c")), key_column="order")) == (0, 2, 0, 0, 1)
    # A field of the message can be the column, and a number in JSON.
    numbered = [{**desk.make_item(n), "order": n} for n in range(3)]
    assert counts(desk.put_in(numbered, key_column="order")) == (3, 0, 0, 0, 0)
    echoed = desk.rows(2, echo_to_webhook="e1")
    assert counts(desk.put_in(echoed, "e.jsonl", key_column="echo_to_webhook")) == (1, 0, 0, 1, 0)


def the_same_cell_and_another_text(desk: Desk) -> None:
    desk.put_in(desk.table(orders(desk, "a", "b")), key_column="order")
    report = desk.put_in(desk.table(orders(desk, "a", msg="other")), key_column="order")
    assert counts(report) == (0, 0, 0, 1, 0)
    assert report.rejected_path is not None
    assert json.loads(report.rejected_path.read_text("utf-8"))["row"]["order"] == "a"


def another_key_column(desk: Desk) -> None:
    desk.put_in(desk.table(orders(desk, "a")), key_column="order")
    with pytest.raises(ImportRefused, match="imported before with --key-column order"):
        desk.put_in(desk.table(orders(desk, "a"), "echo_to_webhook"), key_column="echo_to_webhook")
    desk.put_in(desk.rows(1))
    with pytest.raises(ImportRefused, match="imported before without --key-column"):
        desk.put_in(desk.rows(1), key_column="msg")


def a_message_that_was_not_sent(desk: Desk) -> None:
    desk.put_in(desk.rows(3))
    lane = queries.lanes(desk.store)[0]
    client: Any = desk.store.client
    (first, *_) = client.zrange(desk.store.keys.lane("main", lane.name, "ready"), 0, -1)
    assert desk.producer.cancel(first.decode()).state == State.CANCELLED
    remarks: list[Remark] = []
    report = desk.put_in(desk.rows(3), on_remark=remarks.append)
    assert counts(report) == (0, 3, 0, 0, 0)
    assert report.never_sent == {State.CANCELLED: 1}
    assert [(each.index, each.msg_key) for each in remarks] == [(1, first.decode())]
    assert "is cancelled: it is not sent again" in remarks[0].problem.reason


def another_time(desk: Desk) -> None:
    desk.put_in(desk.rows(2), send_at=datetime(2100, 1, 1, tzinfo=UTC))
    remarks: list[Remark] = []
    report = desk.put_in(desk.rows(2), send_at=datetime(2100, 1, 2, tzinfo=UTC), on_remark=remarks.append)
    assert counts(report) == (0, 2, 0, 0, 0)
    assert [each.problem.field for each in remarks] == ["send_at", "send_at"]
    assert "plexsend reschedule" in remarks[0].problem.remedy


RCS: dict[str, Any] = {
    "msg_type": "RMM",
    "sender_number": "1588-1234",
    "receiver_number": "010-2345-6789",
    "msg_base_id": "SMwThT00",
    "br_id": "BR.1",
    "brand_key": "BK.1",
    "header": "0",
    "copy_allowed": True,
    "msg": {"body": {"description": "본문"}},
}


def another_dialect(desk: Desk) -> None:
    for dialect, expected in (("v1", (1, 0, 0, 0, 0)), ("v2", (0, 1, 0, 0, 0))):
        put(desk.store, Where(), {"rcs_dialect": dialect}, by="anna", reason="a new version")
        # Which hears of it at once; another knows it within a second.
        desk.producer = desk.make_producer()
        assert counts(desk.put_in([RCS], service="rcs-mms-bulk")) == expected


def another_service(desk: Desk) -> None:
    desk.put_in(desk.rows(1))
    assert counts(desk.put_in(desk.rows(1), service="mms-standard")) == (0, 0, 0, 1, 0)
    assert counts(desk.put_in(desk.rows(1), group="spring")) == (0, 0, 0, 1, 0)
    assert counts(desk.put_in(desk.rows(1), account="shop")) == (1, 0, 0, 0, 0)


def a_file_of_an_older_version(desk: Desk) -> None:
    rows = desk.rows(3)
    digest = hashlib.sha256(desk.write(rows).read_bytes()).hexdigest()[:24]
    old = [{**row, "msg_key": f"{digest}-{line}"} for line, row in enumerate(rows, 1)]
    assert len(desk.producer.submit("mms-bulk", old).added) == 3
    assert counts(desk.put_in(rows)) == (0, 3, 0, 0, 0)


def a_full_server(desk: Desk) -> None:
    rows = [desk.make_item(number % 7, msg=f"{number}") for number in range(3)]

    class Full:
        """The outbox, as long as Redis is full."""

        def add(self, *_: object, **__: object) -> list[Submitted]:
            raise OutboxFull("Redis is full.")

    whole = desk.producer.pipeline

    def pipeline(*args: Any, **options: Any) -> Any:
        made = whole(*args, **options)
        made.taker = Full()
        return made

    desk.producer.pipeline = pipeline  # type: ignore[method-assign]  # a double of where it ends
    with pytest.raises((OutboxFull, ImportInterrupted)):
        desk.put_in(rows)
    desk.producer.pipeline = whole  # type: ignore[method-assign]  # as it was
    rows[1]["msg"] = "mended"
    assert counts(desk.put_in(rows)) == (3, 0, 0, 0, 0)


def another_fallback(desk: Desk) -> None:
    own = {"msg_base_id": "SMwThT00", "br_id": "BR.1", "brand_key": "BK.1", "header": "0"}

    def counted(instead: dict[str, str] | None, changed: Any = "hold", **beside: Any) -> tuple[int, ...]:
        said = {} if instead is None else {"fallback": {"service": "lms-bulk", **instead}, **beside}
        usual = [desk.make_item(number) for number in range(2)]
        numbers = [{name: row[name] for name in ("sender_number", "receiver_number")} for row in usual]
        rows = [{**each, **own, "msg": {"body": {"description": "x"}}, **said} for each in numbers]
        options = {"service": "rcs-mms-bulk", "msg_type": "RMM", "changed": changed}
        return counts(desk.put_in(rows, **options))

    assert counted({"msg": "instead", "title": "x"}) == (2, 0, 0, 0, 0)
    assert counted({"title": "x", "msg": "instead"}) == (0, 2, 0, 0, 0)
    assert counted({"msg": "another", "title": "x"}) == (0, 0, 2, 0, 0)
    assert counted({"msg": "instead", "title": "x"}, fallback_after_s=60) == (0, 0, 2, 0, 0)
    assert counted(None) == (0, 0, 2, 0, 0)
    assert counted({"msg": "another", "title": "x"}, changed="send") == (2, 0, 0, 0, 0)


CASES: dict[str, Callable[[Desk], None]] = {
    "the same file": the_same_file,
    "an import that was interrupted": an_interrupted_import,
    "an interrupted import, twelve hours later": an_interrupted_import_twelve_hours_later,
    "an interrupted import, its file mended meanwhile": an_interrupted_import_that_is_mended,
    "the same rows with a byte order mark, other line ends, encoding or order": another_way_of_writing,
    "one row mended in the file": one_row_mended,
    "the file of rejects, mended": the_file_of_rejects,
    "a row mended there, and then otherwise in the file": mended_in_both,
    "the file of rejects, a day later": the_file_of_rejects_a_day_later,
    "a row appended to a new receiver": a_row_appended,
    "two rows to one receiver, equal ones too": two_rows_to_one_receiver,
    "the file appended to itself": the_file_appended_to_itself,
    "a typo mended in all rows, or a column that changes with each export": a_typo_mended_in_all_rows,
    "another fallback beside the same message, or none any more": another_fallback,
    "the rows held back, from the file of rejects with `--changed send`": the_rows_held_back,
    "the file under another name": another_name,
    "a name last used more than twelve hours ago": a_name_that_rested,
    "a list of which records are gone": records_that_are_gone,
    "rows with a `msg_key`": rows_with_a_key,
    "with `--key-column`, a row with another cell": another_cell,
    "with `--key-column`, a row with the same cell and another text": the_same_cell_and_another_text,
    "with another key column than before, or none": another_key_column,
    "a row whose message was cancelled, expired or became a dead letter": a_message_that_was_not_sent,
    "with another `--send-at`": another_time,
    "under another version of the RCS interface": another_dialect,
    "for another service or group": another_service,
    "a file that plexsend 0.3.0 imported, unchanged": a_file_of_an_older_version,
    "after Redis was full, with a row mended meanwhile": a_full_server,
}


def cases_of_the_page() -> list[str]:
    """Return the first cell of each row of the table."""
    table = PAGE.partition("<!-- cases:begin -->")[2].partition("<!-- cases:end -->")[0]
    return re.findall(r"^\| (.+?) \| .+ \|$", table, re.MULTILINE)[1:]


def test_the_page_has_every_case_and_no_other() -> None:
    assert cases_of_the_page() == list(CASES)


@pytest.mark.parametrize("case", CASES)
def test_case_of_the_page(case: str, desk: Desk) -> None:
    CASES[case](desk)
