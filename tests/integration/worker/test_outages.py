"""Ten minutes without a gateway, on a clock that passes at once."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from plexsend.gateway.answers import WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.gateway.http.client import GatewayClient
from plexsend.gateway.http.exchange import Timeouts
from plexsend.names import Names
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.sandbox import Sandbox
from plexsend.settings import OnUncertain
from tests.integration.worker.room import (
    BULK,
    REFUSED,
    SILENCE,
    STANDARD,
    Room,
    ScriptedClient,
    accept,
    names,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.gateway.answers import Answer
    from plexsend.outbox.redis.store import Store

LATE = WholeAnswer(Meaning.CONNECTED, "LATE", "it took 6 s; nothing was sent", None, explicit=False)
OUTAGE_S = 600
MESSAGES = 22
"""Few enough that an outage tries each of them more than once."""


def assert_nothing_is_lost(room: Room) -> None:
    for key in names(MESSAGES):
        record = room.record(key)
        assert record.attempts == 0
        assert record.state not in ("failed", "rejected", "uncertain", "expired", "cancelled")


@pytest.mark.parametrize(
    "outage",
    [
        refuse(500, "C500_1"),
        refuse(502),
        refuse(429),
        refuse(503),
        lambda _: REFUSED,
        lambda _: SILENCE,
    ],
    ids=["500", "502", "429", "503", "refused", "silent"],
)
def test_ten_minutes_of_outage_cost_no_message_anything(
    store: Store, outage: Callable[[Sequence[str]], Answer]
) -> None:
    client = ScriptedClient()
    room = Room(store, client)
    room.submit(BULK, names(20, "before"))
    room.work_until(lambda: room.states(BULK) == {"accepted": 20})
    # It begins in the middle of a run, with an acceptance behind which everything fails.
    client.answer = lambda keys: accept(keys) if "k-7" in keys else outage(keys)
    room.submit(BULK, names(MESSAGES))
    room.work()
    assert room.states(BULK)["accepted"] == 30
    client.answer = outage
    client.requests.clear()
    room.work_until(lambda: room.passed_s >= OUTAGE_S)
    asked = len(client.requests)
    assert max(Counter(key for request in client.requests for key in request).values()) >= 2
    assert_nothing_is_lost(room)
    assert room.states(BULK)["accepted"] == 30
    # The lane asks ever more seldom; messages that go alone ask by their own backoff.
    assert asked < 1000

    client.answer = accept
    client.requests.clear()
    room.work_until(lambda: room.states(BULK) == {"accepted": 20 + MESSAGES}, within_s=1800)
    assert {room.record(key).attempts for key in names(MESSAGES)} == {0}
    assert sorted(key for request in client.requests for key in request) == sorted(names(MESSAGES)[10:])
    assert room.holds() == set()
    assert audit(store).discrepancies == ()


def test_message_without_an_answer_for_an_hour_is_parked_and_the_others_wait(store: Store) -> None:
    """Silence is no proof that nothing was sent, and how long the gateway knows a key is not known."""
    client = ScriptedClient(lambda _: SILENCE)
    room = Room(store, client)
    room.submit(BULK, names(10))
    room.work_until(lambda: "uncertain" in room.states(BULK), within_s=7200)
    assert room.passed_s >= 3600
    room.work_until(lambda: room.states(BULK) == {"uncertain": 10}, within_s=3600)
    assert {room.record(key).attempts for key in names(10)} == {0}


def test_gateway_that_cannot_be_reached_shuts_the_lane_and_opens_with_the_first_acceptance(
    store: Store,
) -> None:
    """With the real client, and a port on which nobody listens."""
    sandbox = Sandbox()
    sandbox.start()
    url = sandbox.url
    sandbox.stop()
    client = GatewayClient({"mms": url})
    room = Room(store, client)
    room.submit(BULK, names(MESSAGES))
    room.work_until(lambda: room.passed_s >= OUTAGE_S)
    assert_nothing_is_lost(room)
    assert room.holds() == {f"lane shut {BULK.name}"}
    assert not any(room.record(key).may_have_been_sent for key in names(MESSAGES))
    with sandbox:
        room.work_until(lambda: room.states(BULK) == {"accepted": MESSAGES}, within_s=120)
        assert sandbox.accepted == dict.fromkeys(names(MESSAGES), 1)
    assert room.holds() == set()
    client.close()


def test_connection_that_came_too_late_opens_the_lane_and_the_next_batch_goes_over_it(
    store: Store,
) -> None:
    answers: list[Answer] = [REFUSED, LATE]
    client = ScriptedClient(lambda keys: answers.pop(0) if answers else accept(keys))
    room = Room(store, client)
    room.submit(BULK, names(MESSAGES))
    room.work_until(lambda: room.holds() == {f"lane shut {BULK.name}"}, within_s=5)
    room.work_until(lambda: room.states(BULK) == {"accepted": MESSAGES}, within_s=5)
    assert [len(keys) for keys in client.requests] == [10, 1, 10, 10, 2]
    assert room.holds() == set()
    assert_nothing_is_lost(room)


def test_hold_names_the_look_up_and_the_machine_whose_it_was(store: Store) -> None:
    never = threading.Event()

    def look_up(*_: object) -> list[object]:
        never.wait(30)
        return []

    names_slow = Names(look_up)
    client = GatewayClient({"mms": "http://gateway.test"}, timeouts=Timeouts(start_s=0.05), names=names_slow)
    room = Room(store, client)
    room.submit(BULK, names(3))
    room.work_until(lambda: room.holds() == {f"lane shut {BULK.name}"}, within_s=5)
    never.set()
    (hold,) = queries.holds(store, "main")
    assert hold.why == (
        "NAME_SLOW: the name servers did not say in 0.05 s where gateway.test is "
        f"(seen from {socket.gethostname()}); nothing was sent"
    )


def test_outage_of_one_service_leaves_the_other_alone(store: Store) -> None:
    client = ScriptedClient(lambda keys: accept(keys) if keys[0].startswith("s") else REFUSED)
    room = Room(store, client)
    room.submit(BULK, names(30))
    room.submit(STANDARD, names(30, "s"))
    room.work_until(lambda: room.states(STANDARD) == {"accepted": 30}, within_s=5)
    assert room.states(BULK) == {"waiting": 30}


def test_message_that_draws_a_refusal_to_serve_does_not_stop_its_lane(room: Room, sandbox: Sandbox) -> None:
    """Nothing says whose fault a 429 is; if it is one message's, the others go all the same."""
    room.submit(BULK, names(300), special={"k-25": "01099990429"})
    room.work_until(lambda: room.states(BULK).get("accepted") == 299, within_s=60)
    assert room.record("k-25").state in ("waiting", "scheduled")
    assert room.record("k-25").attempts == 0
    assert set(sandbox.accepted.values()) == {1}


