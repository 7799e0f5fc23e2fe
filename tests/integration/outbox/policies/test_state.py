"""Policies in Redis: changed at once, copied into every account, and never by something older."""

from __future__ import annotations

import threading

import pytest

from plexsend.errors import UsageError, ValuesRefused
from plexsend.outbox.policies.changes import history, put, unset
from plexsend.outbox.policies.known import LOOK_S, KnownPolicies
from plexsend.outbox.policies.state import agree, read, refresh, renew
from plexsend.outbox.policies.where import Where
from plexsend.outbox.redis.store import Store
from plexsend.outbox.replies import text
from plexsend.settings import OnUncertain, Policy
from plexsend.turn import Turn
from tests.integration.outbox.bench import BULK, OTHERS, Bench, accepted


def change(store: Store, where: str = "all", **values: object) -> None:
    put(store, Where.parse(where), values, by="anna", reason="agreed")


def in_account(store: Store, account: str = "main") -> dict[str, str]:
    found = store.client.hgetall(f"{store.keys.account(account)}policy")
    return {text(name): text(value) for name, value in found.items()}


def test_value_set_before_the_account_is_there_holds_from_its_first_message(bench: Bench) -> None:
    change(bench.store, "@main", linger_ms=60_000)
    bench.submit(["k"])
    assert bench.rest().reason == "linger"


def test_change_counts_for_the_next_take(bench: Bench) -> None:
    bench.submit(40)
    batch = bench.take()
    change(bench.store, "mms-bulk", rate_per_s=1)
    batch = bench.take(settlement=accepted(batch))
    batch = bench.take(settlement=accepted(batch))
    assert bench.rest(settlement=accepted(batch)).reason == "rate"


def test_value_of_one_account_is_not_that_of_another(bench: Bench) -> None:
    change(bench.store, "@others", linger_ms=60_000)
    bench.submit(["a"])
    bench.submit(["b"], OTHERS)
    assert bench.take().messages
    assert bench.rest("p1.2", lane=OTHERS).reason == "linger"


def test_older_state_never_replaces_a_newer_one(bench: Bench) -> None:
    bench.submit(["k"])
    older = read(bench.store)
    change(bench.store, rate_per_s=5)
    newer = in_account(bench.store)
    bench.store.client.hset(bench.store.keys.policy, "epoch", older.epoch)
    refresh(bench.store, ["main"])
    assert in_account(bench.store) == newer


def test_change_computed_from_an_older_state_is_refused(store: Store) -> None:
    epoch = read(store).epoch
    change(store, rate_per_s=5)
    assert agree(store, written={"asked mms-bulk rate_per_s": "1"}, expected=epoch) is None
    assert read(store).asked == {}


def test_asks_of_all_that_count_decide(store: Store) -> None:
    strict, loose = {"mms-bulk": {"rate_per_s": "10"}}, {"mms-bulk": {"rate_per_s": "100"}}
    assert renew(store, lambda: [strict, loose])
    assert read(store).of("main").service("mms-bulk").rate_per_s == 10
    assert not renew(store, lambda: [loose, strict])
    assert renew(store, lambda: [loose])
    assert not renew(store, list)
    assert read(store).of("main").service("mms-bulk").rate_per_s == 100


def test_ask_that_comes_while_others_are_counted_is_not_overruled(store: Store) -> None:
    strict, loose = {"mms-bulk": {"rate_per_s": "10"}}, {"mms-bulk": {"rate_per_s": "100"}}

    def count() -> list[dict[str, dict[str, str]]]:
        renew(store, lambda: [strict, loose])
        return [loose]

    assert not renew(store, count)
    assert read(store).of("main").service("mms-bulk").rate_per_s == 10


def test_value_that_is_taken_back_gives_way_to_what_is_asked_for(store: Store) -> None:
    renew(store, lambda: [{"mms-bulk": {"rate_per_s": "10"}}])
    change(store, "mms-bulk", rate_per_s=50, on_uncertain=OnUncertain.PARK)
    assert unset(store, Where("mms-bulk"), ["rate_per_s", "linger_ms"], by="bea") == ["rate_per_s"]
    policy = read(store).of("main").service("mms-bulk")
    assert (policy.rate_per_s, policy.on_uncertain) == (10, OnUncertain.PARK)


