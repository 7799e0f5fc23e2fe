"""What has changed since the last look is a notice; how often the same thing is posted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexsend.outbox.notices import APART_MS, Condition, Noted, Notice, NoticeKind, changes, next_posting

NOW = 1_800_000_000_000
HELD = Condition(
    NoticeKind.HOLD, "account credit main", "held", "Account main is held.", over="It sends again."
)
NOTED = Noted(NoticeKind.HOLD, "held", "It sends again.", None)


def full(mark: int, level: int | None = None) -> Condition:
    return Condition(
        NoticeKind.MEMORY, "memory", str(mark), f"above {mark}", level=mark if level is None else level
    )


def test_what_begins_is_a_notice_once() -> None:
    events, news = changes([HELD], {}, NOW)
    assert [(one.state, one.text) for one in events] == [("held", "Account main is held.")]
    assert news == {HELD.subject: NOTED}
    assert changes([HELD], {HELD.subject: NOTED}, NOW) == ([], {})


def test_what_is_over_is_a_notice_with_its_own_words() -> None:
    events, news = changes([], {HELD.subject: NOTED}, NOW)
    assert [(one.state, one.text) for one in events] == [("", "It sends again.")]
    assert news == {HELD.subject: None}


def test_what_has_no_words_for_its_end_ends_quietly() -> None:
    assert changes([], {"memory": Noted(NoticeKind.MEMORY, "80", "", 80)}, NOW) == ([], {"memory": None})


@pytest.mark.parametrize(
    ("was", "condition", "tells"),
    [
        (None, full(70), True),
        (70, full(80), True),
        (80, full(70), False),
        (70, full(70, level=0), False),
        (None, full(70, level=0), False),
    ],
)
def test_of_what_gets_worse_only_the_worse_is_a_notice(
    was: int | None, condition: Condition, *, tells: bool
) -> None:
    noted = {} if was is None else {"memory": Noted(NoticeKind.MEMORY, str(was), "", was)}
    events, _ = changes([condition], noted, NOW)
    assert bool(events) is tells


def notice(subject: str, state: str, at_ms: int = NOW) -> Notice:
    return Notice(NoticeKind.HOLD, subject, state, f"{subject} {state}", at_ms)


def test_a_notice_survives_its_writing() -> None:
    assert Notice.parse(notice("a", "held").to_json()) == notice("a", "held")
    for spoilt in ("", "{}", "[1]", '["hold", "a", "b", "c", "x"]', '["nothing", "a", "b", "c", 1]'):
        with pytest.raises(ValueError, match=r".*"):
            Notice.parse(spoilt)


def test_the_subject_that_has_waited_longest_is_posted_first() -> None:
    posting = next_posting([notice("a", "held"), notice("b", "held")], {}, NOW)
    assert posting is not None
    assert (posting.notice.subject, posting.is_news) == ("a", True)


def test_the_same_thing_is_posted_at_most_once_a_minute_and_then_as_it_is() -> None:
    waiting = [notice("a", ""), notice("a", "held"), notice("a", "")]
    posted = {"a": (NOW, "held")}
    assert next_posting(waiting, posted, NOW + APART_MS - 1) is None
    posting = next_posting(waiting, posted, NOW + APART_MS)
    assert posting is not None
    assert (posting.notice.state, posting.is_news, len(posting.waiting)) == ("", True, 3)


def test_meanwhile_others_are_posted() -> None:
    posting = next_posting([notice("a", ""), notice("b", "held")], {"a": (NOW, "held")}, NOW + 1)
    assert posting is not None
    assert posting.notice.subject == "b"


def test_what_came_and_went_within_the_minute_is_not_posted_again() -> None:
    posting = next_posting([notice("a", ""), notice("a", "held")], {"a": (NOW, "held")}, NOW + APART_MS)
    assert posting is not None
    assert not posting.is_news


def test_a_clock_that_was_set_back_does_not_silence_it() -> None:
    assert next_posting([notice("a", "")], {"a": (NOW + 10 * APART_MS, "held")}, NOW) is not None


def test_levels_may_be_none_when_noted() -> None:
    assert changes([replace(HELD, level=1)], {HELD.subject: NOTED}, NOW)[0] != []
