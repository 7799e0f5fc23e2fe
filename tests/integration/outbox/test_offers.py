"""What receipts offer is decided by a person, and what persons change can be traced."""

from __future__ import annotations

import pytest

from plexsend.outbox.offers import OfferDecision, decide, offered_at
from plexsend.outbox.reading.figures import read_figures
from plexsend.outbox.suppression import (
    Suppressing,
    SuppressionKind,
    Suppressions,
    SuppressionSource,
    Suppressor,
    counts,
)
from plexsend.outbox.suppression_log import Unanswered, read_log, unanswered_of
from tests.integration.outbox.bench import NUMBER_KEY, Bench

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
FIRST_MS = 20_000 * DAY_MS
RECEIPT = Suppressor(SuppressionSource.RECEIPT, "", "nobody has the number")
ANNA = Suppressor(SuppressionSource.PERSON, "anna", "monthly look")
NUMBERS = [f"0102000{n:04}" for n in range(60)]
OFFERED, ALL, ADS = SuppressionKind.OFFERED, SuppressionKind.ALL, SuppressionKind.ADS


def offer(bench: Bench) -> Suppressions:
    """Offer forty numbers on one day and twenty on the next."""
    own = Suppressions(bench.store, "main", NUMBER_KEY)
    own.add(NUMBERS[:40], OFFERED, RECEIPT, since_ms=FIRST_MS, told=True)
    own.add(NUMBERS[40:], OFFERED, RECEIPT, since_ms=FIRST_MS + DAY_MS, told=True)
    own.add(NUMBERS[:1], ADS, RECEIPT)
    return own


def kinds(own: Suppressions, number: str) -> set[SuppressionKind]:
    return {one.kind for one in own.look([number])[0]}


def test_what_was_offered_on_a_day_is_accepted_and_the_rest_waits(bench: Bench) -> None:
    own = offer(bench)
    assert offered_at(bench.store, "main") == {FIRST_MS: 40, FIRST_MS + DAY_MS: 20}
    until_ms = FIRST_MS + DAY_MS
    count = decide(
        bench.store, "main", OfferDecision.ACCEPT, ANNA, run="r1", since_ms=FIRST_MS, until_ms=until_ms
    )
    assert count == 40
    assert kinds(own, NUMBERS[0]) == {ALL, ADS}
    assert kinds(own, NUMBERS[50]) == {OFFERED}
    entry = next(one for one in own.look(NUMBERS[1:2])[0])
    assert (entry.origin, entry.told) == (ANNA, True)
    assert {kind: counts(bench.store, "main")[kind] for kind in (ALL, OFFERED, ADS)} == {
        ALL: 40,
        OFFERED: 20,
        ADS: 1,
    }
    assert bench.store.client.hget(bench.store.keys.account("main") + "policy", "suppresses_all") == b"1"
    assert decide(bench.store, "main", OfferDecision.ACCEPT, ANNA, run="r1b", until_ms=until_ms) == 0


def test_what_is_declined_is_offered_no_more(bench: Bench) -> None:
    own = offer(bench)
    assert decide(bench.store, "main", OfferDecision.DECLINE, ANNA, run="r2") == 60
    assert (kinds(own, NUMBERS[0]), kinds(own, NUMBERS[50])) == ({ADS}, set())
    assert (offered_at(bench.store, "main"), counts(bench.store, "main")[ALL]) == ({}, 0)
    (change,) = read_log(bench.store, "main")
    assert (change.act, change.count, change.origin) == ("decline", 60, ANNA)


def test_what_is_suppressed_already_is_not_counted_twice(bench: Bench) -> None:
    own = offer(bench)
    own.add(NUMBERS[:1], ALL, RECEIPT)
    assert decide(bench.store, "main", OfferDecision.ACCEPT, ANNA, run="r3") == 60
    assert [one.kind for one in own.look(NUMBERS[:1])[0]].count(ALL) == 1
    assert counts(bench.store, "main")[ALL] == 60


def test_a_run_of_many_calls_is_one_entry_of_the_log_and_others_stay_apart(bench: Bench) -> None:
    own = Suppressions(bench.store, "main", NUMBER_KEY, run="import1")
    other = Suppressions(bench.store, "main", NUMBER_KEY, run="other1")
    many = [f"010{n + 20_000_000}" for n in range(1_200)]
    own.add(many, ADS, ANNA)
    assert other.remove(many[:3], origin=ANNA) == [Suppressing.REMOVED] * 3
    own.add(["01099998888"], ADS, ANNA)
    other.remove(["01099997777"], origin=ANNA)
    assert [(one.act, one.count) for one in read_log(bench.store, "main")] == [("remove", 3), ("add", 1_201)]
    # What belongs to no run is in none.
    Suppressions(bench.store, "main", NUMBER_KEY).add(["01099996666"], ADS, ANNA)
    assert len(read_log(bench.store, "main")) == 2


def test_the_log_has_its_end_and_bears_what_another_program_wrote(bench: Bench) -> None:
    key = bench.store.keys.suppressing("main")
    bench.store.client.rpush(key, *(["spoilt"] * 1_100))
    Suppressions(bench.store, "main", NUMBER_KEY, run="r").add(NUMBERS[:1], ADS, ANNA)
    assert bench.store.client.llen(key) == 1_000
    assert [one.act for one in read_log(bench.store, "main")] == ["add"]


def test_unanswered_refusals_are_counted_by_day_as_they_change(bench: Bench) -> None:
    def unanswered() -> Unanswered:
        return unanswered_of(bench.store.client.hgetall(bench.store.keys.unanswered("main")))

    own = Suppressions(bench.store, "main", NUMBER_KEY)
    own.add(NUMBERS[:3], ADS, RECEIPT, since_ms=FIRST_MS + 5 * HOUR_MS)
    own.add(NUMBERS[3:5], ADS, RECEIPT, since_ms=FIRST_MS + DAY_MS)
    own.add(NUMBERS[5:7], ADS, RECEIPT, since_ms=FIRST_MS, told=True)
    own.add(NUMBERS[:1], ALL, RECEIPT, since_ms=FIRST_MS)
    assert unanswered() == Unanswered(5, FIRST_MS)
    own.tell(NUMBERS[:2], origin=ANNA)
    own.tell(NUMBERS[:2], origin=ANNA)
    assert unanswered() == Unanswered(3, FIRST_MS)
    own.remove(NUMBERS[:3], origin=ANNA)
    assert unanswered() == Unanswered(2, FIRST_MS + DAY_MS)
    own.tell(NUMBERS[3:5], origin=ANNA)
    assert (unanswered(), bench.store.client.exists(bench.store.keys.unanswered("main"))) == (
        Unanswered(0, 0),
        0,
    )


def test_figures_have_them_for_accounts_with_suppressions_alone(bench: Bench) -> None:
    bench.submit(["a"])
    assert (read_figures(bench.store).suppressed, read_figures(bench.store).unanswered) == ({}, {})
    Suppressions(bench.store, "main", NUMBER_KEY).add(NUMBERS[:2], ADS, RECEIPT, since_ms=FIRST_MS)
    figures = read_figures(bench.store)
    assert figures.suppressed == {"main": {"ads": 2, "all": 0, "seen": 0, "offered": 0}}
    assert figures.unanswered == {"main": Unanswered(2, FIRST_MS)}


@pytest.mark.parametrize("decision", list(OfferDecision))
def test_nothing_offered_is_nothing_decided(bench: Bench, decision: OfferDecision) -> None:
    assert decide(bench.store, "main", decision, ANNA, run="r") == 0
    assert read_log(bench.store, "main") == []
