"""Writes pushes of refusals into Redis: a thread, since calls to Redis wait, and the loop never does."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plexsend.errors import OutboxError, PlexsendError, UsageError
from plexsend.logs import get_logger
from plexsend.outbox.refusals import UNREAD_REFUSAL
from plexsend.outbox.strays import keep_unread
from plexsend.outbox.suppression import Suppressing, Suppressions
from plexsend.web.posts import Unread
from plexsend.web.pushes import Unclear

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.suppression import Suppressor
    from plexsend.settings import NumberKey
    from plexsend.web.pushes import Push

WITHIN_S = 5.0
"""How long a push waits for its write: ten calls with a full post. It may come again, and changes nothing."""
MOST_WAITING = 32
"""Pushes that wait, of at most 64 KB each."""
_MOST_REASONS = 256
"""Reasons that this process writes: a program that gives each refusal another one would fill their table."""
_MOST_KEPT = 5
"""Entries of one push that are kept for a person; all are counted."""


class NotTaken(PlexsendError):
    """A push may not be in Redis: it must come again."""


class WrongKey(NotTaken):
    """This process cannot tell numbers as the account does: it has no number key, or another one."""


@dataclass(slots=True)
class Taken:
    """What became of a push."""

    counts: Counter[Suppressing] = field(default_factory=Counter)
    unclear: list[Unclear] = field(default_factory=list)
    """What could not be read, and numbers that have as many entries as are kept."""


class RefusalWriter:
    """Writes pushes one after the other. `write` is for the loop.

    Args:
        store: Where to.
        key: Under which numbers are hashed; None: nothing can be written.
    """

    def __init__(self, store: Store, key: NumberKey | None) -> None:
        self._store = store
        self._key = key
        self._threads = ThreadPoolExecutor(1, "plexsend-refusals")
        self._waiting = 0
        self._reasons: set[str] = set()
        self._said: set[str] = set()
        self._log = get_logger("web.refusals")
        if key is None:
            self._log.warning(
                "refusals are not taken", remedy="set PLEXSEND_NUMBER_KEY, as the others have it"
            )

    def stop(self) -> None:
        """Write what is under way, and end the thread."""
        self._threads.shutdown(cancel_futures=True)

    async def write(self, account: str, push: Push) -> Taken:
        """Return once Redis has it all. Raises NotTaken where it may not."""
        if self._key is None:
            raise WrongKey("PLEXSEND_NUMBER_KEY is not set")
        if self._waiting >= MOST_WAITING:
            raise NotTaken("more pushes wait than are kept in memory")
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, self._write, account, push)
        future.add_done_callback(self._forget)
        try:
            # It is not taken back: what is written late is written all the same.
            return await asyncio.wait_for(asyncio.shield(future), WITHIN_S)
        except TimeoutError as exc:
            raise NotTaken("Redis did not answer in time") from exc
        except UsageError as exc:
            self._say_once(account, str(exc))
            raise WrongKey(str(exc)) from exc
        except OutboxError as exc:
            self._say_once(account, str(exc))
            raise NotTaken(str(exc)) from exc

    # In the loop, also for a future that nobody waits for any more.
    def _forget(self, future: asyncio.Future[Taken]) -> None:
        self._waiting -= 1
        if not future.cancelled():
            future.exception()

    def _say_once(self, account: str, words: str) -> None:
        if words not in self._said:
            self._said.add(words)
            self._log.error("refusals not written", account=account, words=words)

    def _write(self, account: str, push: Push) -> Taken:
        taken = Taken(unclear=list(push.unclear))
        for wish, numbers in push.wishes.items():
            # What is taken back is in the log of the account: it is what somebody asks about later.
            run = secrets.token_hex(6) if wish.removes else ""
            own = Suppressions(self._store, account, self._key, run=run, begins=False)
            digits = [number for _, number in numbers]
            origin = self._bounded(wish.origin)
            if wish.removes:
                became = own.remove(digits, wish.kind, scope=wish.scope, origin=origin)
            else:
                became = own.add(digits, wish.kind, origin, scope=wish.scope, since_ms=wish.since_ms)
            taken.counts.update(became)
            taken.unclear += (
                Unclear(place, "has as many entries as are kept for a number", "A person must look at it.")
                for (place, _), one in zip(numbers, became, strict=True)
                if one is Suppressing.FULL
            )
        if taken.unclear:
            keep_unread(self._store, account, _unread(taken.unclear))
        self._said.clear()
        return taken

    def _bounded(self, origin: Suppressor) -> Suppressor:
        if origin.why in self._reasons:
            return origin
        if len(self._reasons) >= _MOST_REASONS:
            return replace(origin, why="")
        self._reasons.add(origin.why)
        return origin


def _unread(unclear: list[Unclear]) -> list[Unread]:
    kept = [Unread(UNREAD_REFUSAL, f"{one.entry} {one.why}") for one in unclear[:_MOST_KEPT]]
    more = len(unclear) - len(kept)
    return [*kept, Unread(UNREAD_REFUSAL, f"and {more:,} more", more)] if more else kept
