"""Windows of runs: the spans in which one may send, as Redis has them for the scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plexsend.outbox.policies.open_hours import read_spans

if TYPE_CHECKING:
    from collections.abc import Iterable

WINDOW: Final = "window"
"""What the scripts answer where a lane of a run waits for its window."""
PACE: Final = "pace"
"""What they answer where it waits for its own rate."""
NO_SPAN: Final = "-"
"""A window without a span: closed until it has one."""


@dataclass(frozen=True, slots=True)
class RunWindow:
    """When a run may send: from ms until ms each."""

    spans: tuple[tuple[int, int], ...]

    def holds(self, at_ms: int) -> bool:
        """Return whether nothing of the run goes at this moment."""
        return not any(opens <= at_ms < closes for opens, closes in self.spans)

    def opens_ms(self, at_ms: int) -> int | None:
        """Return when it may send again; None: nobody wrote that down yet."""
        return min((opens for opens, _ in self.spans if opens > at_ms), default=None)


def written_window(spans: Iterable[tuple[int, int]] | None) -> str:
    """Return a window as Redis has it; None: the run has none, and sends at any time."""
    return "" if spans is None else " ".join(f"{begin}-{end}" for begin, end in spans) or NO_SPAN


def read_window(written: str) -> RunWindow | None:
    """Return a window; None: the run has none."""
    return RunWindow(read_spans(written)) if written else None
