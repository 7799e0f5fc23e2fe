"""What binds the fields of one object."""

from __future__ import annotations

from typing import Any

import pytest

from plexsend.sandbox.findings import Finding
from plexsend.sandbox.rules import Later, Needs, OneOf


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"a": 1}, None),
        ({"b": 1}, None),
        ({"b": 1, "c": 2}, None),
        ({}, Finding("C400_3", "", "must hold a or b, c")),
        ({"other": 1}, Finding("C400_3", "", "must hold a or b, c")),
        ({"a": 1, "b": 2}, Finding("C400_2", "", "must hold only a or b, c")),
        ({"a": 1, "c": 2}, Finding("C400_2", "", "must hold only a or b, c")),
    ],
)
def test_one_of_takes_fields_of_one_group(item: dict[str, Any], expected: Finding | None) -> None:
    assert OneOf((("a",), ("b", "c"))).judge(item) == expected


@pytest.mark.parametrize(
    ("item", "missing"),
    [({}, False), ({"b": 1}, False), ({"a": "0"}, True), ({"a": "1"}, True), ({"a": "1", "b": 1}, False)],
)
def test_needs_another_beside_it(item: dict[str, Any], *, missing: bool) -> None:
    expected = Finding("C400_3", "b", "is missing beside a")
    assert Needs("a", "b").judge(item) == (expected if missing else None)


@pytest.mark.parametrize(
    ("item", "missing"), [({}, False), ({"a": "0"}, False), ({"a": "1"}, True), ({"a": "1", "b": 1}, False)]
)
def test_needs_another_beside_one_value_alone(item: dict[str, Any], *, missing: bool) -> None:
    expected = Finding("C400_3", "b", 'is missing beside a "1"')
    assert Needs("a", "b", value="1").judge(item) == (expected if missing else None)


@pytest.mark.parametrize(
    ("start", "end", "good"),
    [
        ("2020-10-22T02:30:00Z", "2020-10-22T02:30:01Z", True),
        ("2020-10-22T02:30:00Z", "2021-01-01T00:00:00Z", True),
        ("2020-10-22T02:30:00Z", "2020-10-22T02:30:00Z", False),
        ("2020-10-22T02:30:00Z", "2020-10-22T02:29:59Z", False),
    ],
)
def test_later_is_not_the_same_moment(start: str, end: str, *, good: bool) -> None:
    finding = Later("end", than="start").judge({"start": start, "end": end})
    assert finding == (None if good else Finding("C400_2", "end", "must be later than start"))


def test_finding_tells_the_way_from_outside() -> None:
    inner = Finding("C400_2", "text", "is bad")
    assert inner.within("b").within("a[0]").field == "a[0].b.text"
    assert Finding("C400_3", "", "must hold a").within("b").within("a").field == "a.b"
