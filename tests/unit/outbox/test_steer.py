"""Decisions: the words that a script answers are those that a type checker knows."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import get_args

from plexsend.outbox.steer import DecisionOutcome


def test_a_decision_has_every_word_that_the_script_answers_for_a_message() -> None:
    folder = files("plexsend.outbox").joinpath("scripts")
    script, *parts = (
        folder.joinpath(f"{name}.lua").read_text("utf-8") for name in ("steer", "_cancel", "_reschedule")
    )
    answered = re.findall(r"return done\('(\w+)'", script)
    # What a part answers together with the state goes through `done` as well.
    answered += [word for part in parts for word in re.findall(r"return '(\w+)', ", part)]
    # What is said of its fallback is what a part would say of that by itself.
    assert "return 'fallback_' .. outcome, " in parts[0]
    answered += [f"fallback_{word}" for word in ("wanted", "parked")]
    # A message that is not there is answered without being counted.
    missing = re.findall(r"then return \{ '(unknown)', '' \}", script)

    assert sorted({*answered, *missing}) == sorted(get_args(DecisionOutcome))
