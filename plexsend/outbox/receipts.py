"""Receipts: what the gateway's webhook says became of messages, put into their records.

A receipt may come early, late, twice, out of order, or for a key that nobody knows. What it does is decided
by the script, in one call for all that came together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from plexsend.errors import OutboxMoved
from plexsend.gateway.receipt_codes import Family, receipt_code
from plexsend.outbox.arguments import RECEIPT
from plexsend.outbox.constants import LARGEST_NUMBER
from plexsend.outbox.redis.reads import ask
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number
from plexsend.outbox.strays import keep_strays

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plexsend.outbox.redis.store import Store

MOST_RECEIPTS = 250
"""In one call of the script: about 3 ms."""
_MOST_CODE, _MOST_CARRIER = 24, 8
"""Characters that a record keeps: with two times they stay under 64 bytes, so that it stays compact."""
_STRANGE = re.compile(r"[^A-Za-z0-9_.-]")
_KEY = re.compile(r"[!-~]{1,128}")
"""No message has another key."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One delivery result, as the gateway posted it."""

    msg_key: str
    code: str
    carrier: str = ""
    done_ms: int | None = None
    """When it reached the handset, or did not; None where the gateway does not say."""


class Reception(StrEnum):
    """What became of a receipt."""

    SETTLED = "settled"
    """Its message has another state now."""
    KEPT = "kept"
    """Its message is being sent: it decides once that request is settled."""
    NOTED = "noted"
    """It changes nothing, and is in the message's history."""
    REPEATED = "repeated"
    """The same was known already."""
    STRANGER = "stranger"
    """No message has its key, or several accounts know it: it is kept apart."""


_RECEPTIONS = {str(each).encode(): each for each in Reception}
"""As the script answers."""


def take_receipts(
    store: Store, account: str, receipts: Sequence[Receipt], *, also: Sequence[str] = ()
) -> list[Reception]:
    """Put receipts into the records of their messages; return what became of each, in their order.

    A repeated call does no harm: what was taken is answered as repeated.

    Args:
        store: Where the messages are.
        account: The account whose path they were posted to.
        receipts: Any number; they go 250 in a call.
        also: Other accounts whose path has the same secret. A key that `account` does not know is looked for
            in them; where several know it, nobody says which is meant, and it is a stranger.

    Raises OutboxUnavailable, or OutboxMoved where the account's messages are not on this server and no other
    account knows the key: then they must be posted again, although some may have been taken.
    """
    found: list[Reception] = []
    for part in _parts(receipts):
        found += _take(store, account, part, [name for name in dict.fromkeys(also) if name != account])
    return found


def first_receipt_ms(store: Store, account: str) -> int | None:
    """Return when the first receipt came for a message of an account; None: none ever did."""
    first = ask(store, lambda pipe: pipe.hget(store.keys.receipts(account), "first"))
    return None if first is None else number(first)


def _take(store: Store, account: str, receipts: list[Receipt], also: list[str]) -> list[Reception]:
    became = [Reception.STRANGER] * len(receipts)
    moved: OutboxMoved | None = None
    places = [place for place, receipt in enumerate(receipts) if _KEY.fullmatch(receipt.msg_key)]
    try:
        _put(store, account, receipts, places, became)
    except OutboxMoved as exc:
        moved = exc
    unknown = [place for place in places if became[place] is Reception.STRANGER]
    if unknown and also:
        elsewhere = _find(store, also, unknown, receipts)
        for name, found in elsewhere.items():
            _put(store, name, receipts, found, became)
    strays = [place for place, reception in enumerate(became) if reception is Reception.STRANGER]
    if strays and moved is not None and not _is_unused(store, account, also):
        raise moved
    keep_strays(store, account, [receipts[place] for place in strays])
    return became


def _put(
    store: Store, account: str, receipts: Sequence[Receipt], places: Sequence[int], became: list[Reception]
) -> None:
    if not places:
        return
    args: list[str | bytes | int] = []
    for place in places:
        args += _arguments(receipts[place])
    reply = store.run(Script.RECEIPTS, account, args)
    for place, word in zip(places, reply, strict=True):
        became[place] = _RECEPTIONS[word]


def _arguments(receipt: Receipt) -> tuple[str | bytes | int, ...]:
    done_ms = receipt.done_ms
    code, kind, rcs_kind = _code(receipt.code)
    return RECEIPT.write(
        msg_key=receipt.msg_key,
        code=code,
        carrier=_carrier(receipt.carrier),
        done=done_ms if done_ms is not None and 0 <= done_ms < LARGEST_NUMBER else "",
        kind=kind,
        rcs_kind=rcs_kind,
    )


# There are few codes and carriers, and thousands of receipts a second.
@lru_cache(maxsize=1024)
def _code(code: str) -> tuple[str, str, str]:
    """Return a code as a record keeps it, and its class in both families."""
    kinds = (str(receipt_code(family, code).kind) for family in (Family.SMS, Family.RCS))
    sms, rcs = kinds
    return _plain(code, _MOST_CODE), sms, rcs


@lru_cache(maxsize=1024)
def _carrier(carrier: str) -> str:
    return _plain(carrier, _MOST_CARRIER)


def _plain(words: str, most: int) -> str:
    return _STRANGE.sub("_", words)[:most]


# Which one of these accounts knows each key; keys that none or several know are left out.
def _find(
    store: Store, accounts: Sequence[str], places: Sequence[int], receipts: Sequence[Receipt]
) -> Mapping[str, list[int]]:
    with mapped():
        pipe = store.client.pipeline(transaction=False)
        for place in places:
            for name in accounts:
                pipe.exists(store.keys.record(name, receipts[place].msg_key))
        replies = iter(pipe.execute())
    found: dict[str, list[int]] = defaultdict(list)
    for place in places:
        knowing = [
            name for name, is_there in zip(accounts, islice(replies, len(accounts)), strict=True) if is_there
        ]
        if len(knowing) == 1:
            found[knowing[0]].append(place)
    return found


# An account under the same secret may never have had a message here, while others have: then nothing moved.
def _is_unused(store: Store, account: str, also: Iterable[str]) -> bool:
    with mapped():
        pipe = store.client.pipeline(transaction=False)
        pipe.sismember(store.keys.accounts, account)
        for name in also:
            pipe.exists(store.keys.here(name))
        was_used, *here = pipe.execute()
    return not was_used and any(here)


def _parts(receipts: Sequence[Receipt]) -> Iterator[list[Receipt]]:
    for at in range(0, len(receipts), MOST_RECEIPTS):
        yield list(receipts[at : at + MOST_RECEIPTS])
