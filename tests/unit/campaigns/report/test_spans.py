"""Times lie in a few spans that people count in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plexsend.campaigns.report.spans import MOST_SPANS, spans_between, spans_of

HOUR_MS = 3_600_000
MOMENTS = st.integers(0, 4_000_000_000_000)


@given(MOMENTS, st.integers(0, 40_000_000_000_000), st.sampled_from([0, 9 * HOUR_MS]))
def test_both_times_are_in_at_most_twenty_spans(first: int, length: int, offset: int) -> None:
    spans = spans_between(first, first + length, offset_ms=offset)
    edges = spans.edges_ms()
    assert spans.count <= MOST_SPANS
    assert edges[0] <= first < edges[1]
    assert edges[-2] <= first + length < edges[-1]
    assert spans.place(first) == 0
    assert spans.place(first + length) == spans.count - 1


def test_days_begin_where_the_zone_says() -> None:
    spans = spans_between(0, 15 * 24 * HOUR_MS, offset_ms=9 * HOUR_MS)
    assert (spans.start_ms + 9 * HOUR_MS) % (24 * HOUR_MS) == 0


def test_a_few_late_ones_do_not_push_all_others_into_one_span() -> None:
    counts = {second * 1000: 10 for second in range(0, 3_600, 10)} | {70 * HOUR_MS: 5}
    spans = spans_of(counts)
    assert spans is not None
    assert spans.has_later
    assert spans.count > 10
    assert spans.place(70 * HOUR_MS) == spans.count
    assert spans.place(0) == 0


def test_nothing_has_no_spans_and_one_moment_has_one() -> None:
    assert spans_of({}) is None
    one = spans_of({5_000: 3})
    assert one is not None
    assert (one.count, one.has_later) == (1, False)
