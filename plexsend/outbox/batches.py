"""Messages as the worker meets them: what a take hands out, and what a settlement says about each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from plexsend.outbox.reasons import EffectKind

if TYPE_CHECKING:
    from plexsend.outbox.lanes import Lane

__all__ = ["Batch", "Effect", "EffectKind", "Message", "Outcome", "Settlement", "Verdict"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a take, with the facts that a verdict depends on."""

    msg_key: str
    body: bytes = field(repr=False)
    stamp: str
    attempts: int = 0
    """Attempts spent: failures alone while the lane delivered others."""
    tries: int = 0
    """Uncertain tries before this one."""
    first_ms: int | None = None
    """When its first uncertain try was settled (ms), None before."""
    failed_at_take: int | None = None
    """Number of the lane's last take when it last failed, None if it never did."""
    silent_takes: int = 0
    """Takes that ended without a verdict: the drain died."""
    may_have_been_sent: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """One to `most_items` messages of one lane, taken under one token, in the order of their positions."""

    lane: Lane
    token: str
    taken_ms: int
    """When it was taken, on Redis's clock: no other clock judges ages."""
    take: int
    """Number of this take in its lane, 1 the first."""
    ok_take: int
    """The highest take, before this one, of which a message was accepted."""
    probe: bool
    messages: tuple[Message, ...]
    epoch: int = 0
    """That of the fleet's policies under which it was taken."""
    went: int = 0
    """Messages that went on its route so far, these included; those that came back unsent are not."""
    here: str = ""
    """Which server this is (see Seen), where the caller did not know."""


class Outcome(StrEnum):
    """What a verdict does with one message."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    BACK = "back"
    """Not sent: back to its position, or after a delay."""
    RETRY = "retry"
    """May have been sent: again after a delay."""
    PARK = "park"
    """May have been sent: a person settles it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict for one message, fenced by the token of its take."""

    msg_key: str
    token: str
    outcome: Outcome
    delay_ms: int = 0
    spent: bool = False
    """Whether this try spends one of its attempts."""
    alone: bool = False
    """Whether it goes alone from now on."""
    code: str = ""
    detail: str = ""
    """For the history; the gateway's own words where there are any."""
    until_ms: int = 0
    """When it is parked rather than sent again, on Redis's clock; 0: never."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect of a settlement on holds and counts."""

    kind: EffectKind
    number: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """All verdicts of one batch. One entry for every message of the batch."""

    token: str
    take: int
    verdicts: tuple[Verdict, ...]
    effects: tuple[Effect, ...] = ()
    taken_ms: int = 0
    """When the batch was taken, on Redis's clock; 0: not known. What was submitted later is not affected."""
    refused: str = ""
    """The fingerprint of the secret that the gateway refused; empty where it refused none."""
