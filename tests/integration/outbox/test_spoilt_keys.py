"""Another program put something else where a key belongs: nothing is half written, and the others go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plexsend.errors import KeySpoilt
from plexsend.outbox import steer
from plexsend.outbox.advance import NothingTaken, Status
from plexsend.outbox.batches import Batch, Outcome
from plexsend.outbox.constants import MOST_COUNTS
from plexsend.outbox.fleet import Announcement, alive, announce, signs
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.redis.key_types import (
    LEFT_TO_A_PERSON,
    OF_ACCOUNT,
    OF_LANE,
    OF_MESSAGE,
    OF_SERVICE,
)
from plexsend.outbox.walk import Page, look_over
from plexsend.settings import OnUncertain, Policy
from tests.integration.outbox.bench import BULK, Bench, accepted, back, keys_of, verdicts

GROUP = Lane("mms-bulk", None, "main", "spring")
ANNOUNCEMENT = Announcement("host", 1, "0.4.0", 2, 0, ("mms-bulk",), 16)
LEFT_ALONE = sorted(LEFT_TO_A_PERSON["OF_ACCOUNT"])
MADE_ANEW = sorted(
    [
        *(OF_ACCOUNT.keys() - {"here", *LEFT_ALONE}),
        *(f"{BULK.name}:{part}" for part in OF_LANE),
        *(f"{GROUP.name}:{part}" for part in ("ready", "sending", "counts")),
        *(f"mms-bulk:{part}" for part in OF_SERVICE),
    ]
)


def spoil(bench: Bench, name: str) -> str:
    """Put what the outbox never puts there in place of a key: a stream, or a set; return its whole name."""
    key = bench.store.keys.account("main") + name
    client: Any = bench.store.client
    client.delete(key)
    if name == "results":
        client.sadd(key, "foreign")
    else:
        client.xadd(key, {"foreign": "value"})
    return key


def all_there_is() -> Page:
    """Return a page of a walk that names all of it."""
    names = [BULK.name, GROUP.name]
    records = [*keys_of(20), *keys_of(10, "u"), *keys_of(10, "v")]
    return Page({"main": names}, {"main": records}, "end")


def counted(bench: Bench) -> dict[str, int]:
    return {name: n for name, n in bench.counts().items() if name.startswith("s:") or name == "submitted"}


@pytest.fixture
def limited(bench: Bench) -> Bench:
    """A bench on which every part of a take is used: a rate, a daily limit, a lane with a group."""
    bench.policy = Policy(rate_per_s=100_000, linger_ms=0)
    bench.store.client.hset(bench.store.keys.in_force("main"), "daily_limit:mms-bulk", "1000")
    return bench


@pytest.mark.parametrize("name", MADE_ANEW)
def test_what_can_be_made_anew_keeps_nothing_from_being_sent(limited: Bench, name: str) -> None:
    bench = limited
    bench.submit(20, GROUP)
    bench.submit(keys_of(10, "u"))
    batch = bench.take("p1.1", lane=GROUP)
    key = spoil(bench, name)
    assert {each.outcome for each in bench.submit(keys_of(10, "v"))} == {"added"}
    bench.stop("p1.1", accepted(batch), lane=GROUP)
    for _ in range(2):
        bench.drain_all(lane=GROUP)
        bench.drain_all(drain="p1.2")
        bench.sweep(tidy=[BULK])
        look_over(bench.store, all_there_is())
    states = {bench.state(each) for each in [*keys_of(20), *keys_of(10, "u"), *keys_of(10, "v")]}
    assert states == {"accepted"}
    assert bench.store.client.type(key) != (b"set" if name == "results" else b"stream")
    bench.submit(["last"])
    assert ["last"] in bench.drain_all(drain="p1.2")


@pytest.mark.parametrize("value", ["NaN", "inf", "-1", "9" * 40, "text"])
def test_a_rate_that_is_not_a_number_keeps_nothing_from_being_sent(limited: Bench, value: str) -> None:
    limited.submit(30)
    key = f"{limited.store.keys.account('main')}mms-bulk:rate"
    limited.store.client.set(key, value)
    batch = limited.take()
    limited.store.client.set(key, value)
    # No request was made: what was charged goes back.
    limited.stop(settlement=replace(back(batch), effects=()))
    assert len(limited.drain_all()) == 3
    assert limited.store.client.ttl(key) > 0


def test_a_take_that_cannot_be_read_is_not_answered_again(bench: Bench) -> None:
    bench.submit(20)
    batch = bench.take()
    bench.store.client.hset(bench.store.keys.lane("main", BULK.name, "takes"), "p1.1", "9" * 40)
    assert len(bench.take(settlement=accepted(batch)).messages) == 10


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_cannot_be_made_anew_is_named_and_nothing_is_half_written(bench: Bench, name: str) -> None:
    bench.submit(20)
    batch = bench.take()
    key = spoil(bench, name)
    if name == "policy":
        # It is a copy, which is copied again.
        assert len(bench.take(settlement=accepted(batch)).messages) == 10
        return
    answer = bench.call(settlement=accepted(batch))
    records = [bench.store.keys.record("main", each) for each in keys_of(10)]
    assert {bench.store.client.hget(record, "s") for record in records} == {b"accepted"}
    if name == "holds":
        assert counted(bench) == {"submitted": 20, "s:accepted": 10, "s:waiting": 10}
        assert isinstance(answer, NothingTaken)
        assert (answer.status, answer.reason) == (Status.SPOILT, key)
        assert bench.sweep().spoilt == (BULK.name, key)
    if name in ("lanes", "closed"):
        with pytest.raises(KeySpoilt, match=name):
            bench.submit(["x"], GROUP)
    assert bench.store.client.type(key) == b"stream"


def test_message_whose_lane_cannot_be_named_keeps_no_other_from_being_settled(bench: Bench) -> None:
    bench.submit(10)
    settlement = accepted(bench.take())
    index, client = bench.store.keys.lane_index("main"), bench.store.client
    records = [bench.store.keys.record("main", key) for key in keys_of(10)]
    # Taken by another since: its lane is looked for in the index.
    client.hset(records[4], "k", "p2.1.1")
    client.rename(index, "aside")
    spoil(bench, "lanes")
    with pytest.raises(KeySpoilt, match="lanes"):
        bench.call(settlement=settlement)
    assert [place for place, each in enumerate(records) if client.hget(each, "s") == b"sending"] == [4]
    client.rename("aside", index)
    bench.repeat()
    assert bench.events("k00004") == ["late"]
    assert audit(bench.store).ok


def test_holds_that_cannot_be_read_hold_until_the_account_is_resumed(bench: Bench) -> None:
    bench.submit(20)
    spoil(bench, "holds")
    assert bench.rest().status is Status.SPOILT
    assert steer.resume(bench.store, Scope.ACCOUNT, "main", account="main")
    assert len(bench.drain_all()) == 2


def test_policy_that_cannot_be_read_loosens_nothing(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=0, on_uncertain=OnUncertain.PARK)
    bench.submit(20)
    batch = bench.take()
    spoil(bench, "policy")
    bench.take(settlement=verdicts(batch, Outcome.RETRY, delay_ms=1))
    assert {bench.state(each) for each in keys_of(10)} == {"uncertain"}


@pytest.mark.parametrize("start", OF_MESSAGE)
def test_spoilt_message_of_a_submit_spoils_no_other(bench: Bench, start: str) -> None:
    spoil(bench, f"{start}:k00200")
    told = bench.submit(500)
    spoilt = [place for place, each in enumerate(told) if each.outcome == "spoilt"]
    assert spoilt == ([200] if start == "m" else [])
    assert bench.counts()["submitted"] == 500 - len(spoilt)
    assert bench.wake_in_ms() is not None
    assert sum(map(len, bench.drain_all())) == 500 - len(spoilt)
    assert counted(bench) == {"submitted": 500 - len(spoilt), "s:accepted": 500 - len(spoilt)}


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.REJECTED, Outcome.BACK, Outcome.RETRY])
@pytest.mark.parametrize("start", OF_MESSAGE)
def test_spoilt_message_of_a_batch_spoils_no_other(bench: Bench, start: str, outcome: Outcome) -> None:
    bench.submit(20)
    batch = bench.take()
    spoil(bench, f"{start}:k00004")
    settlement = verdicts(batch, Outcome.ACCEPTED, of={"k00004": outcome})
    bench.take(settlement=settlement)
    for key in (each for each in keys_of(10) if each != "k00004"):
        assert bench.state(key) == "accepted"
    assert counted(bench)["s:accepted"] == (10 if start != "m" and outcome is Outcome.ACCEPTED else 9)


def test_record_in_a_state_that_nobody_knows_is_spoilt(bench: Bench) -> None:
    bench.store.client.hset(bench.store.keys.record("main", "k00001"), mapping={"s": "nowhere", "l": "1"})
    assert [each.outcome for each in bench.submit(3)] == ["added", "spoilt", "added"]


def test_key_that_comes_twice_in_a_call_is_added_once(bench: Bench) -> None:
    assert [each.outcome for each in bench.submit(["a", "b", "a"])] == ["added", "added", "duplicate"]
    assert bench.counts()["submitted"] == 2


@pytest.mark.parametrize("field", ["until", "step", "since"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e300", "-1"])
@pytest.mark.parametrize("reason", ["shut", "size"])
def test_hold_with_numbers_that_are_none_takes_nothing_half(
    bench: Bench, reason: str, field: str, value: str
) -> None:
    fields = {"since": "1", "until": "1", "step": "2"} | {field: value}
    text = ",".join(f'"{name}":{number}' for name, number in fields.items())
    bench.submit(5)
    bench.store.client.hset(
        bench.store.keys.holds("main"),
        f"lane {reason} {BULK.name}",
        f'{{{text},"by":"x","why":"","probe":""}}',
    )
    for _ in range(3):
        answer = bench.call()
        if not isinstance(answer, NothingTaken):
            bench.call(settlement=back(answer))
    assert bench.members("sending") == [key for key in keys_of(5) if bench.state(key) == "sending"]
    bench.sweep()
    assert audit(bench.store).ok


def test_codes_that_a_gateway_makes_up_do_not_fill_the_counts(bench: Bench) -> None:
    bench.submit(300)
    bench.most_items = 1
    batch = bench.call()
    for number in range(300):
        assert isinstance(batch, Batch)
        batch = bench.call(settlement=verdicts(batch, Outcome.FAILED, code=f"X{number}"))
    counts = bench.counts()
    assert len(counts) <= MOST_COUNTS + 1
    assert sum(n for name, n in counts.items() if name.startswith("c:")) == 300


@pytest.mark.parametrize("name", ["alive", "fleet"])
def test_processes_go_on_giving_signs_of_life(bench: Bench, name: str) -> None:
    store = bench.store
    announce(store, "p1", ANNOUNCEMENT)
    client: Any = store.client
    client.delete(store.keys.prefix + name)
    client.xadd(store.keys.prefix + name, {"foreign": "value"})
    aside: list[str] = []
    store.on_put_aside = aside.extend
    announce(store, "p1", ANNOUNCEMENT)
    alive(store, "p1", busy=0, revision=1)
    assert aside == [store.keys.prefix + name]
    assert "p1" in signs(store, alive(store, "p1", busy=0, revision=1).now_ms)
