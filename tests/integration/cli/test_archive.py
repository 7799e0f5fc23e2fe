"""`plexsend archive`: what became of messages, in files of days, each message once."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from plexsend.archive.archiver import AccountArchiver
from plexsend.archive.folder import Folder
from plexsend.cli.archiving import Archiving, months_before
from plexsend.errors import RecordBroken
from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.replies import text
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.settings import NumberKey
from plexsend.terminal.screen import Screen
from tests.integration.cli.conftest import BULK, SHOP, process_environment
from tests.unit.archive.made_up import keys_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

_KEY = NumberKey("0123456789abcdef0123456789abcdef")
_SPRING = Lane("mms-bulk", None, "main", "spring")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the archive is."""
    return tmp_path / "archive"


def lines_in(path: Path) -> list[dict[str, Any]]:
    """All lines, day by day in the order in which they were written."""
    names = sorted(path.glob("*.jsonl.gz"))
    return [json.loads(each) for name in names for each in gzip.decompress(name.read_bytes()).splitlines()]


def today() -> str:
    return datetime.now(ZoneInfo("Asia/Seoul")).date().isoformat()


def test_a_line_for_each_message_that_ended_and_a_second_for_its_receipt(
    run: Callable[..., Any], yard: Any, path: Path, store: Store
) -> None:
    item = NewMessage("k1", b'{"msg":"secret words"}', receiver_of("01023456789", _KEY))
    Submitter(store).add(_SPRING, [item], stamp="test")
    yard.end(Outcome.ACCEPTED, lane=_SPRING, code="C100")
    yard.end(Outcome.REJECTED, "k2", lane=SHOP, code="G140", detail="wrong number")
    yard.end(Outcome.PARK, "k3")
    yard.add("k4")
    done = run("archive", str(path), "--json")
    assert (done.code, done.lines) == (
        0,
        [
            {
                "reader": "archive",
                "written": 2,
                "repeated": 0,
                "unreadable": 0,
                "files": [f"{today()}.jsonl.gz"],
                "removed": [],
                "missed": [],
            }
        ],
    )
    first, second = lines_in(path)
    assert first | {"at": 0, "submitted_at": 0, "ended_at": 0} == {
        "v": 1,
        "msg_key": "k1",
        "state": "accepted",
        "account": "main",
        "service": "mms-bulk",
        "lane": "mms-bulk/spring@main",
        "group": "spring",
        "at": 0,
        "code": "C100",
        "receipt_code": None,
        "carrier": None,
        "done_at": None,
        "submitted_at": 0,
        "ended_at": 0,
        "receiver": _KEY.hash_of("01023456789").hex(),
        "fallback_of": None,
    }
    record = run("status", "k1", "--json").lines[0]
    assert (first["submitted_at"], first["ended_at"]) == (record["submitted_at"], record["ended_at"])
    assert (second["msg_key"], second["state"], second["code"]) == ("k2", "rejected", "G140")

    take_receipts(store, "main", [Receipt("k1", "0", "LGU", 1_764_000_000_000), Receipt("k3", "2", "SKT")])
    assert run("archive", str(path)).code == 0
    delivered, undelivered = lines_in(path)[2:]
    told = {"state": "delivered", "code": "C100", "receipt_code": "0", "carrier": "LGU"}
    assert delivered == first | told | {"at": delivered["at"], "done_at": "2025-11-24T16:00:00.000+00:00"}
    assert (undelivered["msg_key"], undelivered["state"]) == ("k3", "undelivered")
    raw = b"".join(gzip.decompress(name.read_bytes()) for name in path.glob("*.gz"))
    assert b"secret" not in raw
    assert b"6789" not in raw
    assert b"wrong number" not in raw


def test_people_read_what_was_done(run: Callable[..., Any], yard: Any, path: Path) -> None:
    yard.end(Outcome.ACCEPTED, "k1", "k2")
    done = run("archive", str(path))
    assert done.out == f"Written: 2 lines into {today()}.jsonl.gz.\n"
    assert run("archive", str(path)).out == "Written: 0 lines.\n"


def test_an_outbox_that_never_had_a_message_is_done_at_once(run: Callable[..., Any], path: Path) -> None:
    assert run("archive", str(path)).code == 0
    assert run("archive", str(path), "--account", "main").code == 1


def test_a_record_that_is_gone_has_its_line_all_the_same(
    run: Callable[..., Any], yard: Any, path: Path, store: Store
) -> None:
    yard.end(Outcome.ACCEPTED, "k1", "k2", code="C100")
    store.client.delete(store.keys.record("main", "k1"))
    assert run("archive", str(path)).code == 0
    gone, there = lines_in(path)
    assert (gone["msg_key"], gone["code"], gone["submitted_at"]) == ("k1", "C100", None)
    assert there["submitted_at"] is not None


