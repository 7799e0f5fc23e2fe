"""The rules for LMS, which are those of MMS without images."""

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


class LmsSchema(ItemSchema):
    """One LMS. The fields are in the order in which they go on the wire."""

    version: ClassVar[int] = 1

    msg_key = msg_key()
    sub_id = sub_id()
    title = EucKrText(
        most_bytes=50, warn_above_bytes=40, hint="Give at most 50 bytes of text, or leave the field out."
    )
    sender_number = sender_number()
    receiver_number = receiver_number()
    origin_cid = origin_cid()
    msg = EucKrText(
        most_bytes=2000, blank=False, required=True, hint="Give the text of the message, 1 to 2000 bytes."
    )
    echo_to_webhook = echo_to_webhook()
