"""The words for what happened to a message."""

from __future__ import annotations

import re

from plexsend.outbox.reading.event_words import EVENT_WORDS
from plexsend.outbox.redis.scripts import Script, source
from plexsend.outbox.states import Event

NEVER_TOLD = {
    Event.SUBMIT_NOW,
    Event.SUBMIT_LATER,
    Event.DUE,
    Event.TAKE,
    Event.EXPIRE,
    Event.DROP,
    Event.ARCHIVE,
}
"""Ends of the straight way, and what leaves no record to tell of it."""


def test_every_event_that_a_history_may_tell_has_words_for_people() -> None:
    assert {str(event) for event in Event} - {str(event) for event in NEVER_TOLD} <= EVENT_WORDS.keys()


def test_events_that_only_scripts_note_have_words_too() -> None:
    noted = {name for script in Script for name in re.findall(r"note\([\w.]+, '(\w+)'", source(script))}
    assert noted
    assert noted <= EVENT_WORDS.keys()
