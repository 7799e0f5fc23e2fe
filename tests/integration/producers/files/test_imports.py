from __future__ import annotations

import csv
import json
import signal
import stat
import subprocess
import sys
import tracemalloc
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plexsend.errors import FileChanged, FileProblem, OutboxFull, OutboxUnavailable, UsageError
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.redis.store import Store
from plexsend.outbox.states import State
from plexsend.producers import ImportInterrupted, ImportReport, Producer, check_file, import_file

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.producers import Progress, Reject

_KINDS = ["good", "null key", "blank key", "keyed", "bad", "broken", "blank"]
_LANE = Lane("mms-bulk", None, "main")


def _counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.duplicates, report.conflicts, report.invalid


def _texts_in(store: Store) -> list[str]:
    """Return the texts of all messages in the outbox, sorted."""
    client: Any = store.client
    bodies = client.scan_iter(f"{store.keys.account('main')}b:*", count=1000)
    return sorted(json.loads(client.get(key))["msg"] for key in list(bodies))


def _rejects(path: Path | None) -> list[dict[str, Any]]:
    assert path is not None
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_files_rows_are_messages_under_keys_of_their_name_and_what_they_say(
    producer: Producer, store: Store, make_item: Any, write_jsonl: Any
) -> None:
    rows = [make_item(1), b"", make_item(2, msg_key="mine"), make_item(3)]
    assert _counts(import_file(producer, write_jsonl(rows), "mms-bulk")) == (3, 0, 0, 0)
    assert _texts_in(store) == ["안녕하세요 1", "안녕하세요 2", "안녕하세요 3"]
    client: Any = store.client
    ready = store.keys.lane("main", _LANE.name, "ready")
    keys = {key.decode() for key in client.zrange(ready, 0, -1)}
    assert "mine" in keys
    assert {len(key) for key in keys - {"mine"}} == {24}
    # In another order, among others, the same rows are the same messages; under another name they are others.
    mixed = write_jsonl([make_item(4), *rows[::-1]])
    assert _counts(import_file(producer, mixed, "mms-bulk")) == (1, 3, 0, 0)
    assert _counts(import_file(producer, write_jsonl(rows, "other.jsonl"), "mms-bulk")) == (2, 1, 0, 0)


@pytest.mark.parametrize(("copy", "name"), [("items.jsonl", None), ("renamed.jsonl", "items.jsonl")])
def test_the_same_content_again_adds_nothing(
    producer: Producer, make_item: Any, write_jsonl: Any, copy: str, name: str | None
) -> None:
    rows = [make_item(n) for n in range(700)]
    import_file(producer, write_jsonl(rows), "mms-bulk")
    again = import_file(producer, write_jsonl(rows, copy), "mms-bulk", name=name)
    assert _counts(again) == (0, 700, 0, 0)


def test_the_same_file_for_another_service_is_in_conflict_and_for_another_account_is_not(
    producer: Producer, make_item: Any, write_jsonl: Any
) -> None:
    path = write_jsonl([make_item()])
    import_file(producer, path, "mms-bulk")
    assert _counts(import_file(producer, path, "mms-standard")) == (0, 0, 1, 0)
    assert _counts(import_file(producer, path, "mms-bulk", account="shop")) == (1, 0, 0, 0)


def test_times_and_account_hold_for_every_row(producer: Producer, make_item: Any, write_jsonl: Any) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    path = write_jsonl([make_item(msg_key="k")])
    import_file(
        producer, path, "mms-bulk", account="shop", send_at=later, expires_at=later + timedelta(hours=1)
    )
    record = producer.status("k")
    assert record is not None
    assert (record.state, record.lane.account) == (State.SCHEDULED, "shop")
    assert record.expires_at_ms is not None


def test_a_rows_own_times_count_instead(producer: Producer, make_item: Any, tmp_path: Path) -> None:
    item = make_item(file_path="https://example.com/a.jpg")
    path = tmp_path / "x.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*item, "msg_key", "send_at", "expires_at"])
        writer.writeheader()
        writer.writerow({**item, "msg_key": "own", "send_at": "2100-01-02T09:00:00+09:00"})
        writer.writerow({**item, "msg_key": "files"})
        writer.writerow({**item, "msg_key": "local", "send_at": "2100-01-02 9:00"})
        writer.writerow({**item, "msg_key": "wrong", "send_at": "2100-01-02", "expires_at": "soon"})
    report = import_file(producer, path, "mms-bulk", send_at=datetime(2100, 1, 1, tzinfo=UTC))
    assert _counts(report) == (3, 0, 0, 1)
    own, files, here = producer.status("own"), producer.status("files"), producer.status("local")
    assert own is not None
    assert here is not None
    assert here.send_at_ms == own.send_at_ms
    assert files is not None
    assert files.send_at_ms is not None
    assert own.send_at_ms == files.send_at_ms + 24 * 3_600_000
    (reject,) = _rejects(report.rejected_path)
    assert [each["field"] for each in reject["errors"]] == ["send_at", "expires_at"]
    remedy = "Write ISO 8601, such as 2026-03-01 09:00, or with a zone of its own: 2026-03-01T09:00:00+09:00."
    assert [each["remedy"] for each in reject["errors"]] == [remedy, remedy]
    assert reject["row"]["send_at"] == "2100-01-02"
    assert check_file(path, "mms-bulk").invalid == 1


