"""Submissions: what callers ask them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexsend.errors import OutboxFull, OutboxUnavailable, Problem, Refused
from plexsend.outbox.states import State
from plexsend.producers.submissions import (
    Added,
    Conflict,
    Duplicate,
    InDoubt,
    Invalid,
    NotAdded,
    Remark,
    Submission,
    SubmitInterrupted,
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
    assert Invalid(0, "a", (_PROBLEM,)).errors == (_PROBLEM,)
    assert Conflict(0, "a", State.ACCEPTED).errors == Conflict(0, "a", State.ACCEPTED).problems


@pytest.mark.parametrize("refused", [Invalid(0, "a", (_PROBLEM,)), Conflict(0, "a", State.ACCEPTED)])
def test_what_is_wrong_has_the_name_that_it_has_in_the_errors(refused: Invalid | Conflict) -> None:
    assert [type(problem) for problem in refused.problems] == [Problem]


def test_the_place_of_an_item_is_named_where_the_call_had_others() -> None:
    refused = Invalid(0, None, (_PROBLEM,))

    with pytest.raises(Refused, match=r"^The message is refused and not sent:\n  msg: is missing"):
        Submission(invalid=[refused]).raise_for_refused()
    with pytest.raises(Refused, match="item 0: msg: is missing"):
        Submission(invalid=[refused], added=[Added(1, "b")]).raise_for_refused()


def test_problems_are_renamed_wherever_they_are() -> None:
    remark = Remark(0, "k", _PROBLEM)
    submission = Submission(invalid=[Invalid(0, None, (_PROBLEM,))], warnings=[remark], replacements=[remark])
    named = submission.map_problems(lambda problem: replace(problem, written="text"))

    assert [str(problem) for problem in named.invalid[0].problems] == ["text (msg): is missing. Give it."]
    assert named.warnings == named.replacements == [Remark(0, "k", replace(_PROBLEM, written="text"))]


def test_an_interruption_that_added_nothing_asks_for_the_same_call() -> None:
    again = "Redis is gone. Nothing was added. Then make the same call again."
    nothing_read = SubmitInterrupted(OutboxUnavailable("Redis is gone."), Submission(), 0)
    none_added = SubmitInterrupted(
        OutboxFull("Redis is gone."), Submission(not_added=[NotAdded(0, "a"), NotAdded(1, "b")]), 2
    )

    assert (str(nothing_read), str(none_added)) == (again, again)


def test_an_interruption_that_leaves_one_message_in_doubt_names_its_key() -> None:
    in_doubt = Submission(in_doubt=[InDoubt(0, "a")])
    one, several = (SubmitInterrupted(OutboxUnavailable("Gone."), in_doubt, taken) for taken in (1, 2))

    assert str(one).startswith(
        "Gone. Whether the message was added is not known. Submit it again under the key a:"
    )
    assert str(several).startswith("Gone. Of 2 items read, 1 were answered")
