"""Every metric as a row: its name, its kind, its labels, what it says and what to be warned of.

The collector makes them, and docs/metrics.md lists them from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MetricKind(StrEnum):
    """The kinds of Prometheus that are used here."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric."""

    name: str
    kind: MetricKind
    labels: tuple[str, ...]
    meaning: str
    """One sentence, which is its help in the output too."""
    warn: str = ""
    """What to be warned of, for people; empty: it explains others."""


_G, _C, _H = MetricKind.GAUGE, MetricKind.COUNTER, MetricKind.HISTOGRAM

METRICS = (
    Metric(
        "plexsend_messages",
        _G,
        ("service", "account", "state"),
        "Messages that have not ended, by their state.",
        '`state="uncertain"` above 0: they may have been sent and wait for a person, or for their receipts',
    ),
    Metric(
        "plexsend_waiting_messages",
        _G,
        ("service", "account", "kept_by"),
        "Messages that wait, by what keeps them; those that nothing keeps may be sent now.",
        '`kept_by="nothing"` above 0 for ten minutes in which none ended, or without a worker',
    ),
    Metric(
        "plexsend_oldest_waiting_age_seconds",
        _G,
        ("service", "account"),
        "How long ago the first message that nothing keeps might have gone; 0 where there is none.",
        "more than you accept, such as 10 minutes: `plexsend why` says what is slow",
    ),
    Metric(
        "plexsend_holds",
        _G,
        ("account", "scope", "reason"),
        "Holds that there are; a pause of a service for all accounts has the account `*`.",
        "above 0 with `auth`, `fault` or `rewound`, which end by a person alone; with `credit` or `shut` for "
        "minutes, with `pause` for a day",
    ),
    Metric(
        "plexsend_workers",
        _G,
        ("service",),
        "Living worker processes that answer the doorbells of a service; `campaigns`: that feed campaigns.",
        "0 for a service that you use",
    ),
    Metric(
        "plexsend_worker_threads",
        _G,
        ("services", "state"),
        "Threads of living workers, busy or idle, by the services that their process serves.",
        "all busy for a quarter of an hour while messages wait: more workers, or more threads",
    ),
    Metric(
        "plexsend_gateway_certificate_expiry_timestamp_seconds",
        _G,
        ("product",),
        "When the gateway's certificate ends, as workers last saw it (seconds since 1970).",
        "less than 14 days ahead",
    ),
    Metric(
        "plexsend_policy_disagreements",
        _G,
        (),
        "Things that living workers disagree about: policies, secrets, addresses.",
        "above 0 for longer than a rollout takes: `plexsend fleet` names them",
    ),
    Metric(
        "plexsend_results_behind",
        _G,
        ("reader",),
        "Entries of results that a reader has not been given yet, over all accounts.",
        "it grows for as long as an hour: its application does not read, or too slowly",
    ),
    Metric(
        "plexsend_suppressions",
        _G,
        ("account", "kind"),
        "Numbers that must not be written to, by what is suppressed; `offered` waits for a person.",
    ),
    Metric(
        "plexsend_refusals_unanswered",
        _G,
        ("account",),
        "Refusals whose persons have not heard yet that they count (`plexsend suppress pending`).",
    ),
    Metric(
        "plexsend_refusals_oldest_unanswered_age_seconds",
        _G,
        ("account",),
        "How old the oldest of them is, by the day (UTC) on which it was said; 0 where none waits.",
        "above 12 days: the law gives 14",
    ),
    Metric(
        "plexsend_redis_memory_ratio",
        _G,
        (),
        "How much of its maxmemory Redis uses; 0 where it has none.",
        "above 0.7; above 0.8 nothing more is taken in",
    ),
    Metric("plexsend_redis_memory_bytes", _G, (), "How much memory Redis uses."),
    Metric(
        "plexsend_redis_write_failed",
        _G,
        ("write",),
        "Whether the last write of Redis to its disk failed: 1 where it did.",
        "above 0: what Redis acknowledges may be lost",
    ),
    Metric(
        "plexsend_redis_replicas",
        _G,
        (),
        "Replicas that are connected to Redis and have caught up once.",
        "fewer than there were",
    ),
    Metric(
        "plexsend_redis_replica_lag_seconds",
        _G,
        (),
        "How long ago the slowest of them said how far it is; 0 where there is none.",
        "above 10 s: a replica that takes over would lack as much",
    ),
    Metric(
        "plexsend_beats",
        _G,
        (),
        "Hosts on which a beat rang within the last ten seconds.",
        "0 while starts of campaigns are planned or rows are to be fed: a worker rings in its place",
    ),
    Metric(
        "plexsend_campaign_workers",
        _G,
        (),
        "Living worker processes that take the tasks of campaigns: without one no run starts or goes on.",
    ),
    Metric(
        "plexsend_campaign_runs",
        _G,
        ("account", "state"),
        "Runs of campaigns that are not over, by their state.",
    ),
    Metric(
        "plexsend_campaign_runs_stopped",
        _G,
        ("account", "state"),
        "Those of them that no person stopped and that wait for one: paused, or a draft whose list is wrong.",
        "above 0",
    ),
    Metric(
        "plexsend_campaign_rows_left",
        _G,
        ("account",),
        "Rows of runs that run which were not made messages yet.",
    ),
    Metric(
        "plexsend_campaign_starts_planned",
        _G,
        ("account",),
        "Starts of campaigns that are planned: at a time, or again and again.",
    ),
    Metric(
        "plexsend_campaign_start_overdue_seconds",
        _G,
        ("account",),
        "How long ago the first of these starts was due; 0 where none is.",
        "above 2 minutes: no worker takes the tasks of campaigns",
    ),
    Metric(
        "plexsend_build_info", _G, ("version", "python"), "The program that serves these metrics; always 1."
    ),
    Metric(
        "plexsend_messages_ended_total",
        _C,
        ("service", "account", "state"),
        "How often a message came into `accepted` or a final state; one that a receipt moves counts in both.",
        "many `rejected`, `failed` or `undelivered` beside those that are `accepted`",
    ),
    Metric(
        "plexsend_receipts_total",
        _C,
        ("account", "outcome"),
        "Receipts by what became of them; posts that are refused or cannot be read have the account `*`.",
        "no receipt for hours while messages are accepted; many of `stranger`, `unreadable` or `refused`",
    ),
    Metric(
        "plexsend_answers_total",
        _C,
        ("service", "code"),
        "Answers for single messages, by the gateway's code or the client's word; others are `other`.",
        "`other` grows: the gateway answers with a code that this version does not know",
    ),
    Metric(
        "plexsend_requests_total",
        _C,
        ("service", "outcome"),
        "Requests to the gateway, by what came of each as a whole.",
        "much of `uncertain`, `unavailable` or `unauthorized` beside `answered`",
    ),
    Metric(
        "plexsend_batch_messages_total",
        _C,
        (),
        "Messages in those requests: divided by the requests it is how full a batch is.",
    ),
    Metric(
        "plexsend_request_seconds",
        _H,
        (),
        "How long requests to the gateway took, from the first byte to the answer that was read.",
        "the slowest twentieth takes longer than 5 s",
    ),
    Metric(
        "plexsend_receipt_lag_seconds",
        _H,
        (),
        "How long after the time of delivery that it names a receipt was taken in.",
        "half of them come later than 10 minutes",
    ),
)

BY_NAME = {metric.name: metric for metric in METRICS}


def markdown_table() -> str:
    """Return the table of docs/metrics.md."""
    lines = ["| metric | type | labels | what it says | be warned of |", "|---|---|---|---|---|"]
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        cells = (f"`{metric.name}`", str(metric.kind), labels, metric.meaning, metric.warn)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
