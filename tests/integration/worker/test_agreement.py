"""What a process does for the policies of its fleet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from plexsend.gateway.environment import read_settings
from plexsend.outbox.policies.state import read, renew
from plexsend.worker.agreement import HEALED_AT_ONCE, REPEAT_S, Agreement
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


def test_many_accounts_are_healed_some_at_a_time_the_new_ones_first(store: Store) -> None:
    """Nothing is swept meanwhile."""
    runtime, presence = member(store, "100")
    now_s = 0.0
    agreement = Agreement(runtime, lambda: now_s)
    accounts = [f"shop-{number}" for number in range(2 * HEALED_AT_ONCE)]
    for account in accounts:
        store.client.set(store.keys.here(account), 1)

    def healed() -> int:
        return sum(store.client.exists(store.keys.in_force(account)) for account in accounts)

    agreement.look(presence.fleet, frozenset(accounts[:-1]))
    assert healed() == HEALED_AT_ONCE
    now_s += 1
    agreement.look(presence.fleet, frozenset(accounts))
    assert healed() == 2 * HEALED_AT_ONCE
    for account in accounts:
        store.client.delete(store.keys.in_force(account))
    now_s += 1
    agreement.look(presence.fleet, frozenset(accounts))
    assert healed() == 0
    store.client.set(store.keys.here("new"), 1)
    now_s += REPEAT_S
    accounts.append("new")
    agreement.look(presence.fleet, frozenset(accounts))
    assert healed() == HEALED_AT_ONCE
    assert store.client.exists(store.keys.in_force("new"))


def test_account_announced_before_its_first_message_gets_what_was_set_meanwhile(store: Store) -> None:
    runtime, presence = member(store, "100")
    now_s = 0.0
    agreement = Agreement(runtime, lambda: now_s)
    agreement.look(presence.fleet, frozenset({"main"}))
    store.client.set(store.keys.here("main"), 1)
    now_s += 1
    agreement.look(presence.fleet, frozenset({"main"}))
    assert store.client.hget(store.keys.in_force("main"), "rate_per_s:mms-bulk") == b"100"
