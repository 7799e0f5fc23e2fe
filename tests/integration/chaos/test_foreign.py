"""What is put in place of a key, and what comes back when a person puts it right."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.foreign_faults import PLANT, PUT_BACK

KEY, ASIDE, RECORD = "t:key", "t:aside", "t:record"


def run(client: Any, script: str, *words: str) -> Any:
    return client.eval(script, 3, KEY, ASIDE, RECORD, *words)


@pytest.mark.parametrize("kind", ["string", "list", "set", "zset", "hash", "stream"])
def test_what_nobody_touched_is_as_it_was(store: Any, kind: str) -> None:
    client = store.client
    client.delete(KEY, ASIDE)
    client.geoadd(KEY, (1.0, 1.0, "x"))
    was = client.dump(KEY)
    run(client, PLANT, kind)
    assert client.type(KEY).decode() == kind
    run(client, PUT_BACK, kind, "key")
    assert client.dump(KEY) == was
    assert not client.exists(ASIDE)


def test_where_nothing_was_nothing_is_left(store: Any) -> None:
    store.client.delete(KEY, ASIDE)
    run(store.client, PLANT, "hash")
    run(store.client, PUT_BACK, "hash", "key")
    assert not store.client.exists(KEY, ASIDE)


def test_counts_that_workers_began_anew_are_added_up(store: Any) -> None:
    client = store.client
    client.delete(KEY, ASIDE)
    client.hset(KEY, mapping={"submitted": 5, "takes": 7, "went": 20})
    run(client, PLANT, "string")
    client.delete(KEY)
    client.hset(KEY, mapping={"submitted": 2, "takes": 8, "went": 3})
    run(client, PUT_BACK, "string", "counts")
    assert client.hgetall(KEY) == {b"submitted": b"7", b"takes": b"8", b"went": b"20"}


def test_a_list_that_workers_began_anew_goes_behind_what_was_there(store: Any) -> None:
    client = store.client
    client.delete(KEY, ASIDE)
    client.rpush(KEY, "a", "b")
    run(client, PLANT, "string")
    client.delete(KEY)
    client.rpush(KEY, "c")
    run(client, PUT_BACK, "string", "list")
    assert client.lrange(KEY, 0, -1) == [b"a", b"b", b"c"]


@pytest.mark.parametrize(("state", "is_back"), [("waiting", True), ("failed", True), ("accepted", False)])
def test_a_body_comes_back_where_it_is_needed(store: Any, state: str, *, is_back: bool) -> None:
    client = store.client
    client.delete(KEY, ASIDE, RECORD)
    client.set(KEY, "text")
    client.hset(RECORD, "s", state)
    run(client, PLANT, "list")
    run(client, PUT_BACK, "list", "body")
    assert client.get(KEY) == (b"text" if is_back else None)
