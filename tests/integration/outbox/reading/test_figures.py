"""The whole fleet in figures: every service and account, whatever its lanes are and whatever was spoilt."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from plexsend.outbox.advance import Ticket, advance
from plexsend.outbox.batches import Batch, Outcome, Settlement, Verdict
from plexsend.outbox.holds import Reason, Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.figures import read_figures, read_parts
from plexsend.outbox.reading.queries import routes, server_ms
from plexsend.outbox.states import State
from plexsend.outbox.steer import pause
from plexsend.outbox.submit import NewMessage, Submitter

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

BULK = Lane("mms-bulk", None, "main")
GROUP = Lane("mms-bulk", None, "main", "spring")
SHOP = Lane("sms-bulk", None, "shop")


def add(store: Store, lane: Lane, *keys: str, **times: Any) -> None:
    Submitter(store).add(lane, [NewMessage(key, b"{}") for key in keys], stamp="test", **times)


def take(store: Store, lane: Lane, sequence: int, settlement: Settlement | None = None) -> Batch:
    put(store, Where(), {"rate_per_s": 0, "linger_ms": 0}, by="test", reason="a test's own")
    while True:
        taken = advance(store, lane, Ticket("test.1", sequence), settlement=settlement)
        if isinstance(taken, Batch):
            return taken
        sequence += 1


def test_lanes_of_a_service_are_added_up_and_groups_with_them(store: Store) -> None:
    add(store, BULK, "a", "b")
    add(store, GROUP, "c", send_at_ms=server_ms(store) + 60_000)
    add(store, SHOP, "d")
    parts = read_figures(store).parts
    assert set(parts) == {("mms-bulk", "main"), ("sms-bulk", "shop")}
    main = parts["mms-bulk", "main"]
    assert (main.living(State.WAITING), main.living(State.SCHEDULED)) == (2, 1)
    assert parts["sms-bulk", "shop"].living(State.WAITING) == 1


def test_many_lanes_are_read_in_several_calls(store: Store) -> None:
    for at in range(60):
        add(store, Lane("mms-bulk", None, "main", f"g{at}"), f"k{at}")
    assert read_parts(store, routes(store))["mms-bulk", "main"].living(State.WAITING) == 60


def test_age_is_that_of_the_message_that_waits_longest(store: Store) -> None:
    add(store, GROUP, "first")
    time.sleep(0.05)
    add(store, BULK, "second")
    figures = read_figures(store)
    waits_s = figures.parts["mms-bulk", "main"].waits_s(figures.now_ms)
    assert 0.05 <= waits_s < 30
    assert figures.parts["mms-bulk", "main"].waits_s(0) == 0.0


def test_part_that_has_nothing_left_is_there_with_zeros(store: Store) -> None:
    add(store, BULK, "a")
    batch = take(store, BULK, 1)
    verdict = Verdict("a", batch.token, Outcome.ACCEPTED, code="C100")
    advance(store, BULK, Ticket("test.1", 99), settlement=Settlement(batch.token, batch.take, (verdict,)))
    part = read_figures(store).parts["mms-bulk", "main"]
    assert (part.living(State.WAITING), part.living(State.SENDING), part.waits_s(10**15)) == (0, 0, 0.0)
    assert (part.entries(State.ACCEPTED), part.codes()) == (1, {"C100": 1})


def test_entries_count_what_left_the_state_again(store: Store) -> None:
    add(store, BULK, "a")
    counts = store.keys.lane("main", BULK.name, "counts")
    store.client.hset(counts, mapping={"s:rejected": 2, "a:rejected": 3, "x:rejected": 4})
    assert read_figures(store).parts["mms-bulk", "main"].entries(State.REJECTED) == 9


def test_holds_are_counted_and_a_pause_of_a_service_once(store: Store) -> None:
    add(store, BULK, "a")
    add(store, SHOP, "b")
    for what in ("mms-bulk@main", "mms-bulk/spring@main"):
        pause(store, Scope.LANE, what, account="main", by="test", why="test")
    pause(store, Scope.SERVICE, "mms-bulk", account=None, by="test", why="test")
    assert read_figures(store).holds == {
        ("main", str(Scope.LANE), str(Reason.PAUSE)): 2,
        ("*", str(Scope.SERVICE), str(Reason.PAUSE)): 1,
    }


def test_spoilt_keys_count_as_nothing_and_keep_no_other_from_being_read(store: Store) -> None:
    add(store, BULK, "a")
    add(store, GROUP, "b")
    for name in ("counts", "ready"):
        key = store.keys.lane("main", BULK.name, name)
        store.client.rename(key, f"{key}.old")
        store.client.set(key, "somebody else's")
    store.client.set(store.keys.metrics, "somebody else's")
    store.client.hset(store.keys.lane("main", GROUP.name, "counts"), "s:failed", "many")
    part = read_figures(store).parts["mms-bulk", "main"]
    assert (part.living(State.WAITING), part.living(State.FAILED)) == (1, 0)
    assert part.waits_s(server_ms(store)) < 60


def test_server_without_a_limit_is_never_full(store: Store) -> None:
    assert read_figures(store).memory_ratio == 0.0
    store.client.config_set("maxmemory", "1gb")
    try:
        assert 0.0 < read_figures(store).memory_ratio < 0.5
    finally:
        store.client.config_set("maxmemory", "0")


def test_receipts_of_an_account_are_read(store: Store) -> None:
    add(store, BULK, "a")
    store.client.hset(store.keys.receipts("main"), mapping={"settled": 3, "stranger": 1, "first": 5})
    assert read_figures(store).receipts["main"] == {"settled": 3, "stranger": 1, "first": 5}


def test_account_with_thousands_of_lanes_is_read_whole(store: Store) -> None:
    add(store, BULK, "a")
    names = [f"mms-bulk/g{at}@main" for at in range(1_500)]
    index: dict[Any, Any] = {name: at + 100 for at, name in enumerate(names)}
    index |= {f"#{at + 100}": name for at, name in enumerate(names)}
    store.client.hset(store.keys.lane_index("main"), mapping=index)
    for name in names:
        store.client.hset(store.keys.lane("main", name, "counts"), "s:waiting", 1)
    assert read_parts(store, routes(store))["mms-bulk", "main"].living(State.WAITING) == 1_501


def test_many_accounts_are_read_in_few_round_trips(store: Store) -> None:
    accounts = [f"shop-{at}" for at in range(45)]
    for account in accounts:
        add(store, Lane("mms-bulk", None, account), "a", "b")
    trips: list[int] = []
    send = store.client.pipeline
    client: Any = store.client

    def pipeline(*args: Any, **options: Any) -> Any:
        trips.append(1)
        return send(*args, **options)

    client.pipeline = pipeline
    store.client.script_flush()
    parts = read_figures(store).parts
    assert {account: parts["mms-bulk", account].living(State.WAITING) for account in accounts} == (
        dict.fromkeys(accounts, 2)
    )
    assert len(trips) <= 12


def test_index_that_another_program_spoilt_hides_only_lanes_of_groups(store: Store) -> None:
    add(store, BULK, "a")
    add(store, SHOP, "b")
    index = store.keys.lane_index("main")
    store.client.rename(index, f"{index}.old")
    store.client.set(index, "somebody else's")
    parts = read_parts(store, routes(store))
    assert parts["mms-bulk", "main"].living(State.WAITING) == 1
    assert parts["sms-bulk", "shop"].living(State.WAITING) == 1
    assert index in store.spoilt
