"""Results: what an entry of the stream says of each of its messages."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime

import pytest

from plexsend.gateway.codes import CODES, Meaning
from plexsend.gateway.receipt_codes import RCS_CODES, SMS_CODES, ReceiptClass
from plexsend.outbox.lanes import Lane
from plexsend.outbox.results.entries import Entry
from plexsend.outbox.states import FINAL, OUTCOME_OF, RANK_OF, ResultOutcome, State
from plexsend.producers.results import CodeFrom, Result, results_of

LANE = Lane("mms-bulk", None, "main", "spring")
AT_MS = 1_795_000_000_123
SKT = (("SKT", AT_MS - 5_000),)


def entry(
    state: State,
    code: str = "",
    receipts: tuple[tuple[str, int | None], ...] = (),
    *,
    lane: Lane = LANE,
    keys: tuple[str, ...] = ("k",),
    id_: str = f"{AT_MS}-4",
) -> Entry:
    return Entry(id_, lane.account, state, lane, code, keys, receipts)


def only(of: Entry) -> Result:
    (result,) = results_of(of)
    return result


def test_a_result_has_all_that_the_entry_says() -> None:
    assert only(entry(State.UNDELIVERED, "2", SKT)) == Result(
        id=f"main:{AT_MS}-4:0",
        msg_key="k",
        state=State.UNDELIVERED,
        rank=5,
        outcome=ResultOutcome.FAILURE,
        final=True,
        reason="no_such_number",
        permanent=True,
        code="2",
        code_from=CodeFrom.RECEIPT,
        desc="no such number",
        at=datetime.fromtimestamp(AT_MS / 1000, UTC),
        account="main",
        service="mms-bulk",
        group="spring",
        carrier="SKT",
        done_at=datetime.fromtimestamp(AT_MS / 1000 - 5, UTC),
    )


def test_each_message_of_an_entry_has_a_result_of_its_own() -> None:
    receipts = (("SKT", AT_MS), ("", None), ("KT", None))
    found = list(results_of(entry(State.DELIVERED, "0", receipts, keys=("a", "b", "c"))))
    assert [each.msg_key for each in found] == ["a", "b", "c"]
    assert len({each.id for each in found}) == 3
    assert [each.carrier for each in found] == ["SKT", "", "KT"]
    assert [each.done_at is None for each in found] == [False, True, True]


def test_results_of_two_accounts_never_share_an_id() -> None:
    other = Lane("mms-bulk", None, "shop")
    assert only(entry(State.ACCEPTED)).id != only(entry(State.ACCEPTED, lane=other)).id


def test_a_result_that_a_replay_rebuilt_has_its_time() -> None:
    assert only(entry(State.ACCEPTED, id_=f"r{AT_MS}-4")).at == only(entry(State.ACCEPTED)).at


def test_a_time_of_a_carrier_that_is_not_a_time_keeps_nobody() -> None:
    assert only(entry(State.DELIVERED, "0", (("SKT", 10**18),))).done_at is None


@pytest.mark.parametrize(
    ("state", "code", "receipts", "expected"),
    [
        (State.ACCEPTED, "C100", (), ("", None, "accepted", CodeFrom.SEND)),
        (State.REJECTED, "G141", (), ("rejected", True, "the recipient number is invalid", CodeFrom.SEND)),
        (State.REJECTED, "71003", (), ("duplicate", True, "the msg_key was used before", CodeFrom.SEND)),
        (State.FAILED, "X999", (), ("not_sent", None, "a code that is not listed", CodeFrom.SEND)),
        (State.FAILED, "NO_BODY", (), ("not_sent", None, "its text was missing in Redis", CodeFrom.SEND)),
        (State.EXPIRED, "", (), ("expired", False, "", CodeFrom.SEND)),
        (State.CANCELLED, "", (), ("cancelled", None, "", CodeFrom.SEND)),
        (State.UNCERTAIN, "TIMEOUT", (), ("may_have_been_sent", None, "", CodeFrom.SEND)),
        (State.UNKNOWN, "", (), ("no_receipt", None, "", CodeFrom.SEND)),
        (State.UNKNOWN, "5", SKT, ("unknown", None, "the carrier gave no result", CodeFrom.RECEIPT)),
        (State.DELIVERED, "0", SKT, ("", None, "delivered", CodeFrom.RECEIPT)),
        (State.UNDELIVERED, "A", SKT, ("temporary", False, "the handset's store is full", CodeFrom.RECEIPT)),
        (State.UNDELIVERED, "D", SKT, ("refused", True, "refused by the recipient", CodeFrom.RECEIPT)),
        (State.UNDELIVERED, "a", SKT, ("credit", False, "insufficient count", CodeFrom.RECEIPT)),
        (State.ACCEPTED, "q", SKT, ("", None, "duplicate key blocked", CodeFrom.RECEIPT)),
    ],
)
def test_a_code_is_read_by_what_brought_it(
    state: State,
    code: str,
    receipts: tuple[tuple[str, int | None], ...],
    expected: tuple[str, bool | None, str, CodeFrom],
) -> None:
    found = only(entry(state, code, receipts))
    assert (found.reason, found.permanent, found.desc, found.code_from) == expected


def test_a_receipt_is_read_by_the_family_of_its_product() -> None:
    rcs = Lane("rcs-mms-bulk", "RMM", "main")
    assert only(entry(State.DELIVERED, "00000", SKT, lane=rcs)).desc == "delivered"
    assert only(entry(State.UNKNOWN, "0", SKT, lane=rcs)).reason == "unknown"


def test_every_failure_has_a_reason_and_no_success_has_one() -> None:
    for code in (*SMS_CODES, *RCS_CODES):
        lane = LANE if code in SMS_CODES else Lane("rcs-mms-bulk", "RMM", "main")
        found = only(entry(State.UNDELIVERED, code.code, SKT, lane=lane))
        assert bool(found.reason) is (code.kind not in (ReceiptClass.DELIVERED, ReceiptClass.DUPLICATE))
        assert (found.permanent is None) is (code.kind.value in ("delivered", "duplicate", "unknown"))
    for refused in (code for code in CODES if code.as_item is Meaning.REJECTED):
        assert only(entry(State.REJECTED, refused.code)).permanent is True


@pytest.mark.parametrize("state", State)
def test_outcome_and_rank_are_those_of_the_table(state: State) -> None:
    found = only(entry(state))
    assert (found.outcome, found.rank) == (OUTCOME_OF[state], RANK_OF[state])
    assert found.final is (state in FINAL and state is not State.ACCEPTED)


def test_a_result_of_a_fallback_names_the_message_in_whose_place_it_went() -> None:
    found = only(Entry("1-0", "main", State.DELIVERED, entry(State.DELIVERED).lane, "0", ("a~f",), SKT))
    assert found.fallback_of == found.to_json()["fallback_of"] == "a"


def test_a_program_in_another_language_gets_every_field() -> None:
    result = only(entry(State.UNDELIVERED, "2", SKT))
    shown = json.loads(json.dumps(result.to_json()))
    assert list(shown) == [*(each.name for each in fields(Result)), "fallback_of"]
    assert (shown["state"], shown["outcome"], shown["code_from"]) == ("undelivered", "failure", "receipt")
    assert shown["at"] == "2026-11-18T14:26:40.123+00:00" or datetime.fromisoformat(shown["at"]) == result.at
    assert {name for name, value in only(entry(State.ACCEPTED)).to_json().items() if value is None} == {
        "reason",
        "permanent",
        "code",
        "desc",
        "carrier",
        "done_at",
        "fallback_of",
    }


@pytest.mark.parametrize(
    ("state", "code", "cause"),
    [
        (State.CANCELLED, "SUPPRESSED", ("suppressed", True)),
        (State.CANCELLED, "NO_NUMBER_HASH", ("no_number_hash", True)),
        (State.CANCELLED, "AD_GAP", ("ad_gap", False)),
        (State.REJECTED, "AD_MARKS", ("ad_marks", True)),
        # What may have been sent is said first.
        (State.UNCERTAIN, "SUPPRESSED", ("may_have_been_sent", None)),
        (State.CANCELLED, "", ("cancelled", None)),
    ],
)
def test_what_the_law_kept_from_going_says_so(
    state: State, code: str, cause: tuple[str, bool | None]
) -> None:
    result = only(entry(state, code))
    assert (result.reason, result.permanent) == cause
    assert bool(result.desc) is bool(code)


def test_advertisements_without_a_group_have_none() -> None:
    lane = Lane.parse("mms-bulk/~ad@main")
    assert only(entry(State.ACCEPTED, "C100", lane=lane)).group is None
    assert only(entry(State.ACCEPTED, "C100", lane=Lane.parse("mms-bulk/a~adn@main"))).group == "a"
