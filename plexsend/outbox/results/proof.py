"""The proof that a reader was given what became of every message.

Of each message that ended or is parked, the last result counts: it was given to the reader, or lies ahead of
it. It proves that processes got it and ended its span; what they did with it, nobody here knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.arguments_results import PROOF
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text
from plexsend.outbox.results.overview import reader_state
from plexsend.outbox.results.walking import Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.results.spans import Missed


@dataclass(frozen=True, slots=True)
class NotGiven:
    """A message of which a reader was not given the last result."""

    msg_key: str
    state: str
    at_ms: int
    """When it was published, or should have been."""
    why: str
    """`trimmed`: by age before the reader came; `deleted` from the stream, or never put into it; `skipped`:
    somebody put the reader behind it; `lost`: the stream was taken away; `early`: before the reader began."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The result for one account."""

    account: str
    since_ms: int
    """From when on messages were looked at, by their last result."""
    given: int
    ahead: int
    """In the stream or in a replay, or in the hands of a process that has not ended its span."""
    unknown: int
    """Nobody can say any more: somebody took entries out of the stream there, and it was trimmed since."""
    missing: tuple[NotGiven, ...]
    trimmed: tuple[Missed, ...]
    """What the reader missed, of the time that was looked at."""

    @property
    def ok(self) -> bool:
        """Whether each message that was looked at was given, or lies ahead; `unknown` ones are left out."""
        return not self.missing

    @property
    def counted(self) -> int:
        """How many messages were looked at."""
        return self.given + self.ahead + self.unknown + len(self.missing)


def prove(
    store: Store,
    account: str,
    name: str,
    since_ms: int | None = None,
    *,
    progress: Callable[[int], object] | None = None,
) -> Proof | None:
    """Return the proof for a reader of an account; None where there is no such reader.

    Args:
        store: Where the account is.
        account: The account.
        name: The reader.
        since_ms: From when on; None: from where the reader began.
        progress: Called with the number of messages looked at so far.
    """
    walk = Walk(store, Script.PROOF, PROOF, account, name)
    begun = walk.begin()
    if begun is None:
        return None
    # What was published in the very ms in which it began was perhaps before it.
    since = int(begun[0]) + 1 if since_ms is None else since_ms
    given = ahead = unknown = 0
    missing: dict[str, NotGiven] = {}
    for answer in walk.pages(since_ms=since):
        _, _, page_given, page_ahead, page_unknown, rows = answer
        given, ahead = given + number(page_given), ahead + number(page_ahead)
        unknown += number(page_unknown)
        for at in range(0, len(rows), 4):
            msg_key, state, ms, why = rows[at : at + 4]
            found = NotGiven(text(msg_key), text(state), number(ms), text(why))
            missing[found.msg_key] = found
        if progress is not None:
            progress(given + ahead + unknown + len(missing))
    state = reader_state(store, account, name)
    trimmed = tuple(each for each in state.missed if each.to_ms >= since) if state else ()
    return Proof(account, since, given, ahead, unknown, tuple(missing.values()), trimmed)
