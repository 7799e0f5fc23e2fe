"""What the applications were told and what the gateway took: read, compared, judged."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.chaos.gateway_answers import ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as the gateway has it."""

    at: float
    path: str
    keys: tuple[str, ...]
    codes: tuple[str, ...]
    fault: str
    answer: str
    """whole, or none where no answer left."""

    @property
    def accepted(self) -> list[str]:
        """The keys of what was accepted."""
        return [key for key, code in zip(self.keys, self.codes, strict=True) if code == ACCEPTED]


@dataclass(frozen=True, slots=True)
class Blur:
    """A time in which an answer may not have reached the worker, and why: what it was for is uncertain."""

    begin: float
    end: float
    why: str


@dataclass
class Verdict:
    """What the comparison found."""

    added: int = 0
    accepted: int = 0
    """Of them, by the gateway."""
    refused: int = 0
    """Of them, by the gateway, and never accepted."""
    lost: list[str] = field(default_factory=list)
    """Added, and neither accepted nor refused by the gateway, nor settled by a person."""
    doubled: list[str] = field(default_factory=list)
    """Accepted twice or more, with no uncertain request before."""
    again: Counter[str] = field(default_factory=Counter)
    """Accepted again after an uncertain request, by what made it uncertain."""

    @property
    def is_kept(self) -> bool:
        """Whether nothing is lost and nothing is doubled without a reason."""
        return not self.lost and not self.doubled


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        whole, _, _ = path.read_bytes().rpartition(b"\n")
        for line in whole.splitlines():
            yield json.loads(line)


def read_requests(path: Path) -> list[Request]:
    """Return all requests of the gateway's ledger."""
    return [
        Request(
            line["at"], line["path"], tuple(line["keys"]), tuple(line["codes"]), line["fault"], line["answer"]
        )
        for line in _lines(path)
    ]


def read_added(paths: Iterable[Path]) -> dict[str, float]:
    """Return every key that an application was told to be added, and when."""
    found: dict[str, float] = {}
    for path in paths:
        asked: set[str] = set()
        for line in _lines(path):
            asked.update(line.get("asked", ()))
            for key, outcome in line.get("told", {}).items():
                # A duplicate of what this application asked for before: its first try had come through.
                if outcome == "added" or (outcome == "duplicates" and key in asked):
                    found.setdefault(key, line["at"])
    return found


def judge(
    added: Mapping[str, float], requests: Sequence[Request], blurs: Sequence[Blur], settled: Iterable[str]
) -> Verdict:
    """Compare what was added with what was sent.

    Args:
        settled: Keys that a person decided on, or that were gone with a restored copy as the manual says.
    """
    found = Verdict(added=len(added))
    times: dict[str, list[Request]] = defaultdict(list)
    tried: set[str] = set()
    for request in requests:
        for key in request.accepted:
            times[key].append(request)
        tried.update(key for key, code in zip(request.keys, request.codes, strict=True) if code != ACCEPTED)
    decided = set(settled)
    for key in added:
        if key in times:
            found.accepted += 1
        elif key in tried:
            found.refused += 1
        elif key not in decided:
            found.lost.append(key)
    for key, seen in times.items():
        for before in seen[:-1]:
            why = _why_uncertain(before, blurs)
            if why is None:
                found.doubled.append(key)
            else:
                found.again[why] += 1
    return found


def _why_uncertain(request: Request, blurs: Sequence[Blur]) -> str | None:
    if request.answer != "whole":
        return "no answer left the gateway"
    return next((blur.why for blur in blurs if blur.begin <= request.at <= blur.end), None)


def pace(requests: Iterable[Request], begin: float, end: float) -> float:
    """Return how many messages a second were accepted in this time."""
    return sum(len(each.accepted) for each in requests if begin <= each.at < end) / (end - begin)
