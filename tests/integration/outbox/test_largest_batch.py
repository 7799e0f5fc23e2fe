"""The largest batch is the product's, wherever the outbox counts in batches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexsend.outbox.submit import NewMessage
from plexsend.settings import Policy
from tests.integration.outbox.bench import BULK, STAMP, Bench, accepted, keys_in, keys_of

AT_ONCE = Policy(rate_per_s=0, linger_ms=0)


@pytest.fixture
def threes(bench: Bench) -> Bench:
    """A bench for a product whose requests take three items."""
    bench.most_items = 3
    return bench


def test_backlog_goes_in_batches_of_the_product(threes: Bench) -> None:
    threes.submit(7)
    batch = threes.take()
    found = [keys_in(batch)]
    for _ in range(2):
        batch = threes.take(settlement=accepted(batch))
        found.append(keys_in(batch))
    assert found == [keys_of(7)[:3], keys_of(7)[3:6], keys_of(7)[6:]]


def test_full_batch_of_the_product_waits_for_no_linger(threes: Bench) -> None:
    threes.policy = replace(AT_ONCE, linger_ms=60_000)
    threes.submit(2)
    assert threes.rest().reason == "linger"
    threes.submit(["third"])
    assert len(threes.take().messages) == 3


@pytest.mark.parametrize(("most_items", "wakes"), [(3, True), (4, False)])
def test_lane_wakes_once_a_batch_of_the_product_is_ready(
    bench: Bench, most_items: int, *, wakes: bool
) -> None:
    bench.policy = replace(AT_ONCE, linger_ms=5_000)
    drafts = [NewMessage(key, b"{}") for key in keys_of(3)]
    bench.intake.add(BULK, drafts, stamp=STAMP, most_items=most_items)
    left = bench.wake_in_ms()
    assert left is not None
    assert (left <= 0) == wakes


def test_rate_tolerates_two_batches_of_the_product(threes: Bench) -> None:
    threes.policy = replace(AT_ONCE, rate_per_s=1)
    threes.submit(9)
    batch = threes.take("p1.1")
    threes.take("p1.2")
    assert len(batch.messages) == 3
    assert threes.rest("p1.3").reason == "rate"


def test_lane_is_rung_for_once_for_each_batch_of_the_product(threes: Bench) -> None:
    threes.submit(7)
    assert len(threes.bells()) == 3
