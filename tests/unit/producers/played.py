"""A source of results as tests play it: streams in memory, which fail and wait where a test says so."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from plexsend.outbox.lanes import Lane
from plexsend.outbox.results.spans import Missed, Span
from plexsend.outbox.states import State
from plexsend.producers.wanted import Wanted, want
from plexsend.testing.streams import MemoryReader, MemoryStreams

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.outbox.results.unreadable import Unreadable
LANE = Lane("sms-bulk", None, "main")


class PlayedReader:
    """A reader of which a test hears what it is asked for."""

    def __init__(self, reader: MemoryReader, source: PlayedSource) -> None:
        self.account = reader.account
        self._reader = reader
        self._source = source

    def read(self, most: int = 100, done: str = "") -> Span | None:
        self._source.note("read", self.account, done)
        span = self._reader.read(min(most, self._source.most), done)
        if span is None or (self._source.missed is None and not self._source.unreadable):
            return span
        missed, self._source.missed = self._source.missed, None
        return Span(span.first, span.last, span.entries, missed, self._source.unreadable)

    def done(self, first: str) -> None:
        self._source.note("done", self.account, first)
        self._reader.done(first)

    def give_back(self, first: str, next_id: str) -> None:
        self._source.note("back", self.account, next_id)
        self._reader.give_back(first, next_id)
        self._source.given_back.set()


class PlayedSource:
    """Results that come while a test's loop waits, and a Redis that goes away.

    Args:
        on_wait: Called each time that a loop waits.
    """

    ends = False

    def __init__(self, on_wait: Callable[[PlayedSource], object] = lambda _: None) -> None:
        self.streams = MemoryStreams(["main"])
        self.most = 100
        """Entries of a span."""
        self.missed: Missed | None = None
        """What the next span says that it missed."""
        self.unreadable: tuple[Unreadable, ...] = ()
        """What each span says that it leaves out."""
        self.failures: list[Exception | None] = []
        """What the next calls raise, the first one first."""
        self.calls: list[tuple[str, str, str]] = []
        self.begun: dict[str, bool] = {}
        """Account → whether its reader was to begin at the start."""
        self.waits = 0
        self.given_back = threading.Event()
        self._on_wait = on_wait

    def publish(self, *keys: str, state: State = State.DELIVERED, lane: Lane = LANE) -> None:
        """Publish an entry for each key."""
        for key in keys:
            self.streams.add(lane, key, state, code="0", now_ms=1_000, receipt=("SKT", None))

    @property
    def open_spans(self) -> int:
        """How many spans were given out and not ended."""
        return sum(len(position.open) for position in self.streams._positions.values())

    def note(self, what: str, account: str, more: str) -> None:
        self.calls.append((what, account, more))
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure

    def accounts(self) -> list[str]:
        return self.streams.accounts()

    def began_ms(self, name: str) -> int | None:
        return self.streams.began_ms(name)

    def reader(
        self, account: str, name: str, process: str, *, from_start: bool, since_ms: int, lease_ms: int
    ) -> PlayedReader:
        self.begun[account] = from_start
        found = self.streams.reader(
            account, name, process, from_start=from_start, since_ms=since_ms, lease_ms=lease_ms
        )
        return PlayedReader(found, self)

    def wait(self, readers: Sequence[object], timeout_s: float, stop: object) -> None:
        del readers, timeout_s, stop
        self.waits += 1
        self._on_wait(self)


def wanted(**given: Any) -> Wanted:
    """Return what a loop asks for: everything, of the reader `billing`, unless said otherwise."""
    usual: dict[str, Any] = {
        "account": None,
        "state": None,
        "service": None,
        "group": None,
        "from_start": False,
        "follow": True,
        "stop": None,
        "on_missed": None,
        "lease_s": 60.0,
        "patience_s": None,
        "known_accounts": (),
    }
    return want("billing", **usual | given)
