"""The switches."""

from __future__ import annotations

from typing import Any

import pytest

from plexsend.sandbox.behaviour import Behaviour, Duplicates


def test_positions_survive_json() -> None:
    behaviour = Behaviour().change(
        {
            "duplicates": "accept",
            "envelope_for": ["G150"],
            "max_items": 5,
            "messages_per_s": 2.5,
            "retry_after": None,
            "senders": ["0222345678"],
            "shuffle": False,
            "receipt_delay_ms": 5,
            "receipt_spread_ms": 10.5,
            "receipt_early": 0.25,
            "receipt_doubled": 1,
            "receipt_missing": 0.01,
            "receipt_codes": {"E": 0.5, "2": 0.5},
            "receipt_retry_ms": 20,
        }
    )
    assert behaviour.duplicates is Duplicates.ACCEPT
    assert Behaviour().change(behaviour.to_json()) == behaviour
    assert behaviour != Behaviour()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("speed", 1),
        ("duplicates", "drop"),
        ("envelope_for", ["C100"]),
        ("envelope_for", "G150"),
        ("envelope_for", None),
        ("envelope_for", [["G150"]]),
        ("max_items", 0),
        ("max_items", True),
        ("max_items", "10"),
        ("messages_per_s", 0),
        ("messages_per_s", "fast"),
        ("messages_per_s", float("nan")),
        ("messages_per_s", float("inf")),
        ("retry_after", "1\r\nX: y"),
        ("senders", "0222345678"),
        ("senders", [1]),
        ("shuffle", 1),
        ("receipt_delay_ms", -1),
        ("receipt_delay_ms", float("nan")),
        ("receipt_spread_ms", "5"),
        ("receipt_early", 1.01),
        ("receipt_early", True),
        ("receipt_doubled", None),
        ("receipt_missing", -0.1),
        ("receipt_codes", ["E"]),
        ("receipt_codes", {"E": 0.7, "2": 0.7}),
        ("receipt_codes", {1: 0.5}),
        ("receipt_retry_ms", float("inf")),
    ],
)
def test_wrong_position_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError) as caught:
        Behaviour().change({name: value})
    assert name in str(caught.value)
