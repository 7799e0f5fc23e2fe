"""Fallbacks on their way in: judged by the rules of their own service, kept beside their message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.ad_marks import AdMarks
from plexsend.gateway.items import get_loader
from plexsend.outbox.fallbacks import Fallback, FallbackFate, fallback_key, first_of, read_fate
from plexsend.outbox.lanes import Lane
from plexsend.outbox.states import State
from plexsend.outbox.submit import NewMessage, SubmitOutcome, Submitted
from plexsend.producers.incoming import Incoming
from plexsend.producers.pipeline import Pipeline
from plexsend.producers.submissions import Submission
from plexsend.producers.terms import Terms
from plexsend.settings import NumberKey
from tests.unit.gateway.rcs_items import GOOD
from tests.unit.producers.test_advertisements import guards

if TYPE_CHECKING:
    from collections.abc import Sequence

MARKS = AdMarks("한빛상점", "080-123-4567")
LMS = {"service": "lms-bulk", "msg": "주문이 준비되었습니다."}


class Taker:
    """Takes everything in and remembers it."""

    def __init__(self, outcome: SubmitOutcome = SubmitOutcome.ADDED) -> None:
        self.outcome = outcome
        self.taken: list[tuple[str, NewMessage]] = []

    def add(self, lane: Lane, messages: Sequence[NewMessage], **_: object) -> list[Submitted]:
        self.taken.extend((lane.name, message) for message in messages)
        state = State.WAITING if self.outcome is SubmitOutcome.ADDED else None
        return [Submitted(self.outcome, state) for _ in messages]

    @property
    def fallback(self) -> Fallback:
        """The fallback of the only message."""
        ((_, message),) = self.taken
        assert message.fallback is not None
        return message.fallback


def rcs(**fields: object) -> dict[str, Any]:
    return {**GOOD, "fallback": LMS, **fields}


def run(
    *items: object,
    taker: Taker | None = None,
    service: str = "rcs-mms-bulk",
    policies: Any = None,
    **terms: Any,
) -> Submission:
    known = guards(**(policies or {"sender_name": MARKS.sender_name, "refusal_number": MARKS.refusal_number}))
    whole_terms = Terms(service, "main", **{"number_key": NumberKey("k" * 32), **terms})
    pipeline = Pipeline(whole_terms, get_loader(service), taker or Taker(), guards=known)
    whole = Submission()
    for part in pipeline.run(Incoming(index, item) for index, item in enumerate(items)):
        whole.extend(part)
    return whole


def test_a_fallback_is_an_item_of_its_service_with_the_numbers_of_its_message() -> None:
    taker = Taker()
    assert run(rcs(), taker=taker).invalid == []
    kept = taker.fallback
    assert kept.lane == Lane("lms-bulk", None, "main")
    assert json.loads(kept.body) == {
        "msg_key": "k1~f",
        "sender_number": GOOD["sender_number"],
        "receiver_number": GOOD["receiver_number"],
        "msg": LMS["msg"],
    }
    ((_, message),) = taker.taken
    assert b"fallback" not in message.body
    assert kept.receiver == message.receiver


def test_it_may_go_to_another_number_from_another_number() -> None:
    taker = Taker()
    own = {**LMS, "receiver_number": "010-9876-5432", "sender_number": "02-2345-6789"}
    run(rcs(fallback=own), taker=taker)
    body = json.loads(taker.fallback.body)
    assert (body["receiver_number"], body["sender_number"]) == ("01098765432", "0223456789")
    ((_, message),) = taker.taken
    assert taker.fallback.receiver != message.receiver


@pytest.mark.parametrize("header", ["0", "1"])
@pytest.mark.parametrize("group", [None, "spring"])
def test_it_goes_into_the_same_group_and_is_an_advertisement_with_its_message(
    header: str, group: str | None
) -> None:
    taker = Taker()
    item = rcs(
        header=header, fallback={**LMS, "service": "mms-bulk", "file_path": ["http://a.example/b.jpg"]}
    )
    assert run(item, taker=taker, group=group).invalid == []
    ((lane, _),) = taker.taken
    assert taker.fallback.lane.name == lane.replace("rcs-mms-bulk.RMM", "mms-bulk")
    text = json.loads(taker.fallback.body)["msg"]
    assert text.startswith("(광고) 한빛상점") is (header == "1")
    assert text.endswith("080-123-4567") is (header == "1")


def test_consent_for_the_night_is_its_own_too() -> None:
    taker = Taker()
    run(rcs(header="1", night_consent=True), taker=taker)
    assert taker.fallback.lane.name == "lms-bulk/~adn@main"


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"fallback": "lms-bulk"}, ["fallback"]),
    ({"fallback": {"msg": "x"}}, ["fallback.service"]),
    ({"fallback": {**LMS, "service": "rcs-mms-bulk"}}, ["fallback.service"]),
    ({"fallback": {**LMS, "service": ["lms-bulk"]}}, ["fallback.service"]),
    ({"fallback": {"service": "lms-bulk"}}, ["fallback.msg"]),
    ({"fallback": {**LMS, "msg": "가" * 1001}}, ["fallback.msg"]),
    ({"fallback": {**LMS, "service": "sms-bulk", "title": "제목"}}, ["fallback.title"]),
    ({"fallback": {**LMS, "service": "mms-bulk"}}, ["fallback.file_path"]),
    ({"fallback": {**LMS, "msg_key": "other"}}, ["fallback.msg_key"]),
    ({"fallback": {**LMS, "receiver_number": "02-123"}}, ["fallback.receiver_number"]),
    ({"fallback": {**LMS, "msg": "(광고) 한빛상점 봄"}}, ["fallback.msg"]),
    ({"fallback": {**LMS, "send_at": "2026-03-01T09:00:00+09:00"}}, ["fallback.send_at"]),
    ({"fallback": None, "fallback_after_s": 60}, ["fallback_after_s"]),
    ({"fallback_after_s": 5}, ["fallback_after_s"]),
    ({"fallback_after_s": True}, ["fallback_after_s"]),
    ({"fallback_after_s": "soon"}, ["fallback_after_s"]),
    ({"fallback_after_s": 604_801}, ["fallback_after_s"]),
    ({"msg_key": "k" * 127}, ["msg_key"]),
    ({"msg_key": "k~f", "fallback": None}, ["msg_key"]),
]


@pytest.mark.parametrize(("said", "fields"), WRONG)
def test_what_is_wrong_with_it_is_named_by_its_field(said: dict[str, Any], fields: list[str]) -> None:
    submission = run(rcs(**said), rcs(msg_key="fine"))
    (invalid,) = submission.invalid
    assert [problem.field for problem in invalid.problems] == fields
    assert all(problem.remedy for problem in invalid.problems)
    assert len(submission.added) == 1


@pytest.mark.parametrize("field", ["fallback", "fallback_after_s"])
def test_only_rcs_has_fallbacks(field: str) -> None:
    item = {"sender_number": "15881234", "receiver_number": "01023456789", "msg": "안녕", field: LMS}
    (invalid,) = run(item, service="lms-bulk").invalid
    assert [problem.field for problem in invalid.problems] == [field]


@pytest.mark.parametrize("after", [60, "60", " 60 "])
def test_a_time_that_can_send_both_says_so(after: object) -> None:
    taker = Taker()
    submission = run(rcs(fallback_after_s=after), taker=taker)
    assert taker.fallback.after_ms == 60_000
    assert "can send both" in str([remark.problem for remark in submission.warnings])


@pytest.mark.parametrize("blank", [None, "", " "])
def test_what_is_blank_says_nothing(blank: object) -> None:
    taker = Taker()
    assert run(rcs(fallback=blank, fallback_after_s=blank), taker=taker).invalid == []
    assert taker.taken[0][1].fallback is None


def test_the_longest_key_leaves_room_for_that_of_its_fallback() -> None:
    taker = Taker()
    assert run(rcs(msg_key="k" * 126), taker=taker).invalid == []
    assert json.loads(taker.fallback.body)["msg_key"] == "k" * 126 + "~f"


def test_the_guards_of_the_account_hold_for_it_too() -> None:
    own = {**LMS, "receiver_number": "01098765432"}
    (invalid,) = run(rcs(fallback=own), policies={"only_to": GOOD["receiver_number"]}).invalid
    assert [problem.field for problem in invalid.problems] == ["fallback.receiver_number"]


def test_an_older_program_beside_keeps_it_out_with_a_reason() -> None:
    (invalid,) = run(rcs(), taker=Taker(SubmitOutcome.NO_FALLBACKS_YET)).invalid
    assert [problem.field for problem in invalid.problems] == ["fallback"]


def test_its_key_says_of_which_message_it_is() -> None:
    assert first_of(fallback_key("order-1")) == "order-1"
    assert first_of("order-1") is None


def test_another_fallback_of_the_same_message_has_another_identity() -> None:
    one = Fallback(Lane("lms-bulk", None, "main"), "s", b"{}")
    others = [
        Fallback(Lane("mms-bulk", None, "main"), "s", b"{}"),
        Fallback(Lane("lms-bulk", None, "main"), "s", b"{1}"),
        Fallback(Lane("lms-bulk", None, "main"), "s", b"{}", after_ms=60_000),
    ]
    assert len({each.identity for each in (one, *others)}) == 4
    # Rules that were written anew make no other message of it.
    assert Fallback(Lane("lms-bulk", None, "main"), "t", b"{}").identity == one.identity


@pytest.mark.parametrize(
    ("text", "fate"),
    [
        ("", None),
        ("kept", FallbackFate.KEPT),
        ("kept 60000", FallbackFate.KEPT),
        ("made", FallbackFate.SENT),
        ("x", None),
    ],
)
def test_a_record_says_what_is_with_it(text: str, fate: FallbackFate | None) -> None:
    assert read_fate(text) is fate
