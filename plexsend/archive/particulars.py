"""What records say of messages beside their state, for the archive's lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plexsend.outbox.receivers import hash_in
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plexsend.outbox.redis.store import Store

_FIELDS = ("s", "t", "p", "e", "i", "c", "r", "w")


@dataclass(frozen=True, slots=True)
class Particulars:
    """Of one message. Times are ms since 1970; what is not known is None or empty."""

    state: str = ""
    """The one that it has now."""
    since_ms: int | None = None
    """When it was published that it came into this state."""
    submitted_ms: int | None = None
    ended_ms: int | None = None
    receiver: str = ""
    """Keyed hash of the number, as hex digits."""
    code: str = ""
    """Of the gateway's answer."""


GONE = Particulars()
"""The record is gone, and what was in it."""


def read_particulars(store: Store, account: str, msg_keys: Iterable[str]) -> dict[str, Particulars]:
    """Return what the records of these messages say, in one round trip; GONE where there is none."""
    names = list(dict.fromkeys(msg_keys))
    pipe = store.client.pipeline(transaction=False)
    for name in names:
        pipe.hmget(store.keys.record(account, name), _FIELDS)
    replies = execute(store, pipe) if names else []
    return {name: _read(fields) for name, fields in zip(names, replies, strict=True)}


def _read(fields: Sequence[Any]) -> Particulars:
    state, at_submit, position, ended, receiver, code, published, receipt = fields
    if state is None:
        return GONE
    return Particulars(
        state=text(state),
        # The receipt's last part is when it came; `r` is there where neither that nor the end says it.
        since_ms=number(published) or number(text(receipt).rpartition("|")[2]) or number(ended) or None,
        # As records are read: what went at once has the position of its submit.
        submitted_ms=number(at_submit) or number(position) // 1000 or None,
        ended_ms=number(ended) or None,
        receiver=hash_in(receiver).hex(),
        code=text(code),
    )
