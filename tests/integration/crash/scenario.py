"""A scenario: what a process does that can be stopped anywhere, and how all must end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.outbox.states import State
from tests.integration.crash.answers import accept_all

if TYPE_CHECKING:
    from tests.integration.crash.gateway import Answers
    from tests.integration.crash.stage import Stage

Step = Callable[["Stage"], object]


def nothing(stage: Stage) -> None:
    """Do nothing."""
    del stage


@dataclass(frozen=True)
class Scenario:
    """One way that messages take."""

    name: str
    act: Step
    """In the process that is stopped."""
    prepare: Step = nothing
    """Before it, by others."""
    again: Step = nothing
    """What a producer or a person does once more who was not told how it went."""
    tend: Step = nothing
    """What a person does about what needs one, as long as messages are undecided."""
    meanwhile: Mapping[str, Step] = field(default_factory=dict)
    """What others do while the process is at one of its boundaries."""
    answers: Answers = accept_all
    settings: Mapping[str, str] = field(default_factory=dict)
    ends: frozenset[State | None] = frozenset({State.ACCEPTED})
    """How messages may end; None: their record is gone."""
    ends_otherwise: Mapping[str, frozenset[State | None]] = field(default_factory=dict)
    """The same for single keys."""
    is_parking: bool = False
    """Whether what is uncertain is parked, so that nothing is ever sent twice."""
    settled_by_a_person: frozenset[str] = frozenset()
    """Keys whose end a person decides, whatever the gateway has."""
    holds_left: frozenset[str] = frozenset()
    most_sent: int = 1
    """How often the gateway takes a message at most if nothing is stopped."""
    within_s: float = 120
    """After this nothing may be undecided."""
    account: str = "main"

    def ends_of(self, key: str) -> frozenset[State | None]:
        """Return how this message may end."""
        return self.ends_otherwise.get(key, self.ends)
