"""A Redis that went back in time: nothing that went since goes again before somebody has seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox import steer
from plexsend.outbox.advance import Mode, NothingTaken, Status, Ticket, advance
from plexsend.outbox.batches import Batch, Outcome
from plexsend.outbox.fallbacks import Fallback
from plexsend.outbox.holds import Reason, Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.receipts import Receipt, Reception, take_receipts
from plexsend.outbox.rewound import (
    Forgotten,
    Loss,
    SettleAs,
    finish,
    mark,
    report,
    rewind,
    settle,
    settle_known,
    touched,
)
from plexsend.outbox.states import State
from plexsend.outbox.submit import NewMessage
from plexsend.worker.memory import Memory
from tests.integration.outbox.bench import BULK, STAMP, Bench, accepted, back, keys_in, keys_of, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.batches import Settlement

HOUR_MS = 3_600_000
RCS = Lane("rcs-mms-bulk", "RMM", "main")
SPRING = Lane("mms-bulk", None, "main", "spring")


class Process:
    """A worker process: one drain, and what it remembers."""

    def __init__(self, bench: Bench, name: str = "p1.1") -> None:
        self.bench = bench
        self.name = name
        self.memory = Memory()
        self._sequence = 0

    def call(
        self, settlement: Settlement | None = None, lane: Lane = BULK, *, mode: Mode = Mode.TAKE
    ) -> Batch | NothingTaken:
        """Make the drain's next call."""
        self._sequence += 1
        return self.repeat(settlement, lane, mode=mode)

    def repeat(
        self, settlement: Settlement | None = None, lane: Lane = BULK, *, mode: Mode = Mode.TAKE
    ) -> Batch | NothingTaken:
        """Make the last call once more, as where its reply was lost."""
        answer = advance(
            self.bench.store,
            lane,
            Ticket(self.name, self._sequence),
            mode=mode,
            settlement=settlement,
            seen=self.memory.of(lane),
        )
        if isinstance(answer, Batch):
            self.memory.note(answer)
            # As its signs of life do.
            self.memory.hear(answer.taken_ms)
        return answer

    def send(self, batches: int = 1_000, lane: Lane = BULK) -> list[str]:
        """Send so many batches at most, and settle each; returns the keys."""
        sent: list[str] = []
        answer = self.call(lane=lane)
        while isinstance(answer, Batch):
            sent += keys_in(answer)
            batches -= 1
            if not batches:
                self.call(accepted(answer), lane, mode=Mode.STOP)
                return sent
            answer = self.call(accepted(answer), lane)
        return sent

    def report(self, *, is_known: bool = False) -> Forgotten:
        known = self.memory.accounts()["main"]
        return report(
            self.bench.store,
            "main",
            known.routes,
            here=known.here,
            seen_ms=self.memory.heard_ms,
            is_known=is_known,
        )


class Copy:
    """A copy of all that Redis holds."""

    def __init__(self, bench: Bench) -> None:
        client: Any = bench.store.client
        self._client = client
        self._bench = bench
        self._pattern = f"{bench.store.keys.prefix}*"
        # As it is while a worker is there: the account is swept all the time.
        bench.sweep(quota=0)
        self._values = {name: client.dump(name) for name in client.scan_iter(self._pattern)}

    def restore(self, *, age_ms: int = 0) -> None:
        """Put the copy in the place of what is there, as if it had been made so long ago."""
        for name in list(self._client.scan_iter(self._pattern)):
            self._client.delete(name)
        for name, value in self._values.items():
            self._client.restore(name, 0, value)
        if age_ms:
            self._bench.let_pass(age_ms, steadily=False)


@pytest.fixture
def process(bench: Bench) -> Iterator[Process]:
    yield Process(bench)
    assert audit(bench.store).discrepancies == ()


def settle_all(bench: Bench, as_: SettleAs, lane: Lane = BULK) -> int:
    return sum(settle(bench.store, lane, as_))


