from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.gateway.ad_marks import AdMarks
from plexsend.gateway.items import get_loader
from plexsend.outbox.batches import Outcome
from plexsend.worker.recheck import crosses_into_night, recheck
from tests.unit.worker.make import FRESH, make_batch

if TYPE_CHECKING:
    from plexsend.outbox.batches import Message

LOADER = get_loader("mms-bulk")
OWN = LOADER.stamp.stored
NEWER = str(replace(LOADER.stamp, version=LOADER.stamp.version + 1))
ITEM = {
    "msg_key": "k0",
    "sender_number": "02-2123-4567",
    "receiver_number": "010-2345-6789",
    "msg": "안녕하세요",
    "file_path": ["https://images/1.jpg"],
}


def make(stamp: str, *, key: str = "k0", sent: bool = False, **changes: Any) -> Message:
    body = json.dumps({**ITEM, "msg_key": key, **changes}, ensure_ascii=False).encode()
    return replace(FRESH, msg_key=key, stamp=stamp, body=body, may_have_been_sent=sent)


def test_own_stamp_is_trusted_unread() -> None:
    batch = make_batch(replace(FRESH, stamp=OWN, body=b"not even JSON"))
    assert recheck(batch, LOADER).messages is batch.messages


def test_own_stamp_as_programs_of_0_4_0_wrote_it_is_trusted_unread() -> None:
    batch = make_batch(
        replace(FRESH, stamp="mms:v2:1:39c131bd", body=b"not even JSON"),
        replace(FRESH, stamp=OWN, body=b"not even JSON"),
    )
    assert recheck(batch, LOADER).messages is batch.messages


def test_foreign_body_comes_out_in_todays_form() -> None:
    for stamp in ("", "somebody's", "rcs:v1:7:0123abcd", str(replace(LOADER.stamp, fingerprint="00000000"))):
        [message] = recheck(make_batch(make(stamp)), LOADER).messages
        assert message.body == LOADER.load(ITEM).body
        assert b'"01023456789"' in message.body


def test_invalid_body_is_rejected_and_its_neighbours_go() -> None:
    batch = make_batch(
        make("", key="k0"),
        make("", key="k1", receiver_number="12"),
        make(OWN, key="k2"),
        make("", key="k3", mgs="x"),
    )
    checked = recheck(batch, LOADER)
    assert [message.msg_key for message in checked.messages] == ["k0", "k2"]
    assert [(e.msg_key, e.outcome, e.code) for e in checked.verdicts] == [
        ("k1", Outcome.REJECTED, "INVALID"),
        ("k3", Outcome.REJECTED, "INVALID"),
    ]
    assert checked.verdicts[0].detail.startswith("receiver_number: ")
    assert "mgs" in checked.verdicts[1].detail


def test_invalid_body_that_may_have_been_sent_is_parked() -> None:
    [verdict] = recheck(make_batch(make("", sent=True, receiver_number="12")), LOADER).verdicts
    assert (verdict.outcome, verdict.code) == (Outcome.PARK, "INVALID")


def test_body_under_another_key_is_rejected() -> None:
    body = make("", key="other").body
    [verdict] = recheck(make_batch(replace(FRESH, body=body)), LOADER).verdicts
    assert (verdict.outcome, verdict.msg_key) == (Outcome.REJECTED, "k0")


def test_newer_stamp_steps_aside_for_a_worker_of_that_version() -> None:
    [verdict] = recheck(make_batch(make(NEWER, receiver_number="not by these rules")), LOADER).verdicts
    assert (verdict.outcome, verdict.delay_ms, verdict.spent) == (Outcome.BACK, 60_000, False)


def test_refusal_names_no_number_and_no_text() -> None:
    spoilt = make("", receiver_number="01012345", msg="뷁 비밀", sender_number="0101234567x", title="가" * 60)
    [verdict] = recheck(make_batch(spoilt), LOADER).verdicts
    for value in ("01012345", "비밀", "0101234567x", "가가"):
        assert value not in verdict.detail


stamps = st.sampled_from([OWN, NEWER, "", "somebody's"])
bodies = (
    st.sampled_from([b"", b"{}", b"[1]", b"\xff", b'{"msg":"\\ud83d"}', b"nul", b"{" * 70_000]) | st.binary()
)