@pytest.mark.parametrize("key_column", [None, "order"])
def test_conflict_of_a_made_key_is_told_to_a_writer_who_never_saw_a_key(
    producer: Producer, make_item: Any, write_jsonl: Any, key_column: str | None
) -> None:
    item = make_item(1)
    path = write_jsonl([{**item, "order": "o-1"} if key_column else item])
    import_file(producer, path, "mms-bulk", key_column=key_column)
    report = import_file(producer, path, "mms-bulk", group="spring", key_column=key_column)
    (reject,) = _rejects(report.rejected_path)
    (error,) = reject["errors"]
    assert error["field"] == "row"
    assert (
        error["reason"]
        == "was put in before with another text or fallback, or in another service or group (waiting)"
    )
    assert error["remedy"].startswith(f"`plexsend status {reject['msg_key']}` shows it. ")
    # The remedy works as it is written: a msg_key of its own, in the file of rejects.
    mended = write_jsonl([{**reject, "row": {**reject["row"], "msg_key": "own"}}])
    again = import_file(producer, mended, "mms-bulk", group="spring", key_column=key_column)
    assert _counts(again) == (1, 0, 0, 0)


def test_invalid_rows_and_conflicts_go_into_the_file_of_rejects_in_the_files_order(
    producer: Producer, make_item: Any, write_jsonl: Any
) -> None:
    producer.submit("mms-bulk", [make_item(msg_key="taken")])
    taken, invalid = make_item(5, msg_key="taken"), make_item(msg="")
    path = write_jsonl([make_item(1), b"{", taken, invalid, make_item(2)])
    told: list[Reject] = []
    report = import_file(producer, path, "mms-bulk", on_reject=told.append)
    assert _counts(report) == (2, 0, 1, 2)
    assert report.rejected_path == path.with_name("items.jsonl.rejected.jsonl")
    rejects = _rejects(report.rejected_path)
    assert [each["line"] for each in rejects] == [2, 3, 4] == [each.line for each in told]
    assert [each["row"] for each in rejects] == ["{", taken, invalid]
    assert [each["errors"][0]["field"] for each in rejects] == ["row", "msg_key", "msg"]
    assert "belongs to another message" in rejects[1]["errors"][0]["reason"]
    assert "(waiting)" in rejects[1]["errors"][0]["reason"]
    assert all(each["errors"][0]["remedy"] for each in rejects)
    assert report.rejected_path is not None
    assert stat.S_IMODE(report.rejected_path.stat().st_mode) == 0o600


def test_the_file_of_rejects_goes_when_nothing_is_rejected_any_more(
    producer: Producer, make_item: Any, write_jsonl: Any, tmp_path: Path
) -> None:
    report = import_file(producer, write_jsonl([make_item(msg="")]), "mms-bulk")
    assert report.rejected_path is not None
    assert report.rejected_path.exists()
    again = import_file(producer, write_jsonl([make_item()]), "mms-bulk")
    assert again.rejected_path is None
    assert [path.name for path in tmp_path.iterdir()] == ["items.jsonl"]


def test_mended_rejects_are_imported_once_and_the_first_file_still_adds_nothing(
    producer: Producer, store: Store, make_item: Any, write_jsonl: Any
) -> None:
    path = write_jsonl([make_item(1), make_item(2, msg="b–d"), make_item(3, receiver_number="2")])
    rejected = import_file(producer, path, "mms-bulk").rejected_path
    mended = _rejects(rejected)
    mended[0]["row"]["msg"] = "b-d"
    mended[1]["row"]["receiver_number"] = "010-2345-0003"
    copy = write_jsonl(mended, "mended.jsonl")
    assert _counts(import_file(producer, copy, "mms-bulk")) == (2, 0, 0, 0)
    assert _counts(import_file(producer, copy, "mms-bulk")) == (0, 2, 0, 0)
    assert _counts(import_file(producer, path, "mms-bulk")) == (0, 1, 0, 2)
    assert _texts_in(store) == ["b-d", "안녕하세요 1", "안녕하세요 3"]