def test_a_line_goes_to_the_day_on_which_it_happened_in_the_zone_of_the_account(
    run: Callable[..., Any], yard: Any, path: Path, store: Store
) -> None:
    yard.add("here")
    key = store.keys.results("main")
    # 00:30 in Seoul, and 15:30 of the day before in UTC.
    at = datetime(2026, 3, 2, 0, 30, tzinfo=ZoneInfo("Asia/Seoul"))
    ms = round(at.timestamp() * 1000)
    fields = {"s": "accepted", "l": BULK.name, "c": "C100", "k": "k1 k2", "m": ""}
    store.client.xadd(key, fields, id=f"{ms - 3_600_000}-*")  # type: ignore[arg-type]
    store.client.xadd(key, fields | {"k": "k3"}, id=f"{ms}-*")  # type: ignore[arg-type]
    assert run("archive", str(path)).code == 0
    assert {each.name for each in path.glob("*.gz")} == {"2026-03-01.jsonl.gz", "2026-03-02.jsonl.gz"}
    assert [each["msg_key"] for each in lines_in(path)] == ["k1", "k2", "k3"]


def test_a_reader_that_fell_behind_names_what_it_missed_and_a_replay_mends_it(
    run: Callable[..., Any], yard: Any, path: Path, store: Store
) -> None:
    yard.end(Outcome.ACCEPTED, "k1")
    assert run("archive", str(path)).code == 0
    yard.end(Outcome.ACCEPTED, "k2", "k3")
    now_ms = queries.server_ms(store)
    time.sleep(0.002)
    yard.end(Outcome.ACCEPTED, "k4")
    store.client.xtrim(store.keys.results("main"), minid=now_ms + 1, approximate=False)
    done = run("archive", str(path), "--json")
    assert done.code == 1
    (missed,) = done.lines[-1]["missed"]
    assert (missed["account"], missed["why"], missed["entries"] >= 1) == ("main", "trimmed", True)
    (since,) = re.findall(r"plexsend results replay archive --since (\S+)\"", done.err)
    assert datetime.fromisoformat(since) == datetime.fromisoformat(missed["from"])
    assert keys_in(path) == ["k1", "k4"]

    assert run("results", "replay", "archive", "--since", missed["from"]).code == 0
    done = run("archive", str(path), "--json")
    assert (done.code, done.lines[-1]["written"]) == (0, 2)
    assert sorted(keys_in(path)) == ["k1", "k2", "k3", "k4"]


def test_killed_between_the_disk_and_redis_each_message_is_there_once(
    run: Callable[..., Any], yard: Any, path: Path, store: Store
) -> None:
    yard.end(Outcome.ACCEPTED, *(f"k{i}" for i in range(30)))
    with Folder.to_write(path) as folder:
        killed = AccountArchiver(store, "main", folder, reader="archive", process="killed")
        spans = killed.spans()
        assert next(spans).lines == 30
        # Not closed: nothing tells Redis that the span was written. Its lease lapses.
        key = store.keys.reader("main", "archive")
        fields = {text(name): text(value) for name, value in store.client.hgetall(key).items()}
        ((name, value),) = [each for each in fields.items() if each[0].startswith("span:")]
        last, n, _, rest = value.split(" ", 3)
        store.client.hset(key, name, f"{last} {n} 0 {rest}")
        done = run("archive", str(path), "--json")
        spans.close()
    assert (done.code, done.lines[-1]["written"], done.lines[-1]["repeated"]) == (0, 0, 30)
    assert sorted(keys_in(path)) == sorted(f"k{i}" for i in range(30))


