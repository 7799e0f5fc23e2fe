"""What goes into the outbox shows no body where it is printed."""

from __future__ import annotations

from plexsend.outbox.submit import NewMessage


def test_new_message_hides_its_body() -> None:
    assert repr(NewMessage("k", b"01012345678")) == "NewMessage(msg_key='k')"