def test_importing_again_with_replacements_adds_only_what_was_refused(
    producer: Producer, store: Store, make_item: Any, write_jsonl: Any
) -> None:
    path = write_jsonl([make_item(1), make_item(2, msg="1–2")])
    assert _counts(import_file(producer, path, "mms-bulk")) == (1, 0, 0, 1)
    report = import_file(producer, path, "mms-bulk", replace=True)
    assert _counts(report) == (1, 1, 0, 0)
    assert report.replacements == 1
    assert _texts_in(store) == ["1-2", "안녕하세요 1"]


def test_a_table_in_cp949_becomes_messages_in_utf_8(producer: Producer, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "고객.csv"
    path.write_text(
        "receiver_number,sender_number,msg,title,file_path\r\n"
        '010-2345-6789,02-2234-5678,"첫 줄\r\n둘째 ""줄""",,https://x.test/1.jpg|https://x.test/2.jpg\r\n',
        "cp949",
        newline="",
    )
    assert _counts(import_file(producer, path, "mms-bulk", encoding="cp949")) == (1, 0, 0, 0)
    client: Any = store.client
    (key,) = client.scan_iter(f"{store.keys.account('main')}b:*")
    item = json.loads(client.get(key))
    assert item["msg"] == '첫 줄\n둘째 "줄"'
    assert item["file_path"] == ["https://x.test/1.jpg", "https://x.test/2.jpg"]
    assert "title" not in item


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(_KINDS), max_size=25))
def test_every_row_is_counted_once_and_a_second_import_adds_none(
    producer: Producer, make_item: Any, write_jsonl: Any, kinds: list[str]
) -> None:
    run = uuid.uuid4()
    rows = {
        "good": make_item(msg=f"{run}"),
        "bad": make_item(msg=""),
        "keyed": make_item(msg=f"{run}", msg_key=f"{run}"),
        "null key": {**make_item(msg=f"{run}"), "msg_key": None},
        "blank key": make_item(msg=f"{run}", msg_key=" "),
        "blank": b"",
        "broken": b"{",
    }
    path = write_jsonl((rows[kind] for kind in kinds), f"{run}.jsonl")
    first, second = (import_file(producer, path, "mms-bulk") for _ in range(2))
    keyed = kinds.count("keyed")
    keyless = kinds.count("good") + kinds.count("null key") + kinds.count("blank key")
    added = keyless + min(keyed, 1)
    invalid = kinds.count("bad") + kinds.count("broken")
    assert _counts(first) == (added, max(keyed - 1, 0), 0, invalid)
    assert _counts(second) == (0, keyless + keyed, 0, invalid)


def test_a_file_larger_than_its_memory_is_imported(
    producer: Producer, make_item: Any, write_jsonl: Any
) -> None:
    # Rows of almost 1 MB that are refused: neither they nor their rejects may pile up.
    huge = b'{"msg": "' + b"x" * 900_000
    path = write_jsonl([make_item(1), *[huge] * 40, make_item(2)])
    tracemalloc.start()
    report = import_file(producer, path, "mms-bulk")
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert _counts(report) == (2, 0, 0, 40)
    assert len(_rejects(report.rejected_path)) == 40
    # Of 36 MB. A chunk ends when it holds 4 MB, and a row is copied while it is decoded and written out.
    assert peak_bytes < 12_000_000


def _change_after(path: Path, rows: int) -> Any:
    def change(progress: Progress) -> None:
        if progress.rows_done == rows:
            with path.open("ab") as file:
                file.write(b"{}\n")

    return change


def test_a_file_that_grows_stops_the_import_and_is_imported_again(
    producer: Producer, store: Store, make_item: Any, write_jsonl: Any
) -> None:
    rows = [make_item(n, msg=f"{n:04d} " + "x" * 1_000) for n in range(3_000)]
    path = write_jsonl(rows)
    earlier = write_jsonl([], "items.jsonl.rejected.jsonl")
    with pytest.raises(ImportInterrupted) as caught:
        import_file(producer, path, "mms-bulk", on_progress=_change_after(path, 500))
    stopped = caught.value
    assert isinstance(stopped.cause, FileChanged)
    assert earlier.exists()
    assert stopped.report.rejected_path is None
    assert "Run the import again" in str(stopped)
    assert 0 < stopped.report.added == stopped.last_line < 3_000
    again = import_file(producer, path, "mms-bulk")
    # What was written to it meanwhile is a row too, and not an item.
    assert _counts(again) == (3_000 - stopped.last_line, stopped.last_line, 0, 1)
    assert _texts_in(store) == sorted(row["msg"] for row in rows)


