"""A key of another type in the place of ours: commands that read go on without it, and name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.batches import Outcome
from plexsend.outbox.reading.queries import routes
from plexsend.outbox.redis.key_types import OF_ACCOUNT, OF_FLEET, OF_LANE

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LANE = "mms-bulk@main"
READING = (
    ("audit",),
    ("lanes",),
    ("lanes", "--json"),
    ("dead", "list"),
    ("uncertain", "list"),
    ("holds",),
    ("groups",),
    ("fleet",),
    ("policy", "list"),
    ("status", "k1"),
    ("why", "k1"),
    ("why", LANE),
)
KEYS = (
    *(f"{{main}}:{LANE}:{part}" for part in OF_LANE),
    *(f"{{main}}:{name}" for name in OF_ACCOUNT if name != "here"),
    *(name for name in OF_FLEET if name not in ("format", "salt", "notifier")),
    "{main}:m:k1",
    "{main}:h:k1",
    "{main}:m:d1",
)


@pytest.mark.parametrize("key", KEYS)
def test_no_command_that_reads_ends_at_a_key_of_another_type(
    run: Callable[..., Any], yard: Any, store: Any, key: str
) -> None:
    yard.add("k1", "k2")
    yard.end(Outcome.REJECTED, "d1")
    name = f"{store.keys.prefix}{key}"
    store.client.delete(name)
    store.client.set(name, "x")
    for command in READING:
        ended = run(*command)
        # That a message or its lane is not known then is no failure of the command.
        assert ended.code in (0, 1), (command, ended.err)
        assert "Redis refuses" not in ended.err, (command, ended.err)
        assert "plexsend itself failed" not in ended.err, (command, ended.err)
    audit = run("audit", "--json")
    assert audit.code == 1
    whats = [found["what"] for found in audit.lines[0]["breaks"]]
    assert any("of another program" in what for what in whats), whats
    assert all(found["remedy"] for found in audit.lines[0]["breaks"])


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (("lanes",), f"{{main}}:{LANE}:ready"),
        (("lanes",), "{main}:holds"),
        (("dead", "list"), f"{{main}}:{LANE}:dead"),
        (("dead", "list"), "{main}:m:d1"),
        (("uncertain", "list"), f"{{main}}:{LANE}:uncertain"),
        (("holds",), "{main}:holds"),
        (("groups",), "{main}:closed"),
        (("fleet",), "fleet"),
        (("policy", "list"), "policy"),
        (("status", "k1"), "{main}:h:k1"),
    ],
)
def test_the_key_is_named_with_what_to_do(
    run: Callable[..., Any], yard: Any, store: Any, command: tuple[str, ...], key: str
) -> None:
    yard.add("k1")
    yard.end(Outcome.REJECTED, "d1", "d2")
    name = f"{store.keys.prefix}{key}"
    store.client.delete(name)
    store.client.set(name, "x")
    ended = run(*command, "--json")
    assert ended.code == 0, ended.err
    assert f'"field": "{name}"' in ended.err
    assert "ind the program that wrote it" in ended.err


def test_dead_letters_beside_a_spoilt_one_are_listed(run: Callable[..., Any], yard: Any, store: Any) -> None:
    yard.end(Outcome.REJECTED, "d1", "d2")
    store.client.delete(store.keys.record("main", "d1"))
    store.client.set(store.keys.record("main", "d1"), "x")
    assert [line["msg_key"] for line in run("dead", "list", "--json").lines] == ["d2"]


def test_record_that_was_renamed_away_as_the_remedy_says_is_named_no_more(
    run: Callable[..., Any], store: Any
) -> None:
    key = store.keys.record("main", "k1")
    store.client.set(key, "x")
    people = run("audit")
    assert people.code == 1
    assert "(redis-cli RENAME KEY old.KEY)" in " ".join(people.out.split())
    store.client.rename(key, f"old.{key}")
    assert run("audit").code == 0


def test_people_read_what_to_do(run: Callable[..., Any], yard: Any, store: Any) -> None:
    yard.add("k1")
    store.client.delete(store.keys.wake("main"))
    people = run("audit")
    assert people.code == 1
    assert f"{LANE}: A worker puts it right within an hour, or soon after one starts." in people.out


@pytest.mark.parametrize(
    ("command", "key"),
    [(("lanes",), "format"), (("policy", "set", "mms-bulk", "linger_ms=5", "--reason", "x"), "policy")],
)
def test_nothing_is_decided_by_a_key_of_another_type(
    run: Callable[..., Any], store: Any, command: tuple[str, ...], key: str
) -> None:
    store.client.delete(store.keys.prefix + key)
    store.client.lpush(store.keys.prefix + key, "x")
    ended = run(*command)
    assert ended.code == 1
    words = " ".join(ended.err.split())
    assert f"The key {store.keys.prefix}{key} in Redis is of another type" in words
    assert "redis-cli RENAME KEY old.KEY" in words


def test_key_that_was_renamed_away_is_not_spoilt_any_more(store: Any) -> None:
    store.client.set(store.keys.lanes, "x")
    assert routes(store) == []
    assert store.spoilt == {store.keys.lanes}
    store.client.rename(store.keys.lanes, f"old.{store.keys.lanes}")
    assert routes(store) == []
    assert store.spoilt == set()
