"""A process in its fleet: its sign of life, what it announces, and what it sees of the others."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from plexsend.gateway.environment import read_settings
from plexsend.outbox.constants import SILENT_MS
from plexsend.outbox.fleet import FORGOTTEN_MS, alive, fleet
from plexsend.outbox.reading.disagreements import disagreements
from plexsend.outbox.replies import text
from plexsend.worker.presence import READ_S, Presence
from plexsend.worker.runtime import Runtime
from tests.integration.worker.room import SETTINGS, ScriptedClient

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.fleet import FleetProcess
    from plexsend.outbox.redis.store import Store


class Member:
    """A process with a clock and services of its own."""

    def __init__(self, store: Store, **settings: str) -> None:
        self.now_s = 1000.0
        self.services = ["mms-bulk"]
        self.busy = 0
        runtime = Runtime(read_settings({**SETTINGS, **settings}), store=store, client=ScriptedClient())
        self.presence = Presence(
            runtime, lambda: self.services, 16, busy=lambda: self.busy, clock=lambda: self.now_s
        )

    def beat(self) -> None:
        self.now_s += READ_S
        assert self.presence.beat()


def age(store: Store, name: str, ms: int) -> None:
    """Let a process be silent for this long."""
    seen, rest = text(store.client.hget(store.keys.alive, name)).split(" ", 1)
    store.client.hset(store.keys.alive, name, f"{int(seen) - ms} {rest}")


def test_process_says_where_it_runs_and_what_it_serves(store: Store) -> None:
    member = Member(store)
    member.busy = 3
    member.beat()
    [seen] = fleet(store)
    assert (seen.name, seen.busy, seen.lives) == (member.presence.name, 3, True)
    assert (seen.announced.host, seen.announced.pid) == (socket.gethostname(), os.getpid())
    assert (seen.announced.services, seen.announced.threads) == (("mms-bulk",), 16)
    assert seen.announced.urls["mms"].startswith("https://")


def test_secret_is_announced_as_a_fingerprint_that_equal_secrets_share(store: Store) -> None:
    members = [Member(store), Member(store), Member(store, PLEXSEND_ACCOUNT_MAIN="someone;0ther")]
    for member in members:
        member.beat()
    prints = [seen.announced.secrets["main"] for seen in (_of(store, member) for member in members)]
    assert prints[0] == prints[1] != prints[2]
    kept = "".join(map(text, store.client.hgetall(store.keys.fleet).values()))
    assert "0ther" not in kept
    assert "someone" not in kept


def test_key_of_numbers_is_announced_as_a_fingerprint_too(store: Store) -> None:
    key, other = "a" * 32, "b" * 32
    members = [Member(store, PLEXSEND_NUMBER_KEY=text) for text in (key, key, other)]
    without = Member(store)
    for member in (*members, without):
        member.beat()
    prints = [_of(store, member).announced.number_key for member in members]
    assert prints[0] == prints[1] != prints[2]
    assert (_of(store, without).announced.number_key, len(prints[0])) == ("", len(prints[2]))
    kept = "".join(map(text, store.client.hgetall(store.keys.fleet).values()))
    assert key not in kept
    [found] = [each for each in disagreements(fleet(store)) if each.what == "PLEXSEND_NUMBER_KEY"]
    assert sorted(said[:8] for said in found.sides) == ["has key ", "has key ", "has none"]


def test_corrected_file_of_a_secret_is_announced_without_a_restart(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("someone;0ne")
    member = Member(store, PLEXSEND_ACCOUNT_EXTRA_FILE=str(path))
    member.beat()
    first = _of(store, member).announced.secrets["extra"]
    path.write_text("nonsense")
    member.now_s += 2
    member.beat()
    assert _of(store, member).announced.secrets["extra"] == first, "a file that is just being written"
    path.write_text("someone;tw0")
    member.now_s += 2
    member.beat()
    assert _of(store, member).announced.secrets["extra"] != first


def test_changed_services_are_announced_with_the_next_sign_of_life(store: Store) -> None:
    one, other = Member(store), Member(store)
    one.beat()
    other.beat()
    one.services = ["mms-bulk", "mms-finance"]
    one.beat()
    other.beat()
    [seen] = [each for each in other.presence.fleet if each.name == one.presence.name]
    assert seen.announced.services == ("mms-bulk", "mms-finance")


def test_one_sign_of_life_a_second_and_no_announcement_without_a_change(store: Store) -> None:
    member = Member(store)
    member.beat()
    assert not member.presence.beat()
    assert member.presence.beat(at_once=True)
    store.client.delete(store.keys.fleet)
    member.beat()
    assert store.client.exists(store.keys.fleet) == 0
    # Nobody knows what was lost: so it is written again once a minute.
    member.now_s += 60
    member.beat()
    assert store.client.exists(store.keys.fleet) == 1


def test_process_that_redis_forgot_announces_itself_again(store: Store) -> None:
    member = Member(store)
    member.beat()
    store.client.delete(store.keys.fleet, store.keys.alive)
    member.beat()
    member.beat()
    assert [seen.name for seen in fleet(store)] == [member.presence.name]


def test_silent_process_is_gone_once_it_is_known_that_redis_was_not_away(store: Store) -> None:
    one, other = Member(store), Member(store)
    one.beat()
    other.beat()
    age(store, one.presence.name, SILENT_MS + 1)
    other.beat()
    assert [seen.name for seen in other.presence.living] == [other.presence.name]
    assert other.presence.gone == frozenset()
    for _ in range(6):
        other.beat()
    assert other.presence.gone == {one.presence.name}
    # It was only stopped.
    one.beat()
    other.beat()
    assert other.presence.gone == frozenset()


def test_process_is_forgotten_after_ten_minutes(store: Store) -> None:
    one, other = Member(store), Member(store)
    one.beat()
    age(store, one.presence.name, FORGOTTEN_MS + 1)
    other.beat()
    assert store.client.hkeys(store.keys.fleet) == [other.presence.name.encode()]
    assert store.client.hkeys(store.keys.alive) == [other.presence.name.encode()]


def test_process_that_ends_in_order_serves_nothing_from_then_on(store: Store) -> None:
    member = Member(store)
    member.beat()
    member.presence.leave()
    seen = _of(store, member)
    assert (seen.lives, seen.announced.services) == (True, ())
    assert seen.announced.secrets, "what it asked for counts for ten minutes"


def test_ask_counts_on_after_its_process_serves_the_service_no_more(store: Store) -> None:
    member = Member(store, PLEXSEND_RATE_MMS_BULK="10")
    member.beat()
    asked = fleet(store)[0].announced.asks
    assert asked["mms-bulk"]["rate_per_s"] == "10"
    member.services = ["mms-standard"]
    member.beat()
    assert fleet(store)[0].announced.asks["mms-bulk"] == asked["mms-bulk"]
    member.presence.leave()
    [left] = fleet(store)
    assert (left.announced.services, left.announced.asks["mms-bulk"]) == ((), asked["mms-bulk"])


def test_clock_set_back_keeps_no_dead_process_alive(store: Store) -> None:
    member = Member(store)
    member.beat()
    age(store, member.presence.name, -3_600_000)
    assert not _of(store, member).lives
    member.beat()
    assert _of(store, member).lives


def test_what_another_program_wrote_hides_nobody(store: Store) -> None:
    member = Member(store)
    store.client.hset(store.keys.fleet, "x", "nonsense")
    store.client.hset(store.keys.alive, mapping={"x": "1 2 3", "y": "", "z": "later"})
    member.beat()
    alive(store, "y")
    assert [seen.name for seen in member.presence.fleet] == [member.presence.name]


def _of(store: Store, member: Member) -> FleetProcess:
    return next(seen for seen in fleet(store) if seen.name == member.presence.name)
