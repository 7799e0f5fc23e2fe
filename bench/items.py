"""The messages of the bench: 740 bytes on the wire each, Korean text and one image, keys as long as UUIDs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from plexsend.gateway.items import get_loader
from plexsend.outbox.batches import Effect, EffectKind, Outcome, Settlement, Verdict
from plexsend.outbox.submit import MOST_AT_ONCE, NewMessage, Submitter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.batches import Batch
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store

WIRE_BYTES = 740
"""How long a message is on the wire: the usual size, on which the design's figures rest."""

ACCOUNT = "bench;bench-secret"
"""The credentials that every sender shows; the bench's gateway does not look at them."""

_TEXT = "안녕하세요, 주문하신 상품이 오늘 오후에 도착합니다. 문 앞에 두고 가겠습니다. " * 5
_MSG = _TEXT + "." * 24


def msg_key(number: int) -> str:
    """Return the key of the message of this number: 36 characters, as where an application gives none."""
    return f"7d9f0c1e-1c1b-4f6e-9a53-{number:012d}"


def raw_item(number: int) -> dict[str, Any]:
    """Return an item as an application would give it; key and receiver are of its number."""
    return {
        "msg_key": msg_key(number),
        "sender_number": "0221234567",
        "receiver_number": f"0102{number % 10_000_000:07d}",
        "msg": _MSG,
        "file_path": ["https://images.example/bench/1.jpg"],
    }


def wire_body(number: int) -> bytes:
    """Return a message as it goes on the wire, without judging it: the tests hold the two together."""
    return json.dumps(raw_item(number), ensure_ascii=False, separators=(",", ":")).encode()


def drafts(first: int, count: int) -> Iterator[list[NewMessage]]:
    """Yield messages for the outbox, as many at a time as it takes."""
    for start in range(first, first + count, MOST_AT_ONCE):
        size = min(MOST_AT_ONCE, first + count - start)
        yield [NewMessage(msg_key(number), wire_body(number)) for number in range(start, start + size)]


def preload(store: Store, lane: Lane, first: int, count: int, *, stamp: str | None = None) -> None:
    """Put messages in without validation; another stamp than today's makes the worker validate them."""
    intake = Submitter(store)
    for chunk in drafts(first, count):
        intake.add(lane, chunk, stamp=stamp or str(get_loader(lane.service).stamp))


def accepted(batch: Batch) -> Settlement:
    """Return the settlement of a batch that the gateway took whole."""
    entries = tuple(
        Verdict(message.msg_key, batch.token, Outcome.ACCEPTED, code="C100") for message in batch.messages
    )
    effects = (Effect(EffectKind.REQUEST, len(entries)), Effect(EffectKind.ANSWERED))
    return Settlement(batch.token, batch.take, entries, effects)
