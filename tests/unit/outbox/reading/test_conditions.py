"""What operators are notified of, in words, and what they are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexsend.outbox.holds import Hold, Reason, Scope
from plexsend.outbox.notices import NoticeKind
from plexsend.outbox.reading.conditions import (
    disagreement_conditions,
    hold_conditions,
    limit_conditions,
    memory_conditions,
)
from plexsend.outbox.reading.disagreements import Disagreement

CREDIT = Hold(
    account="main",
    scope=Scope.ACCOUNT,
    what="main",
    reason=Reason.CREDIT,
    since_ms=1,
    until_ms=2,
    step_ms=30_000,
    by="gateway",
    why="G150",
    probing=False,
)


def test_a_hold_says_who_why_and_what_to_do_and_its_end_too() -> None:
    (one,) = hold_conditions([CREDIT])
    assert (one.kind, one.subject, one.state) == (NoticeKind.HOLD, "account credit main", "held")
    assert one.text.startswith(
        "Account main is held (credit) by gateway: G150. How it ends: one message probes"
    )
    assert one.text.endswith("At once: plexsend resume main")
    assert one.over == "Account main is not held any more (credit). It sends again."


@pytest.mark.parametrize(
    "hold",
    [
        replace(CREDIT, scope=Scope.LANE, what="mms-bulk@main", reason=Reason.SIZE),
        replace(CREDIT, scope=Scope.GROUP, what="spring", reason=Reason.PAUSE),
        replace(CREDIT, scope=Scope.LANE, what="mms-bulk/spring@main", reason=Reason.PAUSE),
    ],
)
def test_what_makes_batches_smaller_or_holds_a_group_is_nobodys_alarm(hold: Hold) -> None:
    assert list(hold_conditions([hold])) == []


def test_a_pause_of_a_service_in_many_accounts_is_one_condition() -> None:
    pause = replace(CREDIT, scope=Scope.SERVICE, what="mms-bulk", reason=Reason.PAUSE)
    assert len(list(hold_conditions([pause, replace(pause, account="shop")]))) == 1


def test_a_disagreement_names_both_sides_and_has_an_end() -> None:
    sides = {"asks for 20": ("web1 pid 7",), "asks for 10": ("web2 pid 3",)}
    (one,) = disagreement_conditions([Disagreement("rate_per_s of mms-bulk", sides)])
    assert "web1 pid 7 asks for 20; web2 pid 3 asks for 10" in one.text
    assert one.over == "Workers agree again about rate_per_s of mms-bulk."


@pytest.mark.parametrize(
    ("used", "state", "level"),
    [(0, None, None), (66, None, None), (68, "70", 0), (70, "70", 70), (79, "70", 70), (80, "80", 80)],
)
def test_memory_has_two_marks(used: int, state: str | None, level: int | None) -> None:
    found = list(memory_conditions(used, 100))
    assert [(one.state, one.level) for one in found] == ([] if state is None else [(state, level)])


def test_without_maxmemory_there_is_no_mark() -> None:
    assert list(memory_conditions(10**12, 0)) == []


@pytest.mark.parametrize(
    ("sent", "state"), [(0, None), (799, None), (800, "80"), (999, "80"), (1_000, "100"), (1_200, "100")]
)
def test_a_limit_has_two_marks(sent: int, state: str | None) -> None:
    found = list(limit_conditions("mms-bulk", "main", sent=sent, limit=1_000))
    assert [one.state for one in found] == ([] if state is None else [state])
    assert list(limit_conditions("mms-bulk", "main", sent=sent, limit=0)) == []


def test_a_limit_that_is_reached_says_when_the_rest_goes() -> None:
    (one,) = limit_conditions("mms-bulk", "main", sent=1_000, limit=1_000)
    assert one.text == (
        "mms-bulk of account main has sent 1,000 of 1,000 messages that it may send today. The rest goes "
        "after midnight. Raise it: plexsend policy set mms-bulk@main daily_limit=N --reason R"
    )
