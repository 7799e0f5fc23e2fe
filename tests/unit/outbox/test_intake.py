"""What goes into the outbox shows no body where it is printed."""

from __future__ import annotations

from plexsend.outbox.intake import Draft


def test_draft_hides_its_body() -> None:
    assert repr(Draft("k", b"01012345678")) == "Draft(msg_key='k')"
