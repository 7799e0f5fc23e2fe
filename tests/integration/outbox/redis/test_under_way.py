"""A call that is answered later: the server works meanwhile, and nothing is left behind where nobody asks."""

from __future__ import annotations

import gc

import pytest

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxUnavailable
from plexsend.outbox.arguments import AUDIT
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import Store
from plexsend.outbox.redis.under_way import CallUnderWay
from plexsend.stack.ports import free_port

ARGS = AUDIT.write(act="holds", lane="", part="", since_ms=0)


def call(store: Store, script: Script = Script.AUDIT) -> CallUnderWay:
    return CallUnderWay(store, script, "main", ARGS)


def test_reply_is_that_of_an_ordinary_call(store: Store) -> None:
    store.load(Script.AUDIT)
    under_way = call(store)
    # Another call goes over another connection meanwhile.
    expected = store.run(Script.AUDIT, "main", ARGS)
    assert under_way.reply() == expected


def test_call_that_the_server_refuses_is_to_be_made_again(store: Store) -> None:
    store.client.script_flush()
    assert call(store).reply() is None, "it does not know the script"
    store.load(Script.AUDIT)
    assert call(store).reply() is not None


def test_call_without_an_answer_is_raised(store: Store) -> None:
    store.load(Script.AUDIT)
    where = store.client.connection_pool.connection_kwargs
    hasty = Store.connect(f"redis://{where['host']}:{where['port']}/0?socket_timeout=0.1", store.keys.prefix)
    # Connected before the server rests.
    assert call(hasty).reply() is not None
    store.client.client_pause(500)
    under_way = call(hasty)
    with pytest.raises(OutboxUnavailable):
        under_way.reply()
    # What comes late is not taken for the reply of the next call.
    store.client.ping()
    assert hasty.read("ECHO", "mine") == b"mine"
    hasty.close()


def test_call_that_cannot_be_sent_is_raised_at_once() -> None:
    gone = Store.connect(f"redis://127.0.0.1:{free_port()}/0", "plexsend:")
    with pytest.raises(OutboxUnavailable):
        call(gone)


def test_reply_that_nobody_asks_for_leaves_no_connection_and_is_not_read_by_the_next_call(
    store: Store,
) -> None:
    store.load(Script.AUDIT)
    before = {each["id"] for each in store.client.client_list()}
    for _ in range(5):
        call(store)
        gc.collect()
    assert store.read("ECHO", "mine") == b"mine"
    # One for all calls of scripts and the client's own, once the server has seen that the others are closed.
    deadline = elapsed_s() + 3
    while len({each["id"] for each in store.client.client_list()} - before) > 2:
        assert elapsed_s() < deadline
