"""A scene: one real cause, the alerts that it fires, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rehearsal.stage import Stage


def nothing(stage: Stage) -> None:
    """Do nothing: it ends by itself, or elsewhere."""
    del stage


@dataclass(frozen=True, slots=True)
class Scene:
    """What makes alerts fire, and what ends them."""

    alerts: tuple[str, ...]
    cause: str
    ends: str
    begin: Callable[[Stage], None] = nothing
    end: Callable[[Stage], None] = nothing
    rate_per_s: float = 40.0
    """Messages that applications submit meanwhile."""
