"""Troubles: what keeps a run from being fed or prepared is tried again for a while before it is a fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.runs.run import Run

PATIENCE_S = 120.0
"""For how long a run is tried again: a file may come late to a host, or an older program go away."""

_log = get_logger("campaigns.feeding")


@dataclass(frozen=True, slots=True)
class _Trouble:
    since_s: float
    fed: int
    words: str


class Troubles:
    """Those of the runs that a process feeds, or prepares. Shared by its threads.

    Args:
        clock: Seconds, monotonic.
        asked: What cannot be done with a run.
    """

    def __init__(self, clock: Callable[[], float], asked: str = "fed") -> None:
        self._clock = clock
        self._asked = asked
        self._known: dict[tuple[str, str], _Trouble] = {}

    def note(self, run: Run, words: str, fed: int) -> bool:
        """Note that it could not be done; return whether that has gone on for too long.

        Where another process moved its mark meanwhile, the trouble is this host's alone and begins anew.
        """
        key = run.account, run.group
        known = self._known.get(key)
        if known is None or known.words != words:
            _log.warning(f"a run cannot be {self._asked}, trying again", run=run.written, reason=words)
        if known is None or known.fed != fed:
            self._known[key] = _Trouble(self._clock(), fed, words)
            return False
        self._known[key] = _Trouble(known.since_s, fed, words)
        is_too_long = self._clock() - known.since_s >= PATIENCE_S
        if is_too_long:
            # Once a person lets it go on, it is tried for as long again.
            self.over(run)
        return is_too_long

    def over(self, run: Run) -> None:
        """Forget what kept a run from it."""
        self._known.pop((run.account, run.group), None)
