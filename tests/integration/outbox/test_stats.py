"""Counts by day: each message on the day of its submit and on that of its first end."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from plexsend.clock import elapsed_s
from plexsend.outbox import steer
from plexsend.outbox.batches import Batch, Outcome
from plexsend.outbox.constants import MOST_STATS
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.reading.stats import day_counts, day_sums
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.replies import text
from plexsend.outbox.states import FINAL, State
from plexsend.outbox.stats import keep_stats, take_stock
from plexsend.outbox.steer import Act
from tests.integration.outbox.bench import BULK, STANDARD, Bench, accepted, keys_of, verdicts

if TYPE_CHECKING:
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store

SPRING = Lane("mms-bulk", None, "main", "spring")
EAST, WEST = "Etc/GMT-14", "Etc/GMT+12"
"""26 hours apart: whatever the time, it is another day there."""


def live_in(bench: Bench, zone: str) -> None:
    """Let the account's days be those of a zone from now on."""
    put(bench.store, Where(), {"time_zone": zone}, by="bench", reason="a test's own")


def today(bench: Bench, zone: str) -> date:
    return datetime.fromtimestamp(queries.server_ms(bench.store) / 1000, ZoneInfo(zone)).date()


def counted(store: Store, account: str = "main") -> Counter[tuple[Any, ...]]:
    """Return all that is counted by day: day, lane, state, code and carrier → messages."""
    now = datetime.fromtimestamp(queries.server_ms(store) / 1000, UTC).date()
    found: Counter[tuple[Any, ...]] = Counter()
    for one in day_counts(store, account, now - timedelta(days=60), now + timedelta(days=2)):
        state = "submitted" if one.state is None else str(one.state)
        found[one.day, one.lane, state, one.code, one.carrier] += one.messages
    return found


def reject(bench: Bench, *keys: str) -> None:
    bench.submit(keys)
    bench.stop(settlement=verdicts(bench.take(), Outcome.REJECTED, code="C800"))


def test_a_batch_counts_on_its_day(bench: Bench) -> None:
    live_in(bench, EAST)
    bench.submit(25)
    bench.drain_all()
    day = today(bench, EAST)
    assert counted(bench.store) == {
        (day, BULK.name, "submitted", "", ""): 25,
        (day, BULK.name, "accepted", "C100", ""): 25,
    }


def test_groups_count_for_themselves(bench: Bench) -> None:
    live_in(bench, WEST)
    bench.submit(["a"], SPRING)
    bench.submit(["b"])
    bench.drain_all(SPRING)
    bench.drain_all()
    lanes = {key[1] for key in counted(bench.store)}
    assert lanes == {SPRING.name, BULK.name}


@pytest.mark.parametrize("later", [WEST, EAST, "Asia/Seoul"])
def test_a_requeue_takes_its_end_from_the_day_that_counted_it(bench: Bench, later: str) -> None:
    """Also after the zone was changed: the past of the zone stays as it was."""
    live_in(bench, EAST)
    reject(bench, "a", "b")
    ended_on = today(bench, EAST)
    assert counted(bench.store)[ended_on, BULK.name, "rejected", "C800", ""] == 2
    live_in(bench, later)
    steer.ask(bench.store, "main", "a", Act.REQUEUE)
    bench.drain_all()
    found = counted(bench.store)
    assert found[ended_on, BULK.name, "rejected", "C800", ""] == 1
    assert found[today(bench, later), BULK.name, "accepted", "C100", ""] == 1
    assert min(found.values()) > 0


def test_a_zone_that_is_set_back_and_forth_is_remembered(bench: Bench) -> None:
    live_in(bench, EAST)
    reject(bench, "a")
    for zone in (WEST, EAST, WEST):
        live_in(bench, zone)
    reject(bench, "b")
    for key in ("a", "b"):
        steer.ask(bench.store, "main", key, Act.REQUEUE)
    assert [key for key in counted(bench.store) if key[2] == "rejected"] == []


def test_a_requeue_finds_its_day_after_an_older_program_wrote_the_policies(bench: Bench) -> None:
    """It writes them without the zone; what was in force is kept beside the days."""
    store = bench.store
    live_in(bench, WEST)
    reject(bench, "a")
    store.client.hdel(store.keys.in_force("main"), "offsets")
    reject(bench, "b")
    assert {key[0] for key in counted(store)} == {today(bench, WEST)}
    live_in(bench, EAST)
    steer.ask(store, "main", "a", Act.REQUEUE)
    assert counted(store)[today(bench, WEST), BULK.name, "rejected", "C800", ""] == 1


