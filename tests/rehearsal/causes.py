"""The causes of alerts: for each rule of deploy/ what really brings it about, and what ends it.

An alert without a scene here fails the rehearsal, and so does a scene for an alert that is not there any
more. Two alerts are brought about by steps of their own, under load (`ELSEWHERE`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.rehearsal import (
    causes_account,
    causes_campaigns,
    causes_fleet,
    causes_gateway,
    causes_receipts,
    causes_redis,
)

if TYPE_CHECKING:
    from tests.rehearsal.scenes import Scene

SCENES: tuple[Scene, ...] = (
    *causes_fleet.SCENES,
    *causes_gateway.SCENES,
    *causes_account.SCENES,
    *causes_receipts.SCENES,
    *causes_campaigns.SCENES,
    *causes_redis.SCENES,
)
ELSEWHERE = {
    "PlexsendSecretRefused": (
        "rotate",
        "the gateway refuses the account's secret",
        "the new one is in its file",
    ),
    "PlexsendRewound": ("restore", "Valkey was restored from a copy", "plexsend rewound settle"),
}
"""Alert → the step that fires it, by what, and what ends it."""


def names() -> list[str]:
    """Return every alert that the rehearsal can bring about."""
    return [*(alert for scene in SCENES for alert in scene.alerts), *ELSEWHERE]
