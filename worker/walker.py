"""The walk over all lanes and messages, once an hour and soon after a worker began: its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.logs import get_logger
from plexsend.outbox.constants import LONGEST_ROUND_MS
from plexsend.outbox.walk import ask_for_turn, look_over, read_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.walk import Healed

LOOK_S = 5.0
"""The longest time between two looks whether a walk is due."""
_SHOWN = 10
"""Messages that a line of the log names."""
_MOST_SPOILT = 1_000
"""Spoilt names that are remembered, and reported once each."""


class Walker:
    """Takes the steps of the walk that fall to its process, mostly none. For one thread.

    Args:
        store: Where the messages are.
        name: Its process.
        clock: Seconds, monotonic.
    """

    def __init__(self, store: Store, name: str, clock: Callable[[], float]) -> None:
        self._store = store
        self._name = name
        self._clock = clock
        self._log = get_logger("worker.walker").bind(process=name)
        self._place = ""
        self._is_new = True
        # A process that has just begun has more to do.
        self._due = clock() + LOOK_S
        self._spoilt: set[tuple[str, str]] = set()
        self._spoilt_keys: set[str] = set()

    def due_in_s(self) -> float:
        """Return in how many seconds the next step is due."""
        return self._due - self._clock()

    def look_soon(self) -> None:
        """Let the next walk begin as soon as after the start of a worker: something was lost."""
        self._is_new = True
        self._due = self._clock()

    def step(self) -> None:
        """Take the next step, if it is due and this process's."""
        if self.due_in_s() > 0:
            return
        self._report_spoilt_keys()
        # Also where this fails.
        self._due = self._clock() + LOOK_S
        turn = ask_for_turn(self._store, self._name, place=self._place, is_new=self._is_new)
        self._place, self._is_new = "", False
        if not turn.place:
            self._due = self._clock() + min(turn.wait_ms / 1000, LOOK_S)
            return
        page = read_page(self._store, turn.place)
        self._report(look_over(self._store, page))
        self._place = page.next_place
        self._due = self._clock() + LONGEST_ROUND_MS / 1000

    def _report(self, healed: Healed) -> None:
        if healed.put_back:
            self._log.warning(
                "messages were nowhere to be found, put back",
                count=len(healed.put_back),
                accounts=sorted({account for account, _ in healed.put_back}),
                msg_keys=[key for _, key in healed.put_back[:_SHOWN]],
            )
        if healed.runs:
            self._log.warning("runs of campaigns were nowhere to be found, put back", count=healed.runs)
        for route in healed.unlisted:
            self._log.warning("route was not listed, no worker looked after it", route=route)
        for account, name in healed.spoilt:
            if (account, name) not in self._spoilt and len(self._spoilt) < _MOST_SPOILT:
                self._spoilt.add((account, name))
                self._log.error(
                    "cannot be looked over, another program wrote to it", account=account, name=name
                )

    # Whatever this process reads: it took these keys for empty.
    def _report_spoilt_keys(self) -> None:
        for key in sorted(self._store.spoilt - self._spoilt_keys):
            self._log.error("key is of another type, another program wrote it", key=key)
        self._spoilt_keys |= self._store.spoilt
