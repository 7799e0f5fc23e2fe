"""Submissions: what callers ask them."""

from __future__ import annotations

import pytest

from plexsend.errors import Problem, Refused
from plexsend.outbox.states import State
from plexsend.producers.submissions import (
    Added,
    Conflict,
    Duplicate,
    InDoubt,
    Invalid,
    Submission,
    Unknown,
)

_PROBLEM = Problem("msg", "is missing", "Give it.")


def test_nothing_is_raised_where_nothing_is_refused() -> None:
    Submission(added=[Added(0, "a")], duplicates=[Duplicate(1, "b", State.ACCEPTED)]).raise_for_refused()


def test_all_that_is_refused_is_raised_at_once_in_the_order_of_the_call() -> None:
    submission = Submission(
        added=[Added(0, "a")],
        conflicts=[Conflict(1, "b", State.ACCEPTED)],
        invalid=[Invalid(3, "d", (_PROBLEM,)), Invalid(4, None, (_PROBLEM, _PROBLEM))],
    )

    with pytest.raises(Refused) as caught:
        submission.raise_for_refused()

    assert [(item.index, item.msg_key) for item in caught.value.items] == [(1, "b"), (3, "d"), (4, None)]
    assert [problem.field for problem in caught.value.problems] == ["msg_key", "msg", "msg", "msg"]
    assert "belongs to another message" in str(caught.value)


def test_what_was_called_unknown_still_is() -> None:
    submission = Submission(in_doubt=[InDoubt(0, "a")])

    assert submission.unknown is submission.in_doubt
    assert Unknown is InDoubt
    assert "in_doubt=1" in repr(submission)
