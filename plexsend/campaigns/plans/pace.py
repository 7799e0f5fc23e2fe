"""The pace of a run: when each of its parts goes, at a rate that others share and in the hours that are open.

Pure: numbers in, numbers out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Span = tuple[float, float]
    """From ms until ms."""


_MOST_MOMENTS = 50


@dataclass(frozen=True, slots=True)
class PacePart:
    """Messages that share the hours in which they may go."""

    messages: float
    spans: tuple[Span, ...] | None = None
    """In order; None: at any time."""
    is_own: bool = True
    """Of the run; what waits of others has its share of the rate too."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some time in which the same parts are open: how many messages of the run go in it."""

    from_ms: float
    until_ms: float
    messages: float


@dataclass(frozen=True, slots=True)
class Paced:
    """How a run goes."""

    stretches: tuple[Stretch, ...]
    left: tuple[float, ...]
    """Of each part: what does not go, since its hours end before."""

    @property
    def starts_ms(self) -> float | None:
        """When its first message goes; None: none does."""
        return next((each.from_ms for each in self.stretches if each.messages), None)

    @property
    def ends_ms(self) -> float | None:
        """When its last message goes; None: none does."""
        return next((each.until_ms for each in reversed(self.stretches) if each.messages), None)

    def sent_by(self, at_ms: float) -> float:
        """Return how many messages of the run have gone by then."""
        total = 0.0
        for each in self.stretches:
            if at_ms >= each.until_ms:
                total += each.messages
            elif at_ms > each.from_ms:
                total += each.messages * (at_ms - each.from_ms) / (each.until_ms - each.from_ms)
        return total

    def course(self) -> tuple[tuple[int, int], ...]:
        """Return moments (ms), at most about 50, and how many messages have gone by then.

        Between two of them as many go in each second.
        """
        total = 0.0
        found: dict[int, int] = {}
        for each in self.stretches:
            if each.messages:
                found.setdefault(round(each.from_ms), round(total))
                total += each.messages
                found[round(each.until_ms)] = round(total)
        moments = list(found.items())
        step = len(moments) // _MOST_MOMENTS + 1
        return tuple(moments[:-1:step] + moments[-1:])


def pace(
    parts: Sequence[PacePart], from_ms: float, *, per_s: float, own_per_s: float, until_ms: float | None
) -> Paced:
    """Return when the messages of parts go.

    Args:
        parts: Those of the run, and what waits of others.
        from_ms: When it starts.
        per_s: Messages a second of all parts together; each part that is open has the same share of it.
        own_per_s: Of the parts of the run together, at most.
        until_ms: When the run ends, whatever is left; None: never.
    """
    left = [part.messages for part in parts]
    stretches = []
    now = from_ms
    while until_ms is None or now < until_ms:
        waiting = [place for place, part in enumerate(parts) if left[place] > 0]
        if not any(parts[place].is_own for place in waiting):
            break
        going = [place for place in waiting if _is_open(parts[place], now)]
        next_ms = _next_change(parts, waiting, now)
        if not going:
            if next_ms is None:
                break
            now = next_ms
            continue
        speeds = _speeds(parts, going, per_s, own_per_s)
        done_ms = now + min(left[place] / speeds[place] for place in going) * 1000
        ends = [each for each in (done_ms, next_ms, until_ms) if each is not None]
        then = min(ends)
        own = 0.0
        for place in going:
            gone = (
                left[place]
                if then >= done_ms and _is_first(left, speeds, place, going)
                else (speeds[place] * (then - now) / 1000)
            )
            left[place] = max(0.0, left[place] - gone)
            own += gone if parts[place].is_own else 0.0
        stretches.append(Stretch(now, then, own))
        now = then
    return Paced(tuple(stretches), tuple(left))


def _is_open(part: PacePart, now: float) -> bool:
    return part.spans is None or any(begins <= now < ends for begins, ends in part.spans)


def _next_change(parts: Sequence[PacePart], waiting: Sequence[int], now: float) -> float | None:
    """Return when the next span of a part begins or ends; None: never again."""
    edges = [edge for place in waiting for span in parts[place].spans or () for edge in span if edge > now]
    return min(edges, default=None)


def _speeds(
    parts: Sequence[PacePart], going: Sequence[int], per_s: float, own_per_s: float
) -> dict[int, float]:
    share = per_s / len(going)
    own = [place for place in going if parts[place].is_own]
    of_own = min(share, own_per_s / len(own)) if own else 0.0
    others = len(going) - len(own)
    # What the run leaves goes to the others.
    of_others = (per_s - of_own * len(own)) / others if others else 0.0
    return {place: of_own if parts[place].is_own else of_others for place in going}


# A rounding must not leave a thousandth of a message for a stretch of its own.
def _is_first(left: Sequence[float], speeds: dict[int, float], place: int, going: Sequence[int]) -> bool:
    return left[place] / speeds[place] <= min(left[each] / speeds[each] for each in going) * (1 + 1e-9)
