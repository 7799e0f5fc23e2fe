"""Failing: a run is paused by what failed lately, however much went well before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plexsend.campaigns.feeds.failing import Ended, FailureWatch, why_paused


def after(*counts: tuple[int, int], span: int = 200) -> FailureWatch:
    """Return the watch of a run that was looked at with these counts, one after the other."""
    watch = FailureWatch()
    for each in counts:
        watch = FailureWatch.parse(watch.note(Ended(*each), span).as_json())
    return watch


def test_nothing_is_judged_before_enough_have_ended() -> None:
    assert why_paused(after((150, 150)), Ended(199, 199), 200, 0.2) == ""
    assert why_paused(after((150, 150)), Ended(200, 200), 200, 0.2) != ""


def test_share_is_that_of_the_last_ones_and_not_of_all() -> None:
    watch = after((10_000, 0), (20_000, 0))
    assert why_paused(watch, Ended(20_200, 39), 200, 0.2) == ""
    words = why_paused(watch, Ended(20_200, 40), 200, 0.2)
    assert words == "40 of the last 200 failed (20 %); pause_at_failure_ratio is 0.2"


def test_failures_of_long_ago_are_forgotten() -> None:
    watch = after((200, 200), (400, 200), (600, 200))
    assert why_paused(watch, Ended(800, 200), 200, 0.2) == ""


def test_counts_that_fell_begin_anew() -> None:
    watch = after((500, 400), (300, 200))
    assert why_paused(watch, Ended(499, 399), 200, 0.2) == ""
    assert why_paused(watch, Ended(500, 400), 200, 0.2) != ""


def test_what_another_program_wrote_counts_as_nothing() -> None:
    for kept in ("", "[]", "{", "[[1]]", '["x"]', "7"):
        assert FailureWatch.parse(kept) == FailureWatch()


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=200), st.integers(1, 100))
def test_span_is_hardly_longer_than_asked_for_and_few_notes_are_kept(
    steps: list[tuple[int, int]], span: int
) -> None:
    watch, judged, failed = FailureWatch(), 0, 0
    for good, bad in steps:
        judged, failed = judged + good + bad, failed + bad
        now = Ended(judged, failed)
        found = watch.since(now, span)
        assert (found is not None) == (judged >= span)
        if found is not None:
            # What came at once cannot be told apart, nor what is less than a note.
            assert span <= found.judged <= span + good + bad + max(1, span // 20) + 80
            assert 0 <= found.failed <= found.judged
        watch = watch.note(now, span)
    assert len(watch.notes) <= 23
