"""What of the law on advertisements the oracle sees."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.chaos.evidence import Event, Evidence, Fleet
from tests.chaos.in_force import Policies
from tests.chaos.law import Law, Refusals, opens_between
from tests.chaos.load import FALLBACK_MARK, first_of, lane_of, receiver_of
from tests.chaos.promises import Promise
from tests.chaos.sequel import Receipt, Sequel
from tests.unit.chaos.made_up import broken, evidence, record, request, told

if TYPE_CHECKING:
    from tests.chaos.evidence import Record

# 15:00 in Korea.
DAY = datetime(2026, 11, 30, 6, tzinfo=UTC).timestamp()
AD = "b1-ad.a.7"
CLOSED, OPEN = "14:00-08:00", "20:50-08:00"


def sent(
    key: str = AD, at: float = DAY, mark: str = "marked", of: Record | None = None, **more: Any
) -> Evidence:
    """Return the evidence of one advertisement that the gateway accepted."""
    seen = request(key, at=at, to=(receiver_of(key),), marks=(mark,))
    return evidence([told(key, at - 60)], [seen], {key: of or record(key)}, **more)


def under(*hours: tuple[float, str]) -> dict[str, Any]:
    """Return what was in force: from when, and quiet hours."""
    policies = Policies()
    for at, text in hours:
        for moment in (at, at + 1):
            policies.note("main", moment, {"quiet_hours": text})
    return {"fleet": Fleet(policies=policies)}


def refused(asked_at: float, kind: str = "ads", back_at: float | None = None) -> dict[str, Any]:
    """Return that the advertisement's number refused, and perhaps took that back."""
    refusals = Refusals()
    for each in refusals.add("main", [receiver_of(AD)], kind, asked_at):
        each.answered_at = asked_at + 1
        if back_at is not None:
            each.taken_back_at, each.gone_at = back_at, back_at + 1
    return {"law": Law(refusals)}


@pytest.mark.parametrize(
    ("hours", "start", "end", "opens"),
    [
        (OPEN, DAY, DAY + 1, True),
        (CLOSED, DAY, DAY + 1, False),
        (CLOSED, DAY - 3605, DAY - 3600, True),
        (CLOSED, DAY - 3600, DAY - 3590, False),
        ("20:50-16:00", DAY + 3590, DAY + 3600, True),
        # The law, whatever a policy says.
        ("23:00-06:00", DAY + 7 * 3600, DAY + 8 * 3600, False),
    ],
)
def test_hours_are_those_of_the_policy_in_korean_time(
    hours: str, start: float, end: float, *, opens: bool
) -> None:
    assert opens_between(hours, start, end) is opens


def test_an_advertisement_in_quiet_hours_is_a_break() -> None:
    assert broken(sent(**under((DAY - 600, CLOSED)))) == {Promise.QUIET}
    assert broken(sent(**under((DAY - 600, OPEN)))) == set()


def test_what_was_taken_just_before_the_hours_may_arrive() -> None:
    assert broken(sent(**under((DAY - 600, OPEN), (DAY - 3, CLOSED)))) == set()
    assert broken(sent(**under((DAY - 600, OPEN), (DAY - 9, CLOSED)))) == {Promise.QUIET}


def test_who_agreed_and_who_gets_no_advertisement_are_not_kept_waiting() -> None:
    assert broken(sent("b1-adn.a.7", **under((DAY - 600, CLOSED)))) == set()
    assert broken(sent("b1.a.7", mark="plain", **under((DAY - 600, CLOSED)))) == set()


def test_a_fallback_waits_as_its_message_does() -> None:
    key = "m1-ad.a.2" + FALLBACK_MARK
    lane = lane_of(key)
    assert (lane and lane.name, first_of(key)) == ("mms-bulk/~ad@main", "m1-ad.a.2")


@pytest.mark.parametrize("mark", ["plain", "torn"])
def test_an_advertisement_that_lacks_a_mark_is_a_break(mark: str) -> None:
    assert broken(sent(mark=mark)) == {Promise.MARKS}


def test_an_order_notice_with_marks_is_a_break() -> None:
    assert broken(sent("b1.a.7")) == {Promise.MARKS}


def test_an_advertisement_after_a_refusal_is_a_break() -> None:
    assert broken(sent(**refused(DAY - 30))) == {Promise.REFUSED}
    # It may have been taken before.
    assert broken(sent(**refused(DAY - 4))) == set()
    assert broken(sent(**refused(DAY - 30, back_at=DAY - 20))) == set()


def test_order_notices_go_to_who_refused_advertisements_and_not_where_nobody_is() -> None:
    for kind, breaks in (("ads", set()), ("all", {Promise.REFUSED})):
        found = sent("b1.a.8", mark="plain")
        refusals = Refusals()
        for each in refusals.add("main", [receiver_of("b1.a.8")], kind, DAY - 30):
            each.answered_at = DAY - 29
        found.law = Law(refusals)
        assert broken(found) == breaks


def test_a_receipt_that_says_so_is_a_refusal_too() -> None:
    receipt = Receipt("b1.a.8", "D", DAY - 40, posted_at=DAY - 31, taken_at=DAY - 30)
    law = Law(of_receipts={("main", receiver_of(AD)): [receipt]})
    found = sent(law=law, sequel=Sequel(receipts={"b1.a.8": [receipt]}))
    assert broken(found) == {Promise.REFUSED}


def test_suppressed_without_a_refusal_is_a_break() -> None:
    ended = record(AD, "cancelled", "SUPPRESSED", Event(DAY, "cancel", "SUPPRESSED"))
    found = evidence([told(AD, DAY - 60)], [], {AD: ended})
    assert broken(found) == {Promise.END}
    found.law = refused(DAY - 30)["law"]
    assert broken(found) == set()


def test_a_second_advertisement_within_a_day_is_a_break() -> None:
    keys = ("b2-ad.a.6", "b2-ad.a.7")
    assert receiver_of(keys[0]) == receiver_of(keys[1])
    requests = [
        request(key, at=DAY + i, to=(receiver_of(key),), marks=("marked",)) for i, key in enumerate(keys)
    ]
    found = evidence([told(key, DAY - 60) for key in keys], requests, {key: record(key) for key in keys})
    assert broken(found) == set()
    found.law = Law(once_a_day_since=DAY - 50)
    assert broken(found) == {Promise.GAP}