def test_audit_finds_what_is_counted_in_a_wrong_field(bench: Bench) -> None:
    """The sums of the state are right, of which alone lanes know."""
    store = bench.store
    take_stock(store, "main")
    bench.submit(["a", "b", "c"])
    bench.drain_all()
    take_receipts(store, "main", [Receipt("a", "0", "SKT"), Receipt("b", "0", "KT")])
    assert audit(store).ok
    day = f"{today(bench, 'Asia/Seoul'):%Y%m%d}"
    key = store.keys.stats_of("main", day)
    store.client.hincrby(key, f"{BULK.name}|delivered|0|SKT", -1)
    store.client.hincrby(key, f"{BULK.name}|delivered|0|KT", 1)
    found = audit(store)
    (wrong,) = found.discrepancies
    words = f"account main: its day {day} holds 0 of {BULK.name}|delivered|0|SKT, its records say 1"
    assert wrong.what == words
    # Where a day folds what is rare, the wide fields count for the narrow ones.
    store.client.hincrby(key, f"{BULK.name}|delivered|0|KT", -1)
    store.client.hset(key, f"{BULK.name}|delivered|*|*", 1)
    assert audit(store).ok


def test_audit_compares_no_field_of_what_ended_before_days_were_counted(bench: Bench) -> None:
    bench.submit(["a"])
    bench.drain_all()
    store = bench.store
    client: Any = store.client
    client.delete(*client.keys(f"{store.keys.account('main')}stats:*"))
    bench.let_pass(5, steadily=False)
    take_stock(store, "main")
    assert audit(store).ok


def test_a_code_that_comes_after_the_wait_is_counted_in_place_of_none(bench: Bench) -> None:
    store = bench.store
    bench.submit(["a"])
    bench.drain_all()
    give_up_waiting(bench, "a")
    day = today(bench, "Asia/Seoul")
    assert counted(store)[day, BULK.name, "unknown", "", ""] == 1
    take_receipts(store, "main", [Receipt("a", "o", "SKT")])
    assert counted(store)[day, BULK.name, "unknown", "o", "SKT"] == 1
    take_receipts(store, "main", [Receipt("a", "0", "SKT")])
    assert {key[2]: n for key, n in counted(store).items()} == {"submitted": 1, "delivered": 1}


def give_up_waiting(bench: Bench, key: str) -> None:
    """Let the wait for a message's receipt be over, in an account in which receipts come."""
    store, started = bench.store, elapsed_s()
    store.client.hset(f"{store.keys.account('main')}receipts", "first", 1)
    put(store, Where(), {"receipt_wait_h": 0.0001}, by="bench", reason="a test's own")
    while bench.state(key) is not State.UNKNOWN:
        assert elapsed_s() - started < 10
        # The first sweep is behind a gap, after which receipts may be on their way.
        bench.sweep()
        store.client.hdel(store.keys.sweep("main"), "unheard", "quiet")


def test_one_call_about_days_of_two_zones_finds_each(bench: Bench) -> None:
    """Both ended within a second, in which the zone was changed."""
    for key, zone in (("a", EAST), ("b", WEST)):
        live_in(bench, zone)
        bench.submit([key])
        bench.drain_all()
    take_receipts(bench.store, "main", [Receipt("a", "0"), Receipt("b", "0")])
    found = {key[:3]: n for key, n in counted(bench.store).items() if key[2] != "submitted"}
    assert found == {
        (today(bench, EAST), BULK.name, "delivered"): 1,
        (today(bench, WEST), BULK.name, "delivered"): 1,
    }


def test_what_is_dropped_or_archived_stays_counted(bench: Bench) -> None:
    reject(bench, "a")
    bench.submit(["b"])
    bench.drain_all()
    before = counted(bench.store)
    steer.ask(bench.store, "main", "a", Act.DROP)
    bench.let_pass(60_000, steadily=False)
    bench.sweep(keep_ms=10_000)
    assert not bench.store.client.exists(bench.store.keys.record("main", "b"))
    assert counted(bench.store) == before


