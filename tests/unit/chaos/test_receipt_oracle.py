"""Made-up receipts, readers and archives: what is lost of them is found, and what is allowed is not."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.chaos.evidence import Planted, Restore
from tests.chaos.load import LANES
from tests.chaos.oracle import judge
from tests.chaos.promises import Promise
from tests.chaos.receipt_codes import ORDER, codes_of, state_of
from tests.chaos.sequel import Archived, ArchiveFiles, HeardLedgers, Receipt, ReceiptLedger, Sequel
from tests.unit.chaos.made_up import T, broken, evidence, record, request, told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.evidence import Evidence

KEY = "b1.a.1"
RCS_KEY = "m1.a.1"
PROVED = {"ok": True, "missing": [], "trimmed": []}


def ended(state: str, *receipts: Receipt, key: str = KEY, code: str = "C100", **more: Any) -> Evidence:
    """Return the evidence of a message that was accepted, has these receipts, and is in this state."""
    sequel = {
        "receipts": {key: receipts},
        "heard": {"chaos": {key: frozenset({state})}},
        "archived": {key: (Archived(key, state, "2027-01-15T08:00:02.000Z"),)},
        "proofs": {"chaos": PROVED},
        "is_there": True,
        **more.pop("sequel", {}),
    }
    return evidence(
        [told(key)], [request(key)], {key: record(key, state, code)}, sequel=Sequel(**sequel), **more
    )


def taken(code: str, at: float = T + 3, key: str = KEY) -> Receipt:
    """Return a receipt that was answered 200."""
    return Receipt(key, code, T + 1, at - 0.1, at)


def never_taken(code: str) -> Receipt:
    return Receipt(KEY, code, T + 1)


@pytest.mark.parametrize(
    ("code", "state"), [("0", "delivered"), ("2", "undelivered"), ("G430", "unknown"), ("q", "accepted")]
)
def test_a_message_that_is_what_its_receipt_says_breaks_nothing(code: str, state: str) -> None:
    assert judge(ended(state, taken(code))).kept


@pytest.mark.parametrize(
    ("code", "state"),
    [("0", "accepted"), ("0", "undelivered"), ("2", "unknown"), ("G430", "accepted"), ("q", "uncertain")],
)
def test_a_receipt_that_was_taken_and_is_not_in_the_record_is_lost(code: str, state: str) -> None:
    found = ended(state, taken(code), taken("G430") if state == "unknown" else taken("2"))
    found.parked = frozenset({KEY})
    assert Promise.RECEIPT in broken(found)


@pytest.mark.parametrize("state", ["scheduled", "waiting", "sending"])
def test_a_message_under_way_is_undecided_whatever_its_receipt_says(state: str) -> None:
    assert broken(ended(state, taken("0"))) == {Promise.DECIDED}


def test_the_highest_of_several_receipts_counts_whichever_came_first() -> None:
    receipts = [taken("0", T + 3), taken("2", T + 4), taken("5", T + 5)]
    assert judge(ended("delivered", *receipts)).kept
    assert broken(ended("undelivered", *receipts)) == {Promise.RECEIPT}


def test_a_receipt_that_was_not_taken_may_be_in_the_record_or_not() -> None:
    assert judge(ended("accepted", never_taken("0"))).kept
    assert judge(ended("delivered", never_taken("0"))).kept


def test_a_state_that_no_receipt_says_is_made_up() -> None:
    assert broken(ended("undelivered", taken("0"))) == {Promise.RECEIPT}
    assert broken(ended("unknown")) == {Promise.RECEIPT}


def test_a_code_means_what_it_means_for_the_product() -> None:
    assert judge(ended("unknown", taken("0", key=RCS_KEY), key=RCS_KEY)).kept
    assert broken(ended("delivered", taken("0", key=RCS_KEY), key=RCS_KEY)) == {Promise.RECEIPT}


@pytest.mark.parametrize("state", ["delivered", "undelivered", "unknown"])
def test_a_receipt_is_no_acceptance(state: str) -> None:
    code = {"delivered": "0", "undelivered": "2", "unknown": "5"}[state]
    found = ended(state, taken(code))
    found.requests = ()
    assert broken(found) == {Promise.LOST}


def test_what_a_killed_redis_forgot_right_after_the_answer_is_forgotten() -> None:
    found = ended("accepted", taken("0"), forgetful=True, kills=(T + 3.5,))
    assert judge(found).kept
    assert [each.promise for each in judge(found).forgotten] == [Promise.RECEIPT]
    assert broken(ended("accepted", taken("0"), forgetful=True, kills=(T + 9,))) == {Promise.RECEIPT}
    assert broken(ended("accepted", taken("0"), kills=(T + 3.5,))) == {Promise.RECEIPT}


@pytest.mark.parametrize(("restored_at", "breaks"), [(T + 5, set()), (T + 2.5, {Promise.RECEIPT})])
def test_a_copy_that_was_put_back_forgets_receipts_of_its_time(restored_at: float, breaks: set[str]) -> None:
    restore = Restore(T + 2, restored_at, is_old=False, held=frozenset(), warned=1)
    found = ended("accepted", taken("0", T + 3), restores=(restore,))
    found.requests = (request(KEY, at=T - 60),)
    found.told = {KEY: told(KEY, T - 61)}
    assert broken(found) == breaks


def test_a_receipt_of_a_message_in_whose_place_something_else_was_may_be_lost() -> None:
    assert judge(ended("accepted", taken("0"), planted=(Planted(KEY, "m", T + 2, T + 4),))).kept
    found = ended("accepted", taken("0"), planted=(Planted(KEY, "m", T + 4, T + 5),))
    assert broken(found) == {Promise.RECEIPT}


@pytest.mark.parametrize("heard", [frozenset(), frozenset({"accepted"})])
def test_a_message_whose_last_state_no_reader_heard_is_missing(heard: frozenset[str]) -> None:
    found = ended(
        "delivered",
        taken("0"),
        sequel={"heard": {"chaos": {KEY: frozenset({"delivered"})}, "other": {KEY: heard}}},
    )
    assert broken(found) == {Promise.HEARD}


@pytest.mark.parametrize(
    "more",
    [
        {"behind": {"chaos": 3}},
        {"proofs": {"chaos": {}}},
        {"proofs": {"chaos": PROVED, "other": {"ok": False, "missing": []}}},
        {
            "proofs": {
                "other": {"ok": False, "missing": [{"msg_key": KEY, "state": "accepted", "why": "lost"}]}
            }
        },
    ],
)
def test_readers_must_be_at_the_end_and_proved(more: dict[str, Any]) -> None:
    assert broken(ended("accepted", sequel=more)) == {Promise.HEARD}


LINE = Archived(KEY, "accepted", "2027-01-15T08:00:01.000Z")


@pytest.mark.parametrize(
    ("lines", "breaks"),
    [
        ((LINE, Archived(KEY, "delivered", "2027-01-15T08:00:02.000Z")), set()),
        ((Archived(KEY, "delivered", LINE.at), LINE), set()),
        ((), {Promise.ARCHIVE}),
        ((LINE,), {Promise.ARCHIVE}),
        ((Archived(KEY, "delivered", "2027-01-15T08:00:00.000Z"), LINE), {Promise.ARCHIVE}),
        ((Archived(KEY, "delivered", LINE.at),) * 2, {Promise.ARCHIVE}),
    ],
)
def test_the_archives_last_line_has_the_last_state(lines: tuple[Archived, ...], breaks: set[str]) -> None:
    assert broken(ended("delivered", taken("0"), sequel={"archived": {KEY: lines}})) == breaks


def test_the_archive_may_know_what_a_killed_redis_forgot() -> None:
    lines = (LINE, Archived(KEY, "delivered", "2027-01-15T08:00:02.000Z"))
    found = ended("accepted", never_taken("0"), sequel={"archived": {KEY: lines}}, forgetful=True)
    assert broken(found) == {Promise.ARCHIVE}
    found.kills = (T + 3,)
    assert judge(found).kept


def test_a_torn_file_of_the_archive_is_named(tmp_path: Path) -> None:
    line = {"msg_key": KEY, "state": "accepted", "at": LINE.at}
    member = gzip.compress(json.dumps(line).encode() + b"\n")
    path, files = tmp_path / "2027-01-15.jsonl.gz", ArchiveFiles(tmp_path)
    path.write_bytes(member + member[:-9])
    files.read()
    assert (files.lines, files.torn) == ({KEY: [LINE]}, [path.name])
    path.write_bytes(member * 2)
    files.read()
    assert (files.lines, files.torn) == ({KEY: [LINE, LINE]}, [])
    path.write_bytes(member * 2 + gzip.compress(b'{"msg_key": "b1'))
    files.read()
    assert files.torn == [path.name]
    assert broken(ended("accepted", sequel={"torn": (path.name,)})) == {Promise.ARCHIVE}


def test_ledgers_are_read_as_they_grow(tmp_path: Path) -> None:
    path = tmp_path / "receipts.jsonl"
    lines: list[dict[str, Any]] = [
        {"at": T, "user": "u", "owed": [[KEY, "0"], [KEY, "0"], [KEY, "2"]]},
        {
            "at": T + 2,
            "began": T + 1,
            "user": "u",
            "told": [[KEY, "0"]],
            "try": 1,
            "status": 503,
            "taken": False,
        },
        {
            "at": T + 4,
            "began": T + 3,
            "user": "u",
            "told": [[KEY, "0"]],
            "try": 2,
            "status": 200,
            "taken": True,
        },
    ]
    ledger = ReceiptLedger(path)
    for line in lines:
        with path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        ledger.read()
    assert ledger.receipts[KEY] == [
        Receipt(KEY, "0", T, T + 3, T + 4),
        Receipt(KEY, "0", T),
        Receipt(KEY, "2", T),
    ]
    heard, of_reader = HeardLedgers(), tmp_path / "reader.jsonl"
    for state in ("accepted", "delivered"):
        with of_reader.open("a") as file:
            file.write(json.dumps({"at": T, "heard": [["id", KEY, state]]}) + "\n")
        heard.read(of_reader)
    assert heard.heard == {KEY: {"accepted", "delivered"}}


def test_the_gateways_codes_are_of_every_class_in_each_family() -> None:
    for lane in LANES:
        assert {state_of(lane.path, each.code) for each in codes_of(lane.path)} == set(ORDER)
