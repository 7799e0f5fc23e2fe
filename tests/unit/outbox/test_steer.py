"""Decisions: the words that a script answers are those that a type checker knows."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import get_args

from plexsend.outbox.steer import DecisionOutcome


def test_a_decision_has_every_word_that_the_script_answers_for_a_message() -> None:
    script = files("plexsend.outbox").joinpath("scripts/steer.lua").read_text("utf-8")
    answered = re.findall(r"return done\('(\w+)'", script)
    # A message that is not there is answered without being counted.
    missing = re.findall(r"then return \{ '(unknown)', '' \}", script)

    assert sorted({*answered, *missing}) == sorted(get_args(DecisionOutcome))
