from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.advance import Mode, Ticket, advance
from plexsend.outbox.batches import Batch, Outcome, Settlement, Verdict
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.steer import Act, ask, pause
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.outbox.sweep import sweep
from tests.integration.outbox.passing_time import let_pass

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_lanes_that_end_while_their_records_are_read_break_nothing(filled: Store) -> None:
    """Time after time: with thousands of groups a day no pass over all records is without one."""
    put(filled, Where(), {"keep_days": 0.0001}, by="me", reason="to see them end")
    groups = (f"spring-{number}" for number in range(100))

    def leave_one_that_will_end() -> None:
        group = next(groups)
        Submitter(filled).add(replace(LANE, group=group), [NewMessage(group, b"1")], stamp="s")
        ask(filled, "main", group, Act.CANCEL)
        let_pass(filled, "main", 10_000)

    def one_ends(_: int, __: int) -> None:
        sweep(filled, "main", WorkerProcess("p1", 1, ()), services=(), quotas={}, quota=0)
        leave_one_that_will_end()

    leave_one_that_will_end()
    assert audit(filled, progress=one_ends).discrepancies == ()
    assert queries.find(filled, "spring-0", "main") == []


def about(store: Store, part: str) -> list[str]:
    """Return what the audit says of lanes and keys, where it holds these words."""
    return [item.what for item in audit(store).discrepancies if part in item.what]


def become_text(store: Store, key: str) -> None:
    """Put a plain text where something else was."""
    store.client.delete(key)
    store.client.set(key, "x")


LANE_PARTS = ("later", "ready", "sending", "uncertain", "dead", "drains", "takes", "counts")
ACCOUNT_PARTS = (
    "lanes",
    "routes",
    "ended",
    "holds",
    "closed",
    "eased",
    "wake",
    "wake:routes",
    "urls",
    "sweep",
)
FLEET_PARTS = ("lanes", "accounts", "pauses", "policy", "alive", "fleet", "held", "events", "told", "walk")


@pytest.mark.parametrize("part", LANE_PARTS)
def test_a_lanes_key_of_another_type_is_named(filled: Store, part: str) -> None:
    key = filled.keys.lane("main", LANE.name, part)
    become_text(filled, key)
    assert about(filled, f"the key {key} is a string of another program")


@pytest.mark.parametrize("part", ACCOUNT_PARTS)
def test_an_accounts_key_of_another_type_is_named(filled: Store, part: str) -> None:
    key = filled.keys.account("main") + part
    become_text(filled, key)
    assert about(filled, f"the key {key} is a string of another program")


@pytest.mark.parametrize("part", FLEET_PARTS)
def test_a_key_of_the_fleet_of_another_type_is_named(filled: Store, part: str) -> None:
    key = filled.keys.prefix + part
    become_text(filled, key)
    assert about(filled, f"the key {key} is a string of another program")


def test_a_messages_keys_of_another_type_are_named_and_its_neighbours_are_not(filled: Store) -> None:
    become_text(filled, filled.keys.record("main", "k15"))
    filled.client.delete(filled.keys.body("main", "k16"))
    filled.client.lpush(filled.keys.body("main", "k16"), "x")
    filled.client.set(filled.keys.history("main", "k17"), "x")
    assert named(filled, "k15") == ["its record is a string of another program"]
    assert named(filled, "k16") == ["its body is a list of another program"]
    assert about(filled, f"the key {filled.keys.history('main', 'k17')} is a string")
    assert {item.msg_key for item in audit(filled).discrepancies} == {"k15", "k16", ""}


def test_each_discrepancy_says_what_to_do(filled: Store) -> None:
    become_text(filled, filled.keys.lane("main", LANE.name, "ready"))
    filled.client.delete(filled.keys.body("main", "k15"), filled.keys.record("main", "k16"))
    assert all(
        item.remedy.endswith(".") or "redis-cli" in item.remedy for item in audit(filled).discrepancies
    )


def test_a_body_that_is_not_the_one_submitted_is_named(filled: Store) -> None:
    filled.client.set(filled.keys.body("main", "k15"), b'{"n":2}')
    assert named(filled, "k15") == ["its body is not the one that was submitted"]


def test_a_body_and_a_history_without_a_record_are_named(filled: Store) -> None:
    filled.client.set(filled.keys.body("main", "gone"), b"{}")
    filled.client.rpush(filled.keys.history("main", "old"), "1|drop||")
    assert named(filled, "gone") == ["there is a body without a record"]
    assert named(filled, "old") == ["there is a history without a record"]


def test_a_message_in_another_lanes_set_is_named(filled: Store) -> None:
    add(filled, replace(LANE, group="spring"), "s")
    filled.client.zadd(filled.keys.lane("main", "mms-bulk/spring@main", "ready"), {"k15": 1})
    assert named(filled, "k15") == ["it is in ready, but its record names the lane mms-bulk@main"]


