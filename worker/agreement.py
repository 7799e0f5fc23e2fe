"""What a worker process does for the policies of its fleet: asks count, and what is in force is copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.logs import get_logger
from plexsend.outbox.fleet import fleet as fleet_of
from plexsend.outbox.policies.state import refresh, renew
from plexsend.outbox.reading.disagreements import disagreements

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from collections.abc import Set as AbstractSet

    from plexsend.outbox.fleet import FleetProcess
    from plexsend.worker.runtime import Runtime


HEALED_AT_ONCE = 25
"""Accounts into which what is in force is copied in one round."""
_NEVER = -1, float("-inf")
REPEAT_S = 60.0
"""How often what is in force is copied again: a Redis that lost its last second may have lost it."""


class Agreement:
    """One for each worker process, used by its housekeeping once a second."""

    def __init__(self, runtime: Runtime, clock: Callable[[], float]) -> None:
        self._runtime = runtime
        self._clock = clock
        self._log = get_logger("worker.agreement").bind(process=runtime.name)
        self._asks: list[object] = []
        self._epoch = -1
        self._copied: dict[str, tuple[int, float]] = {}
        """Account → the epoch of the state that was copied there last, and when."""
        self._reported: set[str] = set()

    def look(self, fleet: Collection[FleetProcess], sweeps: AbstractSet[str]) -> None:
        """Renew what is in force.

        Args:
            fleet: Every process seen within ten minutes.
            sweeps: The accounts that this process sweeps; it heals what did not get there.
        """
        policies = self._runtime.policies
        epoch = policies.look().epoch
        asks = [process.announced.asks for process in fleet]
        if asks != self._asks or epoch != self._epoch:
            # Read again: what this process saw last is up to a second old, and lacks who has come since.
            if renew(self._runtime.store, self._read_asks):
                policies.forget()
                epoch = policies.look().epoch
            self._asks, self._epoch = [*asks], epoch
            self._report(fleet)
        now = self._clock()
        kept = {
            account: copied
            for account, copied in self._copied.items()
            if account in sweeps and copied[0] == epoch and now - copied[1] < REPEAT_S
        }
        # The process that changed something has copied it everywhere. This heals what did not get there, some
        # at a time, since nothing is swept meanwhile. Those that are new here come first.
        others = sorted(sweeps - kept.keys(), key=lambda account: self._copied.get(account, _NEVER)[1])
        tried = others[:HEALED_AT_ONCE]
        here = set(refresh(self._runtime.store, tried)) if tried else set()
        self._copied = {account: copied for account, copied in self._copied.items() if account in sweeps}
        # One without its first message yet is looked at again: its producer may have copied an older state.
        self._copied |= {account: (epoch if account in here else -1, now) for account in tried}

    def _read_asks(self) -> list[Mapping[str, Mapping[str, str]]]:
        return [process.announced.asks for process in fleet_of(self._runtime.store)]

    # Once each, in the processes that take part in it.
    def _report(self, fleet: Collection[FleetProcess]) -> None:
        me = next((process.label for process in fleet if process.name == self._runtime.name), "")
        for found in disagreements(fleet, self._runtime.policies.look()):
            others = found.seen_by(me)
            if others and found.text not in self._reported:
                self._reported.add(found.text)
                self._log.warning("workers disagree", what=found.what, here=me, words=found.text)
