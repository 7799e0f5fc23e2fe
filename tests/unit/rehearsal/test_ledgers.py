"""The judgement of a rehearsal: what counts as lost, and what as doubled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.rehearsal.ledgers import Blur, Request, judge, pace, read_added

if TYPE_CHECKING:
    from pathlib import Path


def request(at: float, *keys: str, code: str = "C100", answer: str = "whole") -> Request:
    return Request(at, "/mms-bulk/v2/send", keys, (code,) * len(keys), "", answer)


def test_what_the_gateway_never_saw_is_lost() -> None:
    found = judge({"a": 1.0, "b": 1.0}, [request(2, "a")], [], [])
    assert (found.accepted, found.lost, found.is_kept) == (1, ["b"], False)


def test_what_the_gateway_refused_or_a_person_settled_is_not_lost() -> None:
    found = judge({"a": 1.0, "b": 1.0}, [request(2, "a", code="G140")], [], ["b"])
    assert (found.refused, found.lost, found.is_kept) == (1, [], True)


def test_twice_after_an_answer_is_doubled() -> None:
    found = judge({"a": 1.0}, [request(2, "a"), request(3, "a")], [], [])
    assert (found.doubled, found.is_kept) == (["a"], False)


def test_twice_after_no_answer_or_within_a_blur_is_a_second_try() -> None:
    asked = [request(2, "a", answer="none"), request(3, "a"), request(5, "b"), request(9, "b")]
    found = judge({"a": 1.0, "b": 1.0}, asked, [Blur(4, 6, "cut off")], [])
    assert found.is_kept
    assert found.again == {"no answer left the gateway": 1, "cut off": 1}
    # The blur is of the first try, not of the second.
    assert not judge({"b": 1.0}, asked[2:], [Blur(8, 10, "cut off")], []).is_kept


def test_pace_counts_what_was_accepted_in_the_time() -> None:
    asked = [request(1, "a"), request(2, "b", "c"), request(3, "d", code="G140"), request(6, "e")]
    assert pace(asked, 1, 6) == 3 / 5


def test_a_duplicate_counts_as_added_where_the_same_application_had_asked(tmp_path: Path) -> None:
    lines: list[dict[str, object]] = [
        {"at": 1, "asked": ["a", "b"]},
        {"at": 2, "told": {"a": "added", "b": "unknown"}},
        {"at": 3, "told": {"b": "duplicates", "c": "duplicates"}},
    ]
    path = tmp_path / "application-1.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines) + '{"torn', "utf-8")
    assert read_added([path]) == {"a": 2, "b": 3}
