"""What becomes of messages by what the gateway answers, or does not."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.http.client import GatewayClient
from plexsend.sandbox import Behaviour, Sandbox
from tests.integration.worker.room import BULK, STANDARD, Room, ScriptedClient, accept, names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.gateway.answers import Answer
    from plexsend.outbox.redis.store import Store


def test_one_bad_item_fails_its_request_and_not_its_neighbours(room: Room, sandbox: Sandbox) -> None:
    room.submit(BULK, names(10), special={"k-4": "01099990400"})
    room.work_until(lambda: room.states(BULK) == {"accepted": 9, "rejected": 1})
    assert (room.record("k-4").code, room.record("k-4").desc) == ("C400_2", "a value is not allowed")
    assert sandbox.accepted == {key: 1 for key in names(10) if key != "k-4"}


@pytest.mark.parametrize("envelope", [True, False], ids=["envelope", "per item"])
def test_fewer_items_than_ten_are_found_out(store: Store, *, envelope: bool) -> None:

    behaviour = Behaviour(max_items=3, envelope_for=frozenset({"G160"} if envelope else ()))
    with Sandbox(behaviour=behaviour, keep_bodies=True) as sandbox:
        client = GatewayClient({"mms": sandbox.url})
        room = Room(store, client)
        room.submit(BULK, names(40))
        room.work_until(lambda: room.states(BULK) == {"accepted": 40}, within_s=60)
        sizes = [len(_keys(seen.body)) for seen in sandbox.list_requests()]
        assert sizes[:2] == [10, 5]
        assert set(sizes[2:]) == {2}
        assert {room.record(key).attempts for key in names(40)} == {0}
        client.close()


@pytest.mark.parametrize("envelope", [True, False], ids=["envelope", "per item"])
def test_account_without_credit_is_probed_with_one_message_at_a_time(store: Store, *, envelope: bool) -> None:

    behaviour = Behaviour(envelope_for=frozenset({"G150"} if envelope else ()))
    with Sandbox(behaviour=behaviour, credit=20, keep_bodies=True) as sandbox:
        client = GatewayClient({"mms": sandbox.url})
        room = Room(store, client)
        room.submit(BULK, names(50))
        room.submit(STANDARD, names(20, "s"))
        room.work()
        assert room.holds() == {"account credit main"}
        before = len(sandbox.list_arrivals())
        room.work_until(lambda: room.passed_s > 3600, within_s=4000)
        probes = sandbox.list_arrivals()[before:]
        assert {probe.items for probe in probes} == {1}
        # 30 s, 60 s, ... to 30 min: six within an hour.
        assert 5 <= len(probes) <= 8
        assert {room.record(key).attempts for key in names(50)} == {0}
        sandbox.set_credit(None)
        room.work_until(lambda: room.states(BULK, STANDARD) == {"accepted": 70}, within_s=2000)
        assert room.holds() == set()
        assert set(sandbox.accepted.values()) == {1}
        client.close()


UNCLEAR: dict[str, dict[str, Any]] = {
    "reset_before_accepting": {},
    "reset_after_accepting": {},
    "hang_up": {},
    "cut_answer": {},
    "garbage": {},
    "empty": {},
    "wrong_shape": {"body": {"result": []}},
    "too_large": {},
    "server_error": {"accept": True},
    "missing_item": {"count": 4},
    "doubled_item": {"code": "G141"},
}


@pytest.mark.parametrize("kind", UNCLEAR)
def test_unclear_answer_ends_with_everything_accepted_once(room: Room, sandbox: Sandbox, kind: str) -> None:
    sandbox.add_fault(kind, times=1, **UNCLEAR[kind])
    room.submit(BULK, names(30))
    room.work_until(lambda: room.states(BULK) == {"accepted": 30}, within_s=120)
    assert sandbox.accepted == dict.fromkeys(names(30), 1)
    assert {room.record(key).attempts for key in names(30)} == {0}
    # Only what was not answered for was sent again.
    again = {key for key in names(30) if room.record(key).tries}
    assert len(again) == {"missing_item": 4, "doubled_item": 1}.get(kind, 10)


@pytest.mark.parametrize("kind", UNCLEAR)
def test_with_park_nothing_is_sent_twice_whatever_comes_back(
    store: Store, sandbox: Sandbox, kind: str
) -> None:
    client = GatewayClient({"mms": sandbox.url})
    room = Room(store, client, {"PLEXSEND_ON_UNCERTAIN": "park"})
    sandbox.change_behaviour(duplicates="accept")
    sandbox.add_fault(kind, times=1, **UNCLEAR[kind])
    room.submit(BULK, names(30))
    parked = {"missing_item": 4, "doubled_item": 1}.get(kind, 10)
    room.work_until(lambda: room.states(BULK) == {"accepted": 30 - parked, "uncertain": parked}, within_s=120)
    room.let_pass(7200)
    room.work()
    keys = Counter(key for seen in sandbox.list_requests() for key in _keys(seen.body))
    assert set(keys.values()) == {1}
    client.close()


def _keys(body: bytes | None) -> list[str]:
    return [item["msg_key"] for item in json.loads(body or b"")["msg_data"]]


def test_code_that_nobody_knows_is_a_dead_letter_with_its_code(room: Room) -> None:
    room.submit(BULK, names(10), special={"k-3": "01099990341"})
    room.drain(BULK)
    assert room.states(BULK) == {"accepted": 9, "failed": 1}
    assert (room.record("k-3").code, room.record("k-3").desc) == ("C341", "success")


def test_message_that_kills_its_drain_ends_parked_and_its_neighbours_go(store: Store) -> None:
    def die(keys: Sequence[str]) -> Answer:
        if "k-5" in keys:
            raise RuntimeError("as if the process had died")
        return accept(keys)

    client = ScriptedClient(die)
    room = Room(store, client)
    room.submit(BULK, names(10))

    def work() -> None:
        room.housekeeping.round()
        while room.rung:
            lane, bell = room.rung.pop(0)
            try:
                room.drain(lane, bell)
            except RuntimeError:
                # The process is gone, and with it its leases.
                client: Any = store.client
                for name in client.zrange(store.keys.lane("main", lane.name, "sending"), 0, -1):
                    client.zadd(store.keys.lane("main", lane.name, "sending"), {name: 1})
                store.client.zadd(store.keys.wake("main"), {lane.name: 1})

    for _ in range(200):
        work()
        if room.states(BULK) == {"accepted": 9, "uncertain": 1}:
            break
        room.let_pass(1)
    assert room.states(BULK) == {"accepted": 9, "uncertain": 1}
    record = room.record("k-5")
    assert (record.state, record.code, record.attempts) == ("uncertain", "NO_VERDICT", 0)
    assert sum("k-5" in request for request in client.requests) == 5


def test_message_of_a_newer_version_is_given_back_until_a_worker_of_it_comes(scripted: Room) -> None:
    scripted.submit(BULK, ["tomorrow"], stamp="mms:v2:999:0123abcd")
    scripted.submit(BULK, names(9))
    scripted.work_until(lambda: scripted.passed_s > 3600, within_s=4000)
    assert scripted.sent == [names(9)]
    record = scripted.record("tomorrow")
    assert record.state in ("scheduled", "waiting")
    assert (record.attempts, record.tries) == (0, 0)