def test_message_that_draws_a_503_does_not_stop_its_lane_and_may_have_been_sent(
    room: Room, sandbox: Sandbox
) -> None:
    room.submit(BULK, names(300), special={"k-25": "01099990503"})
    room.work_until(lambda: room.states(BULK).get("accepted") == 299, within_s=60)
    record = room.record("k-25")
    assert (record.state, record.may_have_been_sent, record.alone) == ("scheduled", True, True)
    assert set(sandbox.accepted.values()) == {1}


@pytest.mark.parametrize("status", [503, 504])
@pytest.mark.parametrize("policy", [OnUncertain.RESEND, OnUncertain.PARK])
def test_gateway_that_accepts_before_a_proxy_answers_that_it_did_not(
    store: Store, sandbox: Sandbox, status: int, policy: OnUncertain
) -> None:
    """A known key is answered 71003 here, so what goes again is accepted once; with park nothing goes."""
    room = Room(store, GatewayClient({"mms": sandbox.url}), {"PLEXSEND_ON_UNCERTAIN": policy.value})
    sandbox.add_fault("unavailable", status=status, accept=True, times=1)
    room.submit(BULK, names(10))
    state = "accepted" if policy is OnUncertain.RESEND else "uncertain"
    room.work_until(lambda: room.states(BULK) == {state: 10}, within_s=60)
    assert sandbox.accepted == dict.fromkeys(names(10), 1)
    assert len(sandbox.duplicates) == (10 if policy is OnUncertain.RESEND else 0)


@pytest.mark.parametrize(
    ("status", "number", "hold"),
    [
        (429, "410", f"lane shut {BULK.name}"),
        (401, "200", "account auth main"),
        (404, "300", f"lane fault {BULK.name}"),
    ],
)
def test_error_of_the_api_gateway_in_front_holds_what_it_is_about(
    room: Room, sandbox: Sandbox, status: int, number: str, hold: str
) -> None:
    sandbox.add_fault("api_gateway", status=status, error_code=number, times=1)
    room.submit(BULK, names(10))
    room.drain(BULK)
    assert room.states(BULK) == {"waiting": 10}
    assert room.holds() == {hold}
    assert room.record("k-0").code == f"APIGW_{number}"
    assert not room.record("k-0").may_have_been_sent


def test_request_that_is_too_large_for_the_api_gateway_is_taken_apart(room: Room, sandbox: Sandbox) -> None:
    sandbox.add_fault("api_gateway", status=413, error_code="430", times=1)
    room.submit(BULK, names(10))
    room.work_until(lambda: room.states(BULK) == {"accepted": 10}, within_s=60)
    assert sandbox.get_stats().batch_sizes == {10: 1, 1: 10}
