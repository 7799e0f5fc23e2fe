"""When a campaign starts by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.definitions.schedule import next_after

if TYPE_CHECKING:
    from plexsend.campaigns.definitions.defined import Definition


def planned_start(definition: Definition, now_ms: int) -> int:
    """Return when it starts next: by its cron, at its time, or now."""
    if definition.cron is not None:
        return next_after(definition.cron, definition.time_zone, now_ms)
    return definition.send_at_ms or now_ms
