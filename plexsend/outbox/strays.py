"""What came as a receipt and belongs to no message: keys that nobody knows, and posts that cannot be read.

Both are kept apart, capped, without numbers or texts, so that a person can see what comes. The gateway is
answered that it was taken, since it would not get better.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from plexsend.outbox.redis.put import put_together
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text
from plexsend.phone_numbers import mask_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plexsend.outbox.redis.store import Store

MOST_STRAYS = 1_000
MOST_UNREAD = 100
"""Posts that could not be read, of which the words are kept; all are counted."""
_MOST_WORDS = 200
_MOST_KEY, _MOST_CODE = 128, 24
_SHORT = 8
"""Digits of a number of which half would show its owner."""
_UNPRINTABLE = re.compile(r"[^!-~]")


class _Receipt(Protocol):
    @property
    def msg_key(self) -> str: ...
    @property
    def code(self) -> str: ...


class _UnreadResult(Protocol):
    @property
    def why(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Stray:
    """A receipt whose key no message has, or several accounts know."""

    at_ms: int
    account: str
    """The account whose path it was posted to."""
    msg_key: str
    """What may be a telephone number in it is masked."""
    code: str


@dataclass(frozen=True, slots=True)
class UnreadPost:
    """A post that could not be read."""

    at_ms: int
    account: str
    """Empty where its path names none that is known."""
    why: str
    words: str
    """What of it may be shown."""


def keep_strays(store: Store, account: str, receipts: Sequence[_Receipt]) -> None:
    """Keep receipts apart, the newest thousand of the fleet, and count them in the account."""
    if not receipts:
        return
    with mapped():
        at_ms = _now_ms(store)
        entries = [
            json.dumps({"at": at_ms, "account": account, "key": key, "code": code})
            for key, code in ((shown_key(each.msg_key), _code(each.code)) for each in receipts[-MOST_STRAYS:])
        ]
    # A key that another program spoilt is passed over: nothing here is worth a post that comes again.
    put_together(
        store,
        [
            ("RPUSH", store.keys.strays, *entries),
            ("LTRIM", store.keys.strays, str(-MOST_STRAYS), "-1"),
            ("HINCRBY", store.keys.receipts(account), "stranger", str(len(receipts))),
        ],
    )


def keep_unread(store: Store, account: str, unread: Sequence[_UnreadResult]) -> None:
    """Count what could not be read, and keep the newest hundred: one call, for one or many.

    Args:
        store: Where to.
        account: Whose path it came to; empty where that is not known.
        unread: Why each could not be read, one of few words: it is counted by it. What of it a person may
            see: the caller leaves numbers and texts out.
    """
    counts: Counter[str] = Counter()
    for each in unread:
        counts[each.why] += each.count
    with mapped():
        at_ms = _now_ms(store)
        entries = [
            {"at": at_ms, "account": account, "why": each.why, "words": each.words[:_MOST_WORDS]}
            for each in unread[-MOST_UNREAD:]
        ]
    put_together(
        store,
        [
            ("RPUSH", store.keys.unread, *(json.dumps(entry, ensure_ascii=False) for entry in entries)),
            ("LTRIM", store.keys.unread, str(-MOST_UNREAD), "-1"),
            *(("HINCRBY", store.keys.unread_counts, why, str(count)) for why, count in counts.items()),
        ],
    )


def shown_key(key: str) -> str:
    """Return what a person may see of a key that is not ours: somebody may use telephone numbers as keys."""

    def mask(digits: str) -> str:
        return f"****{digits[-4:] if len(digits) > _SHORT else digits[-2:]}"

    return _code(mask_numbers(key[:_MOST_KEY], mask), _MOST_KEY)


def read_strays(store: Store) -> list[Stray]:
    """Return the receipts that were kept apart, oldest first."""
    pipe = store.client.pipeline(transaction=False)
    pipe.lrange(store.keys.strays, 0, -1)
    (entries,) = execute(store, pipe)
    return [
        Stray(number(each.get("at")), *(str(each.get(name, "")) for name in ("account", "key", "code")))
        for each in map(_facts, entries)
    ]


def read_unread(store: Store) -> tuple[Mapping[str, int], list[UnreadPost]]:
    """Return how many posts were refused or could not be read, by why, and the newest of the latter.

    They come oldest first. `refusals` keeps the two apart.
    """
    pipe = store.client.pipeline(transaction=False)
    pipe.hgetall(store.keys.unread_counts)
    pipe.lrange(store.keys.unread, 0, -1)
    counts, entries = execute(store, pipe)
    posts = [
        UnreadPost(number(each.get("at")), *(str(each.get(name, "")) for name in ("account", "why", "words")))
        for each in map(_facts, entries)
    ]
    return {text(why): number(n) for why, n in counts.items()}, posts


def _now_ms(store: Store) -> int:
    seconds, micros = store.client.time()
    return int(seconds) * 1000 + int(micros) // 1000


def _code(words: str, most: int = _MOST_CODE) -> str:
    return _UNPRINTABLE.sub("_", words)[:most]


# What another program wrote there counts as empty.
def _facts(entry: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(entry)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
