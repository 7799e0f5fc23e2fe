"""The walk over all lanes, groups and messages once an hour: what was lost is put right."""

from __future__ import annotations

from math import inf

import pytest

from plexsend.errors import GroupClosed
from plexsend.outbox import groups
from plexsend.outbox.batches import Outcome
from plexsend.outbox.constants import FIRST_WALK_MS, WALK_EVERY_MS, WALK_LEASE_MS
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.walk import END, Page, WalkTurn, ask_for_turn, look_over, read_page
from tests.integration.outbox.bench import BULK, OTHERS, Bench, accepted, everything, keys_of, verdicts
from tests.integration.outbox.runs.feeder import feed, leased, running

DAY_MS = 86_400_000
SPRING = Lane("mms-bulk", None, "main", "spring")


def pages(bench: Bench) -> list[Page]:
    """Return all pages of a walk."""
    found, place = list[Page](), ""
    while place != END:
        found.append(read_page(bench.store, place))
        place = found[-1].next_place
    return found


def named(bench: Bench, account: str = "main") -> set[str]:
    """Return the lanes and groups of an account that a walk names."""
    return {name for page in pages(bench) for name in page.names.get(account, ())}


def walk(bench: Bench) -> None:
    """Make a whole walk."""
    for page in pages(bench):
        look_over(bench.store, page)


def turn(bench: Bench, process: str, place: str = "", *, is_new: bool = False) -> WalkTurn:
    """Let a process ask for its turn."""
    return ask_for_turn(bench.store, process, place=place, is_new=is_new)


def let_walks_age(bench: Bench, ms: int) -> None:
    """Move the times of the walk into the past, as though `ms` had passed."""
    key = bench.store.keys.walk
    for field in (b"until", b"at"):
        at = int(bench.store.client.hget(key, field) or 0)
        bench.store.client.hset(key, field, at - ms)


