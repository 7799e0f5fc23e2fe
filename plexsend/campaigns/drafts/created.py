"""What was made of a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plexsend.errors import Problem
    from plexsend.outbox.runs.states import RunState


@dataclass(frozen=True, slots=True)
class CreatedRun:
    """What was made of a campaign."""

    group: str | None
    """The run; None: its cron makes one at each of its times."""
    account: str
    state: RunState | None
    starts_ms: int | None
    """When it starts by itself; None: when a person starts it."""
    warnings: tuple[Problem, ...] = ()
    """What is doubtful: for all of its rows, and where a cron makes runs beside it."""
