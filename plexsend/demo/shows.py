"""Shows: how the demo is shown while it runs. One for pipes, one for programs; the live one is in live.py."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from plexsend.outbox.reading.json_shapes import hold_json

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from plexsend.outbox.holds import Hold
    from plexsend.terminal.screen import Screen

PLAIN_EVERY_S = 3.0
"""Between two lines of progress in a pipe: enough to see that it lives, few enough to read."""
JSON_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class LanePicture:
    """One lane as it is shown; numbers are messages."""

    name: str
    ready: int
    later: int
    sending: int
    accepted: int
    delivered: int
    refused: int
    pace_per_s: float
    limit_per_s: float


@dataclass(frozen=True, slots=True)
class Picture:
    """One moment of the demo."""

    at_s: float
    """Since it began."""
    now: str
    """What happens, in a sentence."""
    total: int
    """Messages added; 0 while nothing is known."""
    ended: int
    lanes: tuple[LanePicture, ...] = ()
    holds: tuple[Hold, ...] = ()
    now_ms: int = 0
    """Redis's clock."""
    receipts: bool = False
    """Whether receipts say what was delivered."""


class Show(Protocol):
    """What the demo needs of a show."""

    def say(self, at_s: float, sentence: str) -> None:
        """Say what has just happened."""

    def draw(self, picture: Picture) -> None:
        """Show the moment, if this show finds it worth showing. Called many times a second."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End, whatever happened."""


class _Lines:
    """What both shows of lines have in common: nothing to begin or end, and a line now and then."""

    def __init__(self, screen: Screen, every_s: float) -> None:
        self._screen = screen
        self._every_s = every_s
        self._drawn_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def draw(self, picture: Picture) -> None:
        """Print a line, now and then."""
        if picture.at_s - self._drawn_s >= self._every_s:
            self._drawn_s = picture.at_s
            self._print(picture)
            # A person who reads a pipe wants to see a line when it is printed.
            sys.stdout.flush()

    def _print(self, picture: Picture) -> None:
        raise NotImplementedError


class PlainShow(_Lines):
    """Lines of text without a control character, for a pipe or a log."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen, PLAIN_EVERY_S)

    def say(self, at_s: float, sentence: str) -> None:
        """Print a sentence."""
        self._screen.say(f"[{at_s:4.1f} s] {sentence}", wraps=True)
        sys.stdout.flush()

    def _print(self, picture: Picture) -> None:
        if picture.total:
            goes = [lane for lane in picture.lanes if round(lane.pace_per_s)]
            paces = ", ".join(f"{lane.name} {lane.pace_per_s:.0f}/s" for lane in goes) or "none goes"
            self.say(picture.at_s, f"{picture.ended:,} of {picture.total:,} have ended; now {paces}.")


class JsonShow(_Lines):
    """One JSON object a line."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen, JSON_EVERY_S)

    def say(self, at_s: float, sentence: str) -> None:
        """Print what happened as an object."""
        self._screen.facts({"event": "told", "at_s": round(at_s, 1), "text": sentence})
        sys.stdout.flush()

    def _print(self, picture: Picture) -> None:
        self._screen.facts(
            {
                "event": "progress",
                "at_s": round(picture.at_s, 1),
                "total": picture.total,
                "ended": picture.ended,
                "lanes": [
                    {
                        "lane": lane.name,
                        "ready": lane.ready,
                        "later": lane.later,
                        "sending": lane.sending,
                        "accepted": lane.accepted,
                        "delivered": lane.delivered,
                        "refused": lane.refused,
                        "pace_per_s": round(lane.pace_per_s, 1),
                        "rate_per_s": lane.limit_per_s,
                    }
                    for lane in picture.lanes
                ],
                "holds": [hold_json(hold) for hold in picture.holds],
            }
        )
