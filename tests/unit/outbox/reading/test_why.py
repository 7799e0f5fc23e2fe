from __future__ import annotations

from dataclasses import replace

import pytest

from plexsend.gateway.codes import OWN_CODES
from plexsend.outbox.holds import Hold, Reason, Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.days import LimitedDay
from plexsend.outbox.reading.quiet import Quiet
from plexsend.outbox.reading.why import Facts, explain
from plexsend.outbox.records import HistoryEvent, Record
from plexsend.outbox.states import FINAL, State
from plexsend.settings import Policy

NOW = 1_800_000_000_000
POLICY = Policy(rate_per_s=100, linger_ms=200)
RECORD = Record(
    msg_key="k1",
    state=State.WAITING,
    lane=Lane("mms-bulk", None, "main"),
    submitted_ms=NOW - 5_000,
    attempts=0,
    tries=0,
    code="",
    stamp="",
    token="",
    flags="",
    position=(NOW - 5_000) * 1000,
    ended_ms=None,
    send_at_ms=None,
    expires_at_ms=None,
)
FACTS = Facts(record=RECORD, now_ms=NOW, holds=(), ahead=0, due_ms=None, ready=1, workers=1)
PAUSE = Hold(
    account="main",
    scope=Scope.ACCOUNT,
    what="main",
    reason=Reason.PAUSE,
    since_ms=NOW - 60_000,
    until_ms=None,
    step_ms=0,
    by="kim",
    why="month end",
    probing=False,
)
CREDIT = replace(PAUSE, reason=Reason.CREDIT, by="gateway", until_ms=NOW + 12_000, step_ms=30_000)


def kinds(facts: Facts) -> list[str]:
    return [cause.kind for cause in explain(facts, POLICY).causes]


def test_nothing_in_the_way_says_so_and_goes_at_once() -> None:
    found = explain(FACTS, POLICY)
    assert [cause.kind for cause in found.causes] == ["next"]
    assert found.estimate_s == 0


def test_a_pause_names_who_why_since_when_and_how_it_ends_and_gives_no_estimate() -> None:
    found = explain(replace(FACTS, holds=(PAUSE,)), POLICY)
    (cause,) = found.causes
    assert cause.kind == "hold"
    for words in ("kim", "month end", "a person resumes it"):
        assert words in cause.text
    assert cause.since_ms == NOW - 60_000
    assert found.estimate_s is None


def test_a_credit_hold_is_estimated_by_its_next_probe() -> None:
    found = explain(replace(FACTS, holds=(CREDIT,)), POLICY)
    assert found.causes[0].until_ms == NOW + 12_000
    assert found.estimate_s == pytest.approx(12)


@pytest.mark.parametrize("holds", [(PAUSE, CREDIT), (CREDIT, PAUSE)])
def test_a_pause_beside_a_credit_hold_leaves_no_estimate(holds: tuple[Hold, ...]) -> None:
    assert explain(replace(FACTS, holds=holds), POLICY).estimate_s is None


def test_those_ahead_are_counted_and_paced_by_the_rate() -> None:
    found = explain(replace(FACTS, ahead=1_019, ready=2_000), POLICY)
    assert [cause.kind for cause in found.causes] == ["behind", "rate"]
    assert "1,019 messages" in found.causes[0].text
    # Two batches may go at once, a thousand behind them take ten seconds.
    assert found.estimate_s == pytest.approx(10)


def test_without_a_rate_those_ahead_cost_no_time_that_can_be_told() -> None:
    found = explain(replace(FACTS, ahead=1_019, ready=2_000), replace(POLICY, rate_per_s=0))
    assert [cause.kind for cause in found.causes] == ["behind"]
    assert found.estimate_s == 0


def test_a_young_message_lingers_for_the_rest_of_its_time() -> None:
    young = replace(RECORD, position=(NOW - 50) * 1000)
    found = explain(replace(FACTS, record=young, ready=3), POLICY)
    assert [cause.kind for cause in found.causes] == ["linger"]
    assert found.estimate_s == pytest.approx(0.15)


def test_a_full_batch_does_not_linger() -> None:
    assert kinds(replace(FACTS, record=replace(RECORD, position=NOW * 1000), ready=10)) == ["next"]


def test_no_worker_alive_is_named_with_what_to_type() -> None:
    found = explain(replace(FACTS, workers=0), POLICY)
    assert found.causes[0].kind == "no_worker"
    assert "start one with `plexsend worker`" in found.causes[0].text
    assert found.estimate_s is None


def test_scheduled_until_its_time() -> None:
    record = replace(RECORD, state=State.SCHEDULED, position=None, send_at_ms=NOW + 3_600_000)
    found = explain(replace(FACTS, record=record, ahead=None, due_ms=NOW + 3_600_000, ready=0), POLICY)
    assert found.causes[0].kind == "scheduled"
    assert found.causes[0].until_ms == NOW + 3_600_000
    assert found.estimate_s == pytest.approx(3600)


