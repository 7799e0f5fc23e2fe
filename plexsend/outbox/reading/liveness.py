"""Whether a process that a probe asks for is well: yes or no, and why in words.

A probe runs every few seconds, beside the work: what this module imports is what each of them pays for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.terminal.moments import span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plexsend.outbox.beat import BeatSign
    from plexsend.outbox.doors import Door
    from plexsend.outbox.fleet import FleetProcess

DOORS: Mapping[str, str] = {"receipts": "server for receipts", "metrics": "server of metrics"}
"""The parts of a door, with what people call a process that has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Liveness:
    """What a probe found."""

    ok: bool
    words: str
    """One sentence, without a full stop."""
    remedy: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    """For programs."""


def look_at_workers(processes: Iterable[FleetProcess], host: str, max_age_s: float) -> Liveness:
    """Return whether a worker process gave a sign of life lately. Pure.

    Args:
        processes: Those that were seen within ten minutes.
        host: Where it must run; empty: anywhere.
        max_age_s: How old its last sign may be.
    """
    known = [(each.label, each.silent_ms / 1000, each.announced.host) for each in processes]
    return _youngest(
        "worker process", known, host, max_age_s, "Look at its log, or start one: plexsend worker"
    )


def look_at_doors(doors: Iterable[Door], part: str, now_ms: int, host: str, max_age_s: float) -> Liveness:
    """Return whether a process that serves this part gave a sign of life lately. Pure.

    Args:
        doors: Those that are known.
        part: One of DOORS.
        now_ms: Redis's clock.
        host: Where it must run; empty: anywhere.
        max_age_s: How old its last sign may be.
    """
    found = [
        # One that is ahead is from before Redis's clock was set back.
        (door.label, abs(now_ms - door.seen_ms) / 1000, door.host)
        for door in doors
        if part in door.parts
    ]
    remedy = f"Look at its log, or start one: plexsend serve {part}"
    return _youngest(DOORS[part], found, host, max_age_s, remedy)


def look_at_beat(signs: Iterable[BeatSign], host: str, max_age_s: float) -> Liveness:
    """Return whether beat rang lately. Pure.

    Args:
        signs: Those of a day.
        host: Where it must run; empty: anywhere.
        max_age_s: How old the sign may be.
    """
    known = [(f"on {sign.host}", sign.silent_ms / 1000, sign.host) for sign in signs]
    return _youngest("beat", known, host, max_age_s, "Look at its log, or start one: plexsend beat")


def _youngest(
    what: str, known: Iterable[tuple[str, float, str]], host: str, max_age_s: float, remedy: str
) -> Liveness:
    """Return what follows from the one with the latest sign of life; each is label, age of it, and host."""
    everyone = sorted(known, key=lambda one: one[1])
    here = [one for one in everyone if not host or one[2] == host]
    facts: dict[str, object] = {"host": host or None, "max_age_s": max_age_s}
    if not here:
        where = f" on {host}" if host else ""
        others = f"; {len(everyone)} run elsewhere" if everyone else ""
        return Liveness(
            ok=False,
            words=f"no {what} is known{where}{others}",
            remedy=remedy,
            facts={**facts, "age_s": None},
        )
    label, age_s, _ = here[0]
    facts["age_s"] = round(age_s, 3)
    seen = f"{what} {label} was last seen {span(age_s)} ago"
    if age_s > max_age_s:
        return Liveness(
            ok=False, words=f"{seen}, and {span(max_age_s)} are allowed", remedy=remedy, facts=facts
        )
    return Liveness(ok=True, words=seen, facts=facts)
