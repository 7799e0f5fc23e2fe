"""When a message's last result was published: after every move its record says so, or it can be derived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox import steer
from plexsend.outbox.batches import Outcome
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.receipts import Receipt, Reception, take_receipts
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act
from tests.integration.outbox.bench import Bench, accepted, verdicts
from tests.integration.outbox.results.publishing import hear_all
from tests.integration.outbox.results.test_proof import Hearing
from tests.integration.outbox.test_receipts import with_state

if TYPE_CHECKING:
    from collections.abc import Callable

AHEAD_MS = 250


def receive(bench: Bench, code: str) -> None:
    assert take_receipts(bench.store, "main", [Receipt("a", code)]) == [Reception.SETTLED]


def ask(act: Act) -> Callable[[Bench], None]:
    return lambda bench: _ask(bench, act)


def _ask(bench: Bench, act: Act) -> None:
    assert steer.ask(bench.store, "main", "a", act).done


def send_again(bench: Bench) -> None:
    """Let a person have it sent again, and its receipt come before the answer."""
    _ask(bench, Act.RESEND)
    batch = bench.take()
    take_receipts(bench.store, "main", [Receipt("a", "0")])
    bench.stop(settlement=accepted(batch))


WAYS: list[tuple[State, Callable[[Bench], None]]] = [
    (State.UNCERTAIN, ask(Act.RESEND)),
    (State.UNCERTAIN, ask(Act.ACCEPTED)),
    (State.UNCERTAIN, ask(Act.FAILED)),
    (State.UNCERTAIN, send_again),
    (State.REJECTED, ask(Act.REQUEUE)),
    (State.FAILED, ask(Act.REQUEUE)),
    *(
        (state, lambda bench: receive(bench, "0"))
        for state in State
        if state not in (State.SENDING, State.DELIVERED)
    ),
    (State.UNCERTAIN, lambda bench: receive(bench, "8")),
    (State.UNCERTAIN, lambda bench: receive(bench, "q")),
    (State.ACCEPTED, lambda bench: receive(bench, "8")),
    (State.UNKNOWN, lambda bench: receive(bench, "8")),
]


@pytest.mark.parametrize(("state", "leave"), WAYS)
def test_every_way_out_of_a_state_forgets_when_it_was_published(
    bench: Bench, state: State, leave: Callable[[Bench], None]
) -> None:
    with_state(bench, state)
    client: Any = bench.store.client
    record = bench.store.keys.record("main", "a")
    client.hset(record, "r", server_ms(bench.store) + AHEAD_MS)
    leave(bench)
    assert bench.state("a") is not state
    assert client.hget(record, "r") is None


def test_result_of_a_receipt_that_was_kept_is_proven_by_its_own_entry(bench: Bench) -> None:
    """It was parked while the stream was ahead of the clock, and sent again by a person."""
    hearing = Hearing(bench)
    ahead_ms = server_ms(bench.store) + AHEAD_MS
    fields = {"s": "accepted", "l": "mms-bulk@main", "c": "C100", "k": "other", "m": ""}
    hearing.client.xadd(hearing.stream, fields, id=f"{ahead_ms}-0")
    hearing.send("a", outcome=Outcome.PARK)
    while server_ms(bench.store) <= ahead_ms:
        pass
    send_again(bench)
    assert bench.state("a") is State.DELIVERED
    assert (hearing.prove().ahead, hearing.prove().given) == (1, 0)
    hearing.client.xdel(hearing.stream, hearing.ids()[-1])
    hear_all(hearing.reader)
    assert hearing.missing() == {"a": "deleted"}


def test_place_that_is_given_anew_does_not_hide_what_was_given(bench: Bench) -> None:
    """The set of what is parked was lost, and the walk puts the message back."""
    hearing = Hearing(bench)
    hearing.send("a", outcome=Outcome.PARK)
    assert hear_all(hearing.reader) == ["a"]
    lost = bench.store.keys.lane("main", "mms-bulk@main", "uncertain")
    before = hearing.client.zscore(lost, "a")
    hearing.client.delete(lost)
    bench.heal(records=["a"])
    assert hearing.client.zscore(lost, "a") == before
    assert (hearing.prove().given, hearing.missing()) == (1, {})


def test_end_that_is_brought_back_to_now_says_when_it_was_published(bench: Bench) -> None:
    """The clock was set back; what accepted it was the proof that its key was taken."""
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.PARK, code="C500_1"))
    receive(bench, "q")
    bench.let_pass(-3_600_000, steadily=False)
    ended_ms = bench.record("a").ended_ms
    bench.let_pass(70_000)
    bench.sweep()
    client: Any = bench.store.client
    record = bench.store.keys.record("main", "a")
    assert ended_ms is not None
    assert bench.record("a").ended_ms != ended_ms
    assert int(client.hget(record, "r") or 0) > server_ms(bench.store)
