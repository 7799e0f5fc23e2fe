"""Workers of 0.4.0 beside this version: what they do not know of receipts is made good, and nothing is lost.

scripts_0_4_0/ holds what 0.4.0 sent to Redis, without its comments. Its arguments are those of this version.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.receipts import Receipt, Reception, take_receipts
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import Store
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act, ask
from tests.integration.outbox.bench import BULK, DAY_MS, Bench, accepted, verdicts
from tests.integration.outbox.test_outcomes import told

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR_MS = 3_600_000
SCRIPTS = Path(__file__).parent / "scripts_0_4_0"


@pytest.fixture
def bench(store: Store) -> Bench:
    """What this version does."""
    return Bench(store)


@pytest.fixture
def old(store: Store, valkey_url: str, bench: Bench) -> Iterator[Bench]:
    """A worker of 0.4.0, on the outbox of `bench`: it sweeps, takes and settles with its own scripts."""
    its = Store.connect(valkey_url, store.keys.prefix)
    for script in (Script.ADVANCE, Script.SWEEP):
        its._scripts[script] = its.client.register_script((SCRIPTS / f"{script}.txt").read_text("utf-8"))
    yield Bench(its, bench.policy)
    its.close()
    found = audit(store)
    assert found.ok, found.discrepancies


def entries(bench: Bench) -> int:
    client: Any = bench.store.client
    return int(client.llen(f"{bench.store.keys.account('main')}ended"))


def is_there(bench: Bench, key: str) -> bool:
    return bool(bench.store.client.exists(bench.store.keys.record("main", key)))


def receive(bench: Bench, key: str, code: str) -> Reception:
    (became,) = take_receipts(bench.store, "main", [Receipt(key, code)])
    return became


def test_old_sweeper_takes_what_it_does_not_know_off_the_list_and_nothing_goes_early(
    bench: Bench, old: Bench
) -> None:
    """It goes when it is as old as records are kept: for their receipts, whatever `keep_days` says."""
    keys = {"delivered": "0", "undelivered": "8", "unknown": "o"}
    bench.submit([*keys])
    bench.drain_all()
    assert {receive(bench, key, code) for key, code in keys.items()} == {Reception.SETTLED}
    bench.let_pass(2 * HOUR_MS, steadily=False)
    old.sweep(keep_ms=HOUR_MS)
    old.let_pass(70_000)
    assert entries(bench) == 0
    for _ in range(3):
        bench.heal(records=keys)
        assert entries(bench) == 3
    assert {key: bench.state(key).value for key in keys} == {key: key for key in keys}
    # The old one takes them off again, and they are of no list any more.
    old.let_pass(70_000)
    assert entries(bench) == 0
    bench.let_pass(86 * HOUR_MS, steadily=False)
    bench.let_pass(70_000)
    assert all(is_there(bench, key) for key in keys)
    bench.heal(records=keys)
    assert not any(is_there(bench, key) for key in keys)
    assert {name: n for name, n in bench.counts().items() if name.startswith("a:")} == {
        f"a:{key}": 1 for key in keys
    }


def test_old_sweeper_keeps_what_was_accepted_for_keep_days_alone(bench: Bench, old: Bench) -> None:
    """So `keep_days` is at least four while one is there: then no receipt comes for what is gone."""
    bench.submit(["heard", "silent"])
    bench.drain_all()
    receive(bench, "heard", "0")
    bench.let_pass(90 * HOUR_MS, steadily=False)
    old.sweep(keep_ms=4 * DAY_MS)
    old.let_pass(70_000)
    assert receive(bench, "silent", "0") is Reception.SETTLED
    bench.submit(["next"])
    bench.drain_all(drain="p1.2")
    bench.let_pass(2 * HOUR_MS, steadily=False)
    old.sweep(keep_ms=HOUR_MS)
    old.let_pass(70_000)
    assert receive(bench, "next", "0") is Reception.STRANGER


@pytest.mark.parametrize(
    ("code", "state"), [("0", State.DELIVERED), ("8", State.UNDELIVERED), ("q", State.ACCEPTED)]
)
def test_receipt_that_an_old_worker_left_decides_at_the_next_walk(
    bench: Bench, old: Bench, code: str, state: State
) -> None:
    """It came while the old one was sending, and the gateway does not post it again."""
    bench.submit(["a"])
    batch = old.take()
    assert receive(bench, "a", code) is Reception.KEPT
    old.stop(settlement=accepted(batch))
    assert bench.state("a") is State.ACCEPTED
    for _ in range(2):
        bench.heal(records=["a"])
    record = bench.record("a")
    assert (record.state, record.flags) == (state, "")
    client: Any = bench.store.client
    assert not client.hexists(bench.store.keys.record("main", "a"), "h")
    # What 0.4.0 settled was never published; the receipt is.
    assert told(bench) == ([] if state is State.ACCEPTED else [(state.value, code, "a")])


def test_receipt_that_an_old_worker_left_at_what_goes_again_decides_too(bench: Bench, old: Bench) -> None:
    bench.submit(["a", "b"])
    batch = old.take()
    assert {receive(bench, key, "8") for key in ("a", "b")} == {Reception.KEPT}
    of = {"a": Outcome.RETRY, "b": Outcome.BACK}
    old.stop(settlement=verdicts(batch, Outcome.RETRY, code="C500_1", delay_ms=60_000, of=of))
    bench.heal(records=["a", "b"])
    # What came back unsent may be a later message of the same key.
    assert (bench.state("a"), bench.state("b")) == (State.UNDELIVERED, State.SCHEDULED)
    client: Any = bench.store.client
    assert not client.hexists(bench.store.keys.record("main", "b"), "w")


def test_record_that_was_put_back_once_can_end_anew(bench: Bench) -> None:
    """Asked for again it is put back once more, should it be lost once more."""
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.REJECTED, code="G140"))
    client: Any = bench.store.client
    ended = f"{bench.store.keys.account('main')}ended"
    client.delete(ended)
    bench.heal(records=["a"])
    assert (entries(bench), bench.record("a").flags) == (1, "e")
    assert ask(bench.store, "main", "a", Act.REQUEUE).done
    assert bench.record("a").flags == ""
    assert bench.members("ready", BULK) == ["a"]
