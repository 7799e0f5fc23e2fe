"""Fields that items of several products share: the key, who sends to whom, what comes back as an echo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from plexsend.gateway import numbers
from plexsend.gateway.refusals import Refusal
from plexsend.gateway.schemas.fields import PatternText, Text, Utf8Text, draft_of, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plexsend.gateway.schemas.draft import Draft

_MOST_DIGITS = 12
"""No number has more."""

MSG_KEY_PATTERN = r"[!-~]{1,128}"
"""Printable ASCII. The space is left out: keys are written in logs and on command lines."""


class Number(Text):
    """A telephone number, sent as digits alone.

    Args:
        hint: What to give, as a sentence.
        normalise: Returns the digits, or why the number is refused.
        pattern: What `normalise` accepts, for the fingerprint.
    """

    def __init__(self, *, hint: str, normalise: Callable[[str], str | Refusal], pattern: str) -> None:
        super().__init__(hint=hint, required=True)
        self.normalise = normalise
        self.pattern = pattern

    def limits(self) -> Mapping[str, Any]:
        """Return the pattern."""
        return {"pattern": self.pattern}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        # JSON that was made of a spreadsheet holds numbers, and they cannot begin with a 0 either.
        if type(value) is int and 0 < value < 10**_MOST_DIGITS and draft_of(data).mend_numbers:
            text = str(value)
            value = text if self.normalise(text) == numbers.LOST_ZERO else value
        return super()._deserialize(value, attr, data, **more)

    def judge(self, text: str, field: str, draft: Draft) -> str:
        """Return the digits of the number."""
        judged = self.normalise(text)
        if judged == numbers.LOST_ZERO and draft.mend_numbers:
            draft.note_replaced(field, numbers.ZERO_PUT_BACK)
            judged = self.normalise(f"0{text.strip()}")
        if isinstance(judged, Refusal):
            raise refuse(judged)
        return judged


def sender_number() -> Number:
    """Return the field of the number that sends."""
    return Number(
        hint="Give the registered sender number as text, 8 to 11 digits.",
        normalise=numbers.normalise_sender,
        pattern=numbers.SENDER_PATTERN,
    )


def receiver_number() -> Number:
    """Return the field of the number that receives."""
    return Number(
        hint="Give the recipient's mobile number as text, as in 010-2345-6789.",
        normalise=numbers.normalise_receiver,
        pattern=numbers.RECEIVER_PATTERN,
    )


class _KeyText(PatternText):
    """The key of a message."""

    def rule(self) -> Mapping[str, Any]:
        """Return the rule, which is that of any text with a pattern: stamps that were given stay good."""
        return {**super().rule(), "kind": PatternText.__name__}

    def remedy_for(self, value: object) -> str:
        """Return how to make a key of what databases have as keys."""
        if isinstance(value, (int, UUID)) and not isinstance(value, bool):
            return "Give str(…) of it: the same key as text every time."
        return super().remedy_for(value)


def msg_key() -> PatternText:
    """Return the field of the message's key."""
    return _KeyText(
        required=True,
        form="1 to 128 printable ASCII characters without spaces",
        pattern=MSG_KEY_PATTERN,
        hint="Give a key of your own, unique within the account.",
    )


def sub_id() -> Utf8Text:
    """Return the field of the sub-account."""
    # The guide limits neither the length nor the characters of a sub-account: 256 bytes is this project's
    # limit, so that a message has a greatest size.
    return Utf8Text(most_bytes=256, hint="Give the sub-account as text, or leave the field out.")


def origin_cid() -> PatternText:
    """Return the field of the business that sends first."""
    # The guide says 9 digits, "up to 10 bytes", and shows 10 digits in its example.
    return PatternText(
        form="9 or 10 digits",
        pattern=r"[0-9]{9,10}",
        hint="Give the code of the business that sends first, as text, or leave the field out.",
    )


def echo_to_webhook() -> Utf8Text:
    """Return the field that comes back with the delivery result."""
    return Utf8Text(most_bytes=256, hint="Give at most 256 bytes of text, or leave the field out.")
