"""The rules for MMS, from the MMS page of the API PLEX developer guide."""

from __future__ import annotations

from typing import ClassVar

from plexsend.gateway.schemas.euckr_text import EucKrText
from plexsend.gateway.schemas.fields import (
    MSG_KEY_PATTERN,
    ImageUrls,
    PatternText,
    Utf8Text,
    receiver_number,
    sender_number,
)
from plexsend.gateway.schemas.item import ItemSchema


class MmsSchema(ItemSchema):
    """One MMS. The fields stand in the order in which they go on the wire."""

    version: ClassVar[int] = 1

    msg_key = PatternText(
        required=True,
        form="1 to 128 printable ASCII characters without spaces",
        pattern=MSG_KEY_PATTERN,
        hint="Give a key of your own, unique within the account.",
    )
    # The guide limits neither the length nor the characters of a sub-account: 256 bytes is this project's
    # limit, so that a message has a greatest size.
    sub_id = Utf8Text(most_bytes=256, hint="Give the sub-account as text, or leave the field out.")
    title = EucKrText(
        most_bytes=50, warn_above_bytes=40, hint="Give at most 50 bytes of text, or leave the field out."
    )
    sender_number = sender_number()
    receiver_number = receiver_number()
    # The guide says 9 digits, "up to 10 bytes", and shows 10 digits in its example.
    origin_cid = PatternText(
        form="9 or 10 digits",
        pattern=r"[0-9]{9,10}",
        hint="Give the code of the business that sends first, as text, or leave the field out.",
    )
    msg = EucKrText(
        most_bytes=2000, blank=False, required=True, hint="Give the text of the message, 1 to 2000 bytes."
    )
    echo_to_webhook = Utf8Text(most_bytes=256, hint="Give at most 256 bytes of text, or leave the field out.")
    file_path = ImageUrls(most=3, hint='Give an array of 1 to 3 image URLs: ["https://…"].')
