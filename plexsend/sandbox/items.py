"""One object against its shape: pure, and what it reports holds no text of the object."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from plexsend.sandbox.euckr import measure
from plexsend.sandbox.fields import NOTHING, Charset, Field, Kind, Shape
from plexsend.sandbox.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Python's calendar is asked afterwards: it reads other forms of a time too, and lately a 24th hour.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}Z")


def check(item: Mapping[str, Any], shape: Shape) -> Finding | None:
    """Return what is wrong with `item`, or None.

    What fails the whole request comes before what fails the item: the gateway judges the form of a request
    before it looks at numbers.
    """
    known = 0
    single: Finding | None = None
    for field in shape.fields:
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
        return _find_unknown(item, shape)
    for rule in shape.rules:
        finding = rule.judge(item)
        if finding is not None:
            return finding
    return single


def _find_unknown(item: Mapping[str, Any], shape: Shape) -> Finding:
    """Name the first field that the guide does not know.

    Whether the gateway refuses it is not known. The sandbox does, because a field that nobody reads is a
    mistake.
    """
    names = {field.name for field in shape.fields}
    stranger = next(name for name in item if name not in names)
    # The name came from outside: escaped and cut, it cannot break the answer or fill it.
    return Finding("C400_2", ascii(stranger)[1:-1][:40], "is not a field of this API")


def _check_value(value: object, field: Field) -> Finding | None:
    """Return what is wrong with the value of a field that is there."""
    if value is None:
        return None if field.nullable else Finding("C400_1", field.name, "must not be null")
    return _CHECKS[field.kind](value, field)


def _check_text(value: object, field: Field) -> Finding | None:
    """Return what is wrong with a string."""
    if not isinstance(value, str):
        return Finding("C400_1", field.name, "must be a string")
    if not value or value.isspace():
        if field.required or field.filled:
            return Finding("C400_3", field.name, "must not be blank")
        # A blank key is an absent one, and an optional text may be empty.
        if field.nullable or not value:
            return None
    reason = _find_fault(value, field)
    return None if reason is None else Finding(field.code, field.name, reason)


def _find_fault(text: str, field: Field) -> str | None:
    """Return which rule of form or size a string breaks, or None."""
    if field.pattern is not None and field.pattern.fullmatch(text) is None:
        return "is not of the required form"
    if field.max_bytes is None and field.max_chars is None:
        return None
    size_bytes = measure(text) if field.charset is Charset.EUC_KR else _measure_utf8(text)
    if size_bytes is None:
        return f"holds a character outside {field.charset.name}"
    if field.max_bytes is not None and size_bytes > field.max_bytes:
        return f"is longer than {field.max_bytes} bytes in {field.charset.name}"
    if field.max_chars is not None and len(text) > field.max_chars:
        return f"is longer than {field.max_chars} characters"
    return None


def _measure_utf8(text: str) -> int | None:
    """Return the bytes of `text` in UTF-8, or None when it holds half of a surrogate pair."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return None


def _check_texts(value: object, field: Field) -> Finding | None:
    """Return what is wrong with an array of strings."""
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        return Finding("C400_1", field.name, "must be an array of strings")
    finding = _check_count(value, field)
    return finding or next((finding for entry in value if (finding := _check_text(entry, field))), None)


def _check_empty(value: object, field: Field) -> Finding | None:
    """Return what is wrong with a text that is not used."""
    if not isinstance(value, str):
        return Finding("C400_1", field.name, "must be a string")
    return Finding(field.code, field.name, "must be an empty string") if value else None


def _check_time(value: object, field: Field) -> Finding | None:
    """Return what is wrong with a time."""
    finding = _check_text(value, field)
    if finding is None and not _is_time(str(value)):
        return Finding(field.code, field.name, "must be a time in UTC like 2020-10-22T02:30:00Z")
    return finding


def _is_time(text: str) -> bool:
    """Return whether a text is written as a time and the calendar knows it."""
    if _TIME.fullmatch(text) is None:
        return False
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_flag(value: object, field: Field) -> Finding | None:
    """Return what is wrong with a flag."""
    return None if isinstance(value, bool) else Finding("C400_1", field.name, "must be true or false")


def _check_number(value: object, field: Field) -> Finding | None:
    """Return what is wrong with a number. A flag is not one, although it is to Python."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Finding("C400_1", field.name, "must be a number")
    if field.span is None or field.span[0] <= value <= field.span[1]:
        return None
    return Finding(field.code, field.name, f"must be {field.span[0]} to {field.span[1]}")


def _check_object(value: object, field: Field) -> Finding | None:
    """Return what is wrong with an object, or within it."""
    if not isinstance(value, dict):
        return Finding("C400_1", field.name, "must be an object")
    finding = check(value, field.shape or NOTHING)
    return None if finding is None else finding.within(field.name)


def _check_objects(value: object, field: Field) -> Finding | None:
    """Return what is wrong with an array of objects, or within one of them."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        return Finding("C400_1", field.name, "must be an array of objects")
    finding = _check_count(value, field)
    if finding is not None:
        return finding
    for index, entry in enumerate(value):
        finding = check(entry, field.shape or NOTHING)
        if finding is not None:
            return finding.within(f"{field.name}[{index}]")
    return None


def _check_count(entries: list[Any], field: Field) -> Finding | None:
    """Return what is wrong with the number of an array's entries."""
    if not entries:
        return Finding("C400_3", field.name, "must hold at least one entry")
    if field.max_count is not None and len(entries) > field.max_count:
        return Finding(field.code, field.name, f"must hold at most {field.max_count} entries")
    return None


_CHECKS: dict[Kind, Callable[[object, Field], Finding | None]] = {
    Kind.TEXT: _check_text,
    Kind.TEXTS: _check_texts,
    Kind.EMPTY: _check_empty,
    Kind.TIME: _check_time,
    Kind.FLAG: _check_flag,
    Kind.NUMBER: _check_number,
    Kind.OBJECT: _check_object,
    Kind.OBJECTS: _check_objects,
}
