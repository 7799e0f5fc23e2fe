"""Why a group is not through: every cause with its figures, and what to do about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from plexsend.errors import Closing
from plexsend.outbox.holds import Hold, Reason, Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.flow import PartFacts
from plexsend.outbox.reading.group_why import GroupWhy, explain_group
from plexsend.outbox.reading.groups import GroupView
from plexsend.outbox.states import State
from plexsend.terminal.moments import WallClock

SPRING = Lane("mms-bulk", None, "main", "spring")
PAUSE = Hold("main", Scope.GROUP, "spring", Reason.PAUSE, 1, None, 0, "kim", "wrong price", probing=False)


def view(closing: Closing | None = None, **states: int) -> GroupView:
    counted = Counter({State(name): count for name, count in states.items()})
    return GroupView("spring", "mms-bulk", "main", (SPRING,), counted, (), closing)


def ask(seen: GroupView, *parts: PartFacts) -> GroupWhy:
    return explain_group("spring", "main", [seen], parts, WallClock())


def test_a_group_of_which_nothing_waits_is_well_and_has_no_cause() -> None:
    answer = ask(view(accepted=7, cancelled=3))
    assert (answer.total, answer.unsent, answer.causes, answer.is_well) == (10, 0, (), True)


def test_what_waits_under_a_hold_says_who_holds_it_and_how_it_is_resumed() -> None:
    waits = PartFacts("mms-bulk", "main", waiting=4, holds=(PAUSE,), held=4, oldest_s=60.0)
    answer = ask(view(waiting=4), waits)
    (cause,) = answer.causes
    assert (cause.kind, cause.count, answer.is_well) == ("held", 4, False)
    assert "kim: wrong price" in cause.text
    assert "`plexsend resume group:spring --account main`" in cause.remedy


def test_what_flows_says_how_long_it_would_take() -> None:
    flows = PartFacts(
        "mms-bulk", "main", waiting=600, processes=1, oldest_s=1.0, rate_per_s=10.0, sent_per_s=10.0
    )
    answer = ask(view(waiting=600), flows)
    (cause,) = answer.causes
    assert (cause.kind, cause.count, answer.is_well) == ("flowing", 600, True)
    assert "At 10 a second alone they would take 1 min." in cause.text


def test_a_run_with_a_lower_rate_of_its_own_takes_longer() -> None:
    flows = PartFacts(
        "mms-bulk", "main", waiting=600, processes=1, oldest_s=1.0, rate_per_s=600.0, sent_per_s=10.0
    )
    (cause,) = explain_group(
        "spring", "main", [view(waiting=600)], [flows], WallClock(), own_rate_per_s=10.0
    ).causes
    assert "At 10 a second alone they would take 1 min." in cause.text


def test_every_other_state_is_counted_with_what_to_do() -> None:
    seen = view(scheduled=1, sending=2, uncertain=3, rejected=4, failed=5)
    answer = ask(seen, PartFacts("mms-bulk", "main", scheduled=1, next_due_s=3600.0))
    assert [(cause.kind, cause.count) for cause in answer.causes] == [
        ("scheduled", 1),
        ("sending", 2),
        ("uncertain", 3),
        ("dead", 9),
    ]
    assert "the first in 1 h" in answer.causes[0].text
    assert "`plexsend uncertain list --lane mms-bulk/spring@main`" in answer.causes[2].remedy
    assert "`plexsend dead list --lane mms-bulk/spring@main`" in answer.causes[3].remedy
    assert (answer.total, answer.unsent, answer.is_well) == (15, 3, True)


def test_a_closed_group_says_who_cancelled_it_and_how_it_is_opened() -> None:
    answer = ask(view(Closing("spring", "main", 1, "anna", "wrong price"), cancelled=6))
    (cause,) = answer.causes
    assert (cause.kind, cause.count) == ("closed", 6)
    assert "cancelled by anna: wrong price" in cause.text
    assert "`plexsend resume group:spring --account main`" in cause.remedy


def test_a_paused_group_of_which_all_is_scheduled_says_that_it_is_paused() -> None:
    seen = replace(view(scheduled=2), holds=(PAUSE,))
    answer = ask(seen, PartFacts("mms-bulk", "main", scheduled=2, next_due_s=3600.0))
    paused, scheduled = answer.causes
    assert (paused.kind, paused.count, scheduled.kind) == ("paused", 2, "scheduled")
    assert "by kim: wrong price" in paused.text
    assert "`plexsend resume group:spring --account main`" in paused.remedy


def test_what_waits_for_the_morning_is_a_cause_of_its_own() -> None:
    morning = "from 08:00 KST on (policy quiet_hours 20:50-08:00)"
    answer = ask(view(waiting=5), PartFacts("mms-bulk", "main", quiet=5, morning=morning, processes=1))
    (cause,) = answer.causes
    assert (cause.kind, cause.count, cause.remedy, answer.is_well) == ("quiet", 5, "", True)
    assert cause.text == f"wait for the morning: advertisements go {morning}"
    never = ask(view(waiting=5), PartFacts("mms-bulk", "main", quiet=5, processes=1))
    assert (never.causes[0].kind, bool(never.causes[0].remedy), never.is_well) == ("quiet", True, False)
