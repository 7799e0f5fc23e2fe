from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.gateway.strict_json import BadJson, parse

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(_VALUES)
def test_what_json_can_say_is_read_as_it_is(value: Any) -> None:
    assert parse(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not JSON (Expecting value at character 1)"),
        ('{"a": 1', "is not JSON (Expecting ',' delimiter at character 8)"),
        ("NaN", "holds NaN, which is not JSON"),
        ("[-Infinity]", "holds -Infinity, which is not JSON"),
        ("1e999", "holds a number that is too large"),
        ("9" * 5_000, "holds a number of thousands of digits"),
        ('{"a": 1, "b": {"a": 1, "a": 2}}', "has a field twice in one object"),
        ("[" * 33 + "]" * 33, "nests more than 32 objects and arrays"),
        ("[" * 100_000, "nests more than 32 objects and arrays"),
    ],
    ids=["nothing", "cut", "nan", "infinity", "large", "digits", "twice", "deep", "bottomless"],
)
def test_what_only_python_would_read_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadJson) as refused:
        parse(text)
    assert str(refused.value) == reason
    # Python's own errors hold the text.
    assert refused.value.__context__ is None


def test_as_deep_as_may_be_is_read() -> None:
    assert parse("[" * 32 + "]" * 32)
