"""One thread writes what all requests bring: those that come while a write is under way share the next.

So Redis keeps its one door, which waits, and the loop that answers requests never does. A thousand requests
at once are a few calls.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from plexsend.errors import OutboxError, OutboxUnavailable, PlexsendError
from plexsend.logs import get_logger
from plexsend.outbox.receipts import take_receipts
from plexsend.outbox.strays import keep_unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from plexsend.outbox.receipts import Receipt, Reception
    from plexsend.outbox.redis.store import Store
    from plexsend.web.posts import Unread

    Take: TypeAlias = Callable[..., list[Reception]]
    Keep: TypeAlias = Callable[[Store, str, str, str], None]

WITHIN_S = 2.5
"""How long a request waits for its write. The gateway comes again, so it is not kept longer."""
MOST_TOGETHER = 500
"""Receipts in one call."""
MOST_WAITING = 5_000
"""Receipts of all requests that wait; a megabyte or two."""
_END_S = 6.0
"""What is under way at the end may take so long: a little more than a call to Redis can."""


class NotWritten(PlexsendError):
    """What a request brought may not be in Redis: it must come again."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    accounts: tuple[str, ...]
    receipts: Sequence[Receipt]
    unread: Sequence[Unread]
    future: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop

    @property
    def size(self) -> int:
        return len(self.receipts) + len(self.unread)


@dataclass(slots=True)
class _Written:
    """What became of the requests of one round."""

    failures: dict[_Waiting, Exception] = field(default_factory=dict)

    def settle(self, requests: Iterable[_Waiting]) -> None:
        for request in requests:
            if request.future.done():
                continue
            failure = self.failures.get(request)
            if failure is None:
                request.future.set_result(None)
            else:
                request.future.set_exception(NotWritten(str(failure)))


class Writer:
    """Writes receipts for all requests of a process. `write` is for its loop, the rest for any thread.

    Args:
        store: Where to.
        take: Takes receipts; for tests.
        keep: Keeps what could not be read; for tests.
    """

    def __init__(self, store: Store, *, take: Take = take_receipts, keep: Keep = keep_unread) -> None:
        self._store = store
        self._take = take
        self._keep = keep
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._waiting = 0
        self._log = get_logger("web.writer")
        self._thread = threading.Thread(target=self._run, name="plexsend-receipts", daemon=True)
        self.taken: Counter[str] = Counter()
        """What became of receipts → how many so far."""

    @property
    def lives(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start its thread."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end the thread."""
        self._queue.put(None)
        if self._thread.ident is not None:
            self._thread.join(_END_S)

    async def write(
        self, accounts: tuple[str, ...], receipts: Sequence[Receipt], unread: Sequence[Unread] = ()
    ) -> None:
        """Return once Redis has it all. Raises NotWritten where it may not, after 2.5 s at the latest.

        `accounts`: the one of the path, then those that share its secret.
        """
        loop = asyncio.get_running_loop()
        request = _Waiting(accounts, receipts, unread, loop.create_future(), loop)
        if self._waiting + request.size > MOST_WAITING:
            raise NotWritten("more receipts wait than are kept in memory")
        self._waiting += request.size
        deadline = loop.call_later(WITHIN_S, _expire, request.future)
        self._queue.put(request)
        try:
            await request.future
        finally:
            deadline.cancel()

    def _run(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            requests, size, is_last = [first], first.size, False
            while size < MOST_TOGETHER and not self._queue.empty():
                request = self._queue.get()
                if request is None:
                    is_last = True
                    break
                requests.append(request)
                size += request.size
            self._commit(requests)
            if is_last:
                return

    def _commit(self, requests: Sequence[_Waiting]) -> None:
        written = _Written()
        together: dict[tuple[str, ...], list[_Waiting]] = defaultdict(list)
        for request in requests:
            together[request.accounts].append(request)
        for accounts, of_path in together.items():
            self._write(accounts, of_path, written)
        loops = {request.loop for request in requests}
        for loop in loops:
            mine = [request for request in requests if request.loop is loop]
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._settle, written, mine)

    # In the loop, so that nobody else counts meanwhile.
    def _settle(self, written: _Written, requests: Sequence[_Waiting]) -> None:
        self._waiting -= sum(request.size for request in requests)
        written.settle(requests)

    def _write(self, accounts: tuple[str, ...], requests: Sequence[_Waiting], written: _Written) -> None:
        try:
            self._take_all(accounts, requests)
        except OutboxUnavailable as exc:
            written.failures |= dict.fromkeys(requests, exc)
        except Exception as exc:  # noqa: BLE001  the thread goes on, and each request is answered
            # One of them cannot be written, such as a record that another program spoilt. The others can.
            if len(requests) > 1:
                for request in requests:
                    self._write(accounts, [request], written)
                return
            written.failures[requests[0]] = exc
            words = str(exc) if isinstance(exc, OutboxError) else type(exc).__name__
            self._log.error("receipts not written", account=accounts[0], words=words)

    def _take_all(self, accounts: tuple[str, ...], requests: Sequence[_Waiting]) -> None:
        account, *also = accounts
        receipts = [receipt for request in requests for receipt in request.receipts]
        if receipts:
            self.taken.update(map(str, self._take(self._store, account, receipts, also=also)))
        for request in requests:
            for unread in request.unread:
                self._keep(self._store, account, unread.why, unread.words)
                self.taken["unread"] += 1


def _expire(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_exception(NotWritten("Redis did not answer in time"))