def lost(answer: Batch | NothingTaken) -> Forgotten:
    assert isinstance(answer, NothingTaken)
    assert answer.status is Status.FORGOT
    assert answer.forgotten is not None
    return answer.forgotten


def test_a_process_that_took_before_takes_nothing_from_an_old_copy(bench: Bench, process: Process) -> None:
    bench.submit(200)
    copy = Copy(bench)
    assert len(process.send()) == 200
    copy.restore(age_ms=HOUR_MS)
    found = lost(process.call())
    assert (found.loss, found.takes, found.messages) == (Loss.HELD, 20, 200)
    assert found.span_ms == pytest.approx(HOUR_MS, abs=5_000)
    assert bench.members("ready") == keys_of(200)


def test_the_hold_keeps_processes_that_know_nothing_too(bench: Bench, process: Process) -> None:
    bench.submit(20)
    copy = Copy(bench)
    process.send()
    copy.restore(age_ms=HOUR_MS)
    lost(process.call())
    hold = bench.standing("rewound")
    assert (hold.scope, hold.what, hold.by, hold.until_ms) == (Scope.ACCOUNT, "main", "plexsend", None)
    assert "20 messages" in hold.why
    assert f"{HOUR_MS // 1000}" in hold.why or f"{HOUR_MS // 1000 + 1}" in hold.why
    assert bench.rest("p2.1").status is Status.IDLE
    again = process.call()
    assert isinstance(again, NothingTaken)
    assert again.status is Status.IDLE, "it is not reported a second time"


def test_a_loss_of_moments_is_counted_and_sending_goes_on(bench: Bench, process: Process) -> None:
    bench.submit(30)
    copy = Copy(bench)
    process.send(2)
    copy.restore()
    found = lost(process.call())
    assert (found.loss, found.takes, found.messages) == (Loss.WARNED, 2, 20)
    assert bench.hold("rewound") is None
    assert bench.counts()["forgotten"] == 20
    assert process.send() == keys_of(30)


def test_what_was_under_way_is_counted_too_and_once(bench: Bench, process: Process) -> None:
    """Its take is remembered and its verdict is not: it goes again as what may have been sent."""
    bench.submit(30)
    first = process.call()
    assert isinstance(first, Batch)
    other = Process(bench, "p2.1")
    of_other = other.call()
    assert isinstance(of_other, Batch)
    copy = Copy(bench)
    process.call(accepted(first))
    other.call(accepted(of_other), mode=Mode.STOP)
    copy.restore()
    found = process.report(is_known=True)
    assert (found.loss, found.takes, found.messages) == (Loss.WARNED, 1, 30), "ten anew, twenty under way"
    assert other.report(is_known=True).loss is Loss.NONE
    assert bench.counts()["forgotten"] == 30


def test_what_was_under_way_in_a_group_is_counted_too(bench: Bench, process: Process) -> None:
    bench.submit(10, SPRING)
    batch = process.call(lane=SPRING)
    assert isinstance(batch, Batch)
    copy = Copy(bench)
    process.call(accepted(batch), SPRING)
    copy.restore()
    assert process.report(is_known=True).messages == 10


@pytest.mark.parametrize(("age_ms", "loss"), [(25_000, Loss.WARNED), (31_000, Loss.HELD)])
def test_half_a_minute_decides(bench: Bench, process: Process, age_ms: int, loss: Loss) -> None:
    bench.submit(10)
    copy = Copy(bench)
    process.send()
    copy.restore(age_ms=age_ms)
    assert lost(process.call()).loss is loss


def test_a_sweep_after_the_restore_does_not_hide_how_old_the_copy_is(bench: Bench, process: Process) -> None:
    bench.submit(10)
    copy = Copy(bench)
    process.send()
    copy.restore(age_ms=HOUR_MS)
    bench.sweep(quota=0)
    assert lost(process.call()).span_ms == pytest.approx(HOUR_MS, abs=5_000)


