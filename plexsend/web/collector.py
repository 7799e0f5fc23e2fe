"""Makes the families of Prometheus of what Redis has: nothing is kept between two looks but floors.

So a worker that is gone leaves no series behind, and any number of processes can serve the same metrics.
"""

from __future__ import annotations

import platform
import threading
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError
from plexsend.gateway.services import SERVICES
from plexsend.outbox.beat import beat_signs
from plexsend.outbox.metrics import REQUEST_OUTCOMES, Duration
from plexsend.outbox.reading.figures import EVERY_ACCOUNT, read_figures
from plexsend.outbox.reading.waiting import KeptBy
from plexsend.outbox.reasons import HOLD_RULES, Reason, Scope
from plexsend.outbox.receipts import Reception
from plexsend.outbox.redis.server_state import WRITES
from plexsend.outbox.refusals import apart
from plexsend.outbox.results.overview import list_readers
from plexsend.outbox.runs.census import take_census
from plexsend.outbox.states import FINAL, LIVING
from plexsend.web.answer_codes import label_of
from plexsend.web.campaign_samples import CampaignsNow, samples_of_campaigns
from plexsend.web.floors import Floors
from plexsend.web.metric_table import BY_NAME, METRICS, MetricKind
from plexsend.worker.campaign_queue import CAMPAIGNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from prometheus_client import Metric as Family

    from plexsend.outbox.reading.figures import Figures
    from plexsend.outbox.redis.server_state import ServerState
    from plexsend.outbox.redis.store import Store
    from plexsend.web.campaign_samples import Samples

CACHED_S = 1.0
"""Two scrapes within it are answered from one look."""
ACCEPTED_CODE = "C100"
"""Shown before the first of them too: most rates are divided by it."""