@given(st.lists(st.tuples(stamps, bodies | st.none(), st.booleans()), min_size=1, max_size=10))
def test_every_message_is_either_posted_or_judged(drawn: list[tuple[str, bytes | None, bool]]) -> None:
    drafts = [make(stamp, key=f"k{i}", sent=sent) for i, (stamp, _, sent) in enumerate(drawn)]
    batch = make_batch(
        *(
            draft if body is None else replace(draft, body=body)
            for draft, (_, body, _) in zip(drafts, drawn, strict=True)
        )
    )
    checked = recheck(batch, LOADER)
    posted = [message.msg_key for message in checked.messages]
    judged = [verdict.msg_key for verdict in checked.verdicts]
    assert sorted(posted + judged) == sorted(message.msg_key for message in batch.messages)
    for message in batch.messages:
        if message.stamp == NEWER:
            assert message.msg_key in judged
        if message.stamp == OWN:
            assert message.msg_key in posted


def test_number_outside_only_to_is_never_posted() -> None:
    batch = make_batch(
        make(OWN, key="k0", receiver_number="01023456789"),
        make(OWN, key="k1", receiver_number="01023456780"),
        make(OWN, key="k2", receiver_number="01023456780", sent=True),
        make("", key="k3", receiver_number="010-2345-6780"),
        replace(FRESH, msg_key="k4", stamp=OWN, body=b"not even JSON"),
    )
    checked = recheck(batch, LOADER, ("01023456789",))
    assert [message.msg_key for message in checked.messages] == ["k0"]
    assert [(each.msg_key, each.outcome, each.code) for each in checked.verdicts] == [
        ("k1", Outcome.REJECTED, "ONLY_TO"),
        ("k2", Outcome.PARK, "ONLY_TO"),
        ("k3", Outcome.REJECTED, "ONLY_TO"),
        ("k4", Outcome.REJECTED, "ONLY_TO"),
    ]
    assert not any("0102345" in each.detail for each in checked.verdicts)


MARKS = AdMarks("한빛상점", "080-123-4567")
MARKED = "(광고) 한빛상점\n봄\n무료수신거부 080-123-4567"


def test_advertisement_goes_under_the_marks_in_force_alone() -> None:
    batch = make_batch(
        make(OWN, key="k0", msg=MARKED),
        make(OWN, key="k1", msg=MARKED.replace("한빛", "옛")),
        make(OWN, key="k2", msg=MARKED.replace("4567", "9999"), sent=True),
        make(OWN, key="k3"),
        make(OWN, key="k4", msg="(광고) 한빛상점\n봄"),
    )
    checked = recheck(batch, LOADER, marks=MARKS)
    assert [message.msg_key for message in checked.messages] == ["k0", "k3"]
    assert [(each.msg_key, each.outcome, each.code) for each in checked.verdicts] == [
        ("k1", Outcome.REJECTED, "AD_MARKS"),
        ("k2", Outcome.PARK, "AD_MARKS"),
        ("k4", Outcome.REJECTED, "AD_MARKS"),
    ]
    assert "한빛" not in "".join(each.detail for each in checked.verdicts)
    # Nothing is read of a batch without advertisements.
    plain = make_batch(replace(FRESH, stamp=OWN, body=b"not even JSON"))
    assert recheck(plain, LOADER, marks=MARKS).messages is plain.messages


KST_21 = 1_800_014_400_000
"""A 21:00 in Korea, in ms."""


@pytest.mark.parametrize(
    ("taken_ms", "waited_s", "text", "crosses"),
    [
        (KST_21 - 3_000, 2.9, "(광고) 봄", False),
        (KST_21 - 3_000, 3.0, "(광고) 봄", True),
        (KST_21 - 3_000, 4.5, "(광고) 봄", True),
        (KST_21 - 3_000, 4.5, "봄", False),
        # What is taken at night has a consent for it.
        (KST_21 + 1_000, 4.5, "(광고) 봄", False),
        (KST_21 + 11 * 3_600_000 - 1_000, 4.5, "(광고) 봄", False),
    ],
)
def test_a_batch_that_waited_into_the_night_is_known(
    taken_ms: int, waited_s: float, text: str, *, crosses: bool
) -> None:
    batch = replace(make_batch(make(OWN, key="k0"), make(OWN, key="k1", msg=text)), taken_ms=taken_ms)
    assert crosses_into_night(batch, waited_s) is crosses
