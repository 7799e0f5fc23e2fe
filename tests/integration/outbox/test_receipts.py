"""Receipts: what each does to its message, whenever it comes and whatever it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import OutboxMoved
from plexsend.outbox.advance import Mode
from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.receipts import Receipt, Reception, take_receipts
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act, ask
from plexsend.outbox.strays import read_strays
from tests.integration.outbox.bench import BULK, OTHERS, Bench, accepted, verdicts
from tests.integration.outbox.test_outcomes import published

if TYPE_CHECKING:
    from collections.abc import Iterator

RCS = Lane("rcs-mms-bulk", "RMM", "main")
DELIVERED, BUSY, WRONG_NUMBER, NOBODY_KNOWS, DUPLICATE = "0", "8", "2", "G430", "q"


@pytest.fixture(autouse=True)
def _books_are_right(bench: Bench) -> Iterator[None]:
    """Whatever a test did, everything adds up afterwards."""
    yield
    found = audit(bench.store)
    assert found.ok, found.discrepancies


def post(bench: Bench, key: str, code: str, **more: Any) -> Reception:
    (became,) = take_receipts(bench.store, "main", [Receipt(key, code, **more)])
    return became


def fields_of(bench: Bench, key: str) -> dict[str, str]:
    client: Any = bench.store.client
    found = client.hgetall(bench.store.keys.record("main", key))
    return {name.decode(): value.decode("latin-1") for name, value in found.items()}


def counted(bench: Bench) -> dict[str, int]:
    client: Any = bench.store.client
    found = client.hgetall(bench.store.keys.receipts("main"))
    return {name.decode(): int(value) for name, value in found.items() if name not in (b"first", b"last")}


def with_accepted(bench: Bench, key: str = "a", lane: Lane = BULK) -> str:
    bench.submit([key], lane)
    bench.stop(settlement=accepted(bench.take(lane=lane)), lane=lane)
    return key


def with_state(bench: Bench, state: State, key: str = "a") -> str:
    """Bring a message to a state, as workers and persons do."""
    if state is State.SCHEDULED:
        bench.submit([key], send_at_ms=server_ms(bench.store) + 60_000)
        return key
    if state in (State.DELIVERED, State.UNDELIVERED, State.UNKNOWN):
        with_accepted(bench, key)
        codes = {State.DELIVERED: DELIVERED, State.UNDELIVERED: BUSY, State.UNKNOWN: NOBODY_KNOWS}
        post(bench, key, codes[state])
        return key
    bench.submit([key], expires_at_ms=server_ms(bench.store) + 1 if state is State.EXPIRED else 0)
    if state is State.CANCELLED:
        ask(bench.store, "main", key, Act.CANCEL)
    elif state is State.EXPIRED:
        bench.let_pass(10)
        bench.rest()
    elif state is not State.WAITING:
        batch = bench.take()
        outcomes = {
            State.UNCERTAIN: (Outcome.PARK, "C500_1"),
            State.ACCEPTED: (Outcome.ACCEPTED, "C100"),
            State.REJECTED: (Outcome.REJECTED, "G140"),
            State.FAILED: (Outcome.FAILED, "C999"),
        }
        if state in outcomes:
            outcome, code = outcomes[state]
            bench.stop(settlement=verdicts(batch, outcome, code=code))
    assert bench.state(key) is state
    return key


def test_accepted_message_is_delivered(bench: Bench) -> None:
    key = with_accepted(bench)
    before = bench.record(key)
    assert post(bench, key, DELIVERED, carrier="LGU", done_ms=1_700_000_000_000) is Reception.SETTLED
    record = bench.record(key)
    assert (record.state, record.code, record.ended_ms) == (State.DELIVERED, "C100", before.ended_ms)
    assert record.receipt is not None
    assert (record.receipt.code, record.receipt.carrier) == (DELIVERED, "LGU")
    assert record.receipt.done_ms == 1_700_000_000_000
    assert not record.history
    (_, first), (id_, second) = published(bench)
    assert (first["s"], second["s"]) == ("accepted", "delivered")
    assert (second["c"], second["k"], second["m"]) == (DELIVERED, key, "LGU|1700000000000")
    assert id_.partition("-")[0] == fields_of(bench, key)["w"].rpartition("|")[2]
    client: Any = bench.store.client
    assert client.llen(f"{bench.store.keys.account('main')}ended") == 1
    assert counted(bench) == {"settled": 1, "delivered": 1}


@pytest.mark.parametrize("state", [state for state in State if state not in (State.SENDING, State.DELIVERED)])
def test_delivered_settles_from_every_state(bench: Bench, state: State) -> None:
    key = with_state(bench, state)
    assert post(bench, key, DELIVERED) is Reception.SETTLED
    assert bench.state(key) is State.DELIVERED
    # Nothing is left that would send it.
    bench.rest()
    client: Any = bench.store.client
    assert not client.exists(bench.store.keys.body("main", key))


UNDELIVERABLE = (State.UNCERTAIN, State.ACCEPTED, State.UNKNOWN)


@pytest.mark.parametrize("state", [state for state in State if state is not State.SENDING])
def test_undelivered_settles_only_what_was_sent(bench: Bench, state: State) -> None:
    code, key = BUSY, with_state(bench, state)
    became = post(bench, key, code)
    settles, repeats = state in UNDELIVERABLE, state is State.UNDELIVERED
    assert became is (Reception.SETTLED if settles else Reception.REPEATED if repeats else Reception.NOTED)
    assert bench.state(key) is (State.UNDELIVERED if settles else state)
    if became is Reception.NOTED:
        assert bench.record(key).history[-1].event == "receipt"
        assert bench.record(key).history[-1].code == code
        # The gateway posts up to ten times: the history does not grow with it.
        assert post(bench, key, code) is Reception.REPEATED


def test_every_code_that_says_undelivered_does(bench: Bench) -> None:
    for code in (BUSY, WRONG_NUMBER, "D", "K", "a", "d", "p"):
        key = with_accepted(bench, f"key-{code}")
        assert post(bench, key, code) is Reception.SETTLED
        assert bench.state(key) is State.UNDELIVERED


@pytest.mark.parametrize("state", [state for state in State if state is not State.SENDING])
def test_outcome_that_nobody_knows_ends_what_was_sent(bench: Bench, state: State) -> None:
    key = with_state(bench, state)
    became = post(bench, key, NOBODY_KNOWS)
    settles = state in (State.UNCERTAIN, State.ACCEPTED)
    repeats = state is State.UNKNOWN
    assert became is (Reception.SETTLED if settles else Reception.REPEATED if repeats else Reception.NOTED)
    assert bench.state(key) is (State.UNKNOWN if settles else state)


@pytest.mark.parametrize("delay_ms", [0, 60_000])
@pytest.mark.parametrize(
    ("code", "state"),
    [
        (DELIVERED, State.DELIVERED),
        (BUSY, State.UNDELIVERED),
        (NOBODY_KNOWS, State.UNKNOWN),
        (DUPLICATE, State.ACCEPTED),
        ("c", State.ACCEPTED),
    ],
)
def test_message_that_waits_to_be_sent_again_is_settled(
    bench: Bench, delay_ms: int, code: str, state: State
) -> None:
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.RETRY, code="C500_1", delay_ms=delay_ms))
    assert post(bench, "a", code) is Reception.SETTLED
    record = bench.record("a")
    assert (record.state, record.code) == (state, "C500_1")
    assert record.history[-1].code == code
    bench.let_pass(120_000)
    assert bench.drain_all() == []


def test_parked_message_is_accepted_by_the_proof_that_its_key_was_taken(bench: Bench) -> None:
    key = with_state(bench, State.UNCERTAIN)
    assert post(bench, key, DUPLICATE) is Reception.SETTLED
    assert bench.state(key) is State.ACCEPTED
    assert post(bench, key, DELIVERED) is Reception.SETTLED
    assert bench.state(key) is State.DELIVERED


@pytest.mark.parametrize("state", [state for state in State if state not in (State.SENDING, State.UNCERTAIN)])
def test_proof_of_a_key_says_nothing_against_a_message(bench: Bench, state: State) -> None:
    key = with_state(bench, state)
    assert post(bench, key, DUPLICATE) is Reception.NOTED
    assert bench.state(key) is state


@pytest.mark.parametrize(("code", "state"), [(BUSY, State.UNDELIVERED), (DELIVERED, State.DELIVERED)])
def test_message_rejected_because_its_key_was_known_is_settled(bench: Bench, code: str, state: State) -> None:
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.REJECTED, code="71003"))
    assert post(bench, "a", code) is Reception.SETTLED
    assert bench.state("a") is state
    client: Any = bench.store.client
    assert client.zcard(bench.store.keys.lane("main", BULK.name, "dead")) == 0


@pytest.mark.parametrize("codes", [(NOBODY_KNOWS, BUSY, DELIVERED), (DELIVERED, BUSY, NOBODY_KNOWS)])
def test_receipts_only_raise(bench: Bench, codes: tuple[str, ...]) -> None:
    key = with_accepted(bench)
    for code in codes:
        post(bench, key, code)
    record = bench.record(key)
    assert record.state is State.DELIVERED
    assert record.receipt is not None
    assert record.receipt.code == DELIVERED


def test_double_of_a_receipt_changes_nothing(bench: Bench) -> None:
    key = with_accepted(bench)
    twice = [Receipt(key, DELIVERED), Receipt(key, DELIVERED)]
    assert take_receipts(bench.store, "main", twice) == [Reception.SETTLED, Reception.REPEATED]
    before = fields_of(bench, key), published(bench)
    assert post(bench, key, DELIVERED) is Reception.REPEATED
    assert (fields_of(bench, key), published(bench)) == before


@pytest.mark.parametrize("lane", [BULK, RCS])
@pytest.mark.parametrize("code", ["0", "00000", "73001", "71003", "q", "2", "D", "nonsense"])
def test_codes_are_read_by_the_product_of_our_own_record(bench: Bench, lane: Lane, code: str) -> None:
    key = with_accepted(bench, lane=lane)
    mms = {"0": State.DELIVERED, "2": State.UNDELIVERED, "D": State.UNDELIVERED, "q": State.ACCEPTED}
    rcs = {"00000": State.DELIVERED, "73001": State.UNDELIVERED, "71003": State.ACCEPTED}
    post(bench, key, code)
    assert bench.state(key) is (rcs if lane is RCS else mms).get(code, State.UNKNOWN)


class TestWhileSending:
    """A receipt that comes before the request is answered decides once it is settled."""

    @pytest.mark.parametrize("outcome", list(Outcome))
    @pytest.mark.parametrize(
        ("code", "state"),
        [(DELIVERED, State.DELIVERED), (BUSY, State.UNDELIVERED), (NOBODY_KNOWS, State.UNKNOWN)],
    )
    def test_it_decides_whatever_the_verdict_is(
        self, bench: Bench, outcome: Outcome, code: str, state: State
    ) -> None:
        bench.submit(["a", "b"])
        batch = bench.take()
        assert post(bench, "a", code) is Reception.KEPT
        assert bench.state("a") is State.SENDING
        assert published(bench) == []
        bench.stop(settlement=verdicts(batch, outcome, code="X"))
        record = bench.record("a")
        assert (record.state, record.code, record.flags.count("r")) == (state, "X", 0)
        assert record.receipt is not None
        assert record.receipt.code == code
        assert "h" not in fields_of(bench, "a")
        # Its neighbour ends as it would have.
        assert bench.state("b") not in (State.DELIVERED, State.UNDELIVERED, State.UNKNOWN)
        before = fields_of(bench, "a"), published(bench)
        bench.repeat()
        assert (fields_of(bench, "a"), published(bench)) == before

    @pytest.mark.parametrize("codes", [(BUSY, DELIVERED), (DELIVERED, BUSY), (DUPLICATE, BUSY), (BUSY, "q")])
    def test_the_highest_counts(self, bench: Bench, codes: tuple[str, str]) -> None:
        bench.submit(["a"])
        batch = bench.take()
        for code in codes:
            post(bench, "a", code)
        bench.stop(settlement=accepted(batch))
        assert bench.state("a") is (State.DELIVERED if DELIVERED in codes else State.UNDELIVERED)

    @pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.RETRY])
    def test_history_has_what_a_higher_one_replaced(self, bench: Bench, outcome: Outcome) -> None:
        bench.submit(["a"])
        batch = bench.take()
        came = [post(bench, "a", code) for code in (NOBODY_KNOWS, BUSY, BUSY, DELIVERED, BUSY)]
        assert came == [Reception.KEPT] * 2 + [Reception.REPEATED, Reception.KEPT, Reception.REPEATED]
        bench.stop(settlement=verdicts(batch, outcome))
        told = [(event.event, event.code, event.detail) for event in bench.record("a").history]
        words = "it came while it was being sent; one that says more came behind it"
        assert told[:2] == [("receipt", NOBODY_KNOWS, words), ("receipt", BUSY, words)]
        assert told[2:] == (
            []
            if outcome is Outcome.ACCEPTED
            else [("deliver", DELIVERED, "by its receipt, which came while it was being sent")]
        )

    def test_its_double_is_known(self, bench: Bench) -> None:
        bench.submit(["a"])
        batch = bench.take()
        assert [post(bench, "a", BUSY), post(bench, "a", BUSY)] == [Reception.KEPT, Reception.REPEATED]
        bench.stop(settlement=accepted(batch))

    @pytest.mark.parametrize(
        ("outcome", "state"),
        [
            (Outcome.ACCEPTED, State.ACCEPTED),
            (Outcome.RETRY, State.ACCEPTED),
            (Outcome.PARK, State.ACCEPTED),
            (Outcome.BACK, State.WAITING),
            (Outcome.REJECTED, State.REJECTED),
        ],
    )
    def test_proof_of_the_key_counts_where_a_request_may_have_sent_it(
        self, bench: Bench, outcome: Outcome, state: State
    ) -> None:
        bench.submit(["a"])
        batch = bench.take()
        assert post(bench, "a", DUPLICATE) is Reception.KEPT
        bench.stop(settlement=verdicts(batch, outcome, code="X"))
        assert bench.state("a") is state
        if state is State.WAITING:
            found = fields_of(bench, "a")
            assert not {"w", "h"} & set(found)
            assert found["f"] == ""

    def test_drain_that_died_does_not_keep_it(self, bench: Bench) -> None:
        bench.submit(["a"])
        batch = bench.take()
        post(bench, "a", DELIVERED)
        bench.settle(verdicts(batch, Outcome.RETRY, code="NO_VERDICT"))
        assert bench.state("a") is State.DELIVERED
        # Its drain lives after all.
        bench.stop(settlement=accepted(batch))
        assert bench.state("a") is State.DELIVERED

    def test_cancel_that_was_wanted_gives_way(self, bench: Bench) -> None:
        bench.submit(["a"])
        batch = bench.take()
        ask(bench.store, "main", "a", Act.CANCEL)
        post(bench, "a", DELIVERED)
        bench.stop(settlement=verdicts(batch, Outcome.BACK))
        assert bench.state("a") is State.DELIVERED


def test_answer_that_comes_again_after_the_receipt_is_not_late(bench: Bench) -> None:
    """The reply to the settlement was lost, and the receipt came before it was made again."""
    bench.submit(["a"])
    batch = bench.take()
    bench.call(mode=Mode.STOP, settlement=accepted(batch))
    post(bench, "a", DELIVERED)
    bench.repeat()
    assert not bench.record("a").history
    assert "late" not in bench.counts()


class TestStrangers:
    """Keys that the account of the path does not know."""

    def test_unknown_key_is_kept_apart(self, bench: Bench) -> None:
        with_accepted(bench)
        receipts = [Receipt("order 1", "0"), Receipt("x" * 200, "0"), Receipt("01012345678", "9" * 30)]
        assert take_receipts(bench.store, "main", receipts) == [Reception.STRANGER] * 3
        found = read_strays(bench.store)
        assert [(stray.account, stray.msg_key, stray.code) for stray in found] == [
            ("main", "order_1", "0"),
            ("main", "x" * 128, "0"),
            ("main", "****5678", "9" * 24),
        ]
        # None of a message of the account came.
        client: Any = bench.store.client
        assert client.hgetall(bench.store.keys.receipts("main")) == {b"stranger": b"3"}

    def test_no_more_than_a_thousand_are_kept(self, bench: Bench) -> None:
        with_accepted(bench)
        take_receipts(bench.store, "main", [Receipt(f"x{n}", "0") for n in range(1_200)])
        found = read_strays(bench.store)
        assert (len(found), found[-1].msg_key) == (1_000, "x1199")
        assert counted(bench) == {"stranger": 1_200}

    def test_key_of_another_account_under_the_same_secret_is_found(self, bench: Bench) -> None:
        with_accepted(bench, "a")
        with_accepted(bench, "b", OTHERS)
        receipts = [Receipt("a", "0"), Receipt("b", "0"), Receipt("c", "0")]
        became = take_receipts(bench.store, "main", receipts, also=["main", "others"])
        assert became == [Reception.SETTLED, Reception.SETTLED, Reception.STRANGER]
        assert (bench.state("a"), bench.state("b", "others")) == (State.DELIVERED, State.DELIVERED)

    def test_key_that_several_others_know_is_never_guessed(self, bench: Bench) -> None:
        third = Lane("mms-bulk", None, "third")
        bench.store.client.set(bench.store.keys.here("third"), 0)
        for lane in (OTHERS, third):
            with_accepted(bench, "b", lane)
        became = take_receipts(bench.store, "main", [Receipt("b", "0")], also=["others", "third"])
        assert became == [Reception.STRANGER]
        assert bench.state("b", "others") is bench.state("b", "third") is State.ACCEPTED

    def test_account_of_the_path_comes_first(self, bench: Bench) -> None:
        with_accepted(bench, "a")
        with_accepted(bench, "a", OTHERS)
        take_receipts(bench.store, "main", [Receipt("a", "0")], also=["others"])
        assert (bench.state("a"), bench.state("a", "others")) == (State.DELIVERED, State.ACCEPTED)

    def test_emptied_server_takes_nothing(self, bench: Bench) -> None:
        bench.store.client.delete(bench.store.keys.here("main"))
        with pytest.raises(OutboxMoved):
            take_receipts(bench.store, "main", [Receipt("a", "0")])
        assert read_strays(bench.store) == []

    def test_account_that_was_never_used_is_no_fault_where_another_was(self, bench: Bench) -> None:
        with_accepted(bench, "b", OTHERS)
        receipts = [Receipt("b", "0"), Receipt("c", "0")]
        became = take_receipts(bench.store, "empty", receipts, also=["others"])
        assert became == [Reception.SETTLED, Reception.STRANGER]


def test_history_says_what_an_earlier_receipt_said(bench: Bench) -> None:
    key = with_state(bench, State.UNDELIVERED)
    post(bench, key, DELIVERED)
    assert bench.record(key).history[-1].detail == f"by its receipt; an earlier one said {BUSY}"


def test_code_and_carrier_that_no_record_could_hold_are_cut(bench: Bench) -> None:
    key = with_accepted(bench)
    post(bench, key, "no|such code" * 9, carrier="K T|에스케이티", done_ms=-5)
    assert fields_of(bench, key)["w"].startswith("no_such_codeno_such_code|K_T_____||")
    assert len(fields_of(bench, key)["w"]) <= 64


def test_key_that_another_program_spoilt_does_not_keep_the_others(bench: Bench) -> None:
    client: Any = bench.store.client
    names = [with_accepted(bench, name) for name in ("a", "b")]
    client.set(bench.store.keys.receipts("main"), "x")
    took = take_receipts(bench.store, "main", [Receipt(name, "0") for name in names])
    assert {bench.state(name) for name in names} == {State.DELIVERED}
    assert set(took) <= {Reception.SETTLED, Reception.REPEATED}
    client.delete(f"{bench.store.keys.account('main')}spoilt:receipts")


def test_forgotten_messages_are_no_longer_counted_once_delivered(bench: Bench) -> None:
    bench.submit(["a"])
    client: Any = bench.store.client
    forgotten = f"{bench.store.keys.account('main')}forgotten"
    client.hset(forgotten, BULK.name, 1)
    post(bench, "a", DELIVERED)
    assert client.hget(forgotten, BULK.name) == b"0"
    client.delete(forgotten)