def test_history_says_who_changed_what_and_why(store: Store) -> None:
    change(store, "mms-bulk@main", rate_per_s=50.0)
    unset(store, Where("mms-bulk", "main"), ["rate_per_s"], by="bea", reason="test over")
    assert [(each.where, each.name, each.value, each.by, each.reason) for each in history(store)] == [
        ("mms-bulk@main", "rate_per_s", "50", "anna", "agreed"),
        ("mms-bulk@main", "rate_per_s", None, "bea", "test over"),
    ]


@pytest.mark.parametrize(
    ("where", "values", "words"),
    [
        ("all", {"rate": "5"}, "Did you mean rate_per_s"),
        ("mms-bulk", {"keep_days": "5"}, "whole account"),
        ("mms-bulk@main", {"only_to": "01012345678"}, "@main"),
        ("mms-balk", {"rate_per_s": "5"}, "no service"),
    ],
)
def test_what_is_not_a_policy_there_is_refused(
    store: Store, where: str, values: dict[str, object], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        put(store, Where.parse(where), values, by="anna", reason="x")
    assert read(store).epoch == 0


@pytest.mark.parametrize(
    "values",
    [
        {"rate_per_s": "fast"},
        {"connections": "0"},
        {"time_zone": "Asia/Atlantis"},
        {"only_to": "01012345678,0212345"},
        {"senders": ""},
        {"gateway_url.mms": "http://gateway.example"},
        {"retry_first_s": "100", "retry_longest_s": "10"},
    ],
)
def test_wrong_value_is_refused_and_changes_nothing(store: Store, values: dict[str, object]) -> None:
    with pytest.raises(ValuesRefused) as refused:
        put(store, Where(), values, by="anna", reason="x")
    assert refused.value.problems[0].field in values
    assert refused.value.problems[0].remedy
    assert "0212345" not in str(refused.value)
    assert read(store).epoch == 0


def test_spoilt_policies_count_as_not_there(bench: Bench) -> None:
    bench.submit(20)
    name = f"{bench.store.keys.account('main')}policy"
    bench.store.client.hset(
        name, mapping={"rate_per_s:mms-bulk": "x", "connections:mms-bulk": "", "reclaim_s": "y"}
    )
    bench.store.client.hset(
        bench.store.keys.policy, mapping={"all rate_per_s": "no JSON", "asked x": "1", "y": ""}
    )
    assert len(bench.take().messages) == 10
    assert read(bench.store).of("main").service("mms-bulk").rate_per_s == Policy().rate_per_s


def test_process_hears_of_a_change_within_a_second(store: Store) -> None:
    now = [0.0]
    known = KnownPolicies(store, lambda: now[0])
    assert known.service("mms-bulk", "main") == Policy()
    change(store, rate_per_s=5)
    known.look()
    assert known.service("mms-bulk", "main").rate_per_s == Policy().rate_per_s
    now[0] += LOOK_S
    known.look()
    assert known.service("mms-bulk", "main").rate_per_s == 5


def test_threads_that_take_turns_look_beside_each_other(valkey_url: str, prefix: str) -> None:
    turn = Turn()
    store = Store.connect(valkey_url, prefix, turn)
    known = KnownPolicies(store, turn=turn)
    looked = []

    def look_often() -> None:
        for _ in range(200):
            with turn:
                looked.append(known.catch_up(10**12))

    threads = [threading.Thread(target=look_often, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(looked) == 600
    assert all(looked)
    store.close()


def test_lane_named_by_a_route_of_its_own_has_the_policies_of_its_service(bench: Bench) -> None:
    change(bench.store, "mms-bulk", linger_ms=60_000)
    bench.submit(["k"], BULK)
    left = bench.wake_in_ms()
    assert left is not None
    # Not the 200 ms that hold elsewhere: as long as a lane sleeps at most.
    assert left > 4_000
