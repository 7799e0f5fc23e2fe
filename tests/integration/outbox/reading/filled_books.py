"""Books for the tests of the audit, and what it says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.advance import Mode, Ticket, advance
from plexsend.outbox.batches import Batch, Outcome, Settlement, Verdict
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.submit import NewMessage, Submitter

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

LANE = Lane("mms-bulk", None, "main")
OUTCOMES = (
    [Outcome.ACCEPTED] * 4
    + [Outcome.REJECTED] * 2
    + [Outcome.FAILED, Outcome.PARK, Outcome.BACK, Outcome.RETRY]
)


def fill(store: Store) -> Store:
    """Twenty messages: ten settled in every way there is, ten waiting."""
    put(store, Where(), {"rate_per_s": 0, "linger_ms": 0}, by="test", reason="at once")
    Submitter(store).add(LANE, [NewMessage(f"k{n}", b'{"n":1}') for n in range(20)], stamp="x")
    batch = advance(store, LANE, Ticket("p.1", 1))
    assert isinstance(batch, Batch)
    entries = tuple(
        Verdict(message.msg_key, batch.token, outcome, delay_ms=60_000 if outcome is Outcome.RETRY else 0)
        for message, outcome in zip(batch.messages, OUTCOMES, strict=True)
    )
    settlement = Settlement(batch.token, batch.take, entries)
    advance(store, LANE, Ticket("p.1", 2), mode=Mode.STOP, settlement=settlement)
    return store


def add(store: Store, lane: Lane, start: str) -> None:
    """Add as many messages as go into one call."""
    Submitter(store).add(lane, [NewMessage(f"{start}{n}", b"{}") for n in range(500)], stamp="x")


def named(store: Store, key: str) -> list[str]:
    found = audit(store)
    assert not found.ok
    return [item.what for item in found.discrepancies if item.msg_key == key]


def about(store: Store, part: str) -> list[str]:
    """Return what the audit says of lanes and keys, where it holds these words."""
    return [item.what for item in audit(store).discrepancies if part in item.what]


def become_text(store: Store, key: str) -> None:
    """Put a plain text where something else was."""
    store.client.delete(key)
    store.client.set(key, "x")


def send_one(store: Store, call: int) -> None:
    """Add a message, and have it accepted with what waited before it."""
    Submitter(store).add(LANE, [NewMessage(f"m{call}", b"{}")], stamp="x")
    batch = advance(store, LANE, Ticket(f"p.{call}", 1))
    assert isinstance(batch, Batch)
    entries = tuple(Verdict(one.msg_key, batch.token, Outcome.ACCEPTED) for one in batch.messages)
    settlement = Settlement(batch.token, batch.take, entries)
    advance(store, LANE, Ticket(f"p.{call}", 2), mode=Mode.STOP, settlement=settlement)