@pytest.mark.parametrize("seed", range(3))
def test_a_recount_of_a_random_course_agrees(bench: Bench, seed: int) -> None:
    """What the records say after each step, kept by the test itself, is what the days hold at the end."""
    course = Course(bench, Random(seed))
    for _ in range(60):
        course.step()
    assert counted(bench.store) == course.expected()
    take = day_sums(bench.store, "main").sums
    assert {name: n for name, n in take.items() if n} == course.sums()


class Course:
    """Random deeds, and what should be counted by them."""

    def __init__(self, bench: Bench, random: Random) -> None:
        self._bench = bench
        self._random = random
        self._zone = EAST
        self._known: dict[str, tuple[Any, ...]] = {}
        self._submitted: Counter[tuple[Any, ...]] = Counter()
        self._gone: Counter[tuple[Any, ...]] = Counter()
        self._keys = 0
        live_in(bench, EAST)
        take_stock(bench.store, "main")

    def step(self) -> None:
        """Do something, and look what became of all messages."""
        random = self._random
        deeds = [self._submit, self._send, self._send, self._requeue, self._move, self._cancel, self._drop]
        random.choice([*deeds, self._hear, self._hear])()
        self._look()

    def _submit(self) -> None:
        lane = self._random.choice([BULK, SPRING, STANDARD])
        n = self._random.randint(1, 12)
        names = [f"m{self._keys + i}" for i in range(n)]
        self._keys += n
        self._bench.submit(names, lane)
        self._submitted[today(self._bench, self._zone), lane.name, "submitted", "", ""] += n
        self._known |= dict.fromkeys(names, ())

    def _send(self) -> None:
        lane = self._random.choice([BULK, SPRING, STANDARD])
        answer = self._bench.call(lane=lane)
        if not isinstance(answer, Batch):
            return
        outcomes = [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.REJECTED, Outcome.FAILED, Outcome.PARK]
        of = {message.msg_key: self._random.choice(outcomes) for message in answer.messages}
        code = self._random.choice(["C100", "C800", "X"])
        self._bench.stop(lane=lane, settlement=verdicts(answer, Outcome.ACCEPTED, of=of, code=code))

    def _one_of(self, *states: str) -> str | None:
        found = [key for key, end in self._known.items() if end and end[2] in states]
        return self._random.choice(found) if found else None

    def _requeue(self) -> None:
        if key := self._one_of("rejected", "failed"):
            steer.ask(self._bench.store, "main", key, Act.REQUEUE)

    def _drop(self) -> None:
        if key := self._one_of("rejected", "failed"):
            steer.ask(self._bench.store, "main", key, Act.DROP)
            self._gone[self._known.pop(key)] += 1

    def _cancel(self) -> None:
        living = [key for key, end in self._known.items() if not end]
        if living:
            steer.ask(self._bench.store, "main", self._random.choice(living), Act.CANCEL)

    def _move(self) -> None:
        self._zone = self._random.choice([EAST, WEST])
        live_in(self._bench, self._zone)

    def _hear(self) -> None:
        key = self._random.choice([*self._known, "stranger"])
        code = self._random.choice(["0", "L", "o", "made-up"])
        carrier = self._random.choice(["SKT", "KT", ""])
        take_receipts(self._bench.store, "main", [Receipt(key, code, carrier)])

    def _look(self) -> None:
        for key in self._known:
            record = self._bench.record(key)
            if record.state not in FINAL:
                self._known[key] = ()
            else:
                before = self._known[key]
                assert record.ended_ms is not None
                day = datetime.fromtimestamp(record.ended_ms / 1000, ZoneInfo(self._zone)).date()
                self._known[key] = (before[0] if before else day, record.lane.name, *self._how(record))

    def _how(self, record: Record) -> tuple[str, str, str]:
        said = self._bench.store.client.hget(self._bench.store.keys.record("main", record.msg_key), "w")
        if record.state in ("delivered", "undelivered", "unknown"):
            code, carrier, *_ = text(said).split("|")
            return str(record.state), code, carrier
        return str(record.state), "" if record.state == "cancelled" else record.code, ""

    def expected(self) -> Counter[tuple[Any, ...]]:
        """Return what should be counted."""
        return self._submitted + self._gone + Counter(end for end in self._known.values() if end)

    def sums(self) -> dict[str, int]:
        """Return the same by state."""
        sums: Counter[str] = Counter()
        for key, n in self.expected().items():
            sums[key[2]] += n
        return dict(sums)


