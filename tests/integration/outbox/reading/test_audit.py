from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.advance import Mode, Ticket, advance
from plexsend.outbox.batches import Batch, Outcome, Settlement, Verdict
from plexsend.outbox.index import LaneNames
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.steer import Act, ask
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.outbox.sweep import sweep
from tests.integration.outbox.passing_time import let_pass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.outbox.redis.store import Store

LANE = Lane("mms-bulk", None, "main")
OUTCOMES = (
    [Outcome.ACCEPTED] * 4
    + [Outcome.REJECTED] * 2
    + [Outcome.FAILED, Outcome.PARK, Outcome.BACK, Outcome.RETRY]
)


@pytest.fixture
def filled(store: Store) -> Store:
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


def test_sound_books_add_up(filled: Store) -> None:
    found = audit(filled)
    assert found.discrepancies == ()
    assert found.ok
    assert found.messages == 20
    assert sum(found.states.values()) == 20
    assert found.states["accepted"] == 4
    assert found.moving == ()


def test_progress_reaches_the_number_of_records(filled: Store) -> None:
    heard: list[tuple[int, int]] = []
    audit(filled, progress=lambda done, of: heard.append((done, of)))
    assert heard[-1] == (20, 20)


def test_a_record_that_vanished_is_named(filled: Store) -> None:
    filled.client.delete(filled.keys.record("main", "k15"))
    assert named(filled, "k15") == ["it is in ready, but has no record"]


def test_a_message_in_two_sets_is_named(filled: Store) -> None:
    filled.client.zadd(filled.keys.lane("main", LANE.name, "later"), {"k15": 1})
    assert named(filled, "k15") == ["it is waiting, but it is in later, ready"]


def test_a_message_in_no_set_is_named(filled: Store) -> None:
    filled.client.zrem(filled.keys.lane("main", LANE.name, "ready"), "k15")
    assert named(filled, "k15") == ["it is waiting, but it is in no set"]


def test_a_lost_body_is_named(filled: Store) -> None:
    filled.client.delete(filled.keys.body("main", "k15"))
    assert named(filled, "k15") == ["its body is gone"]


def test_a_body_kept_after_acceptance_is_named(filled: Store) -> None:
    filled.client.set(filled.keys.body("main", "k0"), b"{}")
    assert named(filled, "k0") == ["its body was kept"]


def test_a_state_nobody_knows_is_named(filled: Store) -> None:
    filled.client.hset(filled.keys.record("main", "k15"), "s", "elsewhere")
    assert named(filled, "k15") == ["its record is not whole"]


def test_counts_that_do_not_add_up_are_named_by_lane(filled: Store) -> None:
    filled.client.hincrby(filled.keys.lane("main", LANE.name, "counts"), "submitted", 1)
    assert [item.what for item in audit(filled).discrepancies] == [
        "21 submitted, but 20 counted in all states and archived"
    ]


def test_a_lane_that_is_not_listed_is_named(filled: Store) -> None:
    filled.client.hset(filled.keys.record("main", "stray"), mapping={"s": "accepted", "l": "mms-bulk@other"})
    assert any(item.lane == "mms-bulk@other" for item in audit(filled).discrepancies)


def test_an_empty_outbox_is_sound(store: Store) -> None:
    found = audit(store)
    assert found.ok
    assert found.messages == 0


def test_a_prefix_with_pattern_characters_audits_only_itself(filled: Store) -> None:
    odd = type(filled)(filled.client, filled.keys.prefix + "[a*]")
    Submitter(odd).add(LANE, [NewMessage("k", b"{}")], stamp="x")
    assert audit(odd).messages == 1
    assert audit(odd).ok


def test_lane_that_begins_while_the_records_are_read_is_no_break(filled: Store) -> None:
    """The lanes are read first: one with a message of a moment later is not among them."""
    spring = Lane("mms-bulk", None, "main", "spring")
    seen: list[int] = []

    def begin(done: int, _: int) -> None:
        if not seen:
            add(filled, spring, "s")
        seen.append(done)

    for start in "vwxyz":
        add(filled, LANE, start)
    found = audit(filled, progress=begin)
    assert len(seen) > 1
    assert found.ok, found.discrepancies


def test_lanes_that_end_while_their_records_are_read_break_nothing(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time after time: with thousands of groups a day no pass over all records is without one."""
    put(filled, Where(), {"keep_days": 0.0001}, by="me", reason="to see them end")
    learn, groups = LaneNames.learn, (f"spring-{number}" for number in range(100))

    def leave_one_that_will_end() -> None:
        group = next(groups)
        Submitter(filled).add(replace(LANE, group=group), [NewMessage(group, b"1")], stamp="s")
        ask(filled, "main", group, Act.CANCEL)
        let_pass(filled, "main", 10_000)

    def then_it_ends(names: LaneNames, given: Iterable[bytes | None]) -> None:
        sweep(filled, "main", WorkerProcess("p1", 1, ()), services=(), quotas={}, quota=0)
        learn(names, given)
        leave_one_that_will_end()

    leave_one_that_will_end()
    monkeypatch.setattr(LaneNames, "learn", then_it_ends)
    assert audit(filled).discrepancies == ()
    assert queries.find(filled, "spring-2", "main") == []