def test_two_at_once_write_each_message_once(
    yard: Any, path: Path, command: list[str], environment: dict[str, str]
) -> None:
    keys = [f"k{i}" for i in range(1_500)]
    yard.end(Outcome.ACCEPTED, *keys)
    both = [
        subprocess.Popen(
            [*command, "archive", str(path), "--json"],
            env=process_environment(environment),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [json.loads(each.communicate(timeout=60)[0]) for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert sum(each["written"] for each in told) == 1_500
    assert sorted(keys_in(path)) == sorted(keys)


def test_a_disk_that_is_full_loses_nothing(
    run: Callable[..., Any], yard: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.end(Outcome.ACCEPTED, "k1")

    def full(*_: object) -> int:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "pwrite", full)
    done = run("archive", str(path), "--json")
    assert (done.code, done.error["kind"]) == (1, "archive")
    assert "Make room there, and run it again: nothing is lost" in done.error["message"]
    monkeypatch.undo()
    assert run("archive", str(path), "--json").lines[-1]["written"] == 1


def test_a_folder_that_may_not_be_used_is_refused_before_anything_is_read(
    run: Callable[..., Any], yard: Any, tmp_path: Path
) -> None:
    yard.end(Outcome.ACCEPTED, "k1")
    tmp_path.chmod(0o755)
    (tmp_path / "notes.txt").touch()
    done = run("archive", str(tmp_path), "--json")
    assert (done.code, done.error["kind"]) == (1, "archive")
    assert "chmod 700" in done.error["message"]
    assert run("archive", str(tmp_path / "archive"), "--reader", "Not A Name").code == 2
    assert run("archive", str(tmp_path / "archive"), "--json").lines[-1]["written"] == 1


def test_files_of_days_longer_ago_are_removed(run: Callable[..., Any], yard: Any, path: Path) -> None:
    yard.end(Outcome.ACCEPTED, "k1")
    assert run("archive", str(path)).code == 0
    now = datetime.now(UTC).date()
    old, kept = (f"{now - timedelta(days=ago)}.jsonl.gz" for ago in (95, 80))
    for name in (old, kept, "2019-01-01.txt"):
        (path / name).touch()
    done = run("archive", str(path), "--keep-months", "3", "--json")
    assert done.lines[-1]["removed"] == [old]
    assert {each.name for each in path.iterdir()} == {kept, "2019-01-01.txt", ".lock", f"{today()}.jsonl.gz"}


@pytest.mark.parametrize(("ahead_s", "ago", "is_kept"), [(3 * 365 * 86_400, 300, True), (0, 380, False)])
def test_a_clock_that_runs_ahead_removes_nothing(
    yard: Any, path: Path, store: Store, ahead_s: int, ago: int, *, is_kept: bool
) -> None:
    yard.end(Outcome.ACCEPTED, "k1")
    name = f"{datetime.now(UTC).date() - timedelta(days=ago)}.jsonl.gz"
    with Folder.to_write(path) as folder:
        (path / name).touch()
        archiving = Archiving(
            *(Screen(as_json=True), store, folder, "archive"),
            account=None,
            keep_months=12,
            clock=lambda: time.time() + ahead_s,
        )
        assert archiving.write_all() == 0
    assert (path / name).exists() == is_kept


def test_it_follows_until_it_is_asked_to_stop(
    yard: Any, path: Path, command: list[str], environment: dict[str, str]
) -> None:
    yard.end(Outcome.ACCEPTED, "k1")
    follower = subprocess.Popen(
        [*command, "archive", str(path), "--follow", "--json"],
        env=process_environment(environment),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert follower.stdout is not None
        assert json.loads(follower.stdout.readline())["written"] == 1
        yard.end(Outcome.ACCEPTED, "k2")
        killer = threading.Timer(30, follower.kill)
        killer.start()
        assert json.loads(follower.stdout.readline())["written"] == 1
        killer.cancel()
        follower.send_signal(signal.SIGTERM)
        assert follower.wait(10) == 0
    finally:
        follower.kill()
        follower.communicate()
    assert keys_in(path) == ["k1", "k2"]


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ("2026-11-28", 12, "2025-11-28"),
        ("2026-03-31", 1, "2026-02-28"),
        ("2028-03-31", 1, "2028-02-29"),
        ("2026-01-15", 13, "2024-12-15"),
        ("2026-12-01", 11, "2026-01-01"),
    ],
)
def test_months_before(day: str, months: int, before: str) -> None:
    assert months_before(datetime.fromisoformat(day).date(), months).isoformat() == before


def test_status_of_what_redis_has_forgotten(
    run: Callable[..., Any], yard: Any, path: Path, store: Store
) -> None:
    yard.end(Outcome.ACCEPTED, "k1", code="C100")
    take_receipts(store, "main", [Receipt("k1", "2", "SKT", 1_764_000_000_000)])
    assert run("archive", str(path)).code == 0
    known = run("status", "k1", "--archive", str(path), "--json").lines[0]
    assert "archived" not in known
    nowhere = run("status", "k2", "--archive", str(path))
    assert (nowhere.code, f"is known to Redis, nor in the archive {path}" in nowhere.err) == (1, True)
    store.client.delete(store.keys.record("main", "k1"))
    told = run("status", "k1", "--archive", str(path), "--json")
    assert (told.code, told.lines[0]["state"], told.lines[0]["archived"]) == (0, "undelivered", True)
    assert told.lines[0]["receipt"] == known["receipt"]
    words = run("status", "k1", "--archive", str(path)).out
    assert words.startswith("k1  undelivered  (from the archive)\n")
    assert "through SKT at 2025-11-25 01:00:00" in words
    assert run("status", "k2", "--archive", str(path)).code == 1
    assert run("status", "k1", "--archive", str(path), "--account", "shop").code == 1


def test_a_process_that_follows_goes_on_when_the_folder_can_be_written_again(
    yard: Any, path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    yard.end(Outcome.ACCEPTED, "k1")
    link = path / f"{today()}.jsonl.gz"
    with Folder.to_write(path) as folder:
        link.symlink_to(path / "elsewhere")
        archiving = Archiving(
            *(Screen(as_json=True), store, folder, "archive"), account=None, keep_months=12, again_s=0.05
        )

        def mend() -> None:
            link.unlink()
            until = time.monotonic() + 20
            while not (link.exists() and link.stat().st_size) and time.monotonic() < until:
                time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGTERM)

        mender = threading.Timer(0.3, mend)
        mender.start()
        assert archiving.follow() == 0
        mender.join()
    told = capsys.readouterr()
    assert told.err.count("no links") == 1
    assert json.loads(told.out)["written"] == 1
    assert keys_in(path) == ["k1"]


def test_a_process_that_follows_goes_on_after_what_another_program_spoilt(
    path: Path, store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[int] = []

    def accounts() -> Iterator[str]:
        rounds.append(len(rounds))
        if len(rounds) == 3:
            archiving._stop.set()
        raise RecordBroken("a key is of another type")

    with Folder.to_write(path) as folder:
        archiving = Archiving(
            *(Screen(as_json=True), store, folder, "archive"), account=None, keep_months=12, again_s=0.01
        )
        monkeypatch.setattr(archiving, "_accounts", accounts)
        assert archiving.follow() == 0
    assert len(rounds) == 3
    assert capsys.readouterr().err.count("a key is of another type") == 1


def _lines_of_files(path: Path) -> list[dict[str, Any]]:
    for file in path.glob("*.gz"):
        if file.is_symlink():
            file.unlink()
    return lines_in(path)


def _keep_main(run: Callable[..., Any], yard: Any, path: Path) -> None:
    """Give both accounts a message; main's file, of another day than the other's, cannot be written."""
    zones = {"main": "Pacific/Kiritimati", "shop": "Pacific/Pago_Pago"}
    for account, zone in zones.items():
        assert run("policy", "set", f"@{account}", f"time_zone={zone}", "--reason", "r").code == 0
    yard.end(Outcome.ACCEPTED, "k1")
    yard.end(Outcome.ACCEPTED, "k2", lane=SHOP)
    path.mkdir(mode=0o700)
    for day in (0, 1):
        date = (datetime.now(ZoneInfo(zones["main"])) + timedelta(days=day)).date()
        (path / f"{date}.jsonl.gz").symlink_to(path / "elsewhere")


def test_a_process_that_follows_does_not_let_one_account_delay_the_others(
    run: Callable[..., Any], yard: Any, path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    _keep_main(run, yard, path)
    capsys.readouterr()
    with Folder.to_write(path) as folder:
        archiving = Archiving(*(Screen(as_json=True), store, folder, "archive"), account=None, keep_months=12)

        def stop_when_written() -> None:
            until = time.monotonic() + 8
            while not any(file.is_file() for file in path.glob("*.gz")) and time.monotonic() < until:
                time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGTERM)

        stopper = threading.Thread(target=stop_when_written)
        stopper.start()
        assert archiving.follow() == 0
        stopper.join()
    assert [line["msg_key"] for line in _lines_of_files(path)] == ["k2"]
    told = capsys.readouterr()
    assert told.err.count("account main") == 1
    assert json.loads(told.out)["written"] == 1


def test_a_run_by_hand_writes_the_accounts_that_are_well_and_names_the_other(
    run: Callable[..., Any], yard: Any, path: Path
) -> None:
    _keep_main(run, yard, path)
    done = run("archive", str(path), "--json")
    assert (done.code, done.lines[-1]["written"]) == (1, 1)
    assert "no links" in done.err
    assert [line["msg_key"] for line in _lines_of_files(path)] == ["k2"]


def test_an_account_that_publishes_nothing_is_named(run: Callable[..., Any], yard: Any, path: Path) -> None:
    assert run("policy", "set", "all", "results_keep_days=0", "--reason", "r").code == 0
    yard.end(Outcome.ACCEPTED, "k1")
    done = run("archive", str(path), "--json")
    assert (done.code, done.lines[-1]["written"]) == (0, 0)
    assert "no results are published there" in done.err
    assert "plexsend policy set all results_keep_days=7" in done.err


def test_redis_hears_of_it_when_the_disk_has_it(
    run: Callable[..., Any], yard: Any, path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.end(Outcome.ACCEPTED, "k1")
    real, open_spans = os.fsync, []

    def fsync(fd: int) -> None:
        names = store.client.hkeys(store.keys.reader("main", "archive"))
        open_spans.append(sum(text(name).startswith("span:") for name in names))
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    assert run("archive", str(path)).code == 0
    # The file, and its name in the folder.
    assert open_spans == [1, 1]