def test_another_gap_since_counts_as_not_known(bench: Bench, process: Process) -> None:
    """What shows how old the copy is was overwritten: then nothing says that little is gone."""
    bench.submit(10)
    copy = Copy(bench)
    process.send()
    copy.restore(age_ms=HOUR_MS)
    bench.sweep(quota=0)
    bench.let_pass(10_000, steadily=False)
    process.memory.heard_ms -= 20_000
    bench.sweep(quota=0)
    bench.store.client.hset(bench.store.keys.sweep("main"), "before", process.memory.heard_ms + 1)
    assert lost(process.call()).loss is Loss.HELD


def test_a_repeated_call_after_a_warning_takes(bench: Bench, process: Process) -> None:
    """The reply that warns was lost: the same call takes, and the count says what was forgotten."""
    bench.submit(10)
    copy = Copy(bench)
    process.send()
    copy.restore()
    lost(process.call())
    assert isinstance(process.repeat(), Batch)
    assert bench.counts()["forgotten"] == 10


def test_an_account_that_begins_anew_is_not_one_that_went_back(bench: Bench, process: Process) -> None:
    bench.submit(10)
    process.send()
    for name in bench.store.client.scan_iter(f"{bench.store.keys.prefix}*"):
        bench.store.client.delete(name)
    bench.submit(10)
    assert process.send() == keys_of(10)
    assert process.memory.of(BULK).takes == 1, "what was known of the other server is forgotten"


def test_what_came_back_unsent_did_not_go(bench: Bench, process: Process) -> None:
    bench.submit(10)
    copy = Copy(bench)
    answer = process.call()
    for _ in range(3):
        assert isinstance(answer, Batch)
        answer = process.call(back(answer))
    copy.restore(age_ms=HOUR_MS)
    found = lost(process.call())
    assert (found.takes, found.messages) == (4, 10), "the last one is in the gateway's hands"


def test_each_process_reports_what_it_alone_knows(bench: Bench, process: Process) -> None:
    bench.submit(60)
    copy = Copy(bench)
    process.send(2)
    other = Process(bench, "p2.1")
    other.send(3)
    copy.restore(age_ms=HOUR_MS)
    assert process.report().messages == 20
    assert other.report().messages == 30
    assert (process.report().takes, other.report().takes) == (0, 0)
    found = rewind(bench.store, "main")
    assert found is not None
    assert found.messages == 50
    assert touched(bench.store, BULK) == 50


def test_a_copy_of_another_time_holds_though_no_take_was_forgotten(bench: Bench, process: Process) -> None:
    bench.submit(10)
    process.send()
    copy = Copy(bench)
    copy.restore(age_ms=HOUR_MS)
    assert process.report(is_known=False).loss is Loss.NONE
    assert process.report(is_known=True).loss is Loss.HELD


def test_as_sent_ends_those_in_front_and_no_others(bench: Bench, process: Process) -> None:
    bench.submit(250)
    copy = Copy(bench)
    process.send(13)
    copy.restore(age_ms=HOUR_MS)
    lost(process.call())
    bench.submit(["new"])
    assert touched(bench.store, BULK) == 130
    assert settle_all(bench, SettleAs.SENT) == 130
    assert {bench.state(key) for key in keys_of(130)} == {State.ACCEPTED}
    assert bench.record("k00000").code == "PERSON"
    assert "Redis forgot" in bench.record("k00000").desc
    finish(bench.store, "main")
    assert bench.hold("rewound") is None
    assert process.send() == [*keys_of(250)[130:], "new"]


def test_what_was_added_since_is_not_settled_though_more_went_than_wait(
    bench: Bench, process: Process
) -> None:
    """Ten more were added, and went, in the time that is forgotten; an application adds them again."""
    bench.submit(20)
    copy = Copy(bench)
    bench.submit(keys_of(10, "forgotten"))
    assert len(process.send()) == 30
    copy.restore(age_ms=HOUR_MS)
    assert lost(process.call()).messages == 30
    bench.submit(keys_of(10, "forgotten"))
    assert touched(bench.store, BULK) == 20
    assert settle_all(bench, SettleAs.SENT) == 20
    finish(bench.store, "main")
    assert process.send() == keys_of(10, "forgotten")


