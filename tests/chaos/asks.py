"""What an environment asks for: the policies that a process with these variables wants to be in force."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from tests.chaos.in_force import Ask
from tests.chaos.load import LANES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_PER_SERVICE = {
    "RATE": "rate_per_s",
    "ON_UNCERTAIN": "on_uncertain",
    "LINGER_MS": "linger_ms",
    "CONNECTIONS": "connections",
}
_SERVICES = frozenset(lane.service for lane in LANES)


def asks_of(
    environ: Mapping[str, str],
    process: str,
    since: float,
    until: float = inf,
    *,
    services: Collection[str] = _SERVICES,
) -> list[Ask]:
    """Return what the process asks for, of the policies that the oracle looks at.

    Args:
        environ: Its environment.
        process: Its name, for people.
        since: When it has announced it.
        until: Until when it counts.
        services: What it serves; it asks for nothing else.
    """
    found = []
    for service in sorted(services):
        word = service.upper().replace("-", "_")
        for variable, name in _PER_SERVICE.items():
            value = environ.get(f"PLEXSEND_{variable}_{word}", environ.get(f"PLEXSEND_{variable}"))
            if value is not None:
                found.append(Ask(process, f"{name}:{service}", value, since, until))
    keep = environ.get("PLEXSEND_KEEP_DAYS")
    if keep is not None:
        found.append(Ask(process, "keep_days", keep, since, until))
    return found