def test_a_server_that_fills_up_stops_the_import_which_is_then_run_again(
    producer: Producer, store: Store, make_item: Any, write_jsonl: Any
) -> None:
    path = write_jsonl(make_item(n, msg="" if n in (0, 700) else "x") for n in range(1_300))

    def fill(_: Progress) -> None:
        store.client.config_set("maxmemory", store.client.info("memory")["used_memory"])

    try:
        with pytest.raises(ImportInterrupted, match="Run the import again") as caught:
            import_file(producer, path, "mms-bulk", on_progress=fill)
    finally:
        store.client.config_set("maxmemory", 0)
    stopped = caught.value
    assert isinstance(stopped.cause, OutboxFull)
    assert (_counts(stopped.report), stopped.last_line) == ((499, 0, 0, 2), 701)
    assert [each["line"] for each in _rejects(stopped.report.rejected_path)] == [1, 701]
    assert _counts(import_file(producer, path, "mms-bulk")) == (799, 499, 0, 2)


def test_an_import_without_redis_does_nothing(make_producer: Any, make_item: Any, write_jsonl: Any) -> None:
    away = make_producer(Store.connect("redis://127.0.0.1:1/0", "t:"))
    path = write_jsonl([make_item()])
    with pytest.raises(OutboxUnavailable):
        import_file(away, path, "mms-bulk")
    assert not path.with_name("items.jsonl.rejected.jsonl").exists()


@pytest.mark.parametrize(
    ("name", "content", "options", "error"),
    [
        ("none.csv", None, {}, FileProblem),
        ("x.csv", "sender_number,reciever_number\n1,2\n", {}, FileProblem),
        ("x.csv", "sender_number,receiver_number,msg\n1,2,3\n", {}, FileProblem),
        ("x.csv", "", {}, FileProblem),
        ("x.txt", "{}\n", {}, UsageError),
        ("x.jsonl", "{}\n", {"service": "sms-bulk-x"}, UsageError),
        ("x.jsonl", "{}\n", {"account": "Main"}, UsageError),
        ("x.jsonl", "{}\n", {"encoding": "euc-jp"}, UsageError),
        ("x.jsonl", "{}\n", {"rejected_path": "x.jsonl"}, UsageError),
        ("x.jsonl", "{}\n", {"rejected_path": "no/such/place"}, FileProblem),
    ],
)
def test_what_is_wrong_as_a_whole_is_told_before_anything_is_added(  # noqa: PLR0917  a table and its fixtures
    producer: Producer,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: str | None,
    options: dict[str, str],
    error: type[Exception],
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(error):
        import_file(producer, name, **{"service": "mms-bulk", **options})  # type: ignore[arg-type]  # a table of any
    assert list(store.client.scan_iter(f"{store.keys.prefix}*")) == []
    assert [path.name for path in tmp_path.iterdir()] == ([name] if content is not None else [])


_IMPORT_AND_HANG = """
import sys
from plexsend.gateway.environment import read_settings
from plexsend.producers import Producer, import_file

def tell(progress):
    print(progress.rows_done, flush=True)
    if progress.rows_done >= 2_500:
        sys.stdin.read()  # so that it cannot end before it is killed

url, prefix, path = sys.argv[1:]
producer = Producer(read_settings({"PLEXSEND_REDIS_URL": url, "PLEXSEND_KEY_PREFIX": prefix}))
import_file(producer, path, "mms-bulk", on_progress=tell)
"""


@pytest.mark.parametrize("kill_at", [500, 1_500, 2_500])
def test_an_import_that_is_killed_and_run_again_adds_each_row_once(
    producer: Producer,
    store: Store,
    make_item: Any,
    write_jsonl: Any,
    kill_at: int,
) -> None:
    rows = [make_item(n, msg=f"row {n}" if n % 50 else "") for n in range(4_000)]
    path = write_jsonl(rows)
    port = store.client.connection_pool.connection_kwargs["port"]
    url = f"redis://127.0.0.1:{port}/0"
    command = [sys.executable, "-c", _IMPORT_AND_HANG, url, store.keys.prefix, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while int(process.stdout.readline()) < kill_at:
            pass
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert list(path.parent.iterdir()) == [path]
    before = queries.look_at(store, _LANE).ready
    assert kill_at * 49 // 50 <= before <= 3_000
    report = import_file(producer, path, "mms-bulk")
    assert _counts(report) == (3_920 - before, before, 0, 80)
    assert _texts_in(store) == sorted(f"row {n}" for n in range(4_000) if n % 50)
    assert queries.look_at(store, _LANE).counts["submitted"] == 3_920