def test_a_backoff_tells_what_went_wrong() -> None:
    trouble = HistoryEvent(NOW - 100, "postpone", "C500_1", "server trouble")
    record = replace(RECORD, state=State.SCHEDULED, flags="ma", history=(trouble,))
    found = explain(replace(FACTS, record=record, ahead=None, due_ms=NOW + 4_000, ready=0), POLICY)
    assert "C500_1: server trouble" in found.causes[0].text


def test_parked_says_how_to_settle_it() -> None:
    record = replace(
        RECORD, state=State.UNCERTAIN, history=(HistoryEvent(NOW, "park", "NO_ANSWER", "reset"),)
    )
    found = explain(replace(FACTS, record=record, ahead=None), POLICY)
    assert found.causes[0].kind == "parked"
    assert "plexsend uncertain settle k1" in found.causes[0].text
    assert found.estimate_s is None


@pytest.mark.parametrize("state", FINAL)
def test_what_has_ended_says_how(state: State) -> None:
    record = replace(RECORD, state=state, code="G141", ended_ms=NOW - 1_000)
    cause, *more = explain(replace(FACTS, record=record, ahead=None), POLICY).causes
    assert [each.kind for each in more] == (["receipt"] if state is State.UNKNOWN else [])
    assert cause.kind == "ended"
    assert str(state) in cause.text
    assert cause.since_ms == NOW - 1_000


def test_a_wanted_cancel_is_told() -> None:
    assert "cancel_wanted" in kinds(replace(FACTS, record=replace(RECORD, state=State.SENDING, flags="c")))


def test_a_message_past_its_time_is_told_to_expire_in_its_turn() -> None:
    assert "expired" in kinds(replace(FACTS, record=replace(RECORD, expires_at_ms=NOW - 1)))


def test_limit_that_is_reached_today_says_when_it_goes_on() -> None:
    goes_on_ms = NOW + 3_600_000
    day = LimitedDay("main", "mms-bulk", 10_000, 10_000, goes_on_ms, "Asia/Seoul")
    answer = explain(replace(FACTS, day=day), Policy())
    assert [(cause.kind, cause.until_ms) for cause in answer.causes] == [("limit", goes_on_ms)]
    assert answer.causes[0].text.startswith("limited today: 10,000 of 10,000, goes on at ")
    assert answer.estimate_s == 3_600
    assert [c.kind for c in explain(replace(FACTS, day=replace(day, taken=9_999)), Policy()).causes] == [
        "next"
    ]


QUIET = Quiet("20:50-08:00", ((NOW + 3_600_000, NOW + 7_200_000),))


def test_an_advertisement_waits_for_the_morning() -> None:
    found = explain(replace(FACTS, quiet=QUIET), POLICY)
    (cause,) = found.causes
    assert (cause.kind, cause.until_ms, found.estimate_s) == ("quiet", NOW + 3_600_000, 3600)
    for words in ("waits for the morning", "KST", "policy quiet_hours 20:50-08:00", "night_consent"):
        assert words in cause.text


@pytest.mark.parametrize(
    ("due_ms", "waits"), [(NOW + 60_000, True), (NOW + 3_700_000, False), (NOW + 7_200_000, True)]
)
def test_of_what_is_scheduled_the_hours_count_in_which_it_is_due(due_ms: int, *, waits: bool) -> None:
    scheduled = replace(FACTS, record=replace(RECORD, state=State.SCHEDULED), due_ms=due_ms, quiet=QUIET)
    assert ("quiet" in kinds(scheduled)) is waits


def test_hours_that_nobody_wrote_down_are_said_to_be_missing() -> None:
    found = explain(replace(FACTS, quiet=Quiet("20:50-08:00", ((0, 1),))), POLICY)
    (cause,) = found.causes
    assert (cause.kind, cause.until_ms, found.estimate_s) == ("quiet", None, None)
    assert "plexsend worker" in cause.text


@pytest.mark.parametrize("code", ["SUPPRESSED", "AD_GAP", "AD_MARKS", "NO_NUMBER_HASH"])
def test_what_the_law_kept_from_going_says_what_to_do(code: str) -> None:
    ended = replace(
        RECORD,
        state=State.CANCELLED,
        code=code,
        ended_ms=NOW,
        history=(HistoryEvent(NOW, "cancel", code, "its words"),),
    )
    (cause,) = explain(replace(FACTS, record=ended), POLICY).causes
    assert cause.text == f"already ended: cancelled ({code}: its words). {OWN_CODES[code].remedy}"