def test_walk_finds_every_lane_in_the_index_or_not_and_every_message(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    run = running(bench.store)
    lane = Lane("rcs-mms-bulk", "RMM", "main", run.group)
    feed(bench.store, run, leased(bench.store, run), range(1), lane=lane)
    bench.submit(["c"], OTHERS)
    bench.store.client.hdel(bench.store.keys.lane_index("main"), SPRING.name)
    index_alone = Lane("mms-bulk", None, "main", "nothing-left")
    bench.store.client.hset(bench.store.keys.lane_index("main"), index_alone.name, "77")
    groups.close(bench.store, "main", "over", by="anna", why="x")
    assert named(bench) == {SPRING.name, "rcs-mms-bulk.RMM/spring~1@main", index_alone.name, BULK.name} | {
        "rcs-mms-bulk.RMM@main",
        "over",
    }
    assert named(bench, "others") == {OTHERS.name}
    records = [page.records for page in pages(bench)]
    assert sorted(key for page in records for key in page.get("main", ())) == sorted(["a", run.key_of(0)])
    assert [key for page in records for key in page.get("others", ())] == ["c"]


def test_server_is_gone_through_once_whatever_the_number_of_accounts(bench: Bench) -> None:
    """An account costs a look at its index and one at its closed groups; the keys are those of all."""
    for number in range(20):
        bench.submit([f"k{number}"], Lane("mms-bulk", None, f"a{number}"))
    client = bench.store.client
    before = client.info("commandstats")["cmdstat_scan"]["calls"] if _scanned(bench) else 0
    whole = int(client.dbsize())
    pages(bench)
    assert _scanned(bench) - before <= whole // 500 + 2


def _scanned(bench: Bench) -> int:
    return int(bench.store.client.info("commandstats").get("cmdstat_scan", {}).get("calls", 0))


def test_walk_begins_soon_after_a_process_and_is_made_once_an_hour(bench: Bench) -> None:
    assert 0 < turn(bench, "p1", is_new=True).wait_ms <= FIRST_WALK_MS
    let_walks_age(bench, FIRST_WALK_MS)
    assert turn(bench, "p1").place == "begin"
    assert turn(bench, "p1", END).wait_ms == WALK_EVERY_MS
    let_walks_age(bench, WALK_EVERY_MS - 60_000)
    assert turn(bench, "p1").place == ""
    let_walks_age(bench, 60_000)
    assert turn(bench, "p1").place == "begin"


def test_process_that_begins_brings_the_next_walk_forward(bench: Bench) -> None:
    turn(bench, "p1", is_new=True)
    let_walks_age(bench, FIRST_WALK_MS)
    turn(bench, "p1")
    turn(bench, "p1", END)
    assert turn(bench, "p2", is_new=True).wait_ms == FIRST_WALK_MS
    let_walks_age(bench, FIRST_WALK_MS)
    assert turn(bench, "p3", is_new=True).place == "begin"


def test_one_process_walks_and_another_goes_on_where_it_stopped(bench: Bench) -> None:
    turn(bench, "p1", is_new=True)
    let_walks_age(bench, FIRST_WALK_MS)
    assert turn(bench, "p1").place == "begin"
    assert turn(bench, "p1", "keys 77").place == "keys 77"
    told = turn(bench, "p2", is_new=True)
    assert (told.place, 0 < told.wait_ms <= WALK_LEASE_MS) == ("", True)
    let_walks_age(bench, WALK_LEASE_MS)
    assert turn(bench, "p2").place == "keys 77"
    # What the first says once it is back is not the walk's any more.
    assert turn(bench, "p1", "keys 99").place == ""
    assert turn(bench, "p2", "index main 0").place == "index main 0"


def test_clock_set_back_does_not_keep_the_walk_away(bench: Bench) -> None:
    turn(bench, "p1", is_new=True)
    let_walks_age(bench, -DAY_MS)
    assert turn(bench, "p1").wait_ms <= FIRST_WALK_MS


@pytest.mark.parametrize("place", ["begin", "garbage", "keys x", "index A@B 0"])
def test_place_that_cannot_be_read_is_the_beginning(bench: Bench, place: str) -> None:
    bench.submit(["a"])
    assert read_page(bench.store, place) == read_page(bench.store, "keys 0")


def test_lane_with_messages_but_no_wake_gets_one(bench: Bench) -> None:
    bench.submit(keys_of(10), SPRING)
    bench.submit(keys_of(10, "u"))
    keys = bench.store.keys
    bench.store.client.delete(keys.grouped_wake("main", BULK.name), keys.wake("main"))
    bench.store.client.delete(keys.account("main") + "wake:routes")
    before = bench.members("ready", SPRING), bench.members("ready")
    assert bench.bells() == []
    bench.heal(SPRING.name, BULK.name)
    assert len(bench.bells()) == 2
    assert (bench.members("ready", SPRING), bench.members("ready")) == before


def test_lane_that_nobody_looks_for_though_its_wake_is_there_is_found(bench: Bench) -> None:
    bench.submit(keys_of(10), SPRING)
    bench.store.client.delete(bench.store.keys.account("main") + "wake:routes")
    assert bench.bells() == []
    bench.heal(SPRING.name)
    assert len(bench.bells()) == 1


def test_lane_that_is_not_in_the_index_is_indexed(bench: Bench) -> None:
    bench.submit(["a"], form=1)
    bench.store.client.delete(bench.store.keys.lane_index("main"), bench.store.keys.routes("main"))
    bench.sweep(tidy=[BULK])
    assert bench.store.client.hget(bench.store.keys.lane_index("main"), BULK.name) == b"1"
    assert bench.store.client.smembers(bench.store.keys.routes("main")) == {BULK.name.encode()}


def test_lane_gets_the_number_back_by_which_its_messages_name_it(bench: Bench) -> None:
    other = Lane("mms-bulk", None, "main", "other")
    bench.submit(["first"])
    bench.submit(["o"], other)
    bench.submit(keys_of(3), SPRING)
    index = bench.store.keys.lane_index("main")
    before = bench.store.client.hgetall(index)
    bench.store.client.delete(index)
    bench.sweep(quota=0, tidy=[SPRING, other, BULK])
    assert bench.store.client.hgetall(index) == before
    bench.stop(settlement=accepted(bench.take(lane=SPRING)), lane=SPRING)
    assert bench.record("k00000").lane == SPRING
    assert audit(bench.store).ok


def test_closed_group_is_forgotten_after_the_time_that_records_are_kept(bench: Bench) -> None:
    bench.submit(["a"])
    groups.close(bench.store, "main", "spring", by="anna", why="x")
    bench.let_pass(9 * DAY_MS, steadily=False)
    bench.sweep(keep_ms=10 * DAY_MS)
    bench.heal("spring")
    assert bench.store.client.hexists(bench.store.keys.closed("main"), "spring")
    bench.let_pass(2 * DAY_MS, steadily=False)
    bench.heal("spring")
    assert not bench.store.client.exists(bench.store.keys.closed("main"))


def test_closed_group_stays_closed_while_it_has_a_lane_or_is_asked_for(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    groups.cancel(bench.store, "main", "spring", by="anna", why="x")
    groups.cancel(bench.store, "main", "asked", by="anna", why="x")
    bench.let_pass(9 * DAY_MS, steadily=False)
    refused = Lane("mms-bulk", None, "main", "asked")
    for _ in range(2):
        with pytest.raises(GroupClosed):
            bench.submit(["b"], refused)
    bench.let_pass(2 * DAY_MS, steadily=False)
    # Its lane is there still: what ended in it is kept for longer now.
    bench.sweep(keep_ms=12 * DAY_MS)
    bench.heal("spring", "asked")
    bench.sweep(keep_ms=10 * DAY_MS)
    bench.heal("asked")
    assert bench.store.client.hkeys(bench.store.keys.closed("main")) == [b"spring", b"asked"]
    bench.let_pass(9 * DAY_MS, steadily=False)
    bench.sweep()
    bench.heal("spring", "asked")
    assert not bench.store.client.exists(bench.store.keys.closed("main"))
    assert queries.lanes(bench.store) == [BULK]


def test_closing_that_cannot_be_read_stays(bench: Bench) -> None:
    bench.submit(["a"])
    bench.store.client.hset(bench.store.keys.closed("main"), "spring", "[]")
    bench.let_pass(90 * DAY_MS, steadily=False)
    bench.sweep(keep_ms=DAY_MS)
    bench.heal("spring")
    assert bench.store.client.hexists(bench.store.keys.closed("main"), "spring")


def test_lane_that_a_submit_left_half_done_is_sent(bench: Bench) -> None:
    """A script that raises in the middle leaves messages without counts and without a wake."""
    bench.submit(keys_of(3), SPRING)
    keys = bench.store.keys
    bench.store.client.delete(
        keys.lane("main", SPRING.name, "counts"), keys.grouped_wake("main", BULK.name),
        keys.account("main") + "wake:routes", keys.routes("main"),
    )  # fmt: skip
    walk(bench)
    assert bench.store.client.smembers(keys.routes("main")) == {BULK.name.encode()}
    assert len(bench.bells()) == 1


def test_wake_far_ahead_is_brought_forward(bench: Bench) -> None:
    bench.submit(keys_of(10), SPRING)
    bench.submit(keys_of(10, "u"))
    keys = bench.store.keys
    bench.store.client.zadd(keys.grouped_wake("main", BULK.name), {SPRING.name: 9e15})
    bench.store.client.zadd(keys.wake("main"), {BULK.name: inf})
    assert bench.bells() == []
    walk(bench)
    assert len(bench.bells()) == 2


def test_number_that_names_no_lane_any_more_names_it_again(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    index = bench.store.keys.lane_index("main")
    before = bench.store.client.hgetall(index)
    bench.store.client.hdel(index, "#2")
    bench.heal(SPRING.name)
    assert bench.store.client.hgetall(index) == before


def test_account_that_the_fleet_forgot_is_listed_again(bench: Bench) -> None:
    """Its messages would wait for ever: workers look for accounts in these sets alone."""
    bench.submit(["a"], SPRING)
    bench.store.client.delete(bench.store.keys.lanes, bench.store.keys.accounts)
    unlisted = [route for page in pages(bench) for route in look_over(bench.store, page).unlisted]
    assert unlisted == [BULK.name]
    assert queries.accounts(bench.store) == ["main"]
    assert bench.store.client.smembers(bench.store.keys.accounts) == {b"main"}


def test_account_that_is_not_here_is_left_alone(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    bench.store.client.delete(bench.store.keys.lanes, bench.store.keys.here("main"))
    walk(bench)
    assert queries.lanes(bench.store) == []


def test_name_that_another_program_made_up_is_not_a_lane(bench: Bench) -> None:
    bench.submit(["a"])
    bench.store.client.zadd(bench.store.keys.lane("main", "nope@main", "ready"), {"a": 1})
    walk(bench)
    assert queries.lanes(bench.store) == [BULK]


@pytest.mark.parametrize(
    ("state", "part"), [("waiting", "ready"), ("scheduled", "later"), ("sending", "sending")]
)
def test_message_that_is_in_no_set_is_put_where_its_state_says(bench: Bench, state: str, part: str) -> None:
    soon_ms = queries.server_ms(bench.store) + 60_000
    bench.submit(["a", "b"], send_at_ms=soon_ms if state == "scheduled" else None)
    if state == "sending":
        bench.take()
    name = bench.store.keys.lane("main", BULK.name, part)
    was = bench.store.client.zscore(name, "a")
    bench.store.client.delete(name, bench.store.keys.wake("main"))
    healed = bench.heal(records=["a", "b", "nobody"])
    assert healed.put_back == [("main", "a"), ("main", "b")]
    if state != "sending":
        assert bench.store.client.zscore(name, "a") == was
    assert (bench.wake_in_ms() or 0) <= 0
    assert audit(bench.store).ok
    assert bench.heal(records=["a", "b"]).put_back == []


@pytest.mark.parametrize(
    ("state", "part", "becomes"),
    [
        ("waiting", "ready", "cancelled"),
        ("scheduled", "later", "cancelled"),
        ("sending", "sending", "sending"),
    ],
)
def test_message_of_a_cancelled_group_is_cancelled_when_it_is_back(
    bench: Bench, state: str, part: str, becomes: str
) -> None:
    """Its cancel could not see it, in a set that another program had taken away."""
    soon_ms = queries.server_ms(bench.store) + 60_000
    bench.submit(["a", "b"], SPRING, send_at_ms=soon_ms if state == "scheduled" else None)
    taken = bench.take(lane=SPRING) if state == "sending" else None
    bench.store.client.delete(bench.store.keys.lane("main", SPRING.name, part))
    assert groups.cancel(bench.store, "main", "spring", by="anna", why="x").cancelled == 0
    bench.heal(records=["a", "b"])
    assert [bench.record(key).state for key in "ab"] == [becomes] * 2
    if taken:
        bench.stop(lane=SPRING, settlement=verdicts(taken, Outcome.BACK))
    assert [bench.record(key).state for key in "ab"] == ["cancelled"] * 2
    assert audit(bench.store).ok


def test_message_that_may_have_been_sent_is_parked_when_its_cancelled_group_is_healed(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    bench.stop(lane=SPRING, settlement=verdicts(bench.take(lane=SPRING), Outcome.RETRY, delay_ms=60_000))
    bench.store.client.delete(bench.store.keys.lane("main", SPRING.name, "later"))
    groups.close(bench.store, "main", "spring", by="anna", why="x")
    bench.heal(records=["a"])
    assert bench.record("a").state == "uncertain"
    assert bench.store.client.zscore(bench.store.keys.lane("main", SPRING.name, "uncertain"), "a")
    assert audit(bench.store).ok


def test_dead_letter_that_is_in_no_set_is_listed_again(bench: Bench) -> None:
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.REJECTED))
    bench.store.client.delete(bench.store.keys.lane("main", BULK.name, "dead"))
    bench.heal(records=["a"])
    assert [record.msg_key for record in queries.listing(bench.store, BULK, "dead")] == ["a"]


@pytest.mark.parametrize("never", [9e15, inf])
def test_message_that_would_be_sent_for_ever_counts_as_abandoned(bench: Bench, never: float) -> None:
    bench.submit(["a"])
    bench.take()
    sending = bench.store.keys.lane("main", BULK.name, "sending")
    bench.store.client.zadd(sending, {"a": never})
    bench.heal(records=["a"])
    bench.let_pass(60_000)
    assert [found.message.msg_key for found in bench.find_abandoned()] == ["a"]


def test_time_that_nobody_asked_for_is_cut_and_one_that_somebody_did_stays(bench: Bench) -> None:
    asked = queries.server_ms(bench.store) + 400 * DAY_MS
    bench.submit(["far"], send_at_ms=asked)
    bench.submit(["near"], send_at_ms=queries.server_ms(bench.store) + 60_000)
    later = bench.store.keys.lane("main", BULK.name, "later")
    bench.store.client.zadd(later, {"near": 9e15})
    assert bench.heal(records=["far", "near"]).put_back == [("main", "near")]
    assert bench.store.client.zscore(later, "far") == asked
    assert (bench.store.client.zscore(later, "near") or 0) < asked
    bench.store.client.zadd(later, {"far": inf})
    bench.heal(records=["far"])
    assert bench.store.client.zscore(later, "far") == asked


def test_lease_that_nobody_gave_takes_no_connection_for_ever(bench: Bench) -> None:
    bench.submit(keys_of(10))
    drains = bench.store.keys.lane("main", BULK.name, "drains")
    bench.store.client.zadd(drains, {f"x.{number}": 9e15 for number in range(8)})
    assert bench.bells() == []
    bench.heal(BULK.name)
    bench.let_pass(5_000, steadily=False)
    assert len(bench.bells()) == 1


def test_what_is_as_it_should_be_is_not_touched(bench: Bench) -> None:
    bench.submit(keys_of(30))
    bench.stop(settlement=verdicts(bench.take(), Outcome.PARK))
    bench.stop(settlement=verdicts(bench.take(), Outcome.RETRY, delay_ms=DAY_MS))
    bench.take("p1.2")
    before = everything(bench.store)
    walk(bench)
    assert everything(bench.store) == before


def test_spoilt_set_is_made_anew(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    bench.submit(["b"])
    keys = bench.store.keys
    bench.store.client.delete(keys.wake("main"), keys.lane("main", SPRING.name, "ready"))
    bench.store.client.set(keys.lane("main", SPRING.name, "ready"), "x")
    aside: list[str] = []
    bench.store.on_put_aside = aside.extend
    found = [look_over(bench.store, page) for page in pages(bench)]
    assert [each.put_back for each in found if each.put_back] == [[("main", "a")]]
    assert aside == [keys.lane("main", SPRING.name, "ready")]
    assert bench.store.client.get(f"{keys.account('main')}spoilt:{SPRING.name}:ready") == b"x"
    assert bench.members("ready", SPRING) == ["a"]
    assert bench.wake_in_ms() is not None
