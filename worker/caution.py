"""When a process takes nothing: until all processes have reported what they know of a Redis that came back.

Where connections to Redis break, it may have been restarted, or another server may be master, and have
forgotten its last moments. What it forgot shows by what processes know. A process that knows little of a
route would take from it again before one that knows more has said so, and nobody could count then what goes
twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

OTHERS_S = 1.5
"""For how long a process waits for the others, once it has given a sign of life: they give one a second."""


class Caution:
    """One for each worker process. Drains ask it before each take; housekeeping notes its signs of life."""

    def __init__(self, store: Store, clock: Callable[[], float] = elapsed_s) -> None:
        self._store = store
        self._clock = clock
        self._breaks = store.breaks
        self._until = float("-inf")

    def may_take(self) -> bool:
        """Whether messages may be taken now."""
        return not self.waits_for_sign() and self._clock() >= self._until

    def waits_for_sign(self) -> bool:
        """Whether a connection broke since the last sign of life."""
        return self._store.breaks != self._breaks

    def note_sign(self, breaks: int) -> None:
        """Note a sign of life that Redis took; `breaks`: those of the store before it was given."""
        if breaks != self._breaks:
            self._breaks = breaks
            self._until = self._clock() + OTHERS_S
