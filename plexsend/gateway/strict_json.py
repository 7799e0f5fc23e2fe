"""Strict JSON: what Python reads beyond the standard, or reads in one of two ways, is refused."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NoReturn

_DEEPEST = 32
"""Objects and arrays inside each other. An item needs ten at most; Python's own limit varies."""


class BadJson(Exception):
    """Text that is not JSON, or JSON that Python would read but that means nothing, or two things.

    Its text is the reason, and holds nothing of what was read.
    """


def parse(text: str) -> Any:
    """Return the JSON value that a text is; raises BadJson."""
    try:
        return _decode(text)
    except json.JSONDecodeError as exc:
        reason = f"is not JSON ({exc.msg.removesuffix(' starting at')} at character {exc.colno})"
    except RecursionError:
        reason = f"nests more than {_DEEPEST} objects and arrays"
    except ValueError:
        # What json.loads lets through as Python's own: a number of more than 4,300 digits.
        reason = "holds a number of thousands of digits"
    # Made out here, since Python's error holds the whole text and would stay attached.
    raise BadJson(reason)


def _decode(text: str) -> Any:
    value = _DECODER.decode(text)
    # Only text with many brackets can be deep, so most is not looked through.
    if text.count("[") + text.count("{") > _DEEPEST and _is_deep(value, _DEEPEST):
        raise BadJson(f"nests more than {_DEEPEST} objects and arrays")
    return value


def _is_deep(value: object, allowed: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return allowed == 0 or any(_is_deep(each, allowed - 1) for each in inner)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise BadJson("has a field twice in one object")
    return values


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise BadJson("holds a number that is too large")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise BadJson(f"holds {name}, which is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite)
