"""The proof that the counts add up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from redis import Redis

from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.redis.store import Store
from plexsend.outbox.steer import Act, ask
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.outbox.sweep import sweep
from tests.integration.outbox.bench import Bench, keys_of
from tests.integration.outbox.passing_time import let_pass
from tests.integration.outbox.reading.filled_books import LANE, add, named, send_one

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_sound_books_add_up(filled: Store) -> None:
    found = audit(filled)
    assert found.discrepancies == ()
    assert found.ok
    assert found.messages == 20
    assert sum(found.states.values()) == 20
    assert found.states["accepted"] == 4
    assert found.moving == ()


def test_message_known_by_its_pictures_is_compared_by_its_body(filled: Store) -> None:
    shown = NewMessage("shown", b"a body with an address", said=b"a body with what the picture is")
    submitter = Submitter(filled)
    submitter.add(LANE, [shown], stamp="s")
    assert audit(filled).discrepancies == ()
    anew = replace(shown, body=b"a body with another address")
    assert [str(each.outcome) for each in submitter.add(LANE, [anew], stamp="s")] == ["duplicate"]
    filled.client.set(filled.keys.account("main") + "b:shown", anew.body)
    assert named(filled, "shown") == ["its body is not the one that was submitted"]


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
        "21 submitted, but 20 counted in all states and forgotten"
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


def with_accepted(store: Store, count: int) -> list[str]:
    """Add messages that the gateway accepted, of which a third has a receipt."""
    bench = Bench(store)
    keys = keys_of(count, "r")
    bench.submit(keys, LANE)
    bench.drain_all(LANE)
    take_receipts(store, LANE.account, [Receipt(key, "8") for key in keys[::3]])
    return keys


def test_receipts_that_come_meanwhile_break_nothing(filled: Store) -> None:
    """What has ended goes from one state to another while its records are read."""
    keys = iter(with_accepted(filled, 400))

    def receive(_: int, __: int) -> None:
        mine = [key for key in (next(keys, ""), next(keys, ""), next(keys, "")) if key]
        take_receipts(filled, LANE.account, [Receipt(key, "0") for key in mine])

    found = audit(filled, progress=receive)
    assert found.moving == (LANE.name,)
    assert found.discrepancies == ()


def test_ended_record_that_is_lost_is_found_while_receipts_come(filled: Store) -> None:
    keys = iter(with_accepted(filled, 60))
    filled.client.delete(filled.keys.record(LANE.account, "r00059"))

    def receive(_: int, __: int) -> None:
        mine = [key for key in (next(keys, ""), next(keys, "")) if key and key != "r00059"]
        take_receipts(filled, LANE.account, [Receipt(key, "0") for key in mine])

    found = audit(filled, progress=receive)
    assert found.moving == (LANE.name,)
    (item,) = found.discrepancies
    assert "counted as" in item.what


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


class DoublingRedis(Redis):
    """A client to which SCAN answers every key twice, as it may while the server's table grows."""

    def scan_iter(self, *args: Any, **options: Any) -> Iterator[Any]:
        for key in super().scan_iter(*args, **options):
            yield key
            yield key


def test_key_that_comes_twice_counts_once(filled: Store) -> None:
    doubling = Store(DoublingRedis(connection_pool=filled.client.connection_pool), filled.keys.prefix)
    assert audit(doubling).discrepancies == ()


def test_lane_of_an_older_program_is_sound_before_it_is_adopted(filled: Store) -> None:
    """Its records name it by name, and it is in no index."""
    filled.client.set(filled.keys.format, 1)
    old = Lane("mms-standard", None, "main")
    Submitter(filled).add(old, [NewMessage("old", b"{}")], stamp="x", form=1)
    filled.client.hdel(filled.keys.lane_index("main"), old.name, "#2")
    # A store knows the form for a second.
    assert audit(Store(filled.client, filled.keys.prefix)).ok
