"""With on_uncertain=receipt, what may have been sent waits for its receipt, then goes again or is parked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading import queries
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.states import State
from plexsend.settings import OnUncertain, UncertainThen
from tests.integration.outbox.bench import Bench, keys_in, verdicts

if TYPE_CHECKING:
    from plexsend.outbox.batches import Settlement


def agree(bench: Bench, on_uncertain: OnUncertain, **more: Any) -> None:
    put(bench.store, Where("mms-bulk"), {"on_uncertain": on_uncertain, **more}, by="anna", reason="x")


def uncertain(batch: Any, delay_ms: int = 2_000) -> Settlement:
    """Return what a worker says that knows of no policy but resend."""
    return verdicts(batch, Outcome.RETRY, code="C500_1", alone=True, delay_ms=delay_ms, detail="trouble")


def due_in_s(bench: Bench, key: str) -> float:
    record = bench.record(key)
    due_ms = queries.due_time(bench.store, record)
    assert due_ms is not None
    return (due_ms - queries.server_ms(bench.store)) / 1000


def with_uncertain(bench: Bench, then: UncertainThen) -> None:
    agree(bench, OnUncertain.RECEIPT, uncertain_wait_s=600.0, uncertain_then=then)
    bench.submit(["a"])
    bench.stop(settlement=uncertain(bench.take()))


def test_script_that_writes_makes_it_wait(bench: Bench) -> None:
    """Whatever policy the process knew that judged the answer."""
    with_uncertain(bench, UncertainThen.PARK)
    assert bench.state("a") is State.SCHEDULED
    assert 598 < due_in_s(bench, "a") <= 600
    assert (
        bench.record("a").desc == "trouble; its receipt is waited for first, as the policy on_uncertain asks"
    )


def test_judge_that_knows_the_policy_says_it_once(bench: Bench) -> None:
    agree(bench, OnUncertain.RECEIPT, uncertain_wait_s=600.0)
    bench.submit(["a"])
    bench.stop(settlement=uncertain(bench.take(), delay_ms=600_000))
    assert bench.record("a").desc == "trouble"


@pytest.mark.parametrize(
    ("code", "state"),
    [("0", State.DELIVERED), ("8", State.UNDELIVERED), ("o", State.UNKNOWN), ("q", State.ACCEPTED)],
)
def test_receipt_in_time_settles_it(bench: Bench, code: str, state: State) -> None:
    with_uncertain(bench, UncertainThen.RESEND)
    bench.let_pass(300_000, steadily=False)
    take_receipts(bench.store, "main", [Receipt("a", code)])
    bench.let_pass(400_000, steadily=False)
    assert bench.drain_all() == []
    assert bench.state("a") is state


def test_without_a_receipt_it_is_parked(bench: Bench) -> None:
    with_uncertain(bench, UncertainThen.PARK)
    bench.let_pass(599_000, steadily=False)
    assert bench.drain_all() == []
    assert bench.state("a") is State.SCHEDULED
    bench.let_pass(2_000, steadily=False)
    assert bench.drain_all() == []
    record = bench.record("a")
    assert record.state is State.UNCERTAIN
    assert record.desc == "parked, as no receipt came in the time of the policy uncertain_wait_s"
    # A receipt settles it all the same.
    take_receipts(bench.store, "main", [Receipt("a", "0")])
    assert bench.state("a") is State.DELIVERED


def test_without_a_receipt_it_goes_again_and_waits_again(bench: Bench) -> None:
    with_uncertain(bench, UncertainThen.RESEND)
    bench.let_pass(601_000, steadily=False)
    batch = bench.take()
    assert keys_in(batch) == ["a"]
    bench.stop(settlement=uncertain(batch))
    assert 598 < due_in_s(bench, "a") <= 600


def test_message_that_waits_to_go_again_waits_for_its_receipt_once_that_is_in_force(bench: Bench) -> None:
    bench.submit(["a"])
    bench.stop(settlement=uncertain(bench.take(), delay_ms=0))
    assert bench.state("a") is State.WAITING
    agree(bench, OnUncertain.RECEIPT, uncertain_wait_s=600.0, uncertain_then=UncertainThen.RESEND)
    assert bench.drain_all() == []
    assert bench.state("a") is State.SCHEDULED
    assert 590 < due_in_s(bench, "a") <= 600
    bench.let_pass(601_000, steadily=False)
    assert keys_in(bench.take()) == ["a"]


def test_park_is_stricter_while_it_waits(bench: Bench) -> None:
    with_uncertain(bench, UncertainThen.RESEND)
    agree(bench, OnUncertain.PARK)
    bench.let_pass(601_000, steadily=False)
    assert bench.drain_all() == []
    assert bench.state("a") is State.UNCERTAIN


def test_what_was_never_uncertain_waits_for_nothing(bench: Bench) -> None:
    agree(bench, OnUncertain.RECEIPT)
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.BACK))
    assert keys_in(bench.take()) == ["a"]
