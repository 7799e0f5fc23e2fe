"""Items in the broker's queues that are no doorbells."""

from __future__ import annotations

import base64
import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from redis import Redis

from tests.chaos.fault import Fault, Proof
from tests.chaos.load import LANES
from tests.chaos.world import PREFIX

if TYPE_CHECKING:
    from tests.chaos.fault import Span
    from tests.chaos.world import World

_TAKEN_WITHIN_S = 30.0
_LOOK_S = 0.2
_CHANCE_THAT_IT_IS_NEXT = 0.5


def _item(body: object, *, task: str = "", content_type: str = "application/json", **more: Any) -> bytes:
    return json.dumps(
        {
            "body": base64.b64encode(json.dumps(body).encode()).decode(),
            "content-encoding": "utf-8",
            "content-type": content_type,
            "headers": {"id": "stranger", **({"task": task} if task else {})},
            "properties": {
                "body_encoding": "base64",
                "delivery_tag": "stranger",
                "delivery_info": {"exchange": "", "routing_key": "stranger"},
                **more,
            },
        }
    ).encode()


STRANGERS = (
    b"",
    b"{not json",
    b"\xff\xfe\x00",
    b"null",
    b"5",
    b'"text"',
    b"[1, 2]",
    b"{}",
    b'{"body": 1, "headers": [], "properties": {}}',
    b'{"body": "x", "headers": {}, "properties": {"delivery_tag": null}}',
    _item([[], {}, {}]),
    _item([[], {}, {}], task="no.such.task"),
    _item("no list", task="no.such.task"),
    _item([[], {}, {}], task="no.such.task", content_type="application/x-python-serialize"),
    _item([[], {}, {}], task="no.such.task", body_encoding="rot13"),
)
"""What other programs leave in a queue."""


def _strangers(world: World, span: Span) -> Proof:
    queues = [f"{PREFIX}celery:{service}" for service in sorted({lane.service for lane in LANES})]
    hits = 0
    while not span.over:
        span.wait(span.chance.uniform(0.1, 0.5))
        queue, stranger = span.chance.choice(queues), span.chance.choice(STRANGERS)
        is_next = span.chance.random() < _CHANCE_THAT_IT_IS_NEXT
        world.valkey.patiently(partial(_push, queue=queue, item=stranger, is_next=is_next))
        hits += 1
    until = time.monotonic() + _TAKEN_WITHIN_S
    while left := sum(_left(world, queue) for queue in queues):
        if time.monotonic() > until:
            raise TimeoutError(f"{left} items that are no doorbells are in the queues still")
        span.wait(_LOOK_S)
    return Proof(hits, f"{hits} items, all taken out")


def _push(client: Redis, queue: str, item: bytes, *, is_next: bool) -> None:
    (client.rpush if is_next else client.lpush)(queue, item)


def _left(world: World, queue: str) -> int:
    found = world.valkey.patiently(partial(Redis.lrange, name=queue, start=0, end=-1))
    return sum(item in STRANGERS for item in found)


BROKER_FAULTS = (
    Fault("broker_strangers", "items in the broker's queues that are no doorbells", _strangers, "strangers"),
)
