"""One item against its product's rules: pure, and without a word of the item in what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.sandbox.euckr import measure
from plexsend.sandbox.products import Charset, Field, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Finding:
    """The first rule that an item breaks."""

    code: str
    field: str
    reason: str

    @property
    def whole(self) -> bool:
        """Whether the code speaks for the whole request."""
        return self.code.startswith("C")


def check(item: Mapping[str, object], fields: Sequence[Field]) -> Finding | None:
    """Return what is wrong with `item`, or None.

    What fails the whole request comes before what fails the item: the gateway judges the form of a request
    before it looks at numbers.
    """
    known = 0
    single: Finding | None = None
    for field in fields:
        if field.name in item:
            known += 1
            finding = _check_value(item[field.name], field)
        else:
            finding = Finding("C400_3", field.name, "is missing") if field.required else None
        if finding is None:
            continue
        if finding.whole:
            return finding
        single = single or finding
    if known < len(item):
        return _find_unknown(item, fields)
    return single


def _find_unknown(item: Mapping[str, object], fields: Sequence[Field]) -> Finding:
    """Name the first field that the guide does not know.

    Whether the gateway minds is not known. The sandbox does, because a field nobody reads is a mistake.
    """
    names = {field.name for field in fields}
    stranger = next(name for name in item if name not in names)
    # The name came from outside: escaped and cut, it cannot break the answer or fill it.
    return Finding("C400_2", ascii(stranger)[1:-1][:40], "is not a field of this API")


def _check_value(value: object, field: Field) -> Finding | None:
    """Return what is wrong with the value of a field that is there."""
    if value is None:
        return None if field.nullable else Finding("C400_1", field.name, "must not be null")
    if field.kind is Kind.TEXTS:
        return _check_texts(value, field)
    if not isinstance(value, str):
        return Finding("C400_1", field.name, "must be a string")
    return _check_text(value, field)


def _check_texts(value: object, field: Field) -> Finding | None:
    """Return what is wrong with an array of strings."""
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        return Finding("C400_1", field.name, "must be an array of strings")
    if not value:
        return Finding("C400_3", field.name, "must hold at least one entry")
    if field.max_count is not None and len(value) > field.max_count:
        return Finding(field.code, field.name, f"must hold at most {field.max_count} entries")
    return next((finding for entry in value if (finding := _check_text(entry, field))), None)


def _check_text(text: str, field: Field) -> Finding | None:
    """Return what is wrong with one string."""
    if not text or text.isspace():
        if field.required:
            return Finding("C400_3", field.name, "must not be blank")
        # A blank key is an absent one, and an optional text may be empty.
        if field.nullable or not text:
            return None
    reason = _find_fault(text, field)
    return None if reason is None else Finding(field.code, field.name, reason)


def _find_fault(text: str, field: Field) -> str | None:
    """Return which rule of form or size a string breaks, or None."""
    if field.pattern is not None and field.pattern.fullmatch(text) is None:
        return "is not of the required form"
    if field.max_bytes is None:
        return None
    size_bytes = measure(text) if field.charset is Charset.EUC_KR else _measure_utf8(text)
    if size_bytes is None:
        return f"holds a character outside {field.charset.name}"
    if size_bytes > field.max_bytes:
        return f"is longer than {field.max_bytes} bytes in {field.charset.name}"
    return None


def _measure_utf8(text: str) -> int | None:
    """Return the bytes of `text` in UTF-8, or None when it holds half of a surrogate pair."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return None
