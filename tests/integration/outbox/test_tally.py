"""What processes count is added up in Redis: once, whatever is lost on the way, and for good."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import OutboxUnavailable
from plexsend.outbox.constants import FLUSHED_KEPT_MS
from plexsend.outbox.metrics import ANSWERED, Duration, Instruments, read_counted
from plexsend.outbox.redis.store import Store
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.redis.scripts import Script

MINE = ("mms-bulk", ANSWERED)


class LossyStore(Store):
    """A store that loses calls or replies of the fleet's scripts."""

    def __init__(self, store: Store, *failures: str) -> None:
        super().__init__(store.client, store.keys.prefix)
        self.failures = list(failures)

    def run_for_fleet(self, script: Script, args: Sequence[str | bytes | int]) -> list[Any]:
        fails = self.failures.pop(0) if self.failures else ""
        if fails == "before":
            raise OutboxUnavailable("the call was lost")
        reply = super().run_for_fleet(script, args)
        if fails == "after":
            raise OutboxUnavailable("the reply was lost")
        return reply


def test_processes_add_up_and_outlive_themselves(store: Store) -> None:
    for process, requests in (("one", 2), ("two", 3), ("one-again", 1)):
        instruments = Instruments(process)
        for _ in range(requests):
            instruments.request(*MINE, 0.02)
        instruments.receipt_lags([3.0])
        instruments.flush(store)
    counted = read_counted(store)
    assert counted.requests == {MINE: 6}
    assert counted.timed[Duration.REQUEST].count == 6
    assert counted.timed[Duration.REQUEST].sum_s == pytest.approx(0.12)
    assert dict(counted.timed[Duration.RECEIPT_LAG].buckets)["5"] == 3


@pytest.mark.parametrize("lost", ["before", "after"])
def test_flush_that_fails_is_repeated_and_added_once(store: Store, lost: str) -> None:
    lossy, instruments = LossyStore(store, lost, lost), Instruments("one")
    instruments.request(*MINE, 0.02)
    for _ in range(2):
        with pytest.raises(OutboxUnavailable):
            instruments.flush(lossy)
        instruments.request(*MINE, 0.02)
    instruments.flush(lossy)
    assert read_counted(store).requests == {MINE: 3}


def test_nothing_counted_costs_no_call(store: Store) -> None:
    Instruments("one").flush(LossyStore(store, "before"))


def test_time_until_the_next_flush_is_waited_for(store: Store) -> None:
    now_s = [100.0]
    instruments = Instruments("one", clock=lambda: now_s[0])
    for at_s, written in ((100.0, 1), (100.9, 1), (101.0, 3)):
        now_s[0] = at_s
        instruments.request(*MINE, 0.02)
        instruments.flush_when_due(store)
        assert read_counted(store).requests == {MINE: written}


def test_labels_stay_few_whatever_is_counted(store: Store) -> None:
    instruments = Instruments("one")
    for at in range(50):
        instruments.request(f"made-up-{at}", f"outcome {at}", 0.1)
    instruments.flush(store)
    assert read_counted(store).requests == {("other", "other"): 50}


def test_threads_lose_no_count(store: Store) -> None:
    instruments = Instruments("one")

    def count() -> None:
        for at in range(200):
            instruments.request(*MINE, 0.001)
            if at % 50 == 0:
                instruments.flush(store)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    instruments.flush(store)
    assert read_counted(store).requests == {MINE: 800}


def test_process_that_is_long_gone_is_forgotten_and_what_it_counted_is_not(store: Store) -> None:
    for process in ("gone", "here"):
        instruments = Instruments(process)
        instruments.request(*MINE, 0.02)
        instruments.flush(store)
    sequence, at_ms = text(store.client.hget(store.keys.metrics, "flushed gone")).split(" ")
    old = f"{sequence} {int(at_ms) - FLUSHED_KEPT_MS - 1000}"
    store.client.hset(store.keys.metrics, "flushed gone", old)
    new = Instruments("new")
    new.request(*MINE, 0.02)
    new.flush(store)
    names = {text(name) for name in store.client.hkeys(store.keys.metrics)}
    assert {name for name in names if name.startswith("flushed ")} == {"flushed here", "flushed new"}
    assert read_counted(store).requests == {MINE: 3}


def test_count_that_another_program_spoilt_keeps_no_other_from_being_added(store: Store) -> None:
    store.client.hset(store.keys.metrics, "requests mms-bulk answered", "many")
    instruments = Instruments("one")
    instruments.request(*MINE, 0.02)
    instruments.request("sms-bulk", ANSWERED, 0.02)
    instruments.flush(store)
    assert read_counted(store).requests == {MINE: 0, ("sms-bulk", ANSWERED): 1}


def test_key_of_another_type_is_put_aside(store: Store) -> None:
    store.client.set(store.keys.metrics, "somebody else's")
    instruments = Instruments("one")
    instruments.request(*MINE, 0.02)
    instruments.flush(store)
    assert read_counted(store).requests == {MINE: 1}
    assert store.client.get(f"{store.keys.prefix}spoilt:metrics") == b"somebody else's"
