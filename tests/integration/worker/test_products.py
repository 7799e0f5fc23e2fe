"""RCS, SMS and LMS through a drain and the sandbox, which judges every field by a reading of its own."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.environment import read_settings
from plexsend.gateway.http.client import GatewayClient
from plexsend.gateway.items import get_loader
from plexsend.gateway.services import SERVICES, get_service
from plexsend.outbox import steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.submit import NewMessage, Submitter
from tests.integration.worker.room import Room, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plexsend.outbox.redis.store import Store
    from plexsend.sandbox import Sandbox

RMM = Lane("rcs-mms-bulk", "RMM", "main")
RMH = Lane("rcs-mms-bulk", "RMH", "main")
RCS: dict[str, Any] = {
    "sender_number": "1588-1234",
    "receiver_number": "010-2345-6789",
    "msg_base_id": "SMwThT00",
    "br_id": "BR.1",
    "brand_key": "BK.1",
    "header": "0",
    "footer": "080-123-4567",
    "copy_allowed": False,
    "msg": {"body": {"title": "똠방각하", "description": ""}},
    "buttons": [
        {
            "suggestions": [
                {"actions": {"urlAction": {"openUrl": {"url": "https://x.kr"}}, "displayText": "열기"}},
                {
                    "action": {
                        "mapAction": {
                            "showLocation": {"location": {"latitude": 37, "longitude": 126.97, "label": "역"}}
                        },
                        "displayText": "길",
                    }
                },
            ]
        }
    ],
}
TEXT = {"sender_number": "1588-1234", "receiver_number": "010-2345-6789", "msg": "안녕하세요"}
PATHS = {"v1": "/rcs-mms-bulk/v1/send", "v2": "/rcs/v2/submit/rcs-mms-bulk"}


@contextmanager
def open_room(store: Store, sandbox: Sandbox, **settings: str) -> Iterator[Room]:
    """A worker under these settings that talks to the sandbox; its books must add up in the end."""
    urls = {f"PLEXSEND_{word}_URL": sandbox.url for word in ("MMS", "RCS", "SMS", "LMS")}
    client = GatewayClient(read_settings(urls).base_urls)
    yield Room(store, client, {**urls, **settings})
    client.close()
    assert audit(store).discrepancies == ()


def submit(
    store: Store, lane: Lane, keys: Sequence[str], item: dict[str, Any], *, dialect: str = "v1"
) -> None:
    """Add one message for each key, as a producer under this dialect stores it."""
    loader = get_loader(lane.service, read_settings({"PLEXSEND_RCS_DIALECT": dialect}))
    drafts = [
        NewMessage(key, loader.load(item | {"msg_key": key}, variant=lane.variant).body) for key in keys
    ]
    Submitter(store).add(lane, drafts, stamp=str(loader.stamp))


def requests(sandbox: Sandbox) -> list[tuple[str, dict[str, Any]]]:
    """Return path and body of every request that arrived."""
    return [(seen.path, json.loads(seen.body or b"")) for seen in sandbox.list_requests()]


@pytest.mark.parametrize("dialect", ["v1", "v2"])
def test_rcs_is_accepted_in_either_dialect_with_its_type_beside(
    store: Store, sandbox: Sandbox, dialect: str
) -> None:
    submit(store, RMM, names(12, "m"), RCS, dialect=dialect)
    submit(store, RMH, names(3, "h"), RCS, dialect=dialect)
    with open_room(store, sandbox, PLEXSEND_RCS_DIALECT=dialect) as room:
        room.drain(RMM)
        room.drain(RMH)
        assert room.states(RMM, RMH) == {"accepted": 15}
    sent = requests(sandbox)
    assert [(path, body["msg_type"], len(body["msg_data"])) for path, body in sent] == [
        (PATHS[dialect], "RMM", 10),
        (PATHS[dialect], "RMM", 2),
        (PATHS[dialect], "RMH", 3),
    ]
    assert all(body.keys() == {"msg_data", "msg_type"} for _, body in sent)


@pytest.mark.parametrize(("old", "new"), [("v1", "v2"), ("v2", "v1")])
def test_what_waits_when_the_dialect_changes_goes_out_in_the_new_one(
    store: Store, sandbox: Sandbox, old: str, new: str
) -> None:
    submit(store, RMM, names(15, "old"), RCS, dialect=old)
    submit(store, RMM, names(5, "new"), RCS, dialect=new)
    with open_room(store, sandbox, PLEXSEND_RCS_DIALECT=new) as room:
        room.drain(RMM)
        assert room.states(RMM) == {"accepted": 20}
    sent = requests(sandbox)
    assert {path for path, _ in sent} == {PATHS[new]}
    assert sandbox.accepted == dict.fromkeys([*names(15, "old"), *names(5, "new")], 1)
    # Of the two that share a request none can be told from the other.
    items = [{**item, "msg_key": ""} for _, body in sent for item in body["msg_data"]]
    assert items == [items[0]] * 20
    assert ("brand_id" in items[0], items[0]["copy_allowed"]) == (
        (True, False) if new == "v2" else (False, "false")
    )


def test_what_may_have_been_sent_in_the_old_dialect_goes_again_in_the_new_one(
    store: Store, sandbox: Sandbox
) -> None:
    submit(store, RMM, ["k0"], RCS)
    sandbox.add_fault("reset_after_accepting", times=1)
    with open_room(store, sandbox, PLEXSEND_RCS_DIALECT="v1") as room:
        room.drain(RMM)
        assert room.record("k0").may_have_been_sent
        room.let_pass(60)
    with open_room(store, sandbox, PLEXSEND_RCS_DIALECT="v2") as room:
        room.drain(RMM)
        assert room.states(RMM) == {"accepted": 1}
        assert "71003" in {line.code for line in room.record("k0").history}
    assert [path for path, _ in requests(sandbox)] == [PATHS["v1"], PATHS["v2"]]


def test_body_that_another_writer_stored_in_no_dialect_at_all_is_rejected(
    store: Store, sandbox: Sandbox
) -> None:
    body = json.dumps({**RCS, "msg_key": "k0", "brand_id": "BR.1"}).encode()
    Submitter(store).add(RMM, [NewMessage("k0", body)], stamp="somebody's")
    submit(store, RMM, ["k1"], RCS)
    with open_room(store, sandbox) as room:
        room.drain(RMM)
        assert (room.record("k0").state, room.record("k1").state) == ("rejected", "accepted")
        assert "brand_id: is not a field" in room.record("k0").desc


@pytest.mark.parametrize(
    ("receiver", "state", "code"), [("01099990341", "failed", "C341"), ("01099997103", "rejected", "71003")]
)
def test_code_that_only_rcs_shows_is_kept_and_never_guessed(
    store: Store, sandbox: Sandbox, receiver: str, state: str, code: str
) -> None:
    submit(store, RMH, ["k0"], RCS | {"receiver_number": receiver})
    submit(store, RMH, names(2, "other"), RCS)
    with open_room(store, sandbox) as room:
        room.drain(RMH)
        assert (room.record("k0").state, room.record("k0").code) == (state, code)
        assert room.states(RMH) == {"accepted": 2, state: 1}


def test_both_types_share_the_rate_of_their_service(store: Store, sandbox: Sandbox) -> None:
    submit(store, RMM, names(30, "m"), RCS)
    submit(store, RMH, names(30, "h"), RCS)
    with open_room(store, sandbox, PLEXSEND_RATE="0.1") as room:
        room.drain(RMM)
        room.drain(RMH)
        # Two batches at once are what a rate lets pass from rest.
        assert (room.states(RMM), room.states(RMH)) == ({"accepted": 20, "waiting": 10}, {"waiting": 30})


@pytest.mark.parametrize(("scope", "what"), [(Scope.SERVICE, "rcs-mms-bulk"), (Scope.ACCOUNT, "main")])
def test_both_types_share_the_holds_of_service_and_account(
    store: Store, sandbox: Sandbox, scope: Scope, what: str
) -> None:
    submit(store, RMM, ["m"], RCS)
    submit(store, RMH, ["h"], RCS)
    steer.pause(store, scope, what, account="main", by="somebody", why="to see")
    with open_room(store, sandbox) as room:
        room.drain(RMM)
        room.drain(RMH)
        assert room.states(RMM, RMH) == {"waiting": 2}
        steer.resume(store, scope, what, account="main")
        room.drain(RMM)
        room.drain(RMH)
        assert room.states(RMM, RMH) == {"accepted": 2}


def test_hold_of_one_type_does_not_hold_the_other(store: Store, sandbox: Sandbox) -> None:
    submit(store, RMM, ["m"], RCS)
    submit(store, RMH, ["h"], RCS)
    steer.pause(store, Scope.LANE, RMM.name, account="main", by="somebody", why="to see")
    with open_room(store, sandbox) as room:
        room.drain(RMM)
        room.drain(RMH)
        assert (room.states(RMM), room.states(RMH)) == ({"waiting": 1}, {"accepted": 1})


@pytest.mark.parametrize("service", [name for name in SERVICES if not name.startswith(("mms", "rcs"))])
def test_text_messages_of_every_service_are_accepted(store: Store, sandbox: Sandbox, service: str) -> None:
    lane = Lane(service, None, "main")
    submit(store, lane, names(11), TEXT)
    with open_room(store, sandbox) as room:
        room.drain(lane)
        assert room.states(lane) == {"accepted": 11}
    assert [path for path, _ in requests(sandbox)] == [get_service(service).path] * 2


def test_lane_of_a_type_that_does_not_exist_is_held_and_loses_nothing(store: Store, sandbox: Sandbox) -> None:
    lane = Lane("rcs-mms-bulk", "RMX", "main")
    loader = get_loader("rcs-mms-bulk")
    body = loader.load(RCS | {"msg_key": "k0"}, variant="RMM").body
    Submitter(store).add(lane, [NewMessage("k0", body)], stamp=str(loader.stamp))
    with open_room(store, sandbox) as room:
        room.drain(lane)
        assert room.states(lane) == {"waiting": 1}
        assert room.holds() == {"lane fault rcs-mms-bulk.RMX@main"}
    assert requests(sandbox) == []