def timed(bench: Bench, *keys: str) -> None:
    """Submit RCS messages whose fallbacks go ten seconds after the acceptance where no receipt came."""
    kept = Fallback(BULK, STAMP, b"{}", after_ms=10_000)
    messages = [NewMessage(key, b"{}", fallback=kept) for key in keys]
    bench.intake.add(RCS, messages, stamp=STAMP, form=3)


@pytest.mark.parametrize("as_", SettleAs)
def test_as_sent_no_fallback_goes_for_a_receipt_that_was_forgotten(
    bench: Bench, process: Process, as_: SettleAs
) -> None:
    timed(bench, "before", "early", "late")
    assert process.send(1, RCS) == ["before", "early", "late"]
    timed(bench, "after")
    copy = Copy(bench)
    process.send(1, RCS)
    take_receipts(bench.store, "main", [Receipt(key, "74002") for key in ("before", "after")])
    assert process.send() == ["before~f", "after~f"]
    copy.restore(age_ms=HOUR_MS)
    assert process.report().loss is Loss.HELD
    bench.let_pass(700_000)
    assert bench.members("ready") == []
    settle_all(bench, as_, RCS)
    settle_all(bench, as_)
    # A receipt that comes only now still counts.
    take_receipts(bench.store, "main", [Receipt("late", "74002")])
    finish(bench.store, "main")
    bench.let_pass(20_000)
    if as_ is SettleAs.SENT:
        assert process.send() == ["late~f"]
        assert "forgot" in bench.record("before").history[-1].detail
        # What is accepted from now on has its time.
        timed(bench, "new")
        process.send(1, RCS)
        bench.let_pass(20_000)
        assert process.send() == ["new~f"]
    else:
        assert process.send(1, RCS) == ["after"]
        bench.let_pass(20_000)
        assert set(process.send()) == {"before~f", "early~f", "late~f", "after~f"}


def test_what_an_archive_knows_to_have_gone_has_its_fallback_by_no_time(
    bench: Bench, process: Process
) -> None:
    timed(bench, "a")
    copy = Copy(bench)
    process.send(1, RCS)
    copy.restore(age_ms=HOUR_MS)
    assert process.report().loss is Loss.HELD
    assert settle_known(bench.store, RCS, {"a": "C100"}) == 1
    assert bench.record("a").fallback_due_ms is None
    finish(bench.store, "main")
    bench.let_pass(700_000)
    assert process.send() == []


def known_keys(bench: Bench, process: Process) -> dict[str, State | None]:
    """Return how messages end of which the gateway says that it knows their keys, though none was tried."""
    batch = process.call()
    assert isinstance(batch, Batch)
    assert not any(message.may_have_been_sent for message in batch.messages)
    process.call(verdicts(batch, Outcome.REJECTED, code="71003"), mode=Mode.STOP)
    return {key: bench.state(key) for key in keys_in(batch)}


@pytest.mark.parametrize("ends", ["moments", "a decision"])
def test_a_key_that_the_gateway_knows_proves_that_what_redis_forgot_was_sent(
    bench: Bench, process: Process, ends: str
) -> None:
    bench.submit(["a", "b"])
    copy = Copy(bench)
    process.send()
    copy.restore(age_ms=0 if ends == "moments" else HOUR_MS)
    lost(process.call())
    if ends == "a decision":
        finish(bench.store, "main")
    bench.let_pass(10)
    bench.submit(["submitted since"])
    accepted_both = dict.fromkeys(("a", "b"), State.ACCEPTED)
    assert known_keys(bench, process) == {**accepted_both, "submitted since": State.REJECTED}
    assert bench.record("a").desc == "the gateway knew the key: Redis had forgotten that it was sent"


