"""The whole fleet in figures: every service and account, whatever its lanes are and whatever was spoilt."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from plexsend.outbox.advance import Ticket, advance
from plexsend.outbox.batches import Batch, Outcome, Settlement, Verdict
from plexsend.outbox.holds import Reason, Scope
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.open_hours import OPEN_HOURS
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.figures import read_figures, read_parts
from plexsend.outbox.reading.queries import routes, server_ms
from plexsend.outbox.reading.waiting import KeptBy
from plexsend.outbox.runs.steps import set_window
from plexsend.outbox.states import State
from plexsend.outbox.steer import pause, resume
from plexsend.outbox.submit import NewMessage, Submitter
from tests.integration.outbox.bench import Bench
from tests.integration.outbox.runs.feeder import feed, leased, running

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
    waits = figures.waits["mms-bulk", "main"]
    assert 0.05 <= waits.longest_s(figures.now_ms, KeptBy.NOTHING) < 30
    assert waits.longest_s(0, KeptBy.NOTHING) == 0.0


def test_part_that_has_nothing_left_is_there_with_zeros(store: Store) -> None:
    add(store, BULK, "a")
    batch = take(store, BULK, 1)
    verdict = Verdict("a", batch.token, Outcome.ACCEPTED, code="C100")
    advance(store, BULK, Ticket("test.1", 99), settlement=Settlement(batch.token, batch.take, (verdict,)))
    figures = read_figures(store)
    part = figures.parts["mms-bulk", "main"]
    waits_s = figures.waits_of("mms-bulk", "main").longest_s(10**15, *KeptBy)
    assert (part.living(State.WAITING), part.living(State.SENDING), waits_s) == (0, 0, 0.0)
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
    figures = read_figures(store)
    part = figures.parts["mms-bulk", "main"]
    assert (part.living(State.WAITING), part.living(State.FAILED)) == (1, 0)
    assert figures.waits["mms-bulk", "main"].messages == {KeptBy.NOTHING: 1}


def test_server_without_a_limit_is_never_full(store: Store) -> None:
    assert read_figures(store).server.memory_ratio == 0.0
    store.client.config_set("maxmemory", "1gb")
    try:
        assert 0.0 < read_figures(store).server.memory_ratio < 0.5
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


def test_what_waits_is_sorted_by_what_keeps_it(store: Store) -> None:
    day_ms, now_ms = 86_400_000, server_ms(store)
    ads = Lane("mms-bulk", None, "main", "spring", Advertising.QUIET)
    add(store, BULK, "a", "b")
    Bench(store).submit(["c", "d", "e"], ads)
    add(store, replace(GROUP, group="autumn"), "f")
    add(store, SHOP, "g")
    add(store, Lane("lms-bulk", None, "shop"), "h")
    run = running(store)
    feed(store, run, leased(store, run), range(4))
    spans = ((now_ms - day_ms, now_ms), (now_ms + day_ms, now_ms + 2 * day_ms))
    set_window(store, "main", run.group, spans)
    hours = " ".join(f"{opens}-{closes}" for opens, closes in spans)
    store.client.hset(store.keys.in_force("main"), OPEN_HOURS, hours)
    for group in ("spring", "autumn"):
        pause(store, Scope.GROUP, group, account="main", by="test", why="test")
    # Everywhere: the copy of it in the account is counted once.
    pause(store, Scope.SERVICE, "sms-bulk", account=None, by="test", why="test")
    put(store, Where("lms-bulk", "shop"), {"daily_limit": 5}, by="test", reason="a test's own")
    store.client.set(store.keys.day("shop", "lms-bulk"), f"{now_ms + day_ms} 5 {now_ms}")

    def kept() -> dict[tuple[str, str], dict[KeptBy, int]]:
        return {part: dict(waits.messages) for part, waits in read_figures(store).waits.items()}

    assert kept() == {
        ("mms-bulk", "main"): {KeptBy.NOTHING: 2, KeptBy.HOLD: 4, KeptBy.WINDOW: 4},
        ("sms-bulk", "shop"): {KeptBy.HOLD: 1},
        ("lms-bulk", "shop"): {KeptBy.LIMIT: 1},
    }
    resume(store, Scope.GROUP, "spring", account="main")
    assert kept()["mms-bulk", "main"] == {
        KeptBy.NOTHING: 2,
        KeptBy.QUIET: 3,
        KeptBy.HOLD: 1,
        KeptBy.WINDOW: 4,
    }
