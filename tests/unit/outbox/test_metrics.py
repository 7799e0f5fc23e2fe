"""What a process counts before it is written down, and how what was written down is read."""

from __future__ import annotations

import pytest

from plexsend.gateway.answers import ItemAnswer, ItemAnswers, WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.outbox.metrics import ANSWERED, BOUNDS, REQUEST_OUTCOMES, Duration, counted_of
from plexsend.worker.timed_transport import outcome_of


def _of_items(*meanings: Meaning) -> ItemAnswers:
    return ItemAnswers({str(at): ItemAnswer(each, "", "") for at, each in enumerate(meanings)}, 0)


def test_request_is_answered_once_one_item_got_a_definite_answer() -> None:
    assert outcome_of(_of_items(Meaning.UNCERTAIN, Meaning.REJECTED)) == ANSWERED
    assert outcome_of(_of_items(Meaning.UNCERTAIN, Meaning.UNCERTAIN)) == "uncertain"


@pytest.mark.parametrize("meaning", [Meaning.UNAVAILABLE, Meaning.OUT_OF_CREDIT, Meaning.CONNECTED])
def test_whole_answer_is_counted_by_its_meaning(meaning: Meaning) -> None:
    assert outcome_of(WholeAnswer(meaning, "X", "", None, explicit=True)) == meaning.value
    assert meaning.value in REQUEST_OUTCOMES


def test_buckets_add_up_and_end_with_everything() -> None:
    timed = counted_of(
        {
            b"request_seconds 0.05": b"3",
            b"request_seconds 1": b"4",
            b"request_seconds inf": b"2",
            b"request_seconds sum_us": b"41500000",
        }
    ).timed[Duration.REQUEST]
    buckets = dict(timed.buckets)
    assert (buckets["0.025"], buckets["0.05"], buckets["0.5"], buckets["1"]) == (0, 3, 3, 7)
    assert (buckets["15"], buckets["+Inf"], timed.count, timed.sum_s) == (7, 9, 9, 41.5)
    assert [float(bound) for bound, _ in timed.buckets[:-1]] == list(BOUNDS[Duration.REQUEST])


def test_bound_of_another_version_counts_as_its_time_says() -> None:
    timed = counted_of({b"request_seconds 0.3": b"5", b"request_seconds 99": b"1"}).timed[Duration.REQUEST]
    buckets = dict(timed.buckets)
    assert (buckets["0.25"], buckets["0.5"], buckets["15"], buckets["+Inf"]) == (0, 5, 5, 6)


def test_what_another_program_wrote_is_not_counted() -> None:
    counted = counted_of({b"requests mms-bulk answered": b"x", b"requests": b"7", b"flushed abc": b"1 2"})
    assert counted.requests == {("mms-bulk", ANSWERED): 0}
    assert counted.timed[Duration.RECEIPT_LAG].count == 0