class FleetCollector(Collector):
    """The metrics of the whole fleet. Safe to be asked by several threads.

    Args:
        store: The outbox.
        clock: Seconds, monotonic.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = elapsed_s) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._floors = Floors(clock)
        self._families: list[Family] = []
        self._failure: OutboxError | None = None
        self._looked_at = float("-inf")

    def collect(self) -> Iterable[Family]:
        """Return all families. Raises OutboxError where Redis does not answer."""
        with self._lock:
            if self._clock() - self._looked_at >= CACHED_S:
                self._look()
                self._looked_at = self._clock()
            if self._failure is not None:
                raise self._failure
            return self._families

    # Scrapes that wait for a Redis that hangs must not each wait anew.
    def _look(self) -> None:
        try:
            figures = read_figures(self._store)
            campaigns = CampaignsNow(take_census(self._store), beat_signs(self._store))
            behind = Counter[str]()
            for account in figures.read_in:
                for reader in list_readers(self._store, account):
                    behind[reader.name] += reader.behind
        except OutboxError as exc:
            self._failure = exc
        else:
            self._failure = None
            self._families = list(families(figures, campaigns, behind, self._floors))


def families(
    figures: Figures, campaigns: CampaignsNow, behind: Mapping[str, int], floors: Floors
) -> Iterator[Family]:
    """Yield a family for each row of METRICS. Pure but for the floors.

    Args:
        figures: What Redis has.
        campaigns: What it has of campaigns.
        behind: Reader → entries that it was not given yet.
        floors: Of the counters.
    """
    values = {
        **_of_messages(figures),
        **_of_fleet(figures),
        **_of_gateway(figures),
        **_of_numbers(figures),
        **_of_server(figures.server),
        **samples_of_campaigns(campaigns, figures.now_ms),
    }
    values["plexsend_results_behind"] = {(reader,): count for reader, count in behind.items()}
    for metric in METRICS:
        if metric.kind is MetricKind.HISTOGRAM:
            yield _histogram(metric.name, figures, floors)
            continue
        of_kind = CounterMetricFamily if metric.kind is MetricKind.COUNTER else GaugeMetricFamily
        family = of_kind(metric.name, metric.meaning, labels=metric.labels)
        for labels, value in sorted(values[metric.name].items()):
            is_counter = metric.kind is MetricKind.COUNTER
            family.add_metric(labels, floors.raised((metric.name, labels), value) if is_counter else value)
        yield family


def _histogram(name: str, figures: Figures, floors: Floors) -> Family:
    timed = figures.counted.timed[Duration(name.removeprefix("plexsend_"))]
    family = HistogramMetricFamily(name, BY_NAME[name].meaning)
    # A label more than the bounds would let one bucket fall below the one before it.
    buckets = [(bound, floors.raised((name, bound), count)) for bound, count in timed.buckets]
    family.add_metric([], buckets, floors.raised((name, "sum"), timed.sum_s))
    return family


def _of_messages(figures: Figures) -> dict[str, Samples]:
    parts = figures.parts.items()
    answers = Counter[tuple[str, ...]]()
    for (service, _), part in parts:
        answers[service, ACCEPTED_CODE] += 0
        for code, count in part.codes().items():
            if label := label_of(code):
                answers[service, label] += count
    return {
        "plexsend_messages": {
            (*key, str(state)): part.living(state) for key, part in parts for state in LIVING
        },
        "plexsend_waiting_messages": {
            (*key, str(kept)): figures.waits_of(*key).messages[kept] for key, _ in parts for kept in KeptBy
        },
        "plexsend_oldest_waiting_age_seconds": {
            key: figures.waits_of(*key).longest_s(figures.now_ms, KeptBy.NOTHING) for key, _ in parts
        },
        "plexsend_messages_ended_total": {
            (*key, str(state)): part.entries(state) for key, part in parts for state in FINAL
        },
        "plexsend_answers_total": answers,
        "plexsend_batch_messages_total": {(): sum(part.counts["fill"] for _, part in parts)},
        "plexsend_receipts_total": dict(_receipts(figures)),
    }


def _receipts(figures: Figures) -> Iterator[tuple[tuple[str, str], int]]:
    for account, counts in figures.receipts.items():
        for outcome in Reception:
            yield (account, str(outcome)), counts.get(str(outcome), 0)
    refused, unread = apart(figures.unread)
    yield (EVERY_ACCOUNT, "refused"), sum(refused.values())
    yield (EVERY_ACCOUNT, "unreadable"), sum(unread.values())


def _of_fleet(figures: Figures) -> dict[str, Samples]:
    used = {service for service, _ in figures.parts}
    workers: Counter[tuple[str, ...]] = Counter({(service,): 0 for service in {*SERVICES, *used, CAMPAIGNS}})
    threads = Counter[tuple[str, ...]]()
    ends: dict[tuple[str, ...], float] = {}
    for process in figures.living:
        announced = process.announced
        workers.update((service,) for service in announced.services)
        workers[CAMPAIGNS,] += announced.feeds
        # One that is to stop serves nothing; what it does now, it finishes.
        names = ",".join(sorted(announced.services)) or "none"
        threads[names, "busy"] += process.busy
        threads[names, "idle"] += max(0, announced.threads - process.busy)
        for product, end_s in announced.certificates.items():
            ends[product,] = min(end_s, ends.get((product,), end_s))
    return {
        "plexsend_workers": workers,
        "plexsend_worker_threads": threads,
        "plexsend_gateway_certificate_expiry_timestamp_seconds": ends,
        "plexsend_policy_disagreements": {(): figures.disagreements},
        "plexsend_campaign_workers": {(): sum(process.announced.feeds for process in figures.living)},
        "plexsend_build_info": {(version("plexsend"), platform.python_version()): 1},
        "plexsend_holds": _holds(figures),
    }


def _holds(figures: Figures) -> Samples:
    none: dict[tuple[str, ...], float] = {
        (account, str(scope), str(rule.reason)): 0
        for account in figures.accounts
        for rule in HOLD_RULES
        for scope in rule.scopes
    }
    none[EVERY_ACCOUNT, str(Scope.SERVICE), str(Reason.PAUSE)] = 0
    none.update((key, count) for key, count in figures.holds.items())
    return none


def _of_gateway(figures: Figures) -> dict[str, Samples]:
    used = {service for service, _ in figures.parts}
    none: dict[tuple[str, ...], float] = {
        (service, outcome): 0 for service in used for outcome in REQUEST_OUTCOMES
    }
    none.update((key, count) for key, count in figures.counted.requests.items())
    return {"plexsend_requests_total": none}


def _of_numbers(figures: Figures) -> dict[str, Samples]:
    waiting = figures.unanswered.items()
    return {
        "plexsend_suppressions": {
            (account, kind): n for account, counts in figures.suppressed.items() for kind, n in counts.items()
        },
        "plexsend_refusals_unanswered": {(account,): one.count for account, one in waiting},
        "plexsend_refusals_oldest_unanswered_age_seconds": {
            (account,): max(0.0, (figures.now_ms - one.oldest_ms) / 1000) if one.count else 0.0
            for account, one in waiting
        },
    }


def _of_server(server: ServerState) -> dict[str, Samples]:
    return {
        "plexsend_redis_memory_ratio": {(): server.memory_ratio},
        "plexsend_redis_memory_bytes": {(): server.used_bytes},
        "plexsend_redis_write_failed": {(what,): server.failed.get(what, False) for what in WRITES},
        "plexsend_redis_replicas": {(): server.replicas},
        "plexsend_redis_replica_lag_seconds": {(): server.replica_lag_s},
    }
