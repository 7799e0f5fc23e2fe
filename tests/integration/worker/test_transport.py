"""Whatever another program puts into a broker's queue: it is thrown away, and doorbells come."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from kombu import Connection

from plexsend.gateway.environment import read_settings
from plexsend.worker.app import create_app

if TYPE_CHECKING:
    import pytest

    from plexsend.outbox.redis.store import Store

QUEUE = "mms-bulk"


def message(**changes: Any) -> dict[str, Any]:
    """Return a message as kombu writes it, with some of it changed."""
    body = base64.b64encode(json.dumps([["mms-bulk@main", ""], {}, {}]).encode()).decode()
    properties = {
        "delivery_tag": "t",
        "delivery_info": {"exchange": "plexsend", "routing_key": QUEUE},
        "body_encoding": "base64",
    }
    whole = {
        "body": body,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"task": "plexsend.drain", "id": "1", "lang": "py"},
        "properties": properties,
    }
    return whole | changes


ITEMS = {
    "no JSON": b"{not json",
    "no text": b"\xff\xfe",
    "nothing": b"",
    "deep": b"[" * 200_000,
    "a number": b"5",
    "an array": b"[]",
    "no message": b"{}",
    "properties of another kind": json.dumps(message(properties=[1])).encode(),
    "no delivery tag": json.dumps(message(properties={"delivery_info": {}})).encode(),
    "a body that is no base64": json.dumps(message(body="%%%")).encode(),
    "headers of another kind": json.dumps(message(headers=[1])).encode(),
    "headers without a task": json.dumps(message(headers={})).encode(),
    "a task without an id": json.dumps(message(headers={"task": "plexsend.drain"})).encode(),
    "an unknown task": json.dumps(message(headers={"task": "nobody.knows", "id": "1"})).encode(),
    "an unknown task without an id": json.dumps(message(headers={"task": "nobody.knows"})).encode(),
    "another serializer": json.dumps(message(**{"content-type": "application/x-python-serialize"})).encode(),
    "an encoding that nobody knows": json.dumps(message(**{"content-encoding": "x"})).encode(),
}


def application(store: Store, url: str) -> Any:
    """Return an application in a process that used kombu's own transport before."""
    with Connection(url) as connection:
        assert connection.transport
    settings = {
        "PLEXSEND_REDIS_URL": url,
        "PLEXSEND_KEY_PREFIX": store.keys.prefix,
        "PLEXSEND_ACCOUNT_MAIN": "user;secret",
    }
    return create_app(read_settings(settings))


def test_what_was_fetched_and_cannot_be_read_any_more_is_forgotten(store: Store, valkey_url: str) -> None:
    app = application(store, valkey_url)
    with app.connection_for_read() as connection:
        qos = connection.channel().qos
        for tag, kept in (("spoilt", b"{not json"), ("odd", b"5")):
            store.client.hset(f"{store.keys.prefix}celery:{qos.unacked_key}", tag, kept)
            store.client.zadd(f"{store.keys.prefix}celery:{qos.unacked_index_key}", {tag: 1})
        qos.restore_visible()
        assert not store.client.exists(f"{store.keys.prefix}celery:{qos.unacked_index_key}")


def test_items_of_other_programs_are_thrown_away_and_doorbells_come(
    store: Store, valkey_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = application(store, valkey_url)
    queue = f"{store.keys.prefix}celery:{QUEUE}"
    received: list[Any] = []

    def fail(body: Any, received_message: Any) -> None:
        received.append(body)
        received_message.ack()
        if body == "fail":
            raise ZeroDivisionError

    with app.connection_for_read() as connection:
        consumer = app.amqp.TaskConsumer(connection.channel(), accept=["json"])
        consumer.on_message = lambda each: fail(each.headers["task"], each)
        for item in ITEMS.values():
            store.client.lpush(queue, item)
        with consumer:
            app.send_task("plexsend.drain", args=("mms-bulk@main", ""), queue=QUEUE)
            for _ in range(len(ITEMS) + 1):
                connection.drain_events(timeout=5)
        assert store.client.llen(queue) == 0
    assert "plexsend.drain" in received
    told = [record for record in caplog.records if "is no doorbell" in record.message]
    assert len(told) >= 8
    assert not any("not json" in record.message for record in told)
