"""What a person may see of a post that cannot be read: its form, never a text or a number of a message.

Nothing is masked, for what is masked by its look can be written otherwise. Only what cannot be a text is
shown: names, and the values of a few of them where these are of the form that the gateway documents.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from plexsend.phone_numbers import mask_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_WORDS = 200
"""Characters that are kept."""
_DEEPEST, _WIDEST = 5, 12
"""Levels, and members of each, that are looked at."""
_MOST_LOOKED_AT = 4 * MOST_WORDS
"""Characters of what is not JSON in which names are looked for."""
_HIDDEN, _MORE = '"***"', "…"

_NAME = re.compile(r"(?!(?:.*\d){5})[A-Za-z_][A-Za-z0-9_.-]{0,31}", re.ASCII)
_VALUES = {
    "msg_key": re.compile(r"[!-~]{1,128}"),
    # A code of one use, as texts of messages have it, has no place in a receipt.
    "code": re.compile(r"(?!(?:.*\d){6})[A-Za-z0-9_.-]{1,24}", re.ASCII),
    "dest": re.compile(r"(?=.*[A-Za-z])(?!(?:.*\d){5})[A-Za-z0-9_.-]{1,8}", re.ASCII),
    "message_type": re.compile(r"(?=.*[A-Za-z])(?!(?:.*\d){5})[A-Za-z0-9_-]{1,16}", re.ASCII),
    "done_date": re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?", re.ASCII),
    "request_date": re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?", re.ASCII),
}
"""Names whose values are shown where they are like this."""
_DIGITS = re.compile(r"\d{5,}", re.ASCII)
_KNOWN = ("results", *_VALUES, "desc", "echo_to_webhook", "to", "from", "text", "content", "status", "result")
_WRITTEN = re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(_KNOWN)})(?![A-Za-z0-9_])(?=\s*[\"']?\s*[:=>])")


def outline(found: Any) -> str:
    """Return the form of what was read as JSON, cut to 200 characters."""
    return "".join(islice(_characters(found), MOST_WORDS))


def names_in(text: str) -> str:
    """Return which names of a receipt are in what is not JSON, and how long it is."""
    names = dict.fromkeys(_WRITTEN.findall(text[:_MOST_LOOKED_AT]))
    length = f"{len(text):,} characters"
    return f"{' '.join(names)} in {length}" if names else length


def _characters(found: Any) -> Iterator[str]:
    for part in _parts(found, "", 0):
        yield from part


# As JSON, part by part: what is not wanted any more is not made.
def _parts(found: Any, name: str, depth: int) -> Iterator[str]:
    if isinstance(found, dict | list) and depth == _DEEPEST:
        yield _MORE
    elif isinstance(found, dict):
        yield from _members(
            found, ((f"{_shown_name(each)}: ", each, found[each]) for each in found), "{}", depth
        )
    elif isinstance(found, list):
        yield from _members(found, (("", name, each) for each in found), "[]", depth)
    else:
        yield _value(found, name)


def _members(
    found: dict[str, Any] | list[Any], members: Iterator[tuple[str, str, Any]], brackets: str, depth: int
) -> Iterator[str]:
    yield brackets[0]
    for place, (before, name, each) in enumerate(islice(members, _WIDEST)):
        yield f", {before}" if place else before
        yield from _parts(each, name, depth + 1)
    if len(found) > _WIDEST:
        yield f", {_MORE}"
    yield brackets[1]


def _shown_name(name: str) -> str:
    return f'"{name}"' if _NAME.fullmatch(name) else _HIDDEN


def _value(found: Any, name: str) -> str:
    if found is None or isinstance(found, bool):
        return {None: "null", True: "true", False: "false"}[found]
    pattern = _VALUES.get(name)
    text = str(found) if type(found) is int and name == "code" else found
    if pattern is None or not isinstance(text, str) or not pattern.fullmatch(text):
        return _HIDDEN
    if name == "msg_key":
        text = _DIGITS.sub("*****", mask_numbers(text, lambda _: "*****"))
    return text if type(found) is int else f'"{text}"'
