"""Counts of what the sandbox saw and said."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from plexsend.sandbox.answers import Results, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.sandbox.album import Album
    from plexsend.sandbox.ledger import Ledger

# Arrivals that are remembered: half an hour at 50 requests a second.
KEEP_ARRIVALS = 100_000


class Arrival(NamedTuple):
    """One request to a product: when its head was read, for whom, and how many messages it carried."""

    at_s: float
    """Seconds since the epoch."""
    service: str | None
    account: str | None
    items: int


@dataclass(frozen=True, slots=True)
class Stats:
    """All counts since the start or the last reset. Administration is not counted."""

    connections: int = 0
    """Connections that carried at least one request."""
    requests: int = 0
    """Requests whose head could be read, those that a fault spoiled included."""
    items: int = 0
    """Messages in valid requests, whatever became of them."""
    accepted: int = 0
    duplicates: int = 0
    """Items answered 71003 because their key was accepted before."""
    malformed: int = 0
    """Requests that were not HTTP."""
    internal_errors: int = 0
    """Mistakes of the sandbox itself; anything but 0 is a bug."""
    answers: Mapping[str, int] = field(default_factory=dict)
    """Item answers per code."""
    envelopes: Mapping[str, int] = field(default_factory=dict)
    """Answers for a whole request per code."""
    statuses: Mapping[int, int] = field(default_factory=dict)
    """Answers per HTTP status."""
    batch_sizes: Mapping[int, int] = field(default_factory=dict)
    """Requests per number of messages."""
    faults: Mapping[str, int] = field(default_factory=dict)
    """Requests per kind of fault that hit them."""
    worst_second: int = 0
    """The most messages accepted within any one second."""
    worst_second_by_lane: Mapping[str, int] = field(default_factory=dict)
    """The same for each `service@account`."""
    pictures: int = 0
    """Images that were taken."""
    pictures_again: int = 0
    """How many of them the same user had uploaded before."""
    receipts: Mapping[str, int] = field(default_factory=dict)
    """Receipts that wait, were taken, given up (ten tries), dropped (too many waited); and all tries."""

    def to_json(self) -> dict[str, object]:
        """Return the counts as JSON knows them: keys become strings."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Stats:
        """Return the counts that `to_json` wrote."""
        numbered = {name: {int(k): v for k, v in value[name].items()} for name in ("statuses", "batch_sizes")}
        return cls(**{**value, **numbered})


class Tally:
    """Counts, thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Count from zero."""
        with self._lock:
            self._single: Counter[str] = Counter()
            self._answers: Counter[str] = Counter()
            self._envelopes: Counter[str] = Counter()
            self._statuses: Counter[int] = Counter()
            self._batch_sizes: Counter[int] = Counter()
            self._faults: Counter[str] = Counter()
            self._arrivals: deque[Arrival] = deque(maxlen=KEEP_ARRIVALS)

    def count(self, name: str) -> None:
        """Count one of connections, requests without messages, malformed, internal_errors."""
        with self._lock:
            self._single[name] += 1

    def count_fault(self, kind: str) -> None:
        """Count a fault that hit a request."""
        with self._lock:
            self._faults[kind] += 1

    def count_request(self, service: str | None, account: str | None, items: int | None) -> None:
        """Count a request and its messages; None: they were never counted."""
        with self._lock:
            self._single["requests"] += 1
            self._arrivals.append(Arrival(time.time(), service, account, items or 0))
            if items is not None:
                self._single["items"] += items
                self._batch_sizes[items] += 1

    def count_answer(self, answer: Results | Whole | None, status: int | None) -> None:
        """Count an answer. None: it showed no codes; a status of None: there was no answer at all."""
        with self._lock:
            if status is not None:
                self._statuses[status] += 1
            if isinstance(answer, Results):
                self._answers.update([item.code for item in answer.items])
            elif answer is not None and answer.code is not None:
                self._envelopes[answer.code] += 1

    def list_arrivals(self) -> list[Arrival]:
        """Return the remembered arrivals, oldest first."""
        with self._lock:
            return list(self._arrivals)

    def get_stats(self, ledger: Ledger, album: Album, receipts: Mapping[str, int]) -> Stats:
        """Return all counts, together with those of the ledger, the album and the receipts' poster."""
        with self._lock:
            return Stats(
                **self._single,
                accepted=ledger.total,
                duplicates=sum(ledger.list_duplicates().values()),
                answers=dict(self._answers),
                envelopes=dict(self._envelopes),
                statuses=dict(self._statuses),
                batch_sizes=dict(self._batch_sizes),
                faults=dict(self._faults),
                worst_second=ledger.worst_second,
                worst_second_by_lane=ledger.list_worst_seconds(),
                pictures=album.total,
                pictures_again=album.again,
                receipts=receipts,
            )
