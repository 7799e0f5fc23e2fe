"""What processes count and time of what leaves no trace in Redis: requests, and how late receipts come.

A process counts in its own memory and writes the difference down once a second, beside its sign of life. So
nothing is added to the way of a message, and the numbers survive the process; one that is killed loses what
it counted since.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.gateway.codes import Meaning
from plexsend.gateway.services import SERVICES
from plexsend.outbox.arguments import TALLY
from plexsend.outbox.redis.reads import ask
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from plexsend.outbox.redis.store import Store

FLUSH_S = 1.0
"""Between two times at which a process writes down what it counted."""

OTHER = "other"
"""What is counted in place of a service, code or outcome that is not known: a label has few values."""

ANSWERED = "answered"
"""The outcome of a request of which at least one item got a definite answer of its own."""
REQUEST_OUTCOMES = (
    ANSWERED,
    *(
        str(meaning.value)
        for meaning in (
            Meaning.UNCERTAIN,
            Meaning.UNAVAILABLE,
            Meaning.CONNECTED,
            Meaning.UNAUTHORIZED,
            Meaning.OUT_OF_CREDIT,
            Meaning.BAD_ITEM,
            Meaning.TOO_MANY_ITEMS,
            Meaning.UNSUITABLE,
        )
    ),
)
"""What can come of a request as a whole."""

_SECOND_US = 1_000_000
_MINUTE_S, _HOUR_S = 60.0, 3600.0


class Duration(StrEnum):
    """What is timed, by the name of its metric without `plexsend_`."""

    REQUEST = "request_seconds"
    """From the moment at which a request is made until its answer was read."""
    RECEIPT_LAG = "receipt_lag_seconds"
    """From the time of delivery that a receipt names until it was taken in."""


BOUNDS: Mapping[Duration, tuple[float, ...]] = {
    # A request ends after 15 seconds at the latest.
    Duration.REQUEST: (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0),
    # The gateway comes again up to ten times where nobody takes a receipt.
    Duration.RECEIPT_LAG: (
        *(0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
        *(_MINUTE_S, 5 * _MINUTE_S, 15 * _MINUTE_S, _HOUR_S, 6 * _HOUR_S, 24 * _HOUR_S),
    ),
}
"""The upper bounds of what is counted together, in seconds; what takes longer is counted behind the last."""
_BUCKETS = {
    what: (*(f"{what} {bound:g}" for bound in bounds), f"{what} inf") for what, bounds in BOUNDS.items()
}
_SUMS = {what: f"{what} sum_us" for what in BOUNDS}


@dataclass(frozen=True, slots=True)
class Timed:
    """What was timed so far, as a histogram of Prometheus."""

    buckets: tuple[tuple[str, int], ...]
    """Upper bound in seconds, `+Inf` at the end → how many took at most as long."""
    sum_s: float

    @property
    def count(self) -> int:
        """How many were timed."""
        return self.buckets[-1][1]


@dataclass(frozen=True, slots=True)
class Counted:
    """What all processes ever counted."""

    requests: Mapping[tuple[str, str], int]
    """Service and outcome → requests."""
    timed: Mapping[Duration, Timed]


class Instruments:
    """What one process counted and has not written down yet. Shared by its threads.

    Args:
        process: A name that no other process has.
        clock: Seconds, monotonic.
    """

    def __init__(self, process: str, *, clock: Callable[[], float] = elapsed_s) -> None:
        self._process = process
        self._clock = clock
        self._counting = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._flushing = threading.Lock()
        self._pending: Counter[str] = Counter()
        """What the call of this sequence adds, until Redis has said that it did."""
        self._sequence = 0
        self._flushed_at = float("-inf")

    def now_s(self) -> float:
        """Return the seconds by which this process times."""
        return self._clock()

    def request(self, service: str, outcome: str, took_s: float) -> None:
        """Count a request to the gateway."""
        name = service if service in SERVICES else OTHER
        came = outcome if outcome in REQUEST_OUTCOMES else OTHER
        with self._counting:
            self._counts[f"requests {name} {came}"] += 1
            self._time(Duration.REQUEST, took_s)

    def receipt_lags(self, lags_s: Iterable[float]) -> None:
        """Count how long after the delivery each receipt came; a clock that is behind makes it 0."""
        with self._counting:
            for lag_s in lags_s:
                self._time(Duration.RECEIPT_LAG, max(0.0, lag_s))

    def _time(self, what: Duration, took_s: float) -> None:
        self._counts[_BUCKETS[what][bisect_left(BOUNDS[what], took_s)]] += 1
        self._counts[_SUMS[what]] += round(took_s * _SECOND_US)

    def flush_when_due(self, store: Store) -> None:
        """Write down what was counted if that was not done within the last second."""
        if self._clock() - self._flushed_at >= FLUSH_S:
            self.flush(store)

    def flush(self, store: Store) -> None:
        """Write down what was counted. What OutboxError keeps from Redis is kept here, for the next time.

        A call that Redis made and whose reply was lost adds nothing when it is made again.
        """
        with self._flushing:
            self._flushed_at = self._clock()
            while self._take():
                args = TALLY.write(process=self._process, sequence=self._sequence)
                pairs = [word for pair in self._pending.items() for word in pair]
                store.run_for_fleet(Script.TALLY, [*args, *pairs])
                self._pending = Counter()

    def _take(self) -> bool:
        if not self._pending:
            with self._counting:
                self._pending, self._counts = self._counts, Counter()
            self._sequence += bool(self._pending)
        return bool(self._pending)


def read_counted(store: Store) -> Counted:
    """Return what all processes have counted and written down."""
    return counted_of(ask(store, lambda pipe: pipe.hgetall(store.keys.metrics)))


def counted_of(fields: Mapping[bytes, bytes]) -> Counted:
    """Return what the fields of `metrics` say; what is not a number counts as 0."""
    counts = {text(name): number(value) for name, value in fields.items()}
    requests = {}
    for name, count in counts.items():
        what, *labels = name.split(" ")
        if what == "requests" and len(labels) == 2:  # noqa: PLR2004  service and outcome
            requests[labels[0], labels[1]] = count
    return Counted(requests, {what: _timed(what, counts) for what in Duration})


# Another version may have counted under other bounds: each counts as its own time says.
def _timed(what: Duration, counts: Mapping[str, int]) -> Timed:
    found: dict[float, int] = {}
    for name, count in counts.items():
        kind, _, bound = name.partition(" ")
        if kind == what and bound != "sum_us":
            found[_bound(bound)] = count
    buckets = [(f"{bound:g}", sum(n for at, n in found.items() if at <= bound)) for bound in BOUNDS[what]]
    return Timed((*buckets, ("+Inf", sum(found.values()))), counts.get(f"{what} sum_us", 0) / _SECOND_US)


def _bound(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("inf")
