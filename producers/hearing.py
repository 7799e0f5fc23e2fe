"""Hearing: how one loop takes results: spans are read, ended when the loop comes round, and given back.

A span is some entries that one process has for a while; an entry is what one call to Redis did to some
messages. Redis may go away at any time: a loop over results waits for it.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError, OutboxFull, OutboxMoved, OutboxUnavailable
from plexsend.producers.results import results_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plexsend.outbox.results.spans import Span
    from plexsend.producers.results import Result
    from plexsend.producers.sources import ResultSource, SpanReader
    from plexsend.producers.wanted import Wanted

T = TypeVar("T")

MOST_ENTRIES = 100
"""Of one span."""
# An application has its own ways with logs, and most of them begin at the standard library.
_log = logging.getLogger("plexsend")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a loop does what it does again and again, in seconds, and the clock that it goes by."""

    look_s: float = 2.0
    """Until it looks again for accounts that are new."""
    wait_s: float = 2.0
    """How long it waits for news at a time: then spans of others may have lapsed, or accounts have come."""
    nap_s: float = 0.25
    """How long it sleeps at a time. After each time it looks whether it shall end."""
    away_s: float = 1.0
    """Until it tries again while Redis is away."""
    now_s: Callable[[], float] = elapsed_s
    sleep: Callable[[float], object] = time.sleep


