"""Installations in which no alert may fire: fresh, idle, and in the night."""

from __future__ import annotations

from plexsend.gateway.services import SERVICES
from plexsend.outbox.metrics import REQUEST_OUTCOMES
from plexsend.outbox.reading.waiting import KeptBy
from plexsend.outbox.reasons import HOLD_RULES
from plexsend.outbox.receipts import Reception
from plexsend.outbox.redis.server_state import WRITES
from plexsend.outbox.states import FINAL, LIVING
from plexsend.worker.campaign_queue import CAMPAIGNS
from tests.deploy.series import ended, flat, held, histogram, metric, receipts, requests, rising, waiting

LONG_M = 240
PART = {"service": "mms-bulk", "account": "main"}


def _flat(value: float) -> str:
    return flat((value, LONG_M))


FRESH = {
    metric("up", job="plexsend"): _flat(1),
    **{metric("plexsend_workers", service=service): _flat(0) for service in (*SERVICES, CAMPAIGNS)},
    **{metric("plexsend_redis_write_failed", write=write): _flat(0) for write in WRITES},
    **{
        metric(name): _flat(0)
        for name in (
            "plexsend_policy_disagreements",
            "plexsend_redis_memory_ratio",
            "plexsend_redis_replicas",
            "plexsend_redis_replica_lag_seconds",
            "plexsend_beats",
            "plexsend_batch_messages_total",
        )
    },
    receipts("refused", "*"): _flat(0),
    receipts("unreadable", "*"): _flat(0),
    **histogram("plexsend_request_seconds", "5", _flat(0), _flat(0)),
    **histogram("plexsend_receipt_lag_seconds", "600", _flat(0), _flat(0)),
}
"""Nothing was ever sent, and no worker runs."""
IDLE = {
    **FRESH,
    metric("plexsend_workers", service="mms-bulk"): _flat(2),
    metric("plexsend_worker_threads", services="mms-bulk", state="busy"): _flat(0),
    metric("plexsend_worker_threads", services="mms-bulk", state="idle"): _flat(32),
    **{metric("plexsend_messages", **PART, state=str(state)): _flat(0) for state in LIVING},
    **{waiting(str(kept)): _flat(0) for kept in KeptBy},
    metric("plexsend_oldest_waiting_age_seconds", **PART): _flat(0),
    **{ended(str(state)): _flat(5_000) for state in FINAL},
    **{held(str(rule.reason), scope=str(scope)): _flat(0) for rule in HOLD_RULES for scope in rule.scopes},
    **{requests(outcome): _flat(500) for outcome in REQUEST_OUTCOMES},
    **{receipts(str(outcome)): _flat(5_000) for outcome in Reception},
    metric("plexsend_answers_total", service="mms-bulk", code="other"): _flat(3),
    metric("plexsend_results_behind", reader="billing"): _flat(0),
    metric("plexsend_refusals_oldest_unanswered_age_seconds", account="main"): _flat(0),
    metric("plexsend_gateway_certificate_expiry_timestamp_seconds", product="mms"): _flat(9_999_999),
    metric("plexsend_redis_replicas"): _flat(1),
    metric("plexsend_beats"): _flat(2),
    **{
        metric(name, account="main"): _flat(0)
        for name in (
            "plexsend_campaign_rows_left",
            "plexsend_campaign_starts_planned",
            "plexsend_campaign_start_overdue_seconds",
        )
    },
    **{
        metric("plexsend_campaign_runs_stopped", account="main", state=state): _flat(0)
        for state in ("paused", "draft")
    },
}
"""All that was sent has ended, and counters stay what they are."""
_NIGHT, _MORNING = 130, 110
NIGHT = {
    **IDLE,
    # No worker runs in the night; messages are scheduled for the morning, a campaign is out of its window,
    # and 6,000 advertisements wait since the evening. In the morning they go, a hundred a minute.
    metric("plexsend_workers", service="mms-bulk"): flat((0, _NIGHT - 5), (2, _MORNING + 5)),
    metric("plexsend_messages", **PART, state="scheduled"): flat((900, _NIGHT), (0, _MORNING)),
    metric("plexsend_messages", **PART, state="waiting"): flat((6_000, _NIGHT), (0, _MORNING)),
    metric("plexsend_campaign_starts_planned", account="main"): flat((3, LONG_M)),
    waiting("quiet"): flat((6_000, _NIGHT), (0, _MORNING)),
    waiting("window"): flat((80, LONG_M)),
    waiting("nothing"): f"{flat((0, _NIGHT))} 6000-100x59 {flat((0, 60))}",
    metric("plexsend_oldest_waiting_age_seconds", **PART): f"{flat((0, _NIGHT))} 0+9x59 {flat((0, 60))}",
    ended("accepted"): rising((0, _NIGHT), (100, 60), (0, 60)),
    ended("delivered"): rising((0, _NIGHT), (90, 60), (10, 60)),
    receipts("settled"): f"0 {rising((0, _NIGHT - 1), (90, 60), (10, 60))}",
    requests("answered"): rising((0, _NIGHT), (10, 60), (0, 60)),
}
CALM = {
    "A fresh installation": (FRESH, [1, 5, 100, 130]),
    "An idle installation": (IDLE, [1, 5, 100, 130]),
    "The night and the morning": (NIGHT, [5, 120, 129, 135, 145, 170, 220]),
}
"""What it is → its series, and the minutes at which nothing fires."""
