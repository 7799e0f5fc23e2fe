"""The line before a shared rate: who has had least is next, and nothing of the rate is lost by it."""

from __future__ import annotations

import json

import pytest

from plexsend.outbox.lanes import Lane
from plexsend.settings import Policy
from tests.integration.outbox.bench import BULK, Bench, keys_of
from tests.integration.outbox.slow_gateway import SlowGateway

OTHER = Lane("mms-bulk", "X", "main")
GROUPS = [Lane("mms-bulk", None, "main", f"g{number}") for number in range(4)]
ANSWER_TIMES = (5, 200, 350)


def send_one_by_one(bench: Bench, lane: Lane) -> None:
    """Let a lane's requests have one message each, as after G160."""
    hold = {"since": 0, "until": 10**14, "step": 1, "by": "gateway", "why": "G160", "probe": ""}
    bench.store.client.hset(bench.store.keys.holds(lane.account), f"lane size {lane.name}", json.dumps(hold))


def share_out(bench: Bench, answer_ms: int, *lanes: Lane, for_ms: int = 6_000) -> SlowGateway:
    """Serve lanes that all want the whole rate; nothing of it is left unused."""
    rate = bench.policy.rate_per_s
    for lane in lanes:
        bench.submit(keys_of(round(rate * for_ms / 1000) + 30, lane.name), lane)
    gateway = SlowGateway(bench, answer_ms)
    gateway.serve(for_ms)
    # The tolerance was granted at once; the first drains of a lane take a moment to come.
    assert gateway.granted(1_000, for_ms) >= 0.95 * rate * (for_ms - 1_000) / 1000
    return gateway


@pytest.mark.parametrize("answer_ms", ANSWER_TIMES)
def test_singles_get_as_many_as_tens(bench: Bench, answer_ms: int) -> None:
    bench.policy = Policy(rate_per_s=20, linger_ms=0)
    send_one_by_one(bench, BULK)
    gateway = share_out(bench, answer_ms, BULK, OTHER, for_ms=20_000)
    assert gateway.by_lane[BULK] == pytest.approx(gateway.by_lane[OTHER], rel=0.1)


@pytest.mark.parametrize("answer_ms", ANSWER_TIMES)
def test_tens_share_with_tens(bench: Bench, answer_ms: int) -> None:
    bench.policy = Policy(rate_per_s=100, linger_ms=0)
    gateway = share_out(bench, answer_ms, BULK, OTHER)
    assert gateway.by_lane[BULK] == pytest.approx(gateway.by_lane[OTHER], rel=0.1)
