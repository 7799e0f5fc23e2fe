"""Messages that are looked for: by what, and what is shown of one, wherever it is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.lanes import Lane

if TYPE_CHECKING:
    from plexsend.outbox.states import State


@dataclass(frozen=True, slots=True)
class SoughtNumber:
    """The receiver that is looked for."""

    hashed: bytes
    """The keyed hash of the number."""
    last: str
    """Its last four digits."""


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message as a search shows it. Times in ms since 1970, None where there is none."""

    msg_key: str
    state: State
    lane: str
    service: str
    account: str
    submitted_ms: int | None
    ended_ms: int | None
    code: str
    """What the gateway said last: its receipt, where there is one."""
    answer_code: str
    """What the gateway answered to the request."""
    carrier: str
    receiver_last: str
    receiver_hash: bytes
    """Empty where no key was set when it was submitted."""
    is_archived: bool = False
    """Whether only an archive knows it any more."""

    @property
    def at_ms(self) -> int:
        """When it ended; when it was submitted, while it has not."""
        return (self.submitted_ms or 0) if self.ended_ms is None else self.ended_ms


@dataclass(frozen=True, slots=True)
class Sought:
    """What messages are looked for; None: any."""

    receiver: SoughtNumber | None = None
    states: frozenset[State] | None = None
    code: str | None = None
    since_ms: int | None = None
    """It ended since then, or was submitted since then and has not ended."""
    lane: Lane | None = None
    """With the lanes of its groups where it is a route."""
    group: str | None = None

    def fits(self, message: FoundMessage) -> bool:
        """Whether a message is one of them; one whose record has no hash of its receiver never is."""
        return self.fits_otherwise(message) and (
            self.receiver is None or self.receiver.hashed == message.receiver_hash
        )

    def fits_otherwise(self, message: FoundMessage) -> bool:
        """Whether it is, whoever got it."""
        return (
            (self.states is None or message.state in self.states)
            and (self.code is None or self.code in (message.code, message.answer_code))
            and (self.since_ms is None or message.at_ms >= self.since_ms)
            and (self.lane is None or _is_in(self.lane, message.lane))
            and (self.group is None or Lane.parse(message.lane).group == self.group)
        )

    def is_perhaps(self, message: FoundMessage) -> bool:
        """Whether all but the hash fits, which its record does not have, and the last digits do."""
        return (
            self.receiver is not None
            and not message.receiver_hash
            and message.receiver_last == self.receiver.last
            and self.fits_otherwise(message)
        )


# A route means the lanes of its groups too.
def _is_in(lane: Lane, name: str) -> bool:
    if name == lane.name or not lane.is_route:
        return name == lane.name
    head, _, account = name.partition("@")
    return f"{head.partition('/')[0]}@{account}" == lane.name