def test_a_key_that_the_gateway_knows_is_a_proof_where_a_person_says_what_redis_forgot(
    bench: Bench, process: Process
) -> None:
    bench.submit(["a"])
    now = queries.server_ms(bench.store)
    assert mark(bench.store, "main", from_ms=now - HOUR_MS, to_ms=now, by="kim", why="disk lost")
    finish(bench.store, "main")
    assert known_keys(bench, process) == {"a": State.ACCEPTED}


def test_what_was_submitted_in_the_same_ms_was_submitted_before(bench: Bench, process: Process) -> None:
    bench.submit(["a"])
    position_us = bench.store.client.zscore(bench.store.keys.lane("main", BULK.name, "ready"), "a")
    assert isinstance(position_us, float)
    forgotten = bench.store.keys.forgotten("main")
    # A position is in µs, and Redis's clock was read in whole ms.
    bench.store.client.hset(forgotten, "takes_until", str(int(position_us) // 1000))
    assert known_keys(bench, process) == {"a": State.ACCEPTED}


def test_as_resend_sends_them_again_as_what_may_have_been_sent(bench: Bench, process: Process) -> None:
    bench.submit(250)
    copy = Copy(bench)
    process.send(13)
    copy.restore(age_ms=HOUR_MS)
    lost(process.call())
    assert settle_all(bench, SettleAs.RESEND) == 130
    assert touched(bench.store, BULK) == 0
    finish(bench.store, "main")
    flagged = [bench.record(key).may_have_been_sent for key in keys_of(250)]
    assert flagged == [True] * 130 + [False] * 120
    assert len(process.send()) == 250, "ten in a request, as ever"


def test_what_was_being_sent_waits_for_the_decision_too(bench: Bench, process: Process) -> None:
    bench.submit(20)
    batch = process.call()
    assert isinstance(batch, Batch)
    copy = Copy(bench)
    process.send()
    process.call(accepted(batch))
    copy.restore(age_ms=HOUR_MS)
    lost(process.call())
    bench.let_pass(120_000)
    assert bench.find_abandoned() == [], "nobody reclaims it meanwhile"
    assert touched(bench.store, BULK) == 20
    settle_all(bench, SettleAs.SENT)
    assert {bench.state(key) for key in keys_of(20)} == {State.ACCEPTED}
    finish(bench.store, "main")


def test_what_was_being_sent_goes_again_where_a_person_says_so(bench: Bench, process: Process) -> None:
    bench.submit(20)
    assert isinstance(process.call(), Batch)
    copy = Copy(bench)
    process.send()
    copy.restore(age_ms=HOUR_MS)
    lost(process.call())
    assert settle_all(bench, SettleAs.RESEND) == 20
    finish(bench.store, "main")
    assert process.send() == keys_of(20)


@pytest.mark.parametrize("as_", list(SettleAs))
def test_receipt_decides_what_was_being_sent_whatever_a_person_says(
    bench: Bench, process: Process, as_: SettleAs
) -> None:
    bench.submit(20)
    batch = process.call()
    copy = Copy(bench)
    process.send()
    copy.restore(age_ms=HOUR_MS)
    lost(process.call())
    delivered, undelivered, known, *others = keys_in(batch)
    receipts = [Receipt(delivered, "0"), Receipt(undelivered, "8"), Receipt(known, "q")]
    assert set(take_receipts(bench.store, "main", receipts)) == {Reception.KEPT}
    settle_all(bench, as_)
    finish(bench.store, "main")
    assert bench.state(delivered) is State.DELIVERED
    assert bench.state(undelivered) is State.UNDELIVERED
    # That its key was taken is a proof.
    assert bench.state(known) is State.ACCEPTED
    assert bench.state(others[0]) is (State.ACCEPTED if as_ is SettleAs.SENT else State.WAITING)


def test_what_was_scheduled_counts_if_it_was_due_by_then(bench: Bench, process: Process) -> None:
    soon = queries.server_ms(bench.store) + 1_000
    bench.submit(["soon"], send_at_ms=soon)
    bench.submit(["late"], send_at_ms=soon + 2 * HOUR_MS)
    copy = Copy(bench)
    bench.let_pass(2_000)
    assert process.send() == ["soon"]
    copy.restore(age_ms=HOUR_MS)
    lost(process.call())
    assert settle_all(bench, SettleAs.SENT) == 1
    assert (bench.state("soon"), bench.state("late")) == (State.ACCEPTED, State.SCHEDULED)


def test_a_verdict_that_comes_late_is_not_forgotten(bench: Bench, process: Process) -> None:
    """The drains that were at work bring what they know, before the hold or after it."""
    bench.submit(40)
    copy = Copy(bench)
    other = Process(bench, "p2.1")
    of_other = other.call()
    mine = process.call()
    assert isinstance(of_other, Batch)
    assert isinstance(mine, Batch)
    copy.restore(age_ms=HOUR_MS)
    assert lost(process.call(accepted(mine))).messages == 10
    other.call(verdicts(of_other, Outcome.RETRY, delay_ms=1_000))
    assert touched(bench.store, BULK) == 0
    assert bench.record("k00000").may_have_been_sent


def test_a_decision_that_was_interrupted_goes_on(bench: Bench, process: Process) -> None:
    bench.submit(400)
    copy = Copy(bench)
    process.send(25)
    copy.restore(age_ms=HOUR_MS)
    lost(process.call())
    assert next(iter(settle(bench.store, BULK, SettleAs.SENT))) == 0, "nothing was being sent"
    assert settle_all(bench, SettleAs.SENT) == 250
    assert settle_all(bench, SettleAs.SENT) == 0
    assert bench.counts()["s:accepted"] == 250


def test_each_lane_of_a_route_is_decided_by_itself(bench: Bench, process: Process) -> None:
    bench.submit(20)
    bench.submit(keys_of(20, "g"), SPRING)
    copy = Copy(bench)
    process.send(1)
    process.send(1, SPRING)
    copy.restore(age_ms=HOUR_MS)
    lost(process.call())
    assert [touched(bench.store, lane) for lane in (BULK, SPRING)] == [20, 20], "how it fell is not known"
    settle_all(bench, SettleAs.SENT, SPRING)
    assert [touched(bench.store, lane) for lane in (BULK, SPRING)] == [20, 0]


def test_a_person_marks_a_restore_that_nobody_noticed(bench: Bench, process: Process) -> None:
    bench.submit(20)
    now = queries.server_ms(bench.store)
    assert mark(bench.store, "main", from_ms=now - HOUR_MS, to_ms=now, by="kim", why="disk lost")
    hold = bench.standing("rewound")
    assert (hold.by, hold.why) == ("kim", "disk lost")
    assert not mark(bench.store, "main", from_ms=now, to_ms=now, by="lee", why="again")
    found = rewind(bench.store, "main")
    assert found is not None
    assert (found.from_ms, found.messages) == (now - HOUR_MS, None)
    assert bench.rest(process.name).status is Status.IDLE
    assert settle_all(bench, SettleAs.SENT) == 20
    finish(bench.store, "main")


def test_what_a_process_remembers_from_before_a_decision_about_all_is_nothing_new(
    bench: Bench, process: Process
) -> None:
    bench.submit(20)
    copy = Copy(bench)
    process.send()
    copy.restore(age_ms=HOUR_MS)
    mark(bench.store, "main", from_ms=0, to_ms=queries.server_ms(bench.store), by="kim", why="restored")
    settle_all(bench, SettleAs.RESEND)
    finish(bench.store, "main")
    assert process.report(is_known=True).loss is Loss.NONE
    assert process.send() == keys_of(20)


def test_a_higher_memory_after_a_decision_holds_again(bench: Bench, process: Process) -> None:
    bench.submit(40)
    copy = Copy(bench)
    process.send(1)
    other = Process(bench, "p2.1")
    other.send(1)
    copy.restore(age_ms=HOUR_MS)
    process.report()
    settle_all(bench, SettleAs.SENT)
    finish(bench.store, "main")
    found = other.report()
    assert (found.loss, found.messages) == (Loss.HELD, 10)
    assert touched(bench.store, BULK) == 10


@pytest.mark.parametrize("part", ["forgotten", "holds"])
def test_a_loss_that_cannot_be_written_down_yet_is_not_lost(
    bench: Bench, process: Process, part: str
) -> None:
    """Another program put a text in the place of a key: nothing goes, and the loss is found again."""
    bench.submit(10)
    copy = Copy(bench)
    process.send()
    copy.restore(age_ms=HOUR_MS)
    key = bench.store.keys.account("main") + part
    bench.store.client.delete(key)
    bench.store.client.set(key, "a text")
    if part == "holds":
        spoilt = process.call()
        assert isinstance(spoilt, NothingTaken)
        assert spoilt.status is Status.SPOILT
        bench.store.client.delete(key)
    assert lost(process.call() if part == "forgotten" else process.repeat()).loss is Loss.HELD
    bench.store.client.delete(bench.store.keys.account("main") + "spoilt:" + part)


def test_counts_that_another_program_spoilt_are_not_a_redis_that_went_back(
    bench: Bench, process: Process
) -> None:
    bench.submit(20)
    process.send(1)
    key = bench.store.keys.lane("main", BULK.name, "counts")
    saved: Any = bench.store.client.dump(key)
    bench.store.client.delete(key)
    bench.store.client.set(key, "a text")
    assert process.send() == keys_of(20)[10:]
    assert "forgotten" not in bench.counts()
    assert bench.counts()["takes"] == 2
    bench.store.client.delete(key, bench.store.keys.account("main") + "spoilt:mms-bulk@main:counts")
    bench.store.client.restore(key, 0, saved)
    bench.store.client.hset(key, mapping={"s:waiting": 0, "s:accepted": 20})


def test_resume_does_not_end_it_unsaid(bench: Bench, process: Process) -> None:
    bench.submit(10)
    copy = Copy(bench)
    process.send()
    copy.restore(age_ms=HOUR_MS)
    lost(process.call())
    assert steer.resume(bench.store, Scope.ACCOUNT, "main", account="main") == []
    assert bench.standing("rewound").reason is Reason.REWOUND


def test_what_somebody_knows_to_have_gone_is_settled_between_two_calls_of_a_decision(bench: Bench) -> None:
    keys = [f"k{i:03}" for i in range(160)]
    bench.submit(keys)
    process = Process(bench)
    copy = Copy(bench)
    process.send(15)
    copy.restore(age_ms=HOUR_MS)
    assert process.report().loss is Loss.HELD
    assert touched(bench.store, BULK) == 150
    decision = settle(bench.store, BULK, SettleAs.RESEND)
    assert [next(decision), next(decision)] == [0, 100]
    # One that was decided about, one that was not, one that is behind those that were to be, a stranger.
    known = {"k005": "C100", "k120": "", "k159": "C100", "strange": "C100"}
    assert settle_known(bench.store, BULK, known) == 3
    assert settle_known(bench.store, BULK, known) == 0
    assert sum(decision) == 48
    states = {key: bench.state(key) for key in keys}
    assert [key for key, state in states.items() if state is State.ACCEPTED] == ["k005", "k120", "k159"]
    resent = [key for key in keys if "m" in bench.record(key).flags]
    # 150 went: 100 were decided about, two of the others are known.
    assert resent == [key for key in keys[:149] if key != "k120"]
    finish(bench.store, "main")
    assert audit(bench.store).discrepancies == ()
