"""The kinds of fields that items are made of. Each refuses with everything that is wrong with its value.

Every field describes its rule as data (`rule`); the fingerprint of a product's rules is made of that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError, fields

from plexsend.gateway.refusals import Refusal, name_character
from plexsend.gateway.schemas.draft import Draft
from plexsend.gateway.services import LONGEST_URL, URL_PATTERN

if TYPE_CHECKING:
    from collections.abc import Mapping


class ItemField(fields.Field[Any]):
    """A field that is never null and whose errors are refusals.

    Args:
        hint: What to give, as a sentence; the remedy where the field is missing or of another type.
        required: Whether an item without the field is refused.
    """

    def __init__(self, *, hint: str, required: bool = False) -> None:
        super().__init__(required=required)
        self.hint = hint

    def limits(self) -> Mapping[str, Any]:
        """Return what this field was declared with, as data."""
        return {}

    def rule(self) -> Mapping[str, Any]:
        """Return the whole rule of this field, as data."""
        return {"kind": type(self).__name__, "required": self.required, **self.limits()}

    def make_error(self, key: str, **_kwargs: Any) -> ValidationError:
        """Return marshmallow's own errors (missing, null) as refusals."""
        if key == "null":
            return refuse(Refusal("is null", self.hint if self.required else "Leave the field out instead."))
        return refuse(Refusal("is missing", self.hint))


class Text(ItemField):
    """A field that holds text; each kind judges it in `judge`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> str:
        if not isinstance(value, str):
            raise refuse(Refusal(f"is {name_type(value)}, not text", self.remedy_for(value)))
        return self.judge(value, attr or "", draft_of(data))

    def remedy_for(self, value: object) -> str:  # noqa: ARG002 - the signature is shared
        """Return what to do about a value that is not text."""
        return self.hint

    def judge(self, text: str, field: str, draft: Draft) -> str:
        """Return `text` as it is sent, or raise what is wrong with it; findings go to `draft`."""
        raise NotImplementedError


class Utf8Text(Text):
    """Text of any characters, within a number of bytes in UTF-8."""

    def __init__(self, *, hint: str, most_bytes: int, required: bool = False) -> None:
        super().__init__(hint=hint, required=required)
        self.most_bytes = most_bytes

    def limits(self) -> Mapping[str, Any]:
        """Return the limit."""
        return {"most_bytes": self.most_bytes}

    def judge(self, text: str, field: str, draft: Draft) -> str:  # noqa: ARG002 - the signature is shared
        """Return `text` as it is."""
        size_bytes = count_bytes(text)
        if size_bytes > self.most_bytes:
            raise refuse(
                Refusal(
                    f"takes {size_bytes} bytes in UTF-8, of which at most {self.most_bytes} can be sent",
                    f"Shorten it by {size_bytes - self.most_bytes} bytes; a Korean character takes three.",
                )
            )
        return text


class PatternText(Text):
    """Text that matches a regular expression as a whole.

    Args:
        hint: What to give, as a sentence.
        form: What the pattern means, in words that follow "is not".
        pattern: The regular expression.
        required: Whether an item without the field is refused.
    """

    def __init__(self, *, hint: str, form: str, pattern: str, required: bool = False) -> None:
        super().__init__(hint=hint, required=required)
        self.form = form
        self.pattern = re.compile(pattern, re.ASCII)

    def limits(self) -> Mapping[str, Any]:
        """Return the pattern."""
        return {"pattern": self.pattern.pattern}

    def judge(self, text: str, field: str, draft: Draft) -> str:  # noqa: ARG002 - the signature is shared
        """Return `text` as it is."""
        if self.pattern.fullmatch(text) is None:
            raise refuse(Refusal(f"is not {self.form}", self.hint))
        return text


class ImageUrls(ItemField):
    """An array of URLs."""

    def __init__(self, *, hint: str, most: int) -> None:
        super().__init__(hint=hint, required=True)
        self.most = most
        self.pattern = re.compile(URL_PATTERN, re.ASCII | re.IGNORECASE)

    def limits(self) -> Mapping[str, Any]:
        """Return the number of URLs and what each must look like."""
        return {"most": self.most, "pattern": URL_PATTERN, "longest": LONGEST_URL}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[str]:  # noqa: ARG002 - given
        if isinstance(value, str):
            raise refuse(Refusal("is a single text", 'Give an array, for one image too: ["https://…"].'))
        if not isinstance(value, (list, tuple)):
            raise refuse(Refusal(f"is {name_type(value)}, not an array", self.hint))
        if not 1 <= len(value) <= self.most:
            raise refuse(Refusal(f"holds {len(value)} URLs", self.hint))
        refused = {place: [refusal] for place, url in enumerate(value) if (refusal := self._refuse_url(url))}
        if refused:
            raise ValidationError(refused)
        return list(value)

    def _refuse_url(self, url: Any) -> Refusal | None:
        if not isinstance(url, str):
            return Refusal(f"is {name_type(url)}, not text", "Give the URL itself, as text.")
        if len(url) > LONGEST_URL:
            return Refusal(f"has {len(url)} characters", f"A URL has at most {LONGEST_URL}.")
        if self.pattern.fullmatch(url) is None:
            return Refusal(
                "is not an http or https URL",
                "Give the URL that the upload returned: http:// or https://, a host, no spaces;"
                " percent-encode everything but printable ASCII.",
            )
        return None


def draft_of(data: Any) -> Draft:
    """Return the draft that marshmallow hands on as a field's surroundings."""
    return data if isinstance(data, Draft) else Draft({})


def count_bytes(text: str) -> int:
    """Return how many bytes a text takes in UTF-8; raises where half a character cannot be written so."""
    try:
        return len(text.encode())
    except UnicodeEncodeError as exc:
        half = name_character(text[exc.start])
        place = exc.start + 1
    raise refuse(Refusal(f"holds half a character ({half}) at position {place}", "Leave it out."))


def refuse(*refusals: Refusal) -> ValidationError:
    """Return marshmallow's error with refusals in place of its texts."""
    return ValidationError(list(refusals))


def name_type(value: object) -> str:
    """Return what a value of a wrong type is, in the words of JSON."""
    names = {
        type(None): "null",
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        dict: "an object",
        list: "an array",
    }
    return names.get(type(value), f"of type {type(value).__name__}")
