"""What may fail is written first: a call that met a key of another type does all of it when it is made again.

Each deed is done to a message and to its twin, in an account where another program put something else in
place of a key that the deed writes: both end with the same record and the same history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import OutboxError
from plexsend.outbox import steer
from plexsend.outbox.batches import Outcome
from plexsend.outbox.constants import MOST_COUNTS, MOST_STATS
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act
from tests.integration.outbox.bench import BULK, OTHERS, STANDARD, Bench, accepted, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.steer import Decision

OF_THEIR_OWN = ("p", "t", "e", "g", "q", "z", "u", "k", "j")
"""Fields that hold times and tokens: of them only the names are compared."""
RECALLED = 5


class Twin:
    """One of two messages: in `main`, where a key is spoilt, or in `others`."""

    def __init__(self, bench: Bench, lane: Lane, spoilt: str = "") -> None:
        self.bench, self.lane, self._spoilt = bench, lane, spoilt
        self.client: Any = bench.store.client
        self.start = bench.store.keys.account(lane.account)

    def spoil(self) -> None:
        """Let another program put a text in place of the key, where this is the one that meets it."""
        if self._spoilt:
            self.client.set(self.start + self._spoilt, "junk")

    def receive(self, code: str) -> None:
        take_receipts(self.bench.store, self.lane.account, [Receipt("a", code)])

    def stop(self, batch: Any, outcome: Outcome, **more: Any) -> None:
        self.bench.stop(settlement=verdicts(batch, outcome, **{"code": "X", **more}), lane=self.lane)

    def sent(self, outcome: Outcome, **more: Any) -> None:
        self.bench.submit(["a"], self.lane)
        self.stop(self.bench.take(lane=self.lane), outcome, **more)

    def insist(self, call: Callable[[], Decision]) -> None:
        """Ask as a person does: once more after the walk has put aside what it met."""
        try:
            decision = call()
        except OutboxError:
            self.client.rename(self.start + self._spoilt, f"{self.start}spoilt:{self._spoilt}")
            decision = call()
        assert decision.done

    def found(self) -> dict[str, Any]:
        """Return all that is kept of it: fields, and the lines of its history without their times."""
        fields = self.client.hgetall(self.bench.store.keys.record(self.lane.account, "a"))
        record = {name.decode(): value for name, value in fields.items() if name not in (b"l", b"w", b"r")}
        record |= dict.fromkeys([name for name in record if name in OF_THEIR_OWN])
        lines = self.client.lrange(f"{self.start}h:a", 0, -1)
        history = [line.decode().partition("|")[2] for line in lines]
        left = self.client.hget(
            f"{self.start}forgotten", self.lane.name.partition("@")[0] + f"@{self.lane.account}"
        )
        return {"record": record, "history": history, "forgotten": left}


def keep(code: str, outcome: Outcome) -> Callable[[Twin], None]:
    def deed(twin: Twin) -> None:
        twin.bench.submit(["a"], twin.lane)
        batch = twin.bench.take(lane=twin.lane)
        twin.receive(code)
        twin.spoil()
        twin.stop(batch, outcome)

    return deed


def receive(code: str) -> Callable[[Twin], None]:
    def deed(twin: Twin) -> None:
        twin.sent(Outcome.RETRY, delay_ms=3_600_000)
        twin.client.hset(f"{twin.start}forgotten", twin.lane.name, RECALLED)
        twin.spoil()
        twin.receive(code)

    return deed


def steered(act: Act, outcome: Outcome) -> Callable[[Twin], None]:
    def deed(twin: Twin) -> None:
        twin.sent(outcome)
        twin.spoil()
        twin.insist(lambda: steer.ask(twin.bench.store, twin.lane.account, "a", act))

    return deed


def rescheduled(twin: Twin) -> None:
    twin.bench.submit(["a"], twin.lane)
    twin.spoil()
    at_ms = server_ms(twin.bench.store) + 60_000
    twin.insist(lambda: steer.reschedule(twin.bench.store, twin.lane.account, "a", at_ms))


def cancelled(twin: Twin) -> None:
    twin.bench.submit(["a"], twin.lane)
    twin.spoil()
    twin.insist(lambda: steer.ask(twin.bench.store, twin.lane.account, "a", Act.CANCEL))


def settled(outcome: Outcome, **more: Any) -> Callable[[Twin], None]:
    def deed(twin: Twin) -> None:
        twin.bench.submit(["a"], twin.lane)
        batch = twin.bench.take(lane=twin.lane)
        twin.spoil()
        twin.stop(batch, outcome, **more)

    return deed


def accepted_late(twin: Twin) -> None:
    twin.bench.submit(["a"], twin.lane)
    batch = twin.bench.take(lane=twin.lane)
    settlement = verdicts(batch, Outcome.RETRY, code="NO_VERDICT", delay_ms=3_600_000)
    twin.bench.settle(settlement, twin.lane)
    twin.client.hset(f"{twin.start}forgotten", twin.lane.name, RECALLED)
    twin.spoil()
    twin.bench.stop(settlement=accepted(batch), lane=twin.lane)


DEEDS: dict[str, tuple[str, Callable[[Twin], None]]] = {
    "a receipt was kept, accepted": ("ended", keep("0", Outcome.ACCEPTED)),
    "a receipt was kept, came back": ("ended", keep("8", Outcome.BACK)),
    "a proof was kept, retried": ("ended", keep("q", Outcome.RETRY)),
    "a proof was kept, accepted": ("ended", keep("q", Outcome.ACCEPTED)),
    "a proof was kept, rejected": (f"{BULK.name}:dead", keep("q", Outcome.REJECTED)),
    "a receipt recalls what was forgotten": ("ended", receive("0")),
    "a late verdict recalls what was forgotten": ("ended", accepted_late),
    "requeue": (f"{BULK.name}:ready", steered(Act.REQUEUE, Outcome.REJECTED)),
    "resend": (f"{BULK.name}:ready", steered(Act.RESEND, Outcome.PARK)),
    "accepted by a person": ("ended", steered(Act.ACCEPTED, Outcome.PARK)),
    "reschedule": (f"{BULK.name}:later", rescheduled),
    "cancel": ("ended", cancelled),
    "retry": (f"{BULK.name}:later", settled(Outcome.RETRY, delay_ms=60_000, spent=True)),
    "park": (f"{BULK.name}:uncertain", settled(Outcome.PARK, spent=True)),
    "give back": (f"{BULK.name}:ready", settled(Outcome.BACK)),
    "reject": (f"{BULK.name}:dead", settled(Outcome.REJECTED)),
}
"""Deed → the key that is spoilt before its last step, and the deed."""


@pytest.mark.parametrize("name", DEEDS)
def test_deed_that_met_another_type_is_done_whole_and_once(bench: Bench, name: str) -> None:
    spoilt, deed = DEEDS[name]
    met, other = Twin(bench, BULK, spoilt), Twin(bench, OTHERS)
    for twin in (met, other):
        deed(twin)
    assert met.client.exists(f"{met.start}spoilt:{spoilt}"), "the deed did not meet it"
    assert met.found() == other.found()


def test_receipt_that_was_kept_decides_whatever_failed_first(bench: Bench) -> None:
    met = Twin(bench, BULK, "ended")
    DEEDS["a receipt was kept, accepted"][1](met)
    assert bench.state("a") is State.DELIVERED


def test_code_that_cannot_be_folded_stays_counted(bench: Bench) -> None:
    """Another program spoilt the sum of the rare ones."""
    counts = bench.store.keys.lane("main", BULK.name, "counts")
    client: Any = bench.store.client
    client.hset(counts, mapping={f"c:{n}": 1 for n in range(MOST_COUNTS)} | {"c:*": "junk"})
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.REJECTED, code="NEW"))
    assert bench.state("a") is State.REJECTED
    assert client.hget(counts, "c:NEW") == b"1"


def test_day_that_cannot_be_folded_keeps_its_fields(bench: Bench) -> None:
    """The same of a day; and what went is taken from a field that can be counted down."""
    bench.submit(["a"], STANDARD)
    client: Any = bench.store.client
    (day,) = client.keys(f"{bench.store.keys.account('main')}stats:*")
    group = Lane("mms-standard", None, "main", "spring")
    wide = f"{STANDARD.name.replace('@', '/*@')}|rejected|G140|"
    client.hset(
        day, mapping={f"mms-bulk/g{n}@main|accepted|C100|": 1 for n in range(MOST_STATS)} | {wide: "junk"}
    )
    bench.submit(["b"], group)
    bench.stop(settlement=verdicts(bench.take(lane=group), Outcome.REJECTED, code="G140"), lane=group)
    narrow = f"{group.name}|rejected|G140|"
    assert client.hget(day, narrow) == b"1"
    client.hset(day, narrow, "1.5")
    assert steer.ask(bench.store, "main", "b", Act.REQUEUE).done
    assert bench.state("b") is State.WAITING
