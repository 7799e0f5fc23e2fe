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
    ],
)
def test_wrong_position_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError) as caught:
        Behaviour().change({name: value})
    assert name in str(caught.value)
