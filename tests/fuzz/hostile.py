"""Values that somebody hostile, or a broken program, gives where an item or an answer is expected."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.unit.gateway.wire_items import ITEMS, places_in

SECRET = "zq9~Geheim"
"""Stands in texts that no error may repeat."""
NUMBER = "01098765432"

WORDS = st.sampled_from(
    [
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "\udfff\ud800",
        SECRET,
        f"{SECRET} 가나다 {NUMBER}",
        NUMBER,
        f"+82{NUMBER}",
        "\u202e\u200b\ufeff",
        "똠펲\U0001f600",
        "e\u0301" * 20,
        "\u1100\u1161" * 30,
        SECRET * 300,
        "9" * 5000,
        f"https://x/{SECRET}",
        f"https://x/{SECRET} {NUMBER}",
        "http://[::1",
        "2020-13-45T99:99:99Z",
        "C100",
        "true",
        "１２３",
        "\r\n\r",
    ]
)
TEXTS = WORDS | st.text(st.characters(), max_size=30)
NUMBERS = (
    st.integers()
    | st.floats()
    | st.sampled_from([10**400, -(10**4000), 2**63, 1e308, -0.0, float("nan"), float("inf"), True, False])
)
LEAVES: st.SearchStrategy[Any] = st.none() | NUMBERS | TEXTS
JSON_VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
FOREIGN_LEAVES: st.SearchStrategy[Any] = LEAVES | st.sampled_from(
    [b"bytes", bytearray(b"x"), Decimal("NaN"), datetime(2020, 1, 1, tzinfo=UTC), {1, 2}, range(3), Exception]
).map(copy.copy)
KEYS: st.SearchStrategy[Any] = TEXTS | st.integers() | st.none() | st.tuples(st.integers()) | st.booleans()
PYTHON_VALUES = st.recursive(
    FOREIGN_LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)
"""Whatever a caller's program can hold, not only what JSON can say."""


@st.composite
def spoilt_items(draw: Any, product: str, values: st.SearchStrategy[Any]) -> dict[Any, Any]:
    """Return an item of a product of which one to three places, or names, are hostile."""
    item: dict[Any, Any] = copy.deepcopy(draw(ITEMS[product]))
    for _ in range(draw(st.integers(1, 3))):
        within, name = draw(st.sampled_from(places_in(item) or [(item, "msg")]))
        if isinstance(within, dict) and draw(st.booleans()):
            within[draw(KEYS)] = copy.deepcopy(draw(values))
        else:
            within[name] = copy.deepcopy(draw(values))
    return item


@st.composite
def spoilt_bytes(draw: Any, whole: bytes) -> bytes:
    """Return bytes of which some were cut off, doubled, changed or put in."""
    body = bytearray(whole)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(body)))
        cut = draw(st.integers(0, min(8, len(body) - at)))
        body[at : at + cut] = draw(
            st.sampled_from([b"", b"\0", b"\xff", b"{", b"[", b'"', b",", b"\\ud800", b"NaN", b"1e999", b"-"])
            | st.binary(max_size=4)
            | st.just(bytes(body[at : at + 20]))
        )
    return bytes(body)


def deep(kind: str, levels: int) -> Any:
    """Return arrays or objects inside each other."""
    value: Any = None
    for _ in range(levels):
        value = [value] if kind == "array" else {"msg": value}
    return value


def as_json(value: Any) -> bytes:
    """Return a value as JSON, as Python writes it: with NaN, and half characters spelt out."""
    return json.dumps(value, default=str).encode()
