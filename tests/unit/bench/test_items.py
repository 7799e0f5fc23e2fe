"""The bench's messages are what the product would make of them."""

from __future__ import annotations

from bench.items import WIRE_BYTES, msg_key, raw_item, wire_body
from plexsend.gateway.items import get_loader


def test_wire_body_is_what_the_loader_makes_of_the_item() -> None:
    for number in (0, 7, 9_999_999):
        assert wire_body(number) == get_loader("mms-bulk").load(raw_item(number)).body


def test_messages_have_the_size_that_the_figures_rest_on() -> None:
    assert len(wire_body(3)) == WIRE_BYTES
    assert len(msg_key(3)) == 36
