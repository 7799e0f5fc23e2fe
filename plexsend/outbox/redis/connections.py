"""Connections for calls of scripts: taken from redis-py's pool, then kept here and used without its client.

A client's call passes through a pool's lock, a poll of the socket, a retry and records for monitors, which
cost a worker a fifth of its processor time: more than what is sent and received. What those layers guard is
little, and kept here: a connection that failed is closed, one that was idle is checked before it is used,
and none outlives a fork.
"""

from __future__ import annotations

import os
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from plexsend.clock import elapsed_s

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from redis.connection import ConnectionPool

IDLE_S = 1.0
"""A connection that was not used for longer may have been closed by the server meanwhile."""


KEPT_S = 60.0
"""One that was not used for longer is closed: of a moment with many calls at once nothing is left."""


@dataclass(slots=True)
class _Kept:
    connection: Any
    """A connection of redis-py, which types hardly any of it."""
    pid: int
    used_s: float


class Connections:
    """Connections of one pool. As many are made as calls are under way at once; safe to share by threads."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self.breaks = 0
        """How often a connection was found broken: the server may be another one since."""
        self.reports_breaks = False
        """Whether a call fails where its connection broke while it was idle; else another one is made."""
        # Both ends of a deque may be used by all threads at once.
        self._free: deque[_Kept] = deque()

    def call(self, *command: str | bytes | int) -> Any:
        """Send a command and return the reply. Raises what redis-py raises; the command is never repeated."""
        kept = self._take()
        connection = kept.connection
        try:
            connection.send_command(*command)
            reply = connection.read_response()
        except ResponseError:
            # The server has answered; the connection is as good as before.
            self._put(kept)
            raise
        except BaseException as exc:
            self._count_break(exc)
            connection.disconnect()
            self._put(kept)
            raise
        self._put(kept)
        return reply

    @contextmanager
    def lent(self) -> Iterator[Any]:
        """Lend a connection for many commands. After an error it is closed: replies may be unread."""
        kept = self._take()
        try:
            yield kept.connection
        except BaseException as exc:
            self._count_break(exc)
            kept.connection.disconnect()
            raise
        finally:
            self._put(kept)

    def close_idle(self) -> None:
        """Close the connections that nobody uses now; the next call connects again."""
        for kept in _drain(self._free):
            kept.connection.disconnect()
            self._pool.release(kept.connection)

    def _take(self) -> _Kept:
        while True:
            try:
                kept = self._free.pop()
            except IndexError:
                return _Kept(self._pool.get_connection(), os.getpid(), elapsed_s())
            if kept.pid != os.getpid():
                # The parent's: closing it here would end it there too.
                continue
            if elapsed_s() - kept.used_s > IDLE_S and not _is_alive(kept.connection):
                kept.connection.disconnect()
                self._note_broken(kept)
            return kept

    # What cannot be sent, such as a text that is not Unicode, says nothing of the server.
    def _count_break(self, exc: BaseException) -> None:
        if isinstance(exc, (RedisConnectionError, RedisTimeoutError, OSError)):
            self.breaks += 1

    # Those that are idle are probably broken too: one failure is enough for all of them.
    def _note_broken(self, kept: _Kept) -> None:
        self.breaks += 1
        if self.reports_breaks:
            self._put(kept)
            self.close_idle()
            raise RedisConnectionError("the server closed the connection")

    def _put(self, kept: _Kept) -> None:
        kept.used_s = elapsed_s()
        self._free.append(kept)
        self._close_one(kept.used_s - KEPT_S)

    # The connection used last is the next to be used, so the first of all was not used for the longest. One a
    # call is enough: no call makes more than one.
    def _close_one(self, unused_since_s: float) -> None:
        try:
            oldest = self._free.popleft()
        except IndexError:
            return
        if oldest.used_s > unused_since_s:
            self._free.appendleft(oldest)
        elif oldest.pid == os.getpid():
            oldest.connection.disconnect()
            self._pool.release(oldest.connection)


def read_reply(connection: Any) -> Any:
    """Return the next reply of a connection, a refusal as its ResponseError."""
    try:
        return connection.read_response()
    except ResponseError as exc:
        return exc


def _is_alive(connection: Any) -> bool:
    """Return whether nothing came on a connection since its last reply, neither data nor its end."""
    try:
        return not connection.can_read()
    except (RedisError, OSError):
        return False


def _drain(free: deque[_Kept]) -> Sequence[_Kept]:
    found = []
    while True:
        try:
            found.append(free.pop())
        except IndexError:
            return found
