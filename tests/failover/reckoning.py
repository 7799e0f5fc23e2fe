"""What producers were told against what the gateway got, and against what the outbox remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.states import State

if TYPE_CHECKING:
    from tests.failover.stand import WatchedStand
    from tests.failover.writer import Writer

_ACCOUNT = "main"
_DUPLICATE = "71003"


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Keys by what became of them; each is one that the producer was told is in."""

    added: int
    lost: tuple[str, ...]
    """Neither the outbox nor the gateway knows them."""
    forgotten: tuple[str, ...]
    """The gateway accepted them, the outbox does not know them."""
    again: tuple[str, ...]
    """The gateway got them again after it had accepted them."""
    again_undoubted: tuple[str, ...]
    """Of these, what the outbox did not hold for uncertain: its memory of the first request was lost."""
    misjudged: tuple[str, ...]
    """Rejected as duplicates although the gateway had accepted them."""
    unsent: tuple[str, ...]
    """Accepted by the outbox's books, unknown to the gateway."""


def reckon(stand: WatchedStand, writer: Writer) -> Reckoning:
    """Compare what a writer was told with the gateway's list and the outbox's records."""
    accepted, repeated = stand.sandbox.accepted, stand.sandbox.duplicates
    known = {record.msg_key: record for record in stand.known_records(_ACCOUNT, writer.added)}
    again = sorted(key for key in writer.added if key in repeated or accepted.get(key, 0) > 1)
    return Reckoning(
        added=len(writer.added),
        lost=tuple(sorted(writer.added.keys() - known.keys() - accepted.keys())),
        forgotten=tuple(sorted((writer.added.keys() & accepted.keys()) - known.keys())),
        again=tuple(again),
        again_undoubted=tuple(key for key in again if key not in known or not known[key].may_have_been_sent),
        misjudged=tuple(
            key
            for key, record in sorted(known.items())
            if record.state is State.REJECTED and record.code == _DUPLICATE and key in accepted
        ),
        unsent=tuple(
            key
            for key, record in sorted(known.items())
            if record.state is State.ACCEPTED and key not in accepted
        ),
    )
