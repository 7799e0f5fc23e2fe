"""What the record of a message tells that was uncertain and turned out to have been sent the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.gateway.answers import ItemAnswer, ItemAnswers
from plexsend.gateway.codes import Meaning
from plexsend.outbox.states import State
from tests.integration.worker.room import BULK, SILENCE, Room

if TYPE_CHECKING:
    from collections.abc import Sequence


def known_already(keys: Sequence[str]) -> ItemAnswers:
    """Answer that the gateway has these keys from an earlier request."""
    doubled = ItemAnswer(Meaning.DUPLICATE, "71003", "duplicate key")
    return ItemAnswers(dict.fromkeys(keys, doubled), foreign=0)


def test_resend_whose_key_the_gateway_knows_is_folded_into_the_first_and_told(scripted: Room) -> None:
    scripted.submit(BULK, ["k-1"])
    scripted.answer_by(lambda _keys: SILENCE)
    scripted.drain(BULK)
    scripted.let_pass(10)
    scripted.answer_by(known_already)
    scripted.housekeeping.round()
    scripted.drain(BULK)
    record = scripted.record("k-1")
    assert (record.state, record.code, record.attempts) == (State.ACCEPTED, "71003", 0)
    assert [(line.event, line.code, line.detail) for line in record.history] == [
        (
            "postpone",
            "TIMEOUT",
            "no usable answer came; it may have been sent, so it goes again alone, under the same key",
        ),
        ("accept", "71003", "the gateway knew the key: the earlier request had sent it"),
    ]
