"""What a process does for the policies of its fleet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from plexsend.gateway.environment import read_settings
from plexsend.outbox.policies.state import read, renew
from plexsend.worker.agreement import Agreement
from plexsend.worker.presence import Presence
from plexsend.worker.runtime import Runtime
from tests.integration.worker.room import SETTINGS, ScriptedClient

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def member(store: Store, rate: str) -> tuple[Runtime, Presence]:
    settings = read_settings({**SETTINGS, "PLEXSEND_RATE_MMS_BULK": rate})
    runtime = Runtime(settings, store=store, client=ScriptedClient())
    presence = Presence(runtime, lambda: ["mms-bulk"], 16)
    presence.beat()
    return runtime, presence


def rate_in_force(store: Store) -> float:
    return read(store).of("main").service("mms-bulk").rate_per_s


def test_stricter_ask_holds_although_another_process_has_not_seen_it_yet(store: Store) -> None:
    runtime, presence = member(store, "100")
    agreement = Agreement(runtime, time.monotonic)
    agreement.look(presence.fleet, frozenset())
    assert rate_in_force(store) == 100
    _, strict = member(store, "10")
    renew(store, lambda: [process.announced.asks for process in strict.fleet])
    runtime.policies.forget()
    agreement.look(presence.fleet, frozenset())
    assert rate_in_force(store) == 10
