"""Advertisements on their way in: their lane, their marks, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import UsageError
from plexsend.gateway.ad_marks import AdMarks
from plexsend.gateway.items import get_loader
from plexsend.outbox.states import State
from plexsend.outbox.submit import SubmitOutcome, Submitted
from plexsend.producers.guards import AccountGuards
from plexsend.producers.incoming import Incoming
from plexsend.producers.pipeline import Pipeline
from plexsend.producers.submissions import Submission
from plexsend.producers.terms import Terms
from plexsend.settings import NumberKey
from plexsend.testing.policies import MemoryPolicies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.submit import NewMessage

MARKS = AdMarks("한빛상점", "080-123-4567")


class Taker:
    """Takes everything in and remembers what came for which lane."""

    def __init__(self, outcome: SubmitOutcome = SubmitOutcome.ADDED) -> None:
        self.outcome = outcome
        self.taken: dict[str, list[dict[str, Any]]] = {}

    def add(self, lane: Lane, messages: Sequence[NewMessage], **_: object) -> list[Submitted]:
        self.taken.setdefault(lane.name, []).extend(json.loads(message.body) for message in messages)
        state = State.WAITING if self.outcome is SubmitOutcome.ADDED else None
        return [Submitted(self.outcome, state) for _ in messages]


def guards(**values: str) -> AccountGuards:
    """Return what holds where a person set these policies."""
    return AccountGuards(MemoryPolicies(values), "main")


def run(
    items: Sequence[Mapping[str, object]],
    taker: Taker,
    *,
    service: str = "lms-bulk",
    marks: AdMarks = MARKS,
    **terms: Any,
) -> Submission:
    known = guards(sender_name=marks.sender_name, refusal_number=marks.refusal_number)
    whole_terms = Terms(service, "main", **{"number_key": NumberKey("k" * 32), **terms})
    pipeline = Pipeline(whole_terms, get_loader(service), taker, guards=known)
    whole = Submission()
    for part in pipeline.run(Incoming(index, item) for index, item in enumerate(items)):
        whole.extend(part)
    return whole


def lms(**fields: object) -> dict[str, object]:
    return {"sender_number": "15881234", "receiver_number": "01023456789", "msg": "봄 할인", **fields}


@pytest.mark.parametrize(
    ("said", "terms", "lane"),
    [
        ({}, {}, "lms-bulk@main"),
        ({"advertisement": True}, {}, "lms-bulk/~ad@main"),
        ({"advertisement": "Y", "night_consent": "예"}, {}, "lms-bulk/~adn@main"),
        ({"advertisement": "", "night_consent": None}, {}, "lms-bulk@main"),
        ({}, {"advertisement": True}, "lms-bulk/~ad@main"),
        ({}, {"advertisement": True, "night_consent": True}, "lms-bulk/~adn@main"),
        ({"night_consent": "0"}, {"advertisement": True, "night_consent": True}, "lms-bulk/~ad@main"),
        ({"advertisement": "x"}, {"advertisement": True}, "lms-bulk@main"),
        ({"advertisement": True}, {"group": "spring"}, "lms-bulk/spring~ad@main"),
        ({"msg": "(광고) 한빛상점 봄"}, {}, "lms-bulk/~ad@main"),
    ],
)
def test_what_is_said_leads_to_a_lane(said: dict[str, object], terms: dict[str, Any], lane: str) -> None:
    taker = Taker()
    assert run([lms(**said)], taker, **terms).invalid == []
    (body,) = taker.taken[lane]
    assert not {"advertisement", "night_consent"} & set(body)
    assert body["msg"].startswith("(광고) 한빛상점") is ("~ad" in lane)


@pytest.mark.parametrize(
    ("said", "field", "reason"),
    [
        ({"advertisement": "vielleicht"}, "advertisement", "neither yes nor no"),
        ({"advertisement": 2}, "advertisement", "neither yes nor no"),
        ({"advertisement": False, "msg": "(광고) 한빛상점 봄"}, "advertisement", "is false"),
        ({"night_consent": True}, "night_consent", "not an advertisement"),
        ({"advertisement": True, "msg": "[광고] 봄"}, "msg", "variant"),
    ],
)
def test_what_does_not_go_together_is_refused(said: dict[str, object], field: str, reason: str) -> None:
    taker = Taker()
    submission = run([lms(**said), lms()], taker)
    (invalid,) = submission.invalid
    assert [(each.field, reason in each.reason) for each in invalid.problems] == [(field, True)]
    assert len(submission.added) == 1


@pytest.mark.parametrize(
    ("marks", "missing"),
    [(AdMarks("", ""), 2), (AdMarks("한빛상점", ""), 1), (AdMarks("", "080-123-4567"), 1)],
)
def test_without_what_the_law_asks_for_nothing_is_sent(marks: AdMarks, missing: int) -> None:
    submission = run([lms(advertisement=True), lms()], Taker(), marks=marks)
    (invalid,) = submission.invalid
    assert len(invalid.problems) == missing
    assert all("policy set" in problem.remedy for problem in invalid.problems)
    assert len(submission.added) == 1


def test_a_process_without_the_number_key_sends_no_advertisements() -> None:
    submission = run([lms(advertisement=True), lms()], Taker(), number_key=None)
    (invalid,) = submission.invalid
    assert [(each.field, "PLEXSEND_NUMBER_KEY" in each.reason) for each in invalid.problems] == [
        ("advertisement", True)
    ]
    assert len(submission.added) == 1


@pytest.mark.parametrize("outcome", [SubmitOutcome.OTHER_KEY, SubmitOutcome.TOO_EARLY])
def test_what_keeps_all_advertisements_of_a_call_is_said_of_each(outcome: SubmitOutcome) -> None:
    (invalid,) = run([lms(advertisement=True)], Taker(outcome)).invalid
    assert invalid.problems[0].field == "advertisement"
    assert invalid.problems[0].reason.startswith("cannot be sent")


def test_the_marks_are_counted_and_named_where_a_text_is_too_long() -> None:
    fits = "가" * 20
    submission = run(
        [
            lms(msg=fits, advertisement=True),
            lms(msg="가" * 40),
            lms(msg="가" * 40, advertisement=True),
        ],
        Taker(),
        service="sms-bulk",
    )
    (invalid,) = submission.invalid
    assert (invalid.index, [each.field for each in invalid.problems]) == (2, ["msg"])
    assert (
        "The marks that plexsend puts to an advertisement are 42 bytes of it." in invalid.problems[0].remedy
    )


def test_a_message_of_the_other_kind_is_refused_with_the_reason() -> None:
    (invalid,) = run([lms(advertisement=True)], Taker(SubmitOutcome.MIXED), group="spring").invalid
    (problem,) = invalid.problems
    assert problem.field == "advertisement"
    assert problem.reason == "is set, and the group spring holds other messages"
    (invalid,) = run([lms()], Taker(SubmitOutcome.MIXED), group="spring").invalid
    assert invalid.problems[0].reason == "is not set, and the group spring holds advertisements"


def test_consent_without_an_advertisement_is_a_wrong_call() -> None:
    with pytest.raises(UsageError, match="night_consent is for advertisements"):
        Terms("lms-bulk", "main", night_consent=True)


def test_the_origin_of_an_item_that_names_none_is_the_account_s() -> None:
    taker = Taker()
    known = guards(origin_cid="1234567890")
    pipeline = Pipeline(Terms("lms-bulk", "main"), get_loader("lms-bulk"), taker, guards=known)
    list(pipeline.run(Incoming(n, item) for n, item in enumerate([lms(), lms(origin_cid="987654321")])))
    assert [body["origin_cid"] for body in taker.taken["lms-bulk@main"]] == ["1234567890", "987654321"]


def test_an_import_is_another_one_where_what_its_rows_get_is_another() -> None:
    """What is put into rows is part of their keys: an import that goes on must not send them twice."""

    def facts(marks: AdMarks = MARKS, **terms: Any) -> tuple[str, ...]:
        known = guards(sender_name=marks.sender_name, refusal_number=marks.refusal_number)
        return Pipeline(
            Terms("lms-bulk", "main", **terms), get_loader("lms-bulk"), Taker(), guards=known
        ).facts()

    every = [
        facts(),
        facts(AdMarks("다른상점", "080-123-4567")),
        facts(AdMarks("한빛상점", "080-999-4567")),
        facts(advertisement=True),
        facts(advertisement=True, night_consent=True),
    ]
    assert len(set(every)) == len(every)
    assert facts() == facts()
