"""Posts receipts: a queue in order of time, a few threads, and up to ten tries for each receipt."""

from __future__ import annotations

import heapq
import http.client
import itertools
import json
import logging
import threading
import time
from collections import Counter, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.sandbox.callbacks import Target
    from plexsend.sandbox.receipts import Posting

MOST_TRIES = 10
"""What the guide promises."""
LONGEST_WAIT_S = 60.0
"""The longest time between two tries; how long the gateway waits is not known."""
MOST_WAITING = 200_000
"""Receipts that can wait, about 1 kB each. What comes on top is dropped, and counted."""
MOST_THREADS = 8
KEEP_POSTINGS = 1000
"""Of how many ended postings the end is remembered."""

_TIMEOUT_S = 5.0
_STOP_S = 2.0
_ANSWER_BYTES = 65536
_HEADERS = {"Content-Type": "application/json;charset=utf-8"}

_log = logging.getLogger(__name__)


class Poster:
    """Takes postings, and posts each when it is due, from `start()` to `stop()`.

    Args:
        clock: Seconds that never go back.
        first_wait_s: Returns how long to wait after a first try that failed; it doubles with each more.
    """

    def __init__(self, *, clock: Callable[[], float], first_wait_s: Callable[[], float]) -> None:
        self._clock = clock
        self._first_wait_s = first_wait_s
        self._changed = threading.Condition()
        self._running = False
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._numbers = itertools.count()
        self._clear()

    def _clear(self) -> None:
        self._waiting: list[tuple[float, int, Posting]] = []
        self._ended: deque[Posting] = deque(maxlen=KEEP_POSTINGS)
        self._counts: Counter[str] = Counter()

    def clear(self) -> None:
        """Forget what waits, and all counts."""
        with self._changed:
            self._clear()

    def start(self) -> None:
        """Post what is due. Threads are made when there is something to post."""
        with self._changed:
            self._running = True
            self._add_threads()

    def stop(self) -> None:
        """Post no more. What waits is kept for the next start; what is under way has two seconds to end."""
        with self._changed:
            self._running = False
            threads, self._threads = self._threads, []
            self._changed.notify_all()
        deadline_s = time.monotonic() + _STOP_S
        for thread in threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))

    def put(self, posting: Posting) -> bool:
        """Let a posting wait until it is due. False: too many wait, and it is dropped."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                self._counts["dropped"] += 1
                return False
            heapq.heappush(self._waiting, (posting.due_s, next(self._numbers), posting))
            if self._running:
                self._add_threads()
            self._changed.notify()
            return True

    def list_ended(self) -> list[dict[str, object]]:
        """Return the last postings that were taken or given up, oldest first."""
        with self._changed:
            return [posting.to_json() for posting in self._ended]

    def get_counts(self) -> dict[str, int]:
        """Return how many receipts wait, were taken, given up and dropped, and how many tries there were.

        What is none of them is left out.
        """
        with self._changed:
            counts = {"waiting": len(self._waiting), **self._counts}
        return {name: count for name, count in counts.items() if count}

    def _add_threads(self) -> None:
        """Add one more thread where more waits than there are threads to post it."""
        wanted = min(MOST_THREADS, len(self._waiting))
        if len(self._threads) < wanted and self._idle == 0:
            thread = threading.Thread(target=self._post_all, name="plexsend-sandbox-receipts", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _post_all(self) -> None:
        """Post what is due until the poster is stopped."""
        line = _Line()
        me = threading.current_thread()
        try:
            while (posting := self._take(me)) is not None:
                self._post(line, posting)
        finally:
            line.close()

    def _take(self, me: threading.Thread) -> Posting | None:
        """Wait for a posting that is due; None when the poster is stopped."""
        with self._changed:
            while self._running and me in self._threads:
                left_s = self._waiting[0][0] - self._clock() if self._waiting else None
                if left_s is not None and left_s <= 0:
                    posting = heapq.heappop(self._waiting)[2]
                    # The answer may take its time, and the next may be due.
                    self._add_threads()
                    return posting
                self._idle += 1
                try:
                    self._changed.wait(left_s)
                finally:
                    self._idle -= 1
            return None

    def _post(self, line: _Line, posting: Posting) -> None:
        posting.tries += 1
        try:
            posting.status, body = line.post(posting.target, posting.receipt.render())
            posting.taken = posting.status == 200 and is_taken(body)  # noqa: PLR2004 - the guide's answer
        except (OSError, http.client.HTTPException) as exc:
            posting.status = None
            _log.info("a receipt was not answered: %s", type(exc).__name__)
        if posting.tried is not None:
            posting.tried.set()
        with self._changed:
            self._counts["tries"] += 1
            if posting.taken or posting.tries >= MOST_TRIES:
                self._counts["taken" if posting.taken else "given_up"] += 1
                self._ended.append(posting)
                return
            wait_s = min(LONGEST_WAIT_S, self._first_wait_s() * 2 ** (posting.tries - 1))
            posting.due_s = self._clock() + wait_s
            heapq.heappush(self._waiting, (posting.due_s, next(self._numbers), posting))
            self._changed.notify()


class _Line:
    """One thread's connection, kept from one post to the next."""

    def __init__(self) -> None:
        self._to: tuple[str, int] | None = None
        self._connection: http.client.HTTPConnection | None = None

    def post(self, target: Target, body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer. OSError or HTTPException: there is none."""
        place = (target.host, target.port)
        if self._to != place:
            self.close()
        kept = self._connection
        if kept is not None:
            try:
                return self._exchange(kept, target.path, body)
            except (ConnectionError, http.client.HTTPException):
                # A server closes what was silent for a while, and has then not seen this post.
                self.close()
            except BaseException:
                self.close()
                raise
        self._to = place
        # `http.client` ignores proxy settings, which is right for a loopback address.
        self._connection = http.client.HTTPConnection(*place, timeout=_TIMEOUT_S)
        try:
            return self._exchange(self._connection, target.path, body)
        except BaseException:
            self.close()
            raise

    def _exchange(self, connection: http.client.HTTPConnection, path: str, body: bytes) -> tuple[int, bytes]:
        connection.request("POST", path, body, _HEADERS)
        with connection.getresponse() as response:
            answer = response.read(_ANSWER_BYTES)
            if not response.isclosed():
                # More than an answer is: what is left of it would be read as the next one.
                self.close()
            return response.status, answer

    def close(self) -> None:
        """End the connection; the next post opens another."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._to = None


def is_taken(body: bytes) -> bool:
    """Return whether an answer says that the receipt was taken."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and answer.get("code") == "100"
