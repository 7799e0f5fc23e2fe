"""No receipt in time: what was accepted becomes unknown, where receipts come; until then it is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put, unset
from plexsend.outbox.policies.where import Where
from plexsend.outbox.prune import prune
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.receipts import Receipt, Reception, take_receipts
from plexsend.outbox.states import State
from tests.integration.outbox.bench import BULK, Bench, keys_of
from tests.integration.outbox.test_outcomes import told

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR_MS = 3_600_000
SMS = Lane("sms-bulk", None, "main")


@pytest.fixture(autouse=True)
def _books_are_right(bench: Bench) -> Iterator[None]:
    yield
    found = audit(bench.store)
    assert found.ok, found.discrepancies


def hear(bench: Bench, *keys: str) -> None:
    assert set(take_receipts(bench.store, "main", [Receipt(key, "0") for key in keys])) == {Reception.SETTLED}


def pass_hours(bench: Bench, hours: float) -> None:
    """Let hours pass with workers that look every few seconds, of which only the last are played."""
    bench.let_pass(round(hours * HOUR_MS) - 70_000, steadily=False)
    bench.let_pass(70_000)


def look(bench: Bench, times: int = 1) -> None:
    """Sweep until the cursor has seen all that is due."""
    client: Any = bench.store.client
    for _ in range(times):
        client.hdel(f"{bench.store.keys.account('main')}sweep", "unheard")
        bench.sweep()


def field(bench: Bench, key: str, name: str) -> str:
    client: Any = bench.store.client
    return (client.hget(bench.store.keys.record("main", key), name) or b"").decode()


def states(bench: Bench, *keys: str) -> list[State]:
    return [bench.state(key) for key in keys]


def test_account_that_never_had_a_receipt_keeps_accepted(bench: Bench) -> None:
    bench.submit(["a"])
    bench.drain_all()
    pass_hours(bench, 100)
    look(bench)
    assert bench.state("a") is State.ACCEPTED
    # It ages out as it always did.
    bench.sweep(keep_ms=HOUR_MS)
    assert bench.counts().get("a:accepted") == 1


def test_what_had_no_receipt_in_time_is_unknown(bench: Bench) -> None:
    bench.submit(["heard", "silent"])
    bench.drain_all()
    hear(bench, "heard")
    pass_hours(bench, 83)
    assert states(bench, "heard", "silent") == [State.DELIVERED, State.ACCEPTED]
    ended_ms = bench.record("silent").ended_ms
    pass_hours(bench, 1)
    assert states(bench, "heard", "silent") == [State.DELIVERED, State.UNKNOWN]
    record = bench.record("silent")
    assert (record.ended_ms, record.code, record.receipt) == (ended_ms - HOUR_MS, "C100", None)  # type: ignore[operator]
    assert not record.history
    assert told(bench)[-1] == ("unknown", "", "silent")
    # It was published now, not when it ended.
    assert int(field(bench, "silent", "r")) > int(field(bench, "silent", "e"))


def test_late_receipt_still_counts(bench: Bench) -> None:
    bench.submit(["heard", "silent"])
    bench.drain_all()
    hear(bench, "heard")
    pass_hours(bench, 85)
    assert bench.state("silent") is State.UNKNOWN
    hear(bench, "silent")
    assert bench.state("silent") is State.DELIVERED
    # When it was published is what its receipt says now.
    assert field(bench, "silent", "r") == ""


def test_code_of_a_late_receipt_of_an_unknown_outcome_is_heard(bench: Bench) -> None:
    bench.submit(["heard", "silent"])
    bench.drain_all()
    hear(bench, "heard")
    pass_hours(bench, 85)
    assert take_receipts(bench.store, "main", [Receipt("silent", "G430")]) == [Reception.SETTLED]
    record = bench.record("silent")
    assert record.receipt is not None
    assert (record.state, record.receipt.code) == (State.UNKNOWN, "G430")
    assert told(bench)[-1] == ("unknown", "G430", "silent")
    # When it was published is what its receipt says now.
    assert field(bench, "silent", "r") == ""


def test_each_service_waits_for_as_long_as_its_product_needs(bench: Bench) -> None:
    bench.submit(["heard", "mms"])
    bench.submit(["sms"], SMS)
    # The bench sets all policies.
    unset(bench.store, Where(), ["receipt_wait_h"], by="anna")
    bench.drain_all()
    bench.drain_all(SMS, "p1.2")
    hear(bench, "heard")
    pass_hours(bench, 27)
    assert states(bench, "mms", "sms") == [State.ACCEPTED, State.UNKNOWN]
    pass_hours(bench, 58)
    assert bench.state("mms") is State.UNKNOWN


def test_policy_in_force_says_how_long(bench: Bench) -> None:
    bench.submit(["heard", "silent"])
    bench.drain_all()
    hear(bench, "heard")
    pass_hours(bench, 2)
    assert bench.state("silent") is State.ACCEPTED
    put(bench.store, Where("mms-bulk"), {"receipt_wait_h": 1.0}, by="anna", reason="x")
    bench.let_pass(8_000)
    assert bench.state("silent") is State.UNKNOWN


def test_cursor_goes_on_where_it_was(bench: Bench) -> None:
    """A hundred a look; what was looked at is not looked at again, whatever retention takes away in front."""
    names = keys_of(350)
    bench.submit(names)
    bench.drain_all()
    hear(bench, *names[::10])
    pass_hours(bench, 2)
    put(bench.store, Where("mms-bulk"), {"receipt_wait_h": 1.0}, by="anna", reason="x")
    unknown = []
    for _ in range(4):
        look(bench)
        unknown.append(bench.counts().get("s:unknown", 0))
    assert unknown == [90, 180, 270, 315]
    sweep = f"{bench.store.keys.account('main')}sweep"
    client: Any = bench.store.client
    place = client.hget(sweep, f"unheard {HOUR_MS} ended")
    assert place.split(b" ")[0] == b"350"
    # Retention takes the front away, and what comes later is found from there.
    for _ in range(3):
        bench.sweep(keep_ms=HOUR_MS)
    bench.submit(["later"])
    bench.drain_all(drain="p1.3")
    assert client.llen(f"{bench.store.keys.account('main')}ended") == 51
    pass_hours(bench, 1.1)
    assert bench.counts().get("s:accepted", 0) == 0


def test_housekeeping_that_lost_its_place_begins_anew(bench: Bench) -> None:
    bench.submit(["heard", "silent"])
    bench.drain_all()
    hear(bench, "heard")
    pass_hours(bench, 85)
    before = told(bench)
    bench.submit(["next"])
    bench.drain_all(drain="p1.2")
    sweep = f"{bench.store.keys.account('main')}sweep"
    client: Any = bench.store.client
    client.hset(sweep, f"unheard {84 * HOUR_MS} ended", "7 mms-bulk another")
    pass_hours(bench, 85)
    assert bench.state("next") is State.UNKNOWN
    client.delete(sweep)
    bench.let_pass(90_000)
    # Nothing is told twice.
    assert [entry for entry in told(bench) if entry[0] == "unknown"] == [
        *before[-1:],
        ("unknown", "", "next"),
    ]


def test_clock_that_was_set_back_keeps_nothing_from_becoming_unknown(bench: Bench) -> None:
    bench.submit(["heard", "ahead"])
    bench.drain_all()
    hear(bench, "heard")
    bench.let_pass(-1_000 * HOUR_MS, steadily=False)
    bench.submit(["behind"])
    bench.let_pass(90_000)
    bench.drain_all(drain="p1.2")
    pass_hours(bench, 85)
    look(bench, 3)
    assert states(bench, "ahead", "behind") == [State.UNKNOWN, State.UNKNOWN]


def test_time_without_receipts_stays_as_it_was(bench: Bench) -> None:
    """An account whose webhook is set up has messages of the time before."""
    bench.sweep(keep_ms=1_000 * HOUR_MS)
    bench.submit(["before"])
    bench.drain_all()
    pass_hours(bench, 90)
    bench.submit(["after"])
    bench.drain_all(drain="p1.2")
    hear(bench, "after")
    pass_hours(bench, 90)
    look(bench)
    assert bench.state("before") is State.ACCEPTED


def test_records_are_kept_for_their_receipts_whatever_the_policy_says(bench: Bench) -> None:
    bench.submit(["heard", "silent"])
    bench.drain_all()
    hear(bench, "heard")
    bench.sweep(keep_ms=HOUR_MS)
    pass_hours(bench, 83)
    bench.sweep()
    assert states(bench, "heard", "silent") == [State.DELIVERED, State.ACCEPTED]
    pass_hours(bench, 2)
    bench.let_pass(8_000)
    assert bench.counts() == {
        **bench.counts(), "a:delivered": 1, "a:unknown": 1
    }, "it became unknown before it was taken away"  # fmt: skip


def test_prune_passes_over_what_may_still_have_its_receipt(bench: Bench) -> None:
    names = keys_of(230)
    bench.submit(names)
    bench.drain_all()
    silent = names[3::50]
    hear(bench, *[name for name in names if name not in silent])
    pass_hours(bench, 2)
    assert sum(prune(bench.store, "main", timedelta(hours=1))) == 230 - len(silent)
    assert states(bench, *silent) == [State.ACCEPTED] * len(silent)
    assert sum(prune(bench.store, "main", timedelta(hours=1))) == 0
    pass_hours(bench, 83)
    assert states(bench, *silent) == [State.UNKNOWN] * len(silent)
    assert sum(prune(bench.store, "main", timedelta(hours=1))) == len(silent)


def test_list_of_an_older_program_is_looked_through_too(bench: Bench) -> None:
    bench.submit(["heard"])
    bench.drain_all()
    hear(bench, "heard")
    client: Any = bench.store.client
    start = bench.store.keys.account("main")
    bench.submit(["old"])
    client.hset(bench.store.keys.record("main", "old"), "l", BULK.name)
    bench.drain_all(drain="p1.2")
    assert client.llen(f"{start}{BULK.name}:ended") == 1
    pass_hours(bench, 85)
    bench.sweep(tidy=[BULK])
    assert bench.state("old") is State.UNKNOWN


def test_ended_record_that_is_in_no_list_comes_back_into_it(bench: Bench) -> None:
    """A program that did not know its state took it off the list."""
    client: Any = bench.store.client
    ended = f"{bench.store.keys.account('main')}ended"
    bench.submit(["lost"])
    bench.drain_all()
    client.delete(ended)
    pass_hours(bench, 2)
    bench.submit(["next"])
    bench.drain_all(drain="p1.2")
    bench.heal(records=["lost", "next"])
    assert [entry.partition(b":")[2] for entry in client.lrange(ended, 0, -1)] == [b"next", b"lost"]
    # The walk meets it once an hour, and it is old still.
    bench.heal(records=["next", "lost"])
    assert client.llen(ended) == 2
