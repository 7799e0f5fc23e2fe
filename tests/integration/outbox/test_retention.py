"""Retention: ended records age out, stay counted, and nothing else goes with them."""

from __future__ import annotations

from plexsend.outbox import steer
from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.replies import text
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act
from plexsend.outbox.walk import Page, look_over
from tests.integration.outbox.bench import BULK, Bench, keys_of, verdicts


def test_ended_records_age_out_and_stay_counted(bench: Bench) -> None:
    bench.submit(keys_of(250))
    bench.drain_all()
    bench.submit(["dead", "waits"])
    batch = bench.take()
    bench.stop(settlement=verdicts(batch, Outcome.REJECTED, of={"waits": Outcome.BACK}, code="G140"))
    bench.sweep(keep_ms=10_000, tidy=[BULK])
    assert bench.counts()["s:accepted"] == 250
    bench.let_pass(11_000, steadily=False)
    for expected in (100, 200, 250):
        bench.sweep(keep_ms=10_000, tidy=[BULK])
        assert bench.counts()["a:accepted"] == expected
    assert (bench.counts()["a:rejected"], bench.counts()["s:waiting"]) == (1, 1)
    assert queries.find(bench.store, "k00000") == queries.find(bench.store, "dead") == []
    start = bench.store.keys.account("main")
    kept = {text(name)[len(start) :] for name in bench.store.client.keys(f"{start}[mbhf]:*")}
    assert kept == {"m:waits", "b:waits", "h:waits"}
    assert bench.members("dead") == []


def test_message_asked_for_again_ages_from_its_last_end(bench: Bench) -> None:
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.REJECTED))
    bench.let_pass(8_000)
    steer.ask(bench.store, "main", "a", Act.REQUEUE)
    bench.let_pass(8_000)
    bench.stop("p1.2", settlement=verdicts(bench.take("p1.2"), Outcome.REJECTED))
    bench.let_pass(8_000)
    bench.sweep(keep_ms=10_000, tidy=[BULK])
    assert bench.state("a") == State.REJECTED
    bench.let_pass(3_000)
    bench.sweep(keep_ms=10_000, tidy=[BULK])
    assert queries.find(bench.store, "a") == []
    assert bench.counts()["a:rejected"] == 1


def test_message_asked_for_again_does_not_age_out_while_it_waits(bench: Bench) -> None:
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.REJECTED))
    steer.ask(bench.store, "main", "a", Act.REQUEUE)
    bench.let_pass(11_000)
    bench.sweep(keep_ms=10_000, tidy=[BULK])
    assert bench.state("a") == State.WAITING


def test_parked_messages_never_age_out(bench: Bench) -> None:
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.PARK))
    bench.let_pass(1_000_000, steadily=False)
    bench.sweep(keep_ms=10_000, tidy=[BULK])
    assert bench.state("a") == State.UNCERTAIN


def test_what_ended_ahead_of_a_clock_that_was_set_back_keeps_nothing_else(bench: Bench) -> None:
    bench.submit(["ahead"])
    bench.drain_all()
    bench.let_pass(-3_600_000, steadily=False)
    bench.submit(["after"])
    bench.let_pass(5_001, steadily=False)
    bench.drain_all(drain="p1.2")
    for _ in range(2):
        bench.let_pass(11_000, steadily=False)
        bench.sweep(keep_ms=10_000)
    assert queries.find(bench.store, "ahead") == queries.find(bench.store, "after") == []
    assert bench.counts()["a:accepted"] == 2


def test_forgotten_key_is_new_again(bench: Bench) -> None:
    bench.submit(["a"])
    bench.drain_all()
    bench.let_pass(11_000)
    bench.sweep(keep_ms=10_000, tidy=[BULK])
    assert bench.submit(["a"], body=b"other")[0].outcome == "added"
    assert bench.counts()["submitted"] == 2


def test_lane_that_another_program_spoilt_keeps_no_records(bench: Bench) -> None:
    spoilt = Lane("mms-bulk", None, "main", "spoilt")
    bench.submit(["dead"], spoilt)
    bench.stop(settlement=verdicts(bench.take(lane=spoilt), Outcome.REJECTED), lane=spoilt)
    bench.submit(["sent"])
    bench.drain_all()
    bench.let_pass(11_000, steadily=False)
    dead = bench.store.keys.lane("main", spoilt.name, "dead")
    bench.store.client.delete(dead)
    bench.store.client.set(dead, "not a set")
    assert bench.sweep(keep_ms=10_000).spoilt == ()
    assert not queries.find(bench.store, "sent", "main")
    assert bench.counts()["a:accepted"] == 1
    assert not queries.find(bench.store, "dead", "main")
    look_over(bench.store, Page({"main": [spoilt.name]}, {}, "end"))
    assert queries.lanes(bench.store) == [BULK]
