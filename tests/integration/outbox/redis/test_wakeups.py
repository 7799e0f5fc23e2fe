"""Nudges: who sweeps hears of a lane that became due before the next look, and of nothing else."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.lanes import Lane
from plexsend.outbox.redis.store import Store
from plexsend.outbox.redis.wakeups import FLEET, Wakeups
from plexsend.stack.ports import free_port
from tests.integration.outbox.bench import OTHERS, STANDARD, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

SECOND_OF_OTHERS = Lane("mms-standard", None, "others")
LONG_S = 10.0
SHORT_S = 0.05


@pytest.fixture
def nudges(store: Store) -> Iterator[Wakeups]:
    """Ears on the account `main`, already listening."""
    made = Wakeups(store, threading.Event())
    made.wait({"main"}, SHORT_S)
    yield made
    made.close()


def hear(nudges: Wakeups, accounts: set[str], longest_s: float) -> set[str]:
    """Return the accounts that are nudged first; a new lane nudges the fleet too."""
    until_s = time.monotonic() + longest_s
    found: set[str] = set()
    while not found and (left_s := until_s - time.monotonic()) > 0:
        found = nudges.wait(accounts, left_s) - {FLEET}
    return found


def test_lane_that_becomes_due_before_the_next_look_nudges_once(bench: Bench, nudges: Wakeups) -> None:
    bench.submit(["a"])
    bench.sweep()
    assert hear(nudges, {"main"}, SHORT_S) == set(), "the sweeper does not nudge itself"
    bench.drain_all()
    bench.sweep()
    bench.submit(25, STANDARD)
    began = time.monotonic()
    assert hear(nudges, {"main"}, LONG_S) == {"main"}
    assert time.monotonic() - began < LONG_S / 2


def test_lane_that_is_due_after_the_next_look_nudges_nobody(bench: Bench, nudges: Wakeups) -> None:
    bench.submit(["first"])
    bench.drain_all()
    bench.sweep()
    bench.submit(["later"], send_at_ms=int(time.time() * 1000) + 3_600_000)
    assert hear(nudges, {"main"}, SHORT_S) == set()


def test_other_accounts_are_not_listened_to(bench: Bench, nudges: Wakeups) -> None:
    bench.sweep(account="others")
    bench.submit(10, OTHERS)
    assert hear(nudges, {"main"}, SHORT_S) == set()
    nudges.wait({"main", "others"}, SHORT_S)
    # Within the time until the next look, or there were nothing to tell.
    bench.sweep(account="others")
    bench.submit([f"more{i}" for i in range(10)], SECOND_OF_OTHERS)
    assert hear(nudges, {"main", "others"}, LONG_S) == {"others"}


def test_without_accounts_a_stop_ends_the_wait(store: Store) -> None:
    stop = threading.Event()
    stop.set()
    began = time.monotonic()
    assert Wakeups(store, stop).wait(set(), LONG_S) == set()
    assert time.monotonic() - began < LONG_S / 2


def test_a_server_that_is_away_is_waited_for_and_listened_to_again() -> None:
    gone = Store.connect(f"redis://127.0.0.1:{free_port()}/0", "p:")
    nudges = Wakeups(gone, threading.Event())
    began = time.monotonic()
    assert nudges.wait({"main"}, 0.2) == set()
    assert time.monotonic() - began >= 0.2, "or housekeeping would spin"
