"""Calls that are sent before the last is answered: their order, what they add, and what a failure leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import OutboxError
from plexsend.outbox.arguments import AUDIT
from plexsend.outbox.redis.ahead import CallsAhead
from plexsend.outbox.redis.scripts import Script

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def test_replies_come_in_the_order_of_their_calls(store: Store) -> None:
    calls, found = CallsAhead(store), list[Any]()
    for number in range(20):
        calls.add(("ECHO", str(number)), found.append)
    calls.finish()
    assert found == [str(number).encode() for number in range(20)]


def test_what_is_done_with_a_reply_adds_calls_behind_the_others(store: Store) -> None:
    calls, found = CallsAhead(store), list[Any]()

    def ask_again(reply: Any) -> None:
        found.append(reply)
        calls.add(("ECHO", reply + b" again"), found.append)

    calls.add(("ECHO", "one"), ask_again)
    calls.add(("ECHO", "two"), ask_again)
    calls.finish()
    assert found == [b"one", b"two", b"one again", b"two again"]


def test_scripts_that_the_server_does_not_know_are_loaded(store: Store) -> None:
    calls, found = CallsAhead(store), list[Any]()
    store.client.script_flush()
    args = AUDIT.write(act="holds", lane="", part="", since_ms=0)
    for _ in range(5):
        calls.add_script(Script.AUDIT, "main", args, found.append)
    calls.finish()
    assert found == [[]] * 5


def test_a_call_that_fails_is_raised_and_leaves_no_reply_behind(store: Store) -> None:
    calls, found = CallsAhead(store), list[Any]()
    for command in (("ECHO", "one"), ("HGET", "too few"), ("ECHO", "two")):
        calls.add(command, found.append)
    with pytest.raises(OutboxError):
        calls.finish()
    assert found == [b"one"]
    # On the same connection the reply of the third call would be next.
    after = CallsAhead(store)
    after.add(("ECHO", "three"), found.append)
    after.finish()
    assert found == [b"one", b"three"]


def test_a_failure_of_what_is_done_with_a_reply_leaves_no_reply_behind(store: Store) -> None:
    calls, found = CallsAhead(store), list[Any]()

    def fail(_: Any) -> None:
        raise KeyboardInterrupt

    calls.add(("ECHO", "one"), fail)
    calls.add(("ECHO", "two"), found.append)
    with pytest.raises(KeyboardInterrupt):
        calls.finish()
    assert found == []
    after = CallsAhead(store)
    after.add(("ECHO", "three"), found.append)
    after.finish()
    assert found == [b"three"]
