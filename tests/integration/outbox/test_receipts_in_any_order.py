"""Receipts of hundreds of messages: shuffled, doubled, early and missing, against a small model."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome, Settlement, Verdict
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act, ask
from tests.integration.outbox.test_outcomes import published

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.integration.outbox.bench import Bench

SAYS = {"0": 3, "8": 2, "2": 2, "K": 2, "o": 1, "never-heard-of": 1, "q": 0, "c": 0}
"""Code → what it says: 3 delivered, 2 not delivered, 1 nobody knows, 0 that the key was taken before."""
HIGHEST = {3: State.DELIVERED, 2: State.UNDELIVERED, 1: State.UNKNOWN, 0: State.ACCEPTED}
ENDS = {
    "accepted": (Outcome.ACCEPTED, "C100", 0),
    "parked": (Outcome.PARK, "C500_1", 0),
    "rejected": (Outcome.REJECTED, "G140", 0),
    "known": (Outcome.REJECTED, "71003", 0),
    "failed": (Outcome.FAILED, "C999", 0),
    "goes again": (Outcome.RETRY, "C500_1", 3_600_000),
}
STATES = {
    "accepted": State.ACCEPTED,
    "parked": State.UNCERTAIN,
    "rejected": State.REJECTED,
    "known": State.REJECTED,
    "failed": State.FAILED,
    "goes again": State.SCHEDULED,
    "waiting": State.WAITING,
    "scheduled": State.SCHEDULED,
    "cancelled": State.CANCELLED,
}


@dataclass
class Told:
    """What the model knows of a message: how it would be without receipts, and what they said."""

    is_now: str
    said: list[int] = field(default_factory=list)
    early: list[int] = field(default_factory=list)

    @property
    def state(self) -> State:
        """The state that it is in by the rule, whatever the order was."""
        # What came while it was being sent decides whatever the answer is.
        is_now = "accepted" if max(self.early, default=0) > 0 else self.is_now
        highest = max(self.said + self.early, default=-1)
        counts = {
            # What may have been sent, and what was.
            "accepted": highest >= 0,
            "parked": highest >= 0,
            "goes again": highest >= 0,
            "known": highest >= 2,
        }.get(is_now, highest == 3)
        return HIGHEST[highest] if counts else STATES[is_now]


def settle(bench: Bench, told: dict[str, Told], drain: str, batch: Any) -> None:
    entries = []
    for message in batch.messages:
        outcome, code, delay_ms = ENDS[told[message.msg_key].is_now]
        entries.append(Verdict(message.msg_key, batch.token, outcome, code=code, delay_ms=delay_ms))
    bench.stop(drain, Settlement(batch.token, batch.take, tuple(entries), (), batch.taken_ms))


def fill(bench: Bench, told: dict[str, Told], chance: random.Random) -> list[Any]:
    """Bring messages to all states; return the batches that are still being sent."""
    kinds = chance.choices(list(ENDS), (8, 3, 2, 2, 2, 3), k=200)
    told |= {f"{number:03}": Told(kind) for number, kind in enumerate(kinds)}
    keys = list(told)
    for at in range(0, len(keys), 10):
        bench.submit(keys[at : at + 10])
        settle(bench, told, "p1.1", bench.take("p1.1"))
    under_way = {f"s{number:03}": Told(chance.choice(list(ENDS))) for number in range(40)}
    told |= under_way
    bench.submit(list(under_way))
    batches = [bench.take(f"p2.{number}") for number in range(4)]
    rest = {f"w{number:03}": Told(chance.choice(["waiting", "cancelled"])) for number in range(40)}
    later = {f"l{number:03}": Told("scheduled") for number in range(20)}
    told |= rest | later
    bench.submit(list(rest))
    bench.submit(list(later), send_at_ms=server_ms(bench.store) + 3_600_000)
    for key, each in rest.items():
        if each.is_now == "cancelled":
            ask(bench.store, "main", key, Act.CANCEL)
    return batches


def posts(told: dict[str, Told], keys: Sequence[str], chance: random.Random, *, early: bool) -> list[Receipt]:
    """Return up to three receipts for each message, some twice; some messages have none."""
    found = []
    for key in keys:
        for code in chance.choices(list(SAYS), k=chance.choice([0, 1, 1, 1, 2, 3])):
            (told[key].early if early else told[key].said).append(SAYS[code])
            found += [Receipt(key, code, "KT")] * chance.choice([1, 1, 1, 2, 10])
    chance.shuffle(found)
    return found


def post(bench: Bench, receipts: list[Receipt], chance: random.Random) -> None:
    while receipts:
        part = chance.randint(1, 120)
        take_receipts(bench.store, "main", receipts[:part])
        del receipts[:part]


@pytest.mark.parametrize("seed", range(4))
def test_final_state_is_that_of_the_rule_whatever_the_order(bench: Bench, seed: int) -> None:
    chance, told = random.Random(seed), dict[str, Told]()
    batches = fill(bench, told, chance)
    under_way = [message.msg_key for batch in batches for message in batch.messages]
    settled = [key for key in told if key not in under_way]
    receipts = posts(told, under_way, chance, early=True)
    others = posts(told, settled, chance, early=False)
    half = len(others) // 2
    mixed = receipts + others[:half]
    chance.shuffle(mixed)
    post(bench, mixed, chance)
    for number, batch in enumerate(batches):
        settle(bench, told, f"p2.{number}", batch)
    late = others[half:] + posts(told, under_way, chance, early=False)
    chance.shuffle(late)
    post(bench, late, chance)

    differ = {key: (each, bench.state(key)) for key, each in told.items() if bench.state(key) != each.state}
    assert differ == {}
    found = audit(bench.store)
    assert found.ok, found.discrepancies
    check_published(bench, told)


def check_published(bench: Bench, told: dict[str, Told]) -> None:
    """What is published of a message ends with the state that it has, at the time that its record says."""
    heard: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for id_, entry in published(bench):
        for key in entry["k"].split():
            heard[key].append((id_.partition("-")[0], entry["s"]))
    client: Any = bench.store.client
    for key, each in told.items():
        if each.state not in (State.DELIVERED, State.UNDELIVERED, State.UNKNOWN):
            continue
        came = client.hget(bench.store.keys.record("main", key), "w").decode().rpartition("|")[2]
        assert (came, each.state) in heard[key][-2:], key
        assert sum(state == each.state for _, state in heard[key]) == 1, f"{key} was told twice"
