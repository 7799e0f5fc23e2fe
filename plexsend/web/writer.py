"""One thread writes what all requests bring: those that come while a write is under way share the next.

So Redis keeps its one door, which waits, and the loop that answers requests never does. A thousand requests
at once are a few calls.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError, OutboxMoved, OutboxUnavailable, PlexsendError
from plexsend.logs import get_logger
from plexsend.outbox.receipts import take_receipts
from plexsend.outbox.strays import keep_unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from plexsend.outbox.receipts import Receipt, Reception
    from plexsend.outbox.redis.store import Store
    from plexsend.web.posts import Unread

    Take: TypeAlias = Callable[..., list[Reception]]
    Keep: TypeAlias = Callable[[Store, str, Sequence[Unread]], None]

WITHIN_S = 2.5
"""How long a request waits for its write. The gateway comes again, so it is not kept longer."""
MOST_TOGETHER = 500
"""Receipts in one call."""
MOST_WAITING = 5_000
"""Receipts of all requests that wait; a megabyte or two."""
_FEW, _APART_S = 8, 0.001
"""Where fewer requests wait, a call begins so long after the last: it costs Redis as much as five receipts,
and this process as much as twelve. A request that comes alone waits for nothing."""
_END_S = 6.0
"""What is under way at the end may take so long: a little more than a call to Redis can."""


class NotWritten(PlexsendError):
    """What a request brought may not be in Redis: it must come again."""


# Not frozen, since that costs a microsecond for each of the thousands that come in a second.
@dataclass(slots=True, eq=False)
class _Waiting:
    accounts: tuple[str, ...]
    receipts: Sequence[Receipt]
    unread: Sequence[Unread]
    size: int
    future: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop
    until_s: float


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
        self._pending: deque[_Waiting] = deque()
        self._wakes: SimpleQueue[bool] = SimpleQueue()
        self._will_wake = False
        self._unanswered: deque[_Waiting] = deque()
        self._has_timer = False
        self._waiting = 0
        self._began_s = float("-inf")
        self._missing: set[str] = set()
        """Accounts of which the log has said that Redis does not know them."""
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
        self._wakes.put(False)  # noqa: FBT003  the last one
        if self._thread.ident is not None:
            self._thread.join(_END_S)

    async def write(
        self, accounts: tuple[str, ...], receipts: Sequence[Receipt], unread: Sequence[Unread] = ()
    ) -> None:
        """Return once Redis has it all. Raises NotWritten where it may not, after 2.5 s at the latest.

        `accounts`: the one of the path, then those that share its secret.
        """
        loop = asyncio.get_running_loop()
        size = len(receipts) + len(unread)
        if self._waiting + size > MOST_WAITING:
            raise NotWritten("more receipts wait than are kept in memory")
        self._waiting += size
        until_s = loop.time() + WITHIN_S
        request = _Waiting(accounts, receipts, unread, size, loop.create_future(), loop, until_s)
        self._pending.append(request)
        if not self._will_wake:
            # Not at once: what else has come by now is handed over too.
            self._will_wake = True
            loop.call_soon(self._wake)
        self._unanswered.append(request)
        if not self._has_timer:
            self._has_timer = True
            loop.call_at(until_s, self._expire, loop)
        await request.future

    def _wake(self) -> None:
        self._will_wake = False
        self._wakes.put(True)  # noqa: FBT003  there is something to write

    # All may wait equally long, so one timer is enough: that of the first.
    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        now_s = loop.time()
        while self._unanswered and self._unanswered[0].until_s <= now_s:
            future = self._unanswered.popleft().future
            if not future.done():
                future.set_exception(NotWritten("Redis did not answer in time"))
        self._has_timer = bool(self._unanswered)
        if self._has_timer:
            loop.call_at(self._unanswered[0].until_s, self._expire, loop)

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            goes_on = self._wakes.get()
            while self._pending:
                self._let_gather()
                self._commit(self._take_some())

    def _let_gather(self) -> None:
        if len(self._pending) < _FEW:
            time.sleep(max(0.0, self._began_s + _APART_S - elapsed_s()))
        self._began_s = elapsed_s()

    def _take_some(self) -> list[_Waiting]:
        requests = [self._pending.popleft()]
        size = requests[0].size
        while self._pending and size < MOST_TOGETHER:
            requests.append(self._pending.popleft())
            size += requests[-1].size
        return requests

    def _commit(self, requests: Sequence[_Waiting]) -> None:
        written = _Written()
        together: dict[tuple[str, ...], list[_Waiting]] = defaultdict(list)
        for request in requests:
            together[request.accounts].append(request)
        for accounts, of_path in together.items():
            self._write(accounts, of_path, written)
        for loop in {request.loop for request in requests}:
            mine = [request for request in requests if request.loop is loop]
            # One that was closed meanwhile refuses, and nobody waits in it.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._settle, written, mine)

    # In the loop, so that nobody else counts meanwhile.
    def _settle(self, written: _Written, requests: Sequence[_Waiting]) -> None:
        self._waiting -= sum(request.size for request in requests)
        written.settle(requests)
        while self._unanswered and self._unanswered[0].future.done():
            self._unanswered.popleft()

    def _write(self, accounts: tuple[str, ...], requests: Sequence[_Waiting], written: _Written) -> None:
        try:
            self._take_all(accounts, requests)
        except OutboxUnavailable as exc:
            written.failures |= dict.fromkeys(requests, exc)
            # That Redis is away, the signs of life say.
            if isinstance(exc, OutboxMoved) and accounts[0] not in self._missing:
                self._missing.add(accounts[0])
                self._log.error("account not known to redis", account=accounts[0], words=str(exc))
        except Exception as exc:  # noqa: BLE001  the thread goes on, and each request is answered
            # One of them cannot be written, such as a record that another program spoilt. The others can.
            if len(requests) > 1:
                for request in requests:
                    self._write(accounts, [request], written)
                return
            written.failures[requests[0]] = exc
            words = str(exc) if isinstance(exc, OutboxError) else type(exc).__name__
            self._log.error("receipts not written", account=accounts[0], words=words)
        else:
            self._missing.discard(accounts[0])

    def _take_all(self, accounts: tuple[str, ...], requests: Sequence[_Waiting]) -> None:
        account, *also = accounts
        receipts = [receipt for request in requests for receipt in request.receipts]
        if receipts:
            became = Counter(self._take(self._store, account, receipts, also=also))
            for reception, count in became.items():
                self.taken[str(reception)] += count
        unread = [each for request in requests for each in request.unread]
        if unread:
            self._keep(self._store, account, unread)
            self.taken["unread"] += sum(each.count for each in unread)
