"""The causes of alerts: for each rule of deploy/ what really brings it about, and what ends it.

An alert without a scene here fails the rehearsal, and so does a scene for an alert that is not there any
more. Two alerts are brought about by steps of their own, under load (`ELSEWHERE`).
"""

from __future__ import annotations

from tests.rehearsal import (
    causes_account,
    causes_campaigns,
    causes_fleet,
    causes_gateway,
    causes_receipts,
    causes_redis,
)
from tests.rehearsal.scenes import Scene

SCENES: tuple[Scene, ...] = (
    *causes_fleet.SCENES,
    *causes_gateway.SCENES,
    *causes_account.SCENES,
    *causes_receipts.SCENES,
    *causes_campaigns.SCENES,
    *causes_redis.SCENES,
)
ELSEWHERE: tuple[Scene, ...] = (
    Scene(
        ("PlexsendSecretRefused",),
        "the gateway refuses the account's secret (step rotate)",
        "the new one is in its file",
    ),
    Scene(
        ("PlexsendRewound",),
        "Valkey is restored from a copy (step restore)",
        "plexsend rewound settle",
    ),
)
"""What steps of their own bring about."""


def names() -> list[str]:
    """Return every alert that the rehearsal can bring about."""
    return [alert for scene in (*SCENES, *ELSEWHERE) for alert in scene.alerts]
