"""A message as the model knows it, and what may happen to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.outbox.batches import Outcome
from plexsend.outbox.states import SENT, TRANSITIONS, Event, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.batches import Verdict
    from plexsend.outbox.lanes import Lane


@dataclass(frozen=True)
class Beside:
    """Another lane of the route, from which a take fills its batch."""

    lane: Lane
    due: Sequence[str]
    """What is due there, in its order."""


@dataclass
class Told:
    """A message as the model knows it."""

    lane: Lane
    body: bytes
    state: State
    place: int | None = None
    due_ms: int = 0
    expires_ms: int | None = None
    flags: set[str] = field(default_factory=set)
    tried: bool = False
    """Whether a try of it was uncertain since a person last asked for it."""
    token: str = ""
    abandoned_ms: int = 0
    ended_ms: int = 0
    kept: int = -1
    """Rank of the receipt that came while it is being sent."""

    def is_repeated(self, verdict: Verdict) -> bool:
        """Whether a verdict was settled before, by a call whose reply was lost."""
        if self.state in SENT and verdict.outcome is Outcome.ACCEPTED:
            return True
        return self.state is not State.SENDING and self.token == verdict.token

    def why_it_stays(self, at_ms: int, now_ms: int) -> str:
        """Tell why it cannot have another time; nothing where it can."""
        if self.state not in (State.WAITING, State.SCHEDULED):
            return "refused"
        if "m" in self.flags:
            return "may_have_been_sent"
        return "expires" if self.expires_ms is not None and self.expires_ms <= max(at_ms, now_ms) else ""


def leads_to(event: Event, state: State | None) -> State:
    """Return the state after an event."""
    to = check(event, state)
    assert to is not None, f"{event} leads nowhere"
    return to


def check(event: Event, state: State | None) -> State | None:
    """Return the same, None where the record goes; an event that cannot happen is an AssertionError."""
    for name, froms, to in TRANSITIONS:
        if name is event and state in froms:
            return to
    raise AssertionError(f"{event} cannot happen to a message that is {state or 'nowhere'}")
