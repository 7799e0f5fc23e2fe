"""What the oracle sees of fallbacks, and of pictures."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from tests.chaos.evidence import Event, Record, Restore
from tests.chaos.load import FALLBACK_MARK, fallback_after_s
from tests.chaos.pictures import Aged, Pictures, Taken, Want
from tests.chaos.promises import Promise
from tests.chaos.sequel import Receipt, Sequel
from tests.unit.chaos.made_up import USERS, T, broken, evidence, one, record, request, told

if TYPE_CHECKING:
    from tests.chaos.evidence import Evidence

KEY, TIMED, URL = "m1.a.2", "m1.a.10", "https://images/c1-1.jpg"


def chain(
    state: str, code: str, *, is_sent: bool, key: str = KEY, receipt: str = "", after: float = 60.0
) -> Evidence:
    """Return the evidence of a message and of its fallback, which went so long after it or never."""
    accepts = state not in ("rejected", "failed")
    requests = [request(key, codes=("C100" if accepts else code,))]
    records = {key: record(key, state, code, Event(T + 2, "settle", code))}
    keys = [told(key)]
    if is_sent:
        fallback = key + FALLBACK_MARK
        requests.append(request(fallback, at=T + 1 + after, path="/mms-bulk/v2/send"))
        records[fallback] = Record("accepted", "mms-bulk@main", "C100")
        keys.append(told(fallback, added_at=None))
    receipts = {key: [Receipt(key, receipt, T + 2, T + 3, T + 3)]} if receipt else {}
    return evidence(keys, requests, records, sequel=Sequel(receipts=receipts))


@pytest.mark.parametrize(
    ("state", "code", "receipt"),
    [("rejected", "G140", ""), ("undelivered", "C100", "74002")],
)
def test_each_cause_sends_a_fallback(state: str, code: str, receipt: str) -> None:
    assert broken(chain(state, code, is_sent=True, receipt=receipt)) == set()
    assert broken(chain(state, code, is_sent=False, receipt=receipt)) == {Promise.FALLBACK}


def test_a_fallback_without_a_cause_is_a_break() -> None:
    assert broken(chain("delivered", "C100", is_sent=True, receipt="00000")) == {Promise.FALLBACK}
    assert broken(chain("delivered", "C100", is_sent=False, receipt="00000")) == set()


def test_a_fallback_without_a_receipt_goes_no_sooner_than_it_is_due() -> None:
    assert (fallback_after_s(KEY), fallback_after_s(TIMED), fallback_after_s("m1.a.3")) == (0, 10, None)
    assert broken(chain("accepted", "C100", is_sent=True, key=TIMED)) == set()
    assert broken(chain("accepted", "C100", is_sent=True, key=TIMED, after=4.0)) == {Promise.FALLBACK}
    assert broken(chain("accepted", "C100", is_sent=True)) == {Promise.FALLBACK}


def test_a_fallback_that_two_causes_sent_twice_is_a_break() -> None:
    found = chain("rejected", "G140", is_sent=True)
    again = request(KEY + FALLBACK_MARK, at=T + 70, path="/mms-bulk/v2/send")
    found.requests = (*found.requests, again)
    assert broken(found) == {Promise.DOUBLED}


def test_a_fallback_is_called_back_only_by_a_delivery() -> None:
    for receipts, breaks in ((("74002",), {Promise.END}), (("74002", "00000"), set())):
        found = chain("delivered" if len(receipts) > 1 else "undelivered", "C100", is_sent=True)
        found.requests = found.requests[:1]
        found.records = {
            **found.records,
            KEY + FALLBACK_MARK: Record("cancelled", "mms-bulk@main", "", ()),
        }
        came = {KEY: [Receipt(KEY, code, T + 2, T + 3, T + 3) for code in receipts]}
        found.sequel = Sequel(receipts=came)
        assert broken(found) == breaks


def pictures(*uploads: str, url: str | None = URL, aged: float | None = None) -> dict[str, Any]:
    """Return that one picture was taken so often, with such answers, and that one process wanted it."""
    taken = [Taken(T + i, USERS["main"], "mms:c1", URL, answer) for i, answer in enumerate(uploads)]
    old = [] if aged is None else [Aged("main", URL, T - 9, T - 8, aged)]
    return {"pictures": Pictures(taken, [Want("main", "mms:c1", T, url)], old)}


def test_a_picture_that_is_uploaded_twice_without_a_reason_is_a_break() -> None:
    assert broken(one(**pictures("whole"))) == set()
    assert broken(one(**pictures("whole", "whole"))) == {Promise.PICTURE}
    # No answer came to the first, or the process that uploaded it was killed.
    assert broken(one(**pictures("none", "whole"))) == set()
    assert broken(one(**pictures("whole", "whole", url=None))) == set()


def test_an_address_that_the_gateway_never_gave_is_a_break() -> None:
    assert broken(one(**pictures("whole", url="https://images/c2-1.jpg"))) == {Promise.PICTURE}


@pytest.mark.parametrize(("gone_at", "breaks"), [(T - 6, {Promise.PICTURE}), (T + 30, set()), (inf, set())])
def test_a_message_whose_picture_is_gone_must_not_go(gone_at: float, breaks: set[Promise]) -> None:
    shown = told("b1.a.1", picture=URL)
    found = evidence(
        [shown], [request("b1.a.1")], {"b1.a.1": record("b1.a.1")}, **pictures("whole", aged=gone_at)
    )
    assert broken(found) == breaks


def test_only_a_picture_that_is_gone_is_a_reason_to_refuse_or_to_expire() -> None:
    shown = told("b1.a.1", picture=URL, added_at=None, invalid=True)
    assert broken(evidence([shown], [], {}, **pictures("whole"))) == {Promise.PICTURE}
    assert broken(evidence([shown], [], {}, **pictures("whole", aged=T))) == set()
    ended = {"b1.a.1": record("b1.a.1", "expired", "")}
    shown = told("b1.a.1", picture=URL)
    assert broken(evidence([shown], [], ended, **pictures("whole"))) == {Promise.END}
    assert broken(evidence([shown], [], ended, **pictures("whole", aged=T + 1))) == set()


@pytest.mark.parametrize("state", ["rejected", "undelivered"])
def test_a_refusal_and_a_receipt_at_once_send_one_fallback(state: str) -> None:
    code = "G140" if state == "rejected" else "74002"
    found = chain("rejected", "G140", is_sent=True, receipt="74002")
    history = (
        Event(T + 2, "settle", code),
        Event(T + 2, "fallback", "", f"its fallback goes, for it is {state}"),
    )
    found.records = {**found.records, KEY: record(KEY, state, code, *history)}
    assert broken(found) == set()
    found.records = {**found.records, KEY: record(KEY, state, code, *history, history[-1])}
    assert broken(found) == {Promise.FALLBACK}
    # What was accepted, and not only refused, must keep its receipt.
    found = chain("rejected", "G140", is_sent=True, receipt="74002")
    found.requests = (request(KEY, at=T - 1), *found.requests)
    assert Promise.RECEIPT in broken(found)


def test_what_a_restore_forgot_of_a_fallback_is_not_lost() -> None:
    for restored_at, breaks in ((T + 90, set()), (T + 50, {Promise.LOST})):
        found = chain("delivered", "C100", is_sent=True, receipt="00000")
        found.records = {KEY: found.records[KEY]}
        found.audit = {"messages": 1, "breaks": []}
        found.restores = (Restore(T - 9, restored_at, is_old=False, held=frozenset()),)
        assert broken(found) == breaks


@pytest.mark.parametrize(("as_", "breaks"), [("resend", set()), ("sent", {Promise.DOUBLED})])
def test_only_where_a_person_has_firsts_sent_again_their_fallbacks_may_go_again(
    as_: str, breaks: set[Promise]
) -> None:
    found = chain("undelivered", "C100", is_sent=True, receipt="74002")
    again = request(KEY + FALLBACK_MARK, at=T + 150, path="/mms-bulk/v2/send")
    found.requests = (*found.requests, again)
    held = frozenset(("main", "second"))
    found.restores = (
        Restore(T + 50, T + 100, is_old=True, held=held, settled_at=T + 110, settled_as=as_, settled=1),
    )
    assert broken(found) == breaks
