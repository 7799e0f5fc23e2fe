"""The rules for SMS: those of LMS without a title, and with a text of 90 bytes."""

from __future__ import annotations

from typing import ClassVar

from plexsend.gateway.schemas.addressing import (
    echo_to_webhook,
    msg_key,
    origin_cid,
    receiver_number,
    sender_number,
    sub_id,
)
from plexsend.gateway.schemas.euckr_text import EucKrText
from plexsend.gateway.schemas.item import ItemSchema


class SmsSchema(ItemSchema):
    """One SMS. The fields are in the order in which they go on the wire."""

    version: ClassVar[int] = 1

    msg_key = msg_key()
    sub_id = sub_id()
    sender_number = sender_number()
    receiver_number = receiver_number()
    origin_cid = origin_cid()
    msg = EucKrText(
        most_bytes=90, blank=False, required=True, hint="Give the text of the message, 1 to 90 bytes."
    )
    echo_to_webhook = echo_to_webhook()
