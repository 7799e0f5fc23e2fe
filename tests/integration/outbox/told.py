"""A message as the model knows it, and what may happen to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.outbox.states import TRANSITIONS, Event, State

if TYPE_CHECKING:
    from collections.abc import Sequence

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
