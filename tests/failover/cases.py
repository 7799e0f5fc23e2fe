"""What is done to a group of servers, and what it showed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.failover.reckoning import Reckoning


class Loss(StrEnum):
    """How a master goes."""

    KILLED = "killed"
    FROZEN = "frozen"
    """SIGSTOP: its host hangs. It wakes when another has long taken its place."""
    CUT_OFF = "cut off"
    """It lives, but neither Sentinels nor replicas reach it; a worker and a producer beside it do."""


@dataclass(frozen=True, slots=True)
class Case:
    """One way to lose a master, and how the group is set up."""

    name: str
    loss: Loss
    replicas: int = 2
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings of the data servers."""
    lag_s: float = 0.0
    """How far the replicas are behind."""
    down_after_ms: int = 2000
    away_s: float | None = 15.0
    """From the loss until the old master is back; None where it stays away."""
    load_s: float = 3.0
    """For how long messages flow before the loss."""
    more_s: float = 3.0
    """For how long they flow after all follow one master again."""
    rate_per_s: float = 200.0
    """Items a second of each producer."""
    backlog: int = 1000
    """Messages that wait for their rate when the master is lost."""
    sentinel_too: bool = False
    """Whether a Sentinel goes with the master, as on one host."""


MIN_REPLICAS = {"min-replicas-to-write": "1", "min-replicas-max-lag": "2"}

CASES = (
    Case("killed", Loss.KILLED),
    Case("killed with a Sentinel", Loss.KILLED, sentinel_too=True),
    Case("killed, replicas 0.5 s behind", Loss.KILLED, lag_s=0.5),
    Case("killed, replicas 0.5 s behind, min-replicas", Loss.KILLED, lag_s=0.5, settings=MIN_REPLICAS),
    Case("frozen with a Sentinel", Loss.FROZEN, sentinel_too=True, away_s=30),
    Case(
        "frozen with a Sentinel, min-replicas",
        Loss.FROZEN,
        sentinel_too=True,
        away_s=30,
        settings=MIN_REPLICAS,
    ),
    Case("cut off", Loss.CUT_OFF),
    Case("cut off, min-replicas", Loss.CUT_OFF, settings=MIN_REPLICAS),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a course showed. Times in seconds."""

    promoted_s: float
    """From the loss until a replica was the master."""
    sent_s: float
    """From then until the gateway got the next request."""
    added_s: float
    """From the promotion until the producer was told "added" again."""
    rung_s: float
    """From the promotion until beat's next doorbell."""
    silence_s: float
    """The longest that the gateway heard nothing between the first message and the last."""
    flow: Reckoning
    """Of messages that are sent as they come."""
    kept: Reckoning
    """Of messages that nobody sends."""
    backlog: Reckoning
    """Of messages that waited for their rate when the master went."""
    bystander: Reckoning | None
    """Of those of a producer that stayed with the old master; None where it was killed."""
    breaks: tuple[str, ...]
    """Where the books of the outbox do not agree with themselves."""

    @property
    def parts(self) -> tuple[Reckoning, ...]:
        """What became of the messages of the producers whose address are the Sentinels."""
        return (self.flow, self.kept, self.backlog)
