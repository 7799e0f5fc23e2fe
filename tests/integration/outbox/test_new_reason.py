"""A reason to hold that nobody has thought of yet works by its row alone: the scripts know none by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

from plexsend.outbox.advance import NothingTaken, Status
from plexsend.outbox.batches import Effect, Outcome, Settlement
from plexsend.outbox.reading import queries
from plexsend.outbox.reasons import HOLD_RULES, Ends, HoldRule, Relief, Scope
from plexsend.outbox.redis.pieces import whole
from plexsend.outbox.redis.scripts import Script, parts
from tests.integration.outbox.bench import ANSWERED, BULK, OTHERS, STANDARD, Bench, accepted, back, verdicts

if TYPE_CHECKING:
    from plexsend.outbox.reasons import EffectKind, Reason

NEW = cast("Any", "curfew")
FIELD = "service curfew mms-bulk"
BEGUN = Effect(cast("EffectKind", NEW), 0, "not at night")


def rule(ends: Ends, **more: Any) -> HoldRule:
    """Return the row of a new reason that holds a service."""
    return HoldRule(cast("Reason", NEW), (Scope.SERVICE,), ends, how_it_ends="", begun_by=NEW, **more)


BY_PERSON = rule(Ends.BY_PERSON, most_at_once=0)
BY_TIME = rule(Ends.BY_TIME, most_at_once=0, lasts_ms=90_000)
BY_PROBE = rule(
    Ends.BY_PROBE,
    most_at_once=1,
    ended_by=Relief.ACCEPTED,
    first_step="shut_first_s",
    longest_step="shut_longest_s",
)
ONE_AT_ONCE = rule(Ends.BY_TIME, most_at_once=2, lasts_ms=90_000, begins_again=True)


@dataclass
class Night:
    """A bench whose scripts know one more reason."""

    bench: Bench

    def know(self, new: HoldRule) -> None:
        """Let the scripts know a reason beside all others."""
        store = self.bench.store
        for script in Script:
            text = whole(parts(script, (*HOLD_RULES, new)))
            store._scripts[script] = store.client.register_script(text)

    def begin(self, new: HoldRule, messages: int = 30) -> Bench:
        """Let an answer begin a hold of the new reason."""
        self.know(new)
        self.bench.submit(messages)
        self.bench.submit(["elsewhere"], STANDARD)
        self.bench.stop(settlement=back(self.bench.take(), ANSWERED, BEGUN))
        return self.bench


@pytest.fixture
def night(bench: Bench) -> Night:
    """A bench that learns a reason."""
    return Night(bench)


def look(bench: Bench) -> NothingTaken:
    answer = bench.call("p1.9")
    assert isinstance(answer, NothingTaken)
    return answer


@pytest.mark.parametrize("new", [BY_PERSON, BY_TIME, BY_PROBE], ids=lambda new: str(new.ends))
def test_its_scope_is_held_and_no_other(night: Night, new: HoldRule) -> None:
    bench = night.begin(new)
    assert (look(bench).status, look(bench).reason) == (Status.IDLE, FIELD)
    assert bench.take("p1.2", lane=STANDARD).messages
    bench.submit(["other account"], OTHERS)
    assert bench.take("p1.3", lane=OTHERS).messages


def test_one_for_a_person_does_not_end_by_itself(night: Night) -> None:
    bench = night.begin(BY_PERSON)
    bench.let_pass(3_600_000)
    assert look(bench).reason == FIELD


def test_one_for_a_time_ends_when_it_is_over_and_is_tidied(night: Night) -> None:
    bench = night.begin(BY_TIME)
    bench.let_pass(80_000)
    assert look(bench).reason == FIELD
    bench.let_pass(11_000)
    assert bench.take().messages
    bench.sweep(tidy=[BULK])
    assert not bench.store.client.hexists(bench.store.keys.holds("main"), FIELD)


def test_one_for_a_probe_lets_one_go_and_ends_by_what_the_row_says(night: Night) -> None:
    bench = night.begin(BY_PROBE)
    bench.let_pass(1_001)
    probe = bench.take()
    assert (len(probe.messages), probe.probe) == (1, True)
    bench.rest(settlement=verdicts(probe, Outcome.REJECTED, ANSWERED))
    assert look(bench).reason == FIELD
    bench.let_pass(1_001)
    assert len(bench.take(settlement=accepted(bench.take())).messages) == 10


def test_clock_set_back_cuts_one_for_a_probe(night: Night) -> None:
    bench = night.begin(BY_PROBE)
    bench.sweep()
    bench.let_pass(-3_600_000, steadily=False)
    bench.sweep()
    bench.let_pass(2_000)
    assert bench.take().probe


def test_one_that_lets_some_go_makes_batches_as_large(night: Night) -> None:
    bench = night.begin(ONE_AT_ONCE)
    assert len(bench.take().messages) == 2


@pytest.mark.parametrize(("new", "again"), [(BY_PERSON, False), (BY_TIME, False), (ONE_AT_ONCE, True)])
def test_answer_to_what_was_taken_before_its_end_begins_it_as_the_row_says(
    night: Night, new: HoldRule, *, again: bool
) -> None:
    night.know(new)
    bench = night.bench
    bench.submit(30)
    late = bench.take("p1.2")
    bench.stop(settlement=back(bench.take(), ANSWERED, BEGUN))
    bench.let_pass(10)
    bench.store.run(Script.STEER, "main", ["release", "", "", 0, FIELD])
    bench.call("p1.2", settlement=back(late, ANSWERED, BEGUN))
    assert bench.store.client.hexists(bench.store.keys.holds("main"), FIELD) == again


def test_reason_of_a_newer_version_is_left_out_where_people_look(night: Night) -> None:
    night.begin(BY_PERSON)
    assert queries.holds(night.bench.store, "main") == []


def test_settlement_without_the_effect_begins_nothing(night: Night) -> None:
    night.know(BY_TIME)
    night.bench.submit(10)
    batch = night.bench.take()
    night.bench.call(settlement=Settlement(batch.token, batch.take, back(batch).verdicts, (ANSWERED,)))
    assert not night.bench.store.client.exists(night.bench.store.keys.holds("main"))
