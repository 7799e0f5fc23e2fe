"""What each alert of deploy/prometheus is tested with: its cause, what is just below it, and its end.

`promtool.write_tests` makes deploy/prometheus/plexsend-alerts.test.yml of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.deploy.series import (
    ended,
    flat,
    held,
    histogram,
    metric,
    receipts,
    requests,
    rising,
    waiting,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class AlertCase:
    """One alert, and what is seen before, while and after it fires."""

    alert: str
    series: Mapping[str, str]
    """Each series → its values, one a minute; beside the cause is what stays just below it."""
    fires: tuple[int, Mapping[str, str], str]
    """The minute, the labels but severity, and the summary."""
    rests: Sequence[int]
    """Minutes at which it does not fire: before its time is up, and after its end."""
    every_m: int = 1
    """Minutes between two values. Of more than one it is in a file of its own, since it takes days."""


MAIN = {"account": "main"}
BULK = {"service": "mms-bulk", **MAIN}
CASES = (
    AlertCase(
        "PlexsendMetricsMissing",
        {metric("up", job="plexsend"): flat((1, 5), (0, 10), (1, 10))},
        (
            8,
            {"job": "plexsend"},
            "Nobody serves plexsend's metrics, or Redis does not answer. No other alert can fire.",
        ),
        (4, 6, 16),
    ),
    AlertCase(
        "PlexsendMetricsMissing",
        {metric("up", job="plexsend"): f"_x9 {flat((1, 10))}"},
        (
            5,
            {"job": "plexsend"},
            "Nobody serves plexsend's metrics, or Redis does not answer. No other alert can fire.",
        ),
        (1, 11),
    ),
    AlertCase(
        "PlexsendNoWorkers",
        {
            waiting("nothing"): flat((0, 5), (3, 20)),
            metric("plexsend_workers", service="mms-bulk"): flat((0, 15), (1, 10)),
            waiting("quiet", "sms-bulk"): flat((9, 25)),
            waiting("nothing", "sms-bulk"): flat((0, 25)),
            metric("plexsend_workers", service="sms-bulk"): flat((0, 25)),
            waiting("nothing", "lms-bulk"): flat((9, 25)),
            metric("plexsend_workers", service="lms-bulk"): flat((1, 25)),
        },
        (8, {"service": "mms-bulk"}, "3 messages or rows of mms-bulk wait, and no living worker serves it."),
        (4, 6, 20),
    ),
    AlertCase(
        "PlexsendNoWorkers",
        {
            # The server of metrics is started anew meanwhile: the alert does not end and begin again.
            metric(
                "plexsend_campaign_rows_left", **MAIN
            ): f"{flat((0, 5), (40, 5))} stale _ {flat((40, 15))}",
            metric(
                "plexsend_workers", service="campaigns"
            ): f"{flat((0, 10))} stale _ {flat((0, 3), (1, 10))}",
        },
        (
            12,
            {"service": "campaigns"},
            "40 messages or rows of campaigns wait, and no living worker serves it.",
        ),
        (4, 6, 20),
    ),
    AlertCase(
        "PlexsendNothingEnds",
        {
            waiting("nothing"): flat((0, 5), (7, 40)),
            ended("accepted"): rising((60, 10), (0, 20), (60, 15)),
            # Receipts of what went before are not a sign that anything goes.
            ended("delivered"): rising((60, 45)),
            waiting("nothing", "sms-bulk"): flat((7, 45)),
            # A batch now and then is enough, however much waits.
            ended("accepted", "sms-bulk"): " ".join(["0x6", *(f"{n}x6" for n in range(1, 8))]),
            waiting("hold", "lms-bulk"): flat((7, 45)),
            waiting("nothing", "lms-bulk"): flat((0, 45)),
            ended("accepted", "lms-bulk"): flat((0, 45)),
        },
        (
            24,
            BULK,
            "7 messages of mms-bulk of account main wait, nothing holds them, and none ended in ten minutes.",
        ),
        (9, 20, 36),
    ),
    AlertCase(
        "PlexsendMessagesWaitTooLong",
        {
            metric("plexsend_oldest_waiting_age_seconds", **BULK): flat(
                (600, 5), (660, 15), (30, 2), (660, 3), (30, 10)
            ),
            metric("plexsend_oldest_waiting_age_seconds", service="sms-bulk", account="main"): flat(
                (600, 35)
            ),
        },
        (23, BULK, "A message of mms-bulk of account main has waited 11m 0s."),
        (4, 14, 31),
    ),
    AlertCase(
        "PlexsendAllThreadsBusy",
        {
            metric("plexsend_worker_threads", services="mms-bulk", state="idle"): flat(
                (2, 5), (0, 25), (1, 5)
            ),
            metric("plexsend_worker_threads", services="sms-bulk", state="idle"): flat((1, 35)),
            waiting("nothing"): flat((1000, 10), (1001, 25)),
        },
        (25, {"services": "mms-bulk"}, "All threads of the workers of mms-bulk are busy, and messages wait."),
        (4, 24, 34),
    ),
    AlertCase(
        "PlexsendUncertainMessages",
        {
            metric("plexsend_messages", **BULK, state="uncertain"): flat((0, 5), (2, 70), (0, 5)),
            metric("plexsend_messages", service="sms-bulk", account="main", state="uncertain"): flat((0, 80)),
        },
        (65, BULK, "2 messages of mms-bulk of account main may have been sent."),
        (4, 64, 79),
    ),
    AlertCase(
        "PlexsendRefusalsUnanswered",
        {
            metric("plexsend_refusals_oldest_unanswered_age_seconds", **MAIN): flat(
                (1_036_800, 5), (1_040_400, 70), (0, 5)
            ),
            metric("plexsend_refusals_oldest_unanswered_age_seconds", account="shop"): flat((1_036_800, 80)),
        },
        (65, MAIN, "A refusal of account main waits for its answer for 12d 1h 0m 0s; the law gives 14 days."),
        (4, 64, 79),
    ),
    AlertCase(
        "PlexsendCertificateEnds",
        {
            # Seen from minute 0: the first is a minute short of 14 days.
            metric("plexsend_gateway_certificate_expiry_timestamp_seconds", product="mms"): flat(
                (1_209_540, 80), (9_999_999, 10)
            ),
            metric("plexsend_gateway_certificate_expiry_timestamp_seconds", product="sms"): flat(
                (1_220_000, 90)
            ),
        },
        (65, {"product": "mms"}, "The gateway's certificate for mms ends in 13d 22h 54m 0s."),
        (0, 59, 84),
    ),
    AlertCase(
        "PlexsendWorkersDisagree",
        {metric("plexsend_policy_disagreements"): flat((0, 5), (2, 40), (0, 5))},
        (35, {}, "Living workers disagree about 2 things."),
        (4, 34, 49),
    ),
    AlertCase(
        "PlexsendOutOfCredit",
        {
            held("credit"): flat((0, 5), (1, 6), (0, 1), (1, 3), (0, 10)),
            held("credit", "shop"): flat((0, 25)),
        },
        (12, MAIN, "Account main is out of credit: nothing of it goes but a probe. Top it up."),
        (4, 5, 22),
    ),
    AlertCase(
        "PlexsendSecretRefused",
        {held("auth"): flat((0, 5), (1, 6), (0, 1), (1, 3), (0, 10)), held("auth", "shop"): flat((0, 25))},
        (12, MAIN, "The gateway refuses the secret of account main: nothing of it goes."),
        (4, 5, 22),
    ),
    AlertCase(
        "PlexsendLaneFault",
        {
            held("fault", scope="lane"): flat((0, 5), (2, 10), (0, 5)),
            held("fault", "shop", "lane"): flat((0, 20)),
        },
        (6, MAIN, "2 routes of account main got an answer that cannot be right: nothing of them goes."),
        (4, 5, 19),
    ),
    AlertCase(
        "PlexsendRewound",
        {held("rewound"): flat((0, 5), (1, 10), (0, 5)), held("rewound", "shop"): flat((0, 20))},
        (
            5,
            MAIN,
            "Redis went back in time: account main is held until a person says what became of its messages.",
        ),
        (4, 19),
    ),
    AlertCase(
        "PlexsendGatewayUnavailable",
        {
            # Half a minute between two does not end it; one that is short is nobody's alarm.
            held("shut", scope="lane"): flat((0, 5), (2, 10), (0, 1), (2, 4), (0, 15)),
            held("shut", "shop", "lane"): flat((1, 4), (0, 31)),
            held("size", scope="lane"): flat((1, 35)),
        },
        (
            15,
            MAIN,
            "The gateway does not answer for 2 routes of account main: nothing of them goes but a probe.",
        ),
        (4, 9, 30),
    ),
    AlertCase(
        "PlexsendPausedForLong",
        {
            held("pause", scope="service"): flat((0, 1), (1, 52), (0, 3)),
            held("pause", "shop"): flat((1, 48), (0, 8)),
        },
        (1_500, {**MAIN, "scope": "service"}, "Account main: a service has been paused for a day."),
        (0, 1_440, 1_620),
        every_m=30,
    ),
    AlertCase(
        "PlexsendRequestsFail",
        {
            requests("answered"): rising((100, 60)),
            requests("uncertain"): rising((0, 10), (40, 20), (0, 30)),
            requests("answered", "sms-bulk"): rising((100, 60)),
            requests("unavailable", "sms-bulk"): rising((24, 60)),
            # Three of three at night: the hold of the route says it.
            requests("unavailable", "lms-bulk"): rising((3, 60)),
        },
        (22, {"service": "mms-bulk"}, "28.57% of the requests of mms-bulk fail."),
        (9, 14, 45),
    ),
    AlertCase(
        "PlexsendGatewaySlow",
        # At first few, all slow; then as slow as may be, then slower.
        histogram(
            "plexsend_request_seconds",
            "5",
            rising((0, 40), (96, 15), (50, 30), (96, 40)),
            rising((4, 40), (100, 85)),
        ),
        (75, {}, "The slowest twentieth of all requests takes longer than 9.5s."),
        (35, 54, 62, 118),
    ),
    AlertCase(
        "PlexsendDeadLettersGrow",
        {
            ended("accepted"): rising((10, 180)),
            ended("rejected"): rising((0, 70), (10, 8), (0, 102)),
            ended("accepted", "sms-bulk"): rising((10, 180)),
            ended("failed", "sms-bulk"): rising((1, 180)),
        },
        (85, BULK, "80 messages of mms-bulk of account main became dead letters in an hour."),
        (69, 72, 160),
    ),
    AlertCase(
        "PlexsendManyUndelivered",
        {
            ended("delivered"): rising((10, 180)),
            ended("undelivered"): rising((0, 70), (30, 8), (0, 102)),
            ended("delivered", "sms-bulk"): rising((10, 180)),
            ended("undelivered", "sms-bulk"): rising((3.3, 180)),
        },
        (85, BULK, "240 messages of mms-bulk of account main were not delivered in an hour."),
        (69, 72, 160),
    ),
    AlertCase(
        "PlexsendUnknownCodes",
        {
            metric("plexsend_answers_total", service="mms-bulk", code="other"): rising(
                (0, 10), (1, 2), (0, 90)
            ),
            metric("plexsend_answers_total", service="sms-bulk", code="other"): flat((9, 102)),
            metric("plexsend_answers_total", service="sms-bulk", code="C100"): rising((9, 102)),
        },
        (
            15,
            {"service": "mms-bulk"},
            "The gateway answers for mms-bulk with a code that this version does not know.",
        ),
        (9, 84),
    ),
    AlertCase(
        "PlexsendReceiptsSilent",
        {
            ended("accepted"): rising((0, 60), (60, 60), (0, 80)),
            receipts("settled"): rising((5, 60), (0, 110), (1, 30)),
            # Nobody posts receipts of this account, and none is missed.
            ended("accepted", account="shop"): rising((60, 200)),
            receipts("settled", "shop"): flat((0, 200)),
            # Fifty in the hour are too few to say.
            ended("accepted", "sms-bulk", "few"): rising((0.83, 200)),
            receipts("settled", "few"): f"0 {flat((9, 199))}",
        },
        (
            155,
            MAIN,
            "No receipt came for account main in an hour and a half, though 3.3k messages were accepted.",
        ),
        (70, 120, 145, 179),
    ),
    AlertCase(
        "PlexsendReceiptsRefused",
        {
            receipts("refused", "*"): rising((0, 10), (40, 3), (0, 100)),
            receipts("stranger"): rising((1.65, 113)),
        },
        (20, {"account": "*", "outcome": "refused"}, "120 receipts in an hour were refused."),
        (9, 99),
    ),
    AlertCase(
        "PlexsendReceiptsLate",
        histogram(
            "plexsend_receipt_lag_seconds",
            "600",
            rising((0, 65), (51, 40), (20, 60), (51, 60)),
            rising((0.5, 65), (100, 160)),
        ),
        (150, {}, "Half of the receipts come later than 13m 45s after the delivery."),
        (60, 104, 120, 215),
    ),
    AlertCase(
        "PlexsendReaderBehind",
        {
            metric(
                "plexsend_results_behind", reader="billing"
            ): f"{flat((0, 5))} {rising((20, 90))} {flat((0, 20))}",
            metric("plexsend_results_behind", reader="archive"): "5000-40x114",
            metric("plexsend_results_behind", reader="bi"): flat((100, 115)),
        },
        (60, {"reader": "billing"}, "Reader billing is 1100 entries behind, and does not catch up."),
        (8, 38, 110),
    ),
    AlertCase(
        "PlexsendBeatAway",
        {
            metric("plexsend_beats"): flat((1, 5), (0, 15), (1, 10)),
            # Without campaigns nobody misses a beat.
            metric("plexsend_campaign_starts_planned", **MAIN): flat((0, 10), (1, 20)),
            metric("plexsend_campaign_rows_left", **MAIN): flat((0, 30)),
        },
        (13, {}, "No beat rings for campaigns. A worker does in its place, as long as one lives."),
        (4, 9, 11, 25),
    ),
    AlertCase(
        "PlexsendCampaignStopped",
        {
            metric("plexsend_campaign_runs_stopped", **MAIN, state="paused"): flat((0, 5), (1, 10), (0, 5)),
            metric("plexsend_campaign_runs_stopped", **MAIN, state="draft"): flat((0, 20)),
            metric("plexsend_campaign_runs", **MAIN, state="paused"): flat((3, 20)),
        },
        (
            5,
            {**MAIN, "state": "paused"},
            "1 campaigns of account main stopped by themselves and wait for a person (paused).",
        ),
        (4, 19),
    ),
    AlertCase(
        "PlexsendCampaignStartOverdue",
        {
            metric(
                "plexsend_campaign_start_overdue_seconds", **MAIN
            ): f"0x4 {rising((60, 10))} {flat((0, 5))}",
            metric("plexsend_campaign_start_overdue_seconds", account="shop"): flat((120, 20)),
        },
        (10, MAIN, "A campaign of account main should have started 5m 0s ago."),
        (4, 8, 19),
    ),
    AlertCase(
        "PlexsendRedisFillsUp",
        {metric("plexsend_redis_memory_ratio"): flat((0.7, 5), (0.71, 10), (0.6, 10))},
        (10, {}, "Redis is 71% full; above 80 % nothing more is taken in."),
        (4, 9, 22),
    ),
    AlertCase(
        "PlexsendRedisFull",
        {metric("plexsend_redis_memory_ratio"): flat((0.8, 5), (0.81, 10), (0.75, 10))},
        (6, {}, "Redis is 81% full: nothing more is taken in. What waits is sent on."),
        (4, 5, 22),
    ),
    AlertCase(
        "PlexsendRedisWriteFails",
        {
            metric("plexsend_redis_write_failed", write="append"): flat((0, 5), (1, 5), (0, 5)),
            metric("plexsend_redis_write_failed", write="rewrite"): flat((0, 15)),
        },
        (
            6,
            {"write": "append"},
            "The last append of Redis to its disk failed: what it acknowledges may be lost.",
        ),
        (4, 5, 14),
    ),
    AlertCase(
        "PlexsendReplicaAway",
        {
            metric("plexsend_redis_replicas"): flat((2, 10), (1, 10), (2, 10)),
            metric("plexsend_redis_replica_lag_seconds"): flat((10, 30)),
        },
        (12, {}, "A replica of Redis is away or behind. If it took over, what it lacks would be lost."),
        (9, 10, 24),
    ),
    AlertCase(
        "PlexsendReplicaAway",
        {
            metric("plexsend_redis_replicas"): flat((1, 30)),
            metric("plexsend_redis_replica_lag_seconds"): flat((10, 10), (11, 10), (0, 10)),
        },
        (12, {}, "A replica of Redis is away or behind. If it took over, what it lacks would be lost."),
        (9, 10, 24),
    ),
)
