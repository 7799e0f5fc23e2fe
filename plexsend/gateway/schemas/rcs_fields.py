"""The fields of RCS: text in UTF-8 that is counted in characters, times, places and switches.

A character is a code point, and Hangul in pieces is put together first. Where a field may be left out, a
text without a visible character is left out too: the gateway does not want a key without a value.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from marshmallow import missing

from plexsend.gateway.characters import compose_hangul, shows_something
from plexsend.gateway.refusals import Refusal
from plexsend.gateway.schemas.fields import ItemField, Text, count_bytes, name_type, refuse
from plexsend.gateway.schemas.text_doubts import warn_of_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.gateway.schemas.draft import Draft


class Characters(Text):
    """Text within a number of characters.

    Args:
        hint: What to give, as a sentence.
        most: The most characters that are sent.
        warn_above: Above this it may be refused or shown in part; None: no warning.
        pattern: A regular expression that the whole text must match; None: any text does.
        form: What the pattern means, in words that follow "is not".
        required: Whether an object without the field, or with a blank one, is refused.
    """

    def __init__(
        self,
        *,
        hint: str,
        most: int,
        warn_above: int | None = None,
        pattern: str | None = None,
        form: str = "",
        required: bool = False,
    ) -> None:
        super().__init__(hint=hint, required=required)
        self.most = most
        self.warn_above = warn_above
        self.pattern = None if pattern is None else re.compile(pattern)
        self.form = form

    def limits(self) -> Mapping[str, Any]:
        """Return the limits and the pattern."""
        return {
            "most": self.most,
            "warn_above": self.warn_above,
            "pattern": None if self.pattern is None else self.pattern.pattern,
        }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        if isinstance(value, str) and not shows_something(value):
            if self.required:
                raise refuse(Refusal("is blank", self.hint))
            return missing
        return super()._deserialize(value, attr, data, **more)

    def judge(self, text: str, field: str, draft: Draft) -> str:
        """Return `text` with each syllable of Hangul as one character, and otherwise as it is."""
        text = compose_hangul(text)
        if len(text) > self.most:
            raise refuse(
                Refusal(
                    f"has {len(text)} characters, of which at most {self.most} can be sent",
                    f"Shorten it by {len(text) - self.most} characters.",
                )
            )
        count_bytes(text)
        if self.pattern is not None and self.pattern.fullmatch(text) is None:
            raise refuse(Refusal(f"is not {self.form}", self.hint))
        if self.warn_above is not None and len(text) > self.warn_above:
            draft.warn(
                field,
                Refusal(
                    f"has {len(text)} characters: neighbouring gateways take at most {self.warn_above}",
                    f"Shorten it by {len(text) - self.warn_above} characters to be sure.",
                ),
            )
        warn_of_text(text, field, draft)
        return text


class Unused(Text):
    """Text that the gateway does not use: an empty one goes out, whatever is given."""

    def __init__(self) -> None:
        super().__init__(hint='Give "", or leave the field out.')

    def judge(self, text: str, field: str, draft: Draft) -> str:
        """Return the empty text, and warn of one that is not empty."""
        if text:
            draft.warn(field, Refusal("is not used by the gateway and goes out empty", "Leave it out."))
        return ""


class UtcTime(Text):
    """A time in UTC, to the second, as in 2020-10-22T02:30:00Z. Such texts sort as their times do."""

    def limits(self) -> Mapping[str, Any]:
        """Return the pattern."""
        return {"pattern": _UTC.pattern}

    def judge(self, text: str, field: str, draft: Draft) -> str:  # noqa: ARG002 - the signature is shared
        """Return `text` as it is."""
        if _UTC.fullmatch(text) is None:
            raise refuse(Refusal("is not a time in UTC as in 2020-10-22T02:30:00Z", self.hint))
        try:
            datetime.fromisoformat(text)
        except ValueError:
            exists = False
        else:
            exists = True
        if not exists:
            raise refuse(Refusal("is a time that does not exist", self.hint))
        return text


class Degrees(ItemField):
    """A coordinate as a number."""

    def __init__(self, *, hint: str, most: int) -> None:
        super().__init__(hint=hint)
        self.most = most

    def limits(self) -> Mapping[str, Any]:
        """Return the limit on either side of zero."""
        return {"most": self.most}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int | float:  # noqa: ARG002 - given
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise refuse(Refusal(f"is {name_type(value)}, not a number", self.hint))
        # Every comparison with NaN is false; an integer may be too large for a float.
        if not -self.most <= value <= self.most:
            raise refuse(Refusal(f"is not between -{self.most} and {self.most}", self.hint))
        return value


class Switch(ItemField):
    """Yes or no, as JSON's true and false or as text; handed on as text. A blank text is left out."""

    def limits(self) -> Mapping[str, Any]:
        """Return the texts that are read."""
        return {"texts": ["true", "false"]}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:  # noqa: ARG002 - given
        if isinstance(value, bool):
            return "true" if value else "false"
        # Spreadsheets write the words in capital letters.
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower()
        if isinstance(value, str) and not value.strip():
            return missing
        raise refuse(Refusal("is neither true nor false", self.hint))


_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