class Hearing:
    """The spans of one loop, one after the other. One thread uses it at a time; another may end it.

    Args:
        source: Where they come from.
        wanted: What the loop asks for.
        rhythm: How often it does what it does again and again.
    """

    def __init__(self, source: ResultSource, wanted: Wanted, rhythm: Rhythm) -> None:
        self._source = source
        self._wanted = wanted
        self._rhythm = rhythm
        self._process = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._readers: list[SpanReader] = []
        self._moved: set[str] = set()
        self._looked_at = float("-inf")
        self._open: Span | None = None
        # Whose span is open: the last one that was read.
        self._reader: SpanReader | None = None
        self._since_s = 0.0
        self._position = ""
        """Id of the first entry of the open span that the loop is not done with; empty: it is with all."""
        self._is_cut = False
        self._ended = False
        self._lock = threading.Lock()

    @property
    def is_stopped(self) -> bool:
        """Whether nothing more is to be handed out."""
        return self._ended or self._wanted.is_stopped

    def is_set(self) -> bool:
        """Return the same, to what waits for this loop."""
        return self.is_stopped

    def wait(self, timeout: float) -> None:
        """Sleep for so many seconds, or until nothing more is to be handed out."""
        until = self._rhythm.now_s() + timeout
        while (left := until - self._rhythm.now_s()) > 0 and not self.is_stopped:
            self._rhythm.sleep(min(self._rhythm.nap_s, left))

    @property
    def account(self) -> str:
        """The account of the open span."""
        return "" if self._reader is None else self._reader.account

    def next(self) -> Span | None:
        """End the open span and return the next one, once there is one.

        None: the loop shall end, or does not follow and has heard all that is there.

        Raises OutboxUnavailable or OutboxFull where Redis is away for longer than the loop is patient, and
        OutboxUnsuitable or another OutboxError that waiting does not mend.
        """
        with self._lock:
            while True:
                span = self._patiently(self._take)
                if span is not None or self.is_stopped or not self._follows:
                    return span
                self._patiently(self._wait)

    def batches(self, span: Span, most: int) -> Iterator[list[Result]]:
        """Yield what the loop wants of the open span, at most so many at a time; never an empty list.

        It ends early where the loop shall end, or has had the span for so long that another process would
        soon be given it too: `next` or `close` then gives back what was not handed out.
        """
        batch: list[Result] = []
        for entry in span.entries:
            if self._is_late and entry.id != span.first:
                self._is_cut = True
                break
            if not batch:
                self._position = entry.id
            for result in results_of(entry):
                if not self._wanted.takes(result):
                    continue
                if self.is_stopped:
                    # What was not handed out goes back, whatever `next` does first.
                    self._is_cut = True
                    return
                batch.append(result)
                if len(batch) == most:
                    yield batch
                    batch = []
                    self._position = entry.id
        if batch:
            yield batch
        self._position = entry.id if self._is_cut else ""

    def end(self) -> None:
        """Hand out nothing more, and stop waiting. For other threads."""
        self._ended = True

    def close(self) -> None:
        """Give back what the loop was not done with. Where Redis is away it lapses by itself."""
        self.end()
        with self._lock:
            try:
                self._give_back()
            except OutboxError as exc:
                _log.warning(
                    "Results of the reader %s could not be given back, and are given again later: %s",
                    self._wanted.reader,
                    exc,
                )

    @property
    def _follows(self) -> bool:
        return self._wanted.follow and not self._source.ends

    @property
    def _is_late(self) -> bool:
        return self._rhythm.now_s() - self._since_s > self._wanted.lease_s / 2

    def _take(self) -> Span | None:
        self._look()
        # With several accounts the next one would otherwise have to wait until this one has nothing more.
        if self._is_cut or len(self._readers) > 1:
            self._end_span()
        for _ in self._readers:
            if self.is_stopped:
                return None
            reader = self._readers.pop(0)
            self._readers.append(reader)
            try:
                span = reader.read(MOST_ENTRIES, "" if self._open is None else self._open.first)
            except OutboxMoved as exc:
                self._note_moved(reader.account, exc)
                self._open = None
                continue
            # One without a name only says what was missed.
            self._open, self._reader = (span if span is not None and span.first else None), reader
            if span is not None:
                self._since_s, self._position = self._rhythm.now_s(), span.first
                self._log_unreadable(reader.account, span)
                return span
        return None

    # Each is done with, for it would be as unreadable the next time. One that a newer plexsend wrote is also
    # missed: so the loop is told of it as of any loss, and a replay gives it again.
    def _log_unreadable(self, account: str, span: Span) -> None:
        for entry in span.unreadable:
            _log.warning(
                "The reader %s leaves out the entry %s of the results of %s: %s.",
                self._wanted.reader,
                entry.id,
                account,
                entry.why,
            )

    def _end_span(self) -> None:
        try:
            if self._is_cut:
                self._give_back()
            elif self._open is not None and self._reader is not None:
                self._reader.done(self._open.first)
        except OutboxMoved as exc:
            self._note_moved(self.account, exc)
        self._open, self._is_cut = None, False

    def _give_back(self) -> None:
        if self._open is not None and self._reader is not None:
            if self._position:
                self._reader.give_back(self._open.first, self._position)
            else:
                self._reader.done(self._open.first)
        self._open = None

    # An account that appears while a reader of this name is there already is heard from then on, when the
    # reader began: what came between its first message and this look must not be lost. What is older than the
    # reader it was never to hear, whichever of two processes that begin at once comes to an account first.
    def _look(self) -> None:
        if self._rhythm.now_s() - self._looked_at < self._rhythm.look_s:
            return
        wanted = self._wanted
        names = sorted(wanted.accounts) or self._source.accounts()
        new = [name for name in names if name not in {reader.account for reader in self._readers}]
        if new:
            began_ms = self._source.began_ms(wanted.reader)
            self._readers += [
                self._source.reader(
                    name,
                    wanted.reader,
                    self._process,
                    from_start=wanted.from_start or began_ms == 0,
                    since_ms=began_ms or 0,
                    lease_ms=round(wanted.lease_s * 1000),
                )
                for name in new
            ]
        self._looked_at = self._rhythm.now_s()

    def _wait(self) -> None:
        if self._readers:
            self._source.wait(self._readers, self._rhythm.wait_s, self)
        else:
            self.wait(self._rhythm.wait_s)

    def _note_moved(self, account: str, exc: OutboxMoved) -> None:
        if account not in self._moved:
            self._moved.add(account)
            _log.warning("Results of the account %s cannot be read: %s", account, exc)

    def _patiently(self, call: Callable[[], T]) -> T | None:
        """Make a call again and again until Redis is there. None where the loop shall end first."""
        began: float | None = None
        while True:
            try:
                found = call()
            except (OutboxUnavailable, OutboxFull) as exc:
                now = self._rhythm.now_s()
                if began is None:
                    began = now
                    _log.warning("The reader %s waits for Redis: %s", self._wanted.reader, exc)
                patience_s = self._wanted.patience_s
                if patience_s is not None and now - began > patience_s:
                    raise
                self.wait(self._rhythm.away_s)
                if self.is_stopped:
                    return None
            else:
                if began is not None:
                    _log.warning("Redis is back: the reader %s goes on", self._wanted.reader)
                return found
