"""Failing: whether so many of the last messages of a run failed that it must not go on by itself. Pure.

Counts alone are known, not which message ended when. So the counts are noted as they grow, and the last few
hundred are what came since the note that is old enough.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_NOTES_A_SPAN = 20
"""How often the counts are noted while as many end as are judged together: so exact is where that begins."""


class Ended(NamedTuple):
    """How many rows of a run had ended at some moment."""

    judged: int
    """Those of which it is known whether they reached their receiver."""
    failed: int


@dataclass(frozen=True, slots=True)
class FailureWatch:
    """What was noted of a run, the oldest first."""

    notes: tuple[Ended, ...] = field(default=(Ended(0, 0),))

    @classmethod
    def parse(cls, kept: str) -> FailureWatch:
        """Return what was kept; a new one where nothing was, or another program wrote there."""
        with suppress(ValueError, TypeError):
            notes = tuple(Ended(int(judged), int(failed)) for judged, failed in json.loads(kept))
            if notes:
                return cls(notes)
        return cls()

    def as_json(self) -> str:
        """Return it as it is kept."""
        return json.dumps(self.notes, separators=(",", ":"))

    def note(self, now: Ended, span: int) -> FailureWatch:
        """Return the watch with the counts of now, and without notes that are too old to be needed.

        Args:
            now: The counts.
            span: How many are judged together.
        """
        last = self.notes[-1]
        if now.judged < last.judged:
            # Some were taken back, such as by a person who sends them again.
            return FailureWatch((now,))
        notes = self.notes
        if now.judged - last.judged >= max(1, span // _NOTES_A_SPAN):
            notes = (*notes, now)
        old = [place for place, each in enumerate(notes) if now.judged - each.judged >= span]
        return FailureWatch(notes[old[-1] :] if old else notes)

    def since(self, now: Ended, span: int) -> Ended | None:
        """Return how many ended since the latest note that is old enough; None: not that many have yet."""
        old = [each for each in self.notes if now.judged - each.judged >= span]
        if not old:
            return None
        return Ended(now.judged - old[-1].judged, now.failed - old[-1].failed)


def why_paused(
    watch: FailureWatch, now: Ended, span: int, ratio: float, codes: Callable[[int], str] = lambda _: ""
) -> str:
    """Return in words why a run must be paused; empty: it need not be.

    `codes`: given how many failed, returns in words what they failed by.
    """
    found = watch.since(now, span)
    if found is None or found.failed < ratio * found.judged:
        return ""
    share = 100 * found.failed / found.judged
    words = codes(found.failed)
    return (
        f"{found.failed:,} of the last {found.judged:,} failed ({share:.3g} %)"
        f"{': ' if words else ''}{words}; pause_at_failure_ratio is {ratio:g}"
    )