def test_a_day_with_very_many_groups_folds_them_and_keeps_its_sums(bench: Bench) -> None:
    store = bench.store
    day = f"{today(bench, 'Asia/Seoul'):%Y%m%d}"
    full: dict[Any, Any] = {f"mms-bulk/g{i}@main|accepted|C100|": 1 for i in range(MOST_STATS)}
    store.client.hset(store.keys.stats_of("main", day), mapping=full)
    bench.submit(["a", "b"], SPRING)
    bench.drain_all(SPRING)
    found = counted(store)
    days = {key[0] for key in found}
    assert len(days) == 1
    folded = {key[1:]: n for key, n in found.items() if "/g" not in key[1]}
    assert folded == {
        ("mms-bulk/*@main", "submitted", "", ""): 2,
        ("mms-bulk/*@main", "accepted", "C100", ""): 2,
    }


def test_made_up_codes_fold_and_a_requeue_finds_them_there(bench: Bench) -> None:
    store = bench.store
    day = f"{today(bench, 'Asia/Seoul'):%Y%m%d}"
    full: dict[Any, Any] = {f"mms-bulk@main|rejected|made-up-{i}|": 1 for i in range(MOST_STATS * 3 // 2)}
    store.client.hset(store.keys.stats_of("main", day), mapping=full)
    reject(bench, "a", "b")
    folded = (today(bench, "Asia/Seoul"), BULK.name, "rejected", "*", "*")
    assert counted(store)[folded] == 2
    steer.ask(store, "main", "a", Act.REQUEUE)
    assert counted(store)[folded] == 1


def test_days_older_than_are_kept_go_and_the_sums_stay(bench: Bench) -> None:
    store, keys = bench.store, bench.store.keys
    bench.submit(5)
    bench.drain_all()
    take_stock(store, "main")
    before = day_sums(store, "main").sums
    now = today(bench, "Asia/Seoul")
    old, kept = now - timedelta(days=27 * 31 + 40), now - timedelta(days=26 * 28)
    for day in (old, kept):
        store.client.hset(keys.stats_of("main", f"{day:%Y%m%d}"), "mms-bulk@main|accepted|C100|", 7)
    store.client.hset(keys.stats("main"), "first", (old - date(1970, 1, 1)).days)
    keep_stats(store, "main")
    assert not store.client.exists(keys.stats_of("main", f"{old:%Y%m%d}"))
    assert store.client.exists(keys.stats_of("main", f"{kept:%Y%m%d}"))
    assert day_sums(store, "main").sums == before + Counter({"accepted": 14})


def test_what_ended_on_a_day_that_is_gone_counts_in_no_day(bench: Bench) -> None:
    store, keys = bench.store, bench.store.keys
    reject(bench, "a")
    take_stock(store, "main")
    sums = day_sums(store, "main").sums
    day = f"{today(bench, 'Asia/Seoul'):%Y%m%d}"
    store.client.hincrby(keys.stats("main"), "b:rejected", 1)
    store.client.hincrby(keys.stats("main"), "b:submitted", 1)
    store.client.delete(keys.stats_of("main", day))
    steer.ask(store, "main", "a", Act.REQUEUE)
    assert day_sums(store, "main").sums == sums - Counter({"rejected": 1})
    assert [key for key in counted(store) if key[2] == "rejected"] == []


def test_a_receipt_for_a_day_that_is_gone_does_not_make_it_anew(bench: Bench) -> None:
    store, keys = bench.store, bench.store.keys
    bench.submit(["a"])
    bench.drain_all()
    take_stock(store, "main")
    tomorrow = today(bench, "Asia/Seoul") + timedelta(days=1)
    store.client.hset(keys.stats("main"), "first", (tomorrow - date(1970, 1, 1)).days)
    store.client.delete(keys.stats_of("main", f"{today(bench, 'Asia/Seoul'):%Y%m%d}"))
    take_receipts(store, "main", [Receipt("a", "0")])
    assert counted(store) == {}
    assert store.client.hget(keys.stats("main"), "b:delivered") == b"1"


def test_what_came_back_is_taken_from_a_field_that_holds_it(bench: Bench) -> None:
    """The field of its own is there, but what it had went elsewhere when the day was full."""
    store = bench.store
    reject(bench, "a")
    key = store.keys.stats_of("main", f"{today(bench, 'Asia/Seoul'):%Y%m%d}")
    store.client.hset(key, f"{BULK.name}|rejected|C800|", 0)
    store.client.hset(key, f"{BULK.name}|rejected|*|*", 1)
    steer.ask(store, "main", "a", Act.REQUEUE)
    assert [n for name, n in counted(store).items() if name[2] == "rejected"] == []
    assert day_sums(store, "main").sums["rejected"] == 0


def test_what_ended_ahead_of_a_clock_that_was_set_back_counts_today(bench: Bench) -> None:
    store, keys = bench.store, bench.store.keys
    bench.submit(["a"])
    bench.drain_all()
    now = today(bench, "Asia/Seoul")
    store.client.rename(
        keys.stats_of("main", f"{now:%Y%m%d}"), keys.stats_of("main", f"{now + timedelta(days=2):%Y%m%d}")
    )
    bench.let_pass(-2 * 86_400_000, steadily=False)
    bench.sweep()
    assert counted(store)[now, BULK.name, "accepted", "C100", ""] == 1


def test_stock_is_taken_of_what_an_older_program_counted(bench: Bench) -> None:
    store, keys = bench.store, bench.store.keys
    bench.submit(12)
    bench.drain_all()
    reject(bench, "x")
    day = f"{today(bench, 'Asia/Seoul'):%Y%m%d}"
    store.client.delete(keys.stats_of("main", day), keys.stats("main"))
    keep_stats(store, "main")
    assert day_sums(store, "main").since_ms is None
    # An hour passes, in which a message of the time before is asked for again.
    steer.ask(store, "main", "x", Act.REQUEUE)
    store.client.hset(keys.stats("main"), "asked", 1)
    long_ago = today(bench, "Asia/Seoul") - timedelta(days=9)
    store.client.hset(keys.stats_of("main", f"{long_ago:%Y%m%d}"), f"{BULK.name}|rejected|C800|", 0)
    keep_stats(store, "main")
    # As many days are read as there are, not as many as are kept.
    assert int(store.client.hget(keys.stats("main"), "first") or 0) == (long_ago - date(1970, 1, 1)).days
    found = day_sums(store, "main")
    assert found.since_ms is not None
    assert {name: n for name, n in found.sums.items() if n} == {"submitted": 13, "accepted": 12}
    bench.drain_all()
    bench.submit(["y"])
    found = day_sums(store, "main")
    assert {name: n for name, n in found.sums.items() if n} == {"submitted": 14, "accepted": 13}


def test_an_account_begins_with_its_first_message(store: Store) -> None:
    bench = Bench(store)
    bench.submit(["a"], Lane("mms-bulk", None, "fresh"))
    found = day_sums(store, "fresh")
    assert found.since_ms is not None
    assert found.sums["submitted"] == 1


def test_another_programs_key_is_put_aside(bench: Bench) -> None:
    store = bench.store
    day = f"{today(bench, 'Asia/Seoul'):%Y%m%d}"
    store.client.set(store.keys.stats_of("main", day), "mine")
    bench.submit(3)
    bench.drain_all()
    assert sum(counted(store).values()) == 6
    assert store.client.get(f"{store.keys.account('main')}spoilt:stats:{day}") == b"mine"


def test_entries_into_a_state_only_grow(bench: Bench) -> None:
    """What lives in it, aged out of it, and left it: metrics count entries by it."""
    reject(bench, "a", "b")
    steer.ask(bench.store, "main", "a", Act.REQUEUE)
    assert bench.counts()["x:rejected"] == 1
    assert bench.counts()["s:rejected"] == 1
    bench.stop(settlement=verdicts(bench.take(), Outcome.REJECTED, code="C800"))
    steer.ask(bench.store, "main", "b", Act.DROP)
    counts = bench.counts()
    assert counts["s:rejected"] + counts["a:rejected"] + counts["x:rejected"] == 3


def test_a_batch_costs_one_command_more(bench: Bench) -> None:
    """Counted, not timed: one HINCRBY for all that share lane, state, code and day; nothing is looked up."""
    bench.submit(keys_of(40))
    batch = bench.take(settlement=accepted(bench.take()))
    client = bench.store.client
    client.config_resetstat()
    bench.take(settlement=accepted(batch))
    commands = client.info("commandstats")
    assert commands["cmdstat_hincrby"]["calls"] == HINCRBY_A_BATCH
    assert "cmdstat_hlen" not in commands


HINCRBY_A_BATCH = 6
"""Of a batch of ten that is accepted, with the take of the next: five for its lane and one for its day."""
