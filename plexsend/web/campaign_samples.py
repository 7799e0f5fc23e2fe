"""The values of the metrics of campaigns and of the beat that rings for them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from plexsend.outbox.runs.census import LIVING
from plexsend.outbox.runs.states import RunState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.beat import BeatSign
    from plexsend.outbox.runs.census import Census

Samples: TypeAlias = Mapping[tuple[str, ...], float]
"""The values of the labels, in the order of the metric's row → the value."""

_STOPPED = (RunState.PAUSED, RunState.DRAFT)
"""The states in which a run can wait for a person though no person stopped it."""


@dataclass(frozen=True, slots=True)
class CampaignsNow:
    """What Redis has of campaigns."""

    of_account: Mapping[str, Census]
    """Those that have one."""
    beats: Sequence[BeatSign]


def samples_of_campaigns(campaigns: CampaignsNow, now_ms: int) -> dict[str, Samples]:
    """Return the samples of each metric; `now_ms`: Redis's clock."""
    known = campaigns.of_account.items()
    return {
        "plexsend_beats": {(): sum(sign.lives for sign in campaigns.beats)},
        "plexsend_campaign_runs": {
            (account, str(state)): census.states[state] for account, census in known for state in LIVING
        },
        "plexsend_campaign_runs_stopped": {
            (account, str(state)): census.stopped[state] for account, census in known for state in _STOPPED
        },
        "plexsend_campaign_rows_left": {(account,): census.rows_left for account, census in known},
        "plexsend_campaign_starts_planned": {(account,): census.planned for account, census in known},
        "plexsend_campaign_start_overdue_seconds": {
            (account,): census.overdue_s(now_ms) for account, census in known
        },
    }
