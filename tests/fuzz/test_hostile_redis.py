"""Whatever another program leaves in Redis: other lanes are served, and commands tell what they find."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from plexsend.cli.app import app
from plexsend.outbox import steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.worker.housekeeping import LOOK_FOR_LANES_S
from tests.fuzz.spoiling import ACCOUNT_HOLDS, BOOKS, HOLDS, MESSAGES, NO_LANES, Place
from tests.integration.worker.room import BULK, STANDARD, Room, ScriptedClient, names

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store
    from tests.fuzz.spoiling import Spoil

SECOND = Lane("mms-standard", None, "second")
COMMANDS = (
    "lanes",
    "audit",
    "holds",
    "fleet",
    "why",
    "why main",
    "status k-1",
    "why k-1",
    "status k-0",
    "why k-0",
    "dead list",
    "uncertain list",
)


class Outbox:
    """Three lanes with three messages each, a worker, and what somebody does to the first lane."""

    def __init__(self, store: Store, spoil: Spoil) -> None:
        self.store = store
        self.room = Room(store, ScriptedClient())
        for lane, word in ((BULK, "k"), (STANDARD, "s"), (SECOND, "o")):
            self.room.submit(lane, names(3, word))
        spoil(Place(store.client, store.keys.prefix))

    def work(self) -> set[str]:
        """Let housekeeping and drains have some rounds, of five seconds each, and return the keys sent."""
        for _ in range(6):
            self.room.housekeeping.round()
            while self.room.rung:
                lane, bell = self.room.rung.pop(0)
                self._drain(lane, bell)
            self.room.now_s += LOOK_FOR_LANES_S
            self._let_pass_ms(5_500)
        return {key for request in self.room.sent for key in request}

    # As the task does: whatever it was, the next doorbell finds a thread.
    def _drain(self, lane: Lane, bell: str) -> None:
        try:
            self.room.drain(lane, bell)
        except Exception:  # noqa: BLE001  the edge of the task
            return

    # Only times that housekeeping wrote: what is spoilt stays as it is.
    def _let_pass_ms(self, passed_ms: int) -> None:
        keys = self.store.keys
        client: Any = self.store.client
        for lane in (BULK, STANDARD, SECOND):
            for name in (keys.wake(lane.account), keys.lane(lane.account, lane.name, "drains")):
                if client.type(name) == b"zset":
                    for member, at_ms in client.zrange(name, 0, -1, withscores=True):
                        if 1e12 < at_ms < 1e14:
                            client.zadd(name, {member: at_ms - passed_ms})


@pytest.fixture
def spoilt(store: Store) -> Callable[[Spoil], Outbox]:
    """Make an outbox and spoil it."""
    return lambda spoil: Outbox(store, spoil)


def check_commands(store: Store, url: str) -> None:
    environment = {"PLEXSEND_REDIS_URL": url, "PLEXSEND_KEY_PREFIX": store.keys.prefix}
    for command in COMMANDS:
        for args in ([*command.split(), "--json"], command.split()):
            result = CliRunner().invoke(app, args, env=environment)
            told = f"{args}: {result.output[-400:]!r}"
            assert result.exit_code in (0, 1), told
            assert "itself failed" not in result.output, told
            if "--json" in args:
                assert all(json.loads(line) for line in result.output.splitlines()), told


def spoils(*tables: dict[str, Spoil]) -> pytest.MarkDecorator:
    """Give a test each way of these tables."""
    return pytest.mark.parametrize(
        "spoil", [pytest.param(spoil, id=what) for table in tables for what, spoil in table.items()]
    )


@spoils(NO_LANES, HOLDS, BOOKS, MESSAGES)
def test_the_other_lanes_are_served(spoilt: Callable[[Spoil], Outbox], spoil: Spoil) -> None:
    sent = spoilt(spoil).work()
    assert {*names(3, "s"), *names(3, "o")} <= sent


@spoils(NO_LANES, MESSAGES)
def test_the_neighbours_of_a_spoilt_message_go(spoilt: Callable[[Spoil], Outbox], spoil: Spoil) -> None:
    outbox = spoilt(spoil)
    assert {"k-0", "k-2"} <= outbox.work()
    keys = [key for request in outbox.room.sent for key in request]
    assert len(keys) == len(set(keys))


@spoils(ACCOUNT_HOLDS)
def test_what_cannot_be_read_holds_its_account_until_it_is_resumed(
    spoilt: Callable[[Spoil], Outbox], spoil: Spoil
) -> None:
    outbox = spoilt(spoil)
    assert outbox.work() == {*names(3, "o")}
    assert steer.resume(outbox.store, Scope.ACCOUNT, "main", account="main") == ["account credit main"]
    assert outbox.work() == {*names(3, "k"), *names(3, "s"), *names(3, "o")}


@spoils(NO_LANES, HOLDS, ACCOUNT_HOLDS, BOOKS, MESSAGES)
def test_commands_tell_what_they_find(
    spoilt: Callable[[Spoil], Outbox], spoil: Spoil, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `why` looks a second time for the pace.
    monkeypatch.setattr("time.sleep", lambda _: None)
    outbox = spoilt(spoil)
    check_commands(outbox.store, valkey_url)
    outbox.work()
    check_commands(outbox.store, valkey_url)
