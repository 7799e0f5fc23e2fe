"""`plexsend prune`: what ended long enough ago is forgotten, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

HOUR_MS = 3_600_000


def age(store: Store, ms: int, account: str = "main") -> None:
    """Let everything that an account remembers to have ended, have ended earlier."""
    ended = f"{store.keys.account(account)}ended"
    entries = [text(entry).partition(":") for entry in store.client.lrange(ended, 0, -1)]
    pipe = store.client.pipeline(transaction=False)
    pipe.delete(ended)
    for at, _, key in entries:
        earlier = int(at) - ms
        pipe.rpush(ended, f"{earlier}:{key}")
        pipe.hset(store.keys.record(account, key), "e", earlier)
    pipe.execute()


def test_what_ended_before_is_forgotten_and_the_rest_stays(
    run: Callable[..., Any], yard: Any, store: Store
) -> None:
    old = [f"old{number}" for number in range(230)]
    spring = Lane("mms-bulk", None, "main", "spring")
    yard.end(Outcome.ACCEPTED, *old)
    yard.end(Outcome.REJECTED, "dead", lane=spring, code="G140")
    age(store, 2 * HOUR_MS)
    yard.end(Outcome.ACCEPTED, "young")
    yard.end(Outcome.PARK, "parked")
    yard.add("waiting")

    ended = run("prune", "--older-than", "1h", "--json")

    assert (ended.code, ended.lines) == (0, [{"account": "main", "forgotten": 231}, {"forgotten": 231}])
    assert {yard.state(key) for key in (*old, "dead")} == {None}
    assert [yard.state(key) for key in ("young", "parked", "waiting")] == ["accepted", "uncertain", "waiting"]
    assert run("audit", "--json").lines[-1]["ok"] is True
    assert "mms-bulk/spring@main" not in run("lanes", "--all").out, "a lane with a group ends with its last"
    assert run("prune", "--older-than", "1h").out == "Forgotten: 0 records of messages that ended before.\n"


@pytest.mark.parametrize("age", ["0d", "2", "2w", "-1d", "two days", "2.5d", "٢d"])
def test_what_is_not_an_age_is_wrong_usage(run: Callable[..., Any], age: str) -> None:
    ended = run("prune", f"--older-than={age}", "--json")
    assert (ended.code, ended.error["kind"]) == (2, "usage")
    assert "such as 2d or 36h" in ended.error["message"]


def test_an_account_that_nobody_knows_is_named(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1")
    ended = run("prune", "--older-than", "2d", "--account", "mian", "--json")
    assert (ended.code, ended.error["message"]) == (1, "No account mian is known here. Did you mean main?")
