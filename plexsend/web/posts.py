"""A post of receipts: its bytes become receipts, and reasons for what cannot be read.

Of a result only the key and the code are needed, so nothing else can spoil it: a carrier or a time that is
not understood is left out. Key and code are taken as they are or not at all, since a key that was guessed
would settle another message.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from plexsend.outbox.receipts import Receipt
from plexsend.web.outline import names_in, outline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KEY = re.compile(r"[!-~]{1,128}")
"""No message has another key."""
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,24}")
_CARRIER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_.-]{1,8}")
"""LGU, KT, SKT; one without a letter might be a part of somebody's number."""
_LONGEST = 24
"""Characters of either; what is longer is not remembered."""
_MOST_CODE = 10**9
"""A code that is written as a number has no more digits than the gateway's longest."""

# The gateway's times carry no zone; its guide is written for Korea, which has had this one since 1988.
_KST = timezone(timedelta(hours=9))
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
_COMPACT = len("20221022135244")

_RESULTS = "results"
_DEEPEST = 4
"""How far from the outside results are looked for where the envelope is another one."""
_MOST_LOOKED_AT = 2_000

_MOST_SHOWN = 5
"""Results of one post that are shown: a post may hold thousands, and what is shown is kept for a person."""
_USED = ("msg_key", "code", _RESULTS)
_QUOTED = tuple(f'"{name}"' for name in _USED)


@dataclass(frozen=True, slots=True)
class Unread:
    """A post, or one result in it, that could not be read."""

    why: str
    """One of few phrases: it is counted by it."""
    words: str
    """What a person may see of it."""
    count: int = 1
    """For how many it speaks."""


@dataclass(frozen=True, slots=True)
class Post:
    """What a post holds."""

    receipts: tuple[Receipt, ...]
    unread: tuple[Unread, ...] = ()


def read_post(body: bytes) -> Post:
    """Return the receipts in a post, in its order, and what of it cannot be read. Never raises. Pure."""
    if not body or body.isspace():
        return Post((), (Unread("empty", ""),))
    text = _decode(body)
    try:
        # To look for names that are there twice takes as long as all the rest: only where there may be some.
        found = json.loads(text) if _is_single(text) else json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return Post((), (Unread("not JSON", names_in(text)),))
    results = found.get(_RESULTS) if isinstance(found, dict) else None
    if not isinstance(results, list):
        results = list(_results(found))
    if not results:
        return Post((), (Unread("no result in it", outline(found)),))
    receipts: list[Receipt] = []
    unread: list[tuple[str, Any]] = []
    for result in results:
        receipt = _receipt(result)
        if isinstance(receipt, Receipt):
            receipts.append(receipt)
        else:
            unread.append((receipt, result))
    return Post(tuple(receipts), tuple(_unread(unread)) if unread else ())


def _unread(found: Sequence[tuple[str, Any]]) -> Iterator[Unread]:
    """Yield the first results that cannot be read, and how many more there are."""
    for why, result in found[:_MOST_SHOWN]:
        yield Unread(why, outline(result))
    for why, count in Counter(why for why, _ in found[_MOST_SHOWN:]).items():
        yield Unread(why, f"and {count:,} more", count)


# A description may be in an older Korean encoding. Its bytes are none of those that JSON is written with, and
# it is not needed.
def _decode(body: bytes) -> str:
    if body[:2] in (BOM_UTF16_LE, BOM_UTF16_BE):
        return body.decode("utf-16", "replace")
    return body.decode("utf-8", "replace").removeprefix("\ufeff")


def _is_single(text: str) -> bool:
    """Return whether no name that is used can be there twice."""
    # Written out, since this is asked of every post.
    key, code, results = _QUOTED
    return "\\u" not in text and text.count(key) <= 1 and text.count(code) <= 1 and text.count(results) <= 1


class _Twice(ValueError):
    """A name is there twice, with different values."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        for name, value in pairs:
            if name in _USED and found[name] != value:
                raise _Twice(name)
    return found


def _results(found: Any) -> Iterator[Any]:
    """Yield what is under `results`, which is not a list, or all that has a key in another envelope."""
    if isinstance(found, dict) and _RESULTS in found:
        yield found[_RESULTS]
        return
    level = [found]
    looked_at = 0
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for each in level:
            looked_at += 1
            if looked_at > _MOST_LOOKED_AT:
                return
            if isinstance(each, dict) and "msg_key" in each:
                yield each
            elif isinstance(each, dict):
                below += each.values()
            elif isinstance(each, list):
                below += each
        level = below


def _receipt(result: Any) -> Receipt | str:
    """Return the receipt, or why it cannot be read."""
    if not isinstance(result, dict):
        return "a result that is not an object"
    key, code = result.get("msg_key"), _code(result.get("code"))
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        return "a result without a key"
    if code is None:
        return "a result without a code"
    return Receipt(key, code, _carrier(result.get("dest")), _done_ms(result.get("done_date")))


# A code is of the gateway's own words, of which most are digits: what writes them may take them for numbers.
# Read so, `0` and `71003` are what they were, and anything else is a code that nobody knows: its message
# becomes unknown, never delivered.
def _code(value: Any) -> str | None:
    if type(value) is int and 0 <= value < _MOST_CODE:
        return str(value)
    word = value.strip() if isinstance(value, str) else ""
    return word if len(word) <= _LONGEST and _is_code(word) else None


def _carrier(value: Any) -> str:
    word = value.strip() if isinstance(value, str) else ""
    return word if len(word) <= _LONGEST and _is_carrier(word) else ""


# There are few codes and carriers, and thousands of receipts a second.
@lru_cache(maxsize=256)
def _is_code(word: str) -> bool:
    return _CODE.fullmatch(word) is not None


@lru_cache(maxsize=256)
def _is_carrier(word: str) -> bool:
    return _CARRIER.fullmatch(word) is not None


def _done_ms(value: Any) -> int | None:
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        if len(text) == _COMPACT and text.isdigit():
            moment = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=_KST)
        else:
            moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=_KST)
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            return None
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