@pytest.mark.parametrize("never", [9e15, float("inf")])
def test_a_time_that_nobody_gave_is_named(filled: Store, never: float) -> None:
    retried = next(
        f"k{n}"
        for n in range(10)
        if filled.client.hget(filled.keys.record("main", f"k{n}"), "s") == b"scheduled"
    )
    filled.client.zadd(filled.keys.lane("main", LANE.name, "later"), {retried: never})
    assert [what.partition(" until")[0] for what in named(filled, retried)] == ["it waits"]
    advance(filled, LANE, Ticket("p.1", 3))
    filled.client.zadd(filled.keys.lane("main", LANE.name, "sending"), {"k15": never})
    assert [what.partition(" only")[0] for what in named(filled, "k15")] == [
        "it is being sent and counts as abandoned"
    ]


def test_a_time_far_ahead_that_somebody_asked_for_is_sound(filled: Store) -> None:
    at_ms = queries.server_ms(filled) + 400 * 86_400_000
    Submitter(filled).add(LANE, [NewMessage("far", b"{}")], stamp="x", send_at_ms=at_ms)
    assert audit(filled).ok


SPRING = replace(LANE, group="spring")


@pytest.mark.parametrize(
    ("lose", "words"),
    [
        (lambda s: s.client.delete(s.keys.wake("main")), "but nobody will look at it"),
        (lambda s: s.client.delete(s.keys.grouped_wake("main", LANE.name)), "but nobody will look at it"),
        (
            lambda s: s.client.zadd(s.keys.wake("main"), {LANE.name: 9e15}),
            "but nobody will look at it for a long time",
        ),
        (
            lambda s: s.client.delete(s.keys.waking_routes("main")),
            "but its route is not among those that wake",
        ),
        (
            lambda s: s.client.hdel(s.keys.lane_index("main"), SPRING.name),
            "records name this lane, but it is not among the known lanes",
        ),
        (
            lambda s: s.client.srem(s.keys.routes("main"), LANE.name),
            "it is not in the index of its account as it should be",
        ),
        (
            lambda s: s.client.delete(s.keys.lanes, s.keys.accounts),
            "so no worker looks after it",
        ),
        (lambda s: s.client.delete(s.keys.here("main")), "nothing of the account main is sent"),
    ],
    ids=["wake", "group's wake", "late wake", "waking routes", "index", "routes", "lanes", "here"],
)  # fmt: skip
def test_what_will_never_go_is_named(filled: Store, lose: Callable[[Store], object], words: str) -> None:
    add(filled, SPRING, "s")
    assert audit(filled).ok
    lose(filled)
    assert about(filled, words)


def test_a_paused_group_waits_in_order(filled: Store) -> None:
    add(filled, SPRING, "s")
    pause(filled, Scope.GROUP, "spring", account="main", by="anna", why="x")
    sweep(
        filled,
        "main",
        WorkerProcess("p1", 1, ("mms-bulk",)),
        services=("mms-bulk",),
        quotas={"mms-bulk": 9},
        quota=9,
    )
    assert filled.client.zcard(filled.keys.grouped_wake("main", LANE.name)) == 0
    assert audit(filled).ok


def test_a_count_that_is_shifted_is_found_while_its_lane_moves(filled: Store) -> None:
    """Accepted and expired messages are in no set: only their records tell how many there are."""
    counts = filled.keys.lane("main", LANE.name, "counts")
    calls = iter(range(3, 10_000))
    filled.client.hincrby(counts, "s:accepted", 1)
    filled.client.hincrby(counts, "s:expired", -1)

    def move(_: int, __: int) -> None:
        send_one(filled, next(calls))

    found = audit(filled, progress=move)
    assert found.moving == (LANE.name,)
    assert {item.what.split(" ")[-5] for item in found.discrepancies} == {"accepted,", "expired,"}


def test_a_lane_that_moves_is_sound(filled: Store) -> None:
    calls = iter(range(3, 10_000))
    found = audit(filled, progress=lambda _, __: send_one(filled, next(calls)))
    assert found.moving == (LANE.name,)
    assert found.discrepancies == ()


def send_one(store: Store, call: int) -> None:
    """Add a message, and have it accepted with what waited before it."""
    Submitter(store).add(LANE, [NewMessage(f"m{call}", b"{}")], stamp="x")
    batch = advance(store, LANE, Ticket(f"p.{call}", 1))
    assert isinstance(batch, Batch)
    entries = tuple(Verdict(one.msg_key, batch.token, Outcome.ACCEPTED) for one in batch.messages)
    settlement = Settlement(batch.token, batch.take, entries)
    advance(store, LANE, Ticket(f"p.{call}", 2), mode=Mode.STOP, settlement=settlement)


def test_the_server_is_gone_through_once(filled: Store) -> None:
    """Whatever the number of accounts."""
    for number in range(10):
        lane = replace(LANE, account=f"a{number}")
        Submitter(filled).add(lane, [NewMessage("k", b"{}")], stamp="x")
    before = scans(filled)
    found = audit(filled)
    assert (found.ok, found.messages) == (True, 30)
    assert scans(filled) - before <= int(filled.client.dbsize()) // 500 + 2


def scans(store: Store) -> int:
    return int(store.client.info("commandstats").get("cmdstat_scan", {}).get("calls", 0))
