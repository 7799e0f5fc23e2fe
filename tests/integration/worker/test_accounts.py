"""A drain whose account has no secret, a wrong one, or a corrected one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.gateway.http.client import GatewayClient
from plexsend.outbox import steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from tests.integration.worker.room import Room, ScriptedClient, names

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.sandbox import Sandbox


def test_account_without_a_secret_is_held_and_its_messages_wait(scripted: Room) -> None:
    lane = Lane("mms-bulk", None, "unknown")
    scripted.submit(lane, names(10))
    scripted.drain(lane)
    scripted.housekeeping.round()
    assert scripted.sent == []
    assert scripted.holds("unknown") == {"account auth unknown"}
    assert scripted.states(lane) == {"waiting": 10}


def test_secret_file_that_became_unreadable_holds_the_account_until_it_is_mended(
    store: Store, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("user-file;secret-file")
    room = Room(store, ScriptedClient(), {"PLEXSEND_ACCOUNT_FILED_FILE": str(secret)})
    lane = Lane("mms-bulk", None, "filed")
    room.submit(lane, names(10))
    secret.write_text("nonsense")
    room.drain(lane)
    room.housekeeping.round()
    assert room.holds("filed") == {"account auth filed"}
    secret.write_text("user-file;secret-file")
    steer.resume(store, Scope.ACCOUNT, "filed", account=None)
    room.drain(lane)
    assert room.states(lane) == {"accepted": 10}


@pytest.mark.parametrize("fault", ["per item", "as a whole"])
def test_corrected_secret_is_read_again_however_the_old_one_was_refused(
    store: Store, sandbox: Sandbox, tmp_path: Path, fault: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("user-file;old-secret")
    client = GatewayClient({"mms": sandbox.url})
    room = Room(store, client, {"PLEXSEND_ACCOUNT_FILED_FILE": str(secret)})
    lane = Lane("mms-bulk", None, "filed")
    room.submit(lane, names(10))
    room.drain(lane)
    if fault == "per item":
        sandbox.add_fault("item_code", code="C401_3", times=1)
    else:
        sandbox.set_credentials("user-file", "new-secret")
    secret.write_text("user-file;new-secret")
    room.submit(lane, names(10, "later"))
    room.drain(lane)
    assert room.states(lane) == {"accepted": 20}
    assert room.holds("filed") == set()
    assert room.record("later-0", "filed").history[0].code == "NEW_SECRET"
    client.close()


def test_lane_for_which_no_request_can_be_made_is_held(store: Store) -> None:
    """Its product has no variants. The real client says so before it sends anything."""
    client = GatewayClient({"mms": "http://127.0.0.1:9"})
    room = Room(store, client)
    lane = Lane("mms-bulk", "RMM", "main")
    room.submit(lane, names(10))
    room.drain(lane)
    assert room.holds() == {f"lane fault {lane.name}"}
    assert room.states(lane) == {"waiting": 10}
    assert not room.record("k-0").may_have_been_sent
    client.close()
