"""Messages of rows as their records have them, read by the hundreds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plexsend.outbox.redis.reads import execute
from plexsend.outbox.replies import number, text
from plexsend.outbox.states import SENT, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.redis.store import Store

MOST_AT_ONCE = 500
"""Records that are asked for in one round trip."""
_FIELDS = ("s", "c", "w", "e", "n", "b")
_STATES = {str(state).encode(): state for state in State}


class RowMessage(NamedTuple):
    """A message of a row. Times are ms since 1970, None where there is none."""

    state: State
    code: str = ""
    """Of its receipt; of the answer where none came; empty where nobody said anything."""
    by_receipt: bool = False
    carrier: str = ""
    ended_ms: int | None = None
    """When the gateway took it, or it ended without that."""
    done_ms: int | None = None
    """When the carrier was done with it, as its receipt says."""
    attempts: int = 0
    fallback_note: str = ""
    """What is with its fallback, or with it where it is one, as the record has it."""
    is_archived: bool = False
    """Whether only an archive knows it any more."""

    @property
    def sent_ms(self) -> int | None:
        """When the gateway took it."""
        return self.ended_ms if self.state in SENT else None


def read_messages(
    store: Store, account: str, keys: Sequence[str], *, fates: tuple[str, int, int]
) -> tuple[list[RowMessage | None], bytes]:
    """Return the messages of these keys, None where there is no record, and the fates of a span of rows.

    The fates are read behind the records: what takes a record away has written its fate before.

    Args:
        store: Where they are.
        account: Whose.
        keys: At most 500.
        fates: The key of the fates, the first row of the span and its last one.
    """
    pipe = store.client.pipeline(transaction=False)
    start = store.keys.record(account, "")
    for key in keys:
        pipe.hmget(start + key, _FIELDS)
    pipe.getrange(*fates)
    *records, letters = execute(store, pipe)
    return [_read(fields) for fields in records], bytes(letters or b"")


# Written for a million of them: a record as a whole is read by `records`.
def _read(fields: Sequence[Any]) -> RowMessage | None:
    state, code, receipt, ended, attempts, note = fields
    known = _STATES.get(state)
    if known is None:
        return None
    carrier = ""
    done = None
    if receipt:
        code, carrier, done_at, came_at = [*text(receipt).split("|", 3), "", "", ""][:4]
        done = number(done_at) or number(came_at) or None
    return RowMessage(
        known,
        text(code),
        bool(receipt),
        carrier,
        number(ended) or None,
        done,
        number(attempts),
        text(note).partition(" ")[0],
    )
