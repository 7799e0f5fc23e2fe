"""audit: the proof, and what breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.batches import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def test_an_audit_that_holds_has_the_promised_fields(run: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.ACCEPTED, "a1", "a2")
    yard.end(Outcome.REJECTED, "d1")
    yard.add("k1")

    ended = run("audit", "--json")

    assert (ended.code, ended.err) == (0, "")
    (audit,) = ended.lines
    assert " ".join(audit).startswith("ok messages states archived breaks")
    assert (audit["ok"], audit["messages"], audit["breaks"]) == (True, 4, [])
    assert audit["states"] == {"accepted": 2, "rejected": 1, "waiting": 1}
    assert audit["archived"] == {}


def test_people_read_that_it_holds(run: Callable[..., Any], yard: Any) -> None:
    yard.add("k1")
    ended = run("audit")
    assert ended.code == 0
    assert ended.out.splitlines()[-1] == "The audit holds: 1 message is accounted for."


def test_the_message_that_breaks_it_is_named(run: Callable[..., Any], yard: Any, store: Any) -> None:
    yard.add("k1", "k2")
    store.client.zrem(store.keys.lane("main", "mms-bulk@main", "ready"), "k2")

    ended = run("audit", "--json")
    assert ended.code == 1
    assert ended.lines[0]["ok"] is False
    assert "k2" in [found["msg_key"] for found in ended.lines[0]["breaks"]]

    people = run("audit")
    assert people.code == 1
    assert "k2" in people.out
    assert "The audit does not hold" in people.out
