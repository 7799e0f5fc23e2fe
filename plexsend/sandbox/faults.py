"""Faults on demand: which there are, and which parameters each takes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Stage(Enum):
    """At which moment of a request a fault acts."""

    PACE = auto()
    """Slows the answer down, whatever it is; goes together with one fault of the other stages."""
    BEFORE = auto()
    """In place of the answer, before anything is accepted (`accept` moves it behind)."""
    AFTER = auto()
    """In place of the answer or upon it, after the messages were accepted."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: its parameters with their defaults, and what it does."""

    name: str
    stage: Stage
    meaning: str
    params: Mapping[str, Any] = field(default_factory=dict)
    """A parameter takes values of its default's type; None takes anything."""


# Three digits, and no 1xx: those announce another answer.
_STATUSES = range(200, 600)

_TABLE = (
    Kind("delay", Stage.PACE, "the answer comes late; messages are accepted at once", {"ms": 1000}),
    Kind("drip", Stage.PACE, "the answer trickles", {"bytes_per_s": 10}),
    Kind("server_error", Stage.BEFORE, "HTTP 5xx with C500_1", {"status": 500, "accept": False}),
    Kind(
        "envelope",
        Stage.BEFORE,
        "any code for the whole request",
        {"code": "C404_1", "status": 200, "accept": False},
    ),
    Kind("too_many", Stage.BEFORE, "HTTP 429", {"retry_after": "1", "accept": False}),
    Kind(
        "unavailable",
        Stage.BEFORE,
        "HTTP 503, or another status, as a proxy on the way says it",
        {"status": 503, "retry_after": "1", "accept": False},
    ),
    Kind(
        "api_gateway",
        Stage.BEFORE,
        "NAVER's API gateway answers by itself, in its own shape",
        {"status": 429, "error_code": "410", "accept": False},
    ),
    Kind(
        "quoting_items",
        Stage.BEFORE,
        "every item is answered `code`, in words that quote it and the Authorization header",
        {"code": "G140", "accept": False},
    ),
    Kind(
        "quoting_codes", Stage.BEFORE, "every item is answered with the secret as its code", {"accept": False}
    ),
    Kind(
        "quoting_envelope",
        Stage.BEFORE,
        "an envelope whose words quote the request and the Authorization header",
        {"code": "C400_2", "status": 400, "accept": False},
    ),
    Kind(
        "redirect",
        Stage.BEFORE,
        "sent elsewhere",
        {"status": 302, "location": "/redirected", "accept": False},
    ),
    Kind("reset_before_reading", Stage.BEFORE, "connection reset (RST) when the head of the request is read"),
    Kind("reset_before_accepting", Stage.BEFORE, "connection reset (RST) when all of the request is read"),
    Kind("reset_after_accepting", Stage.AFTER, "connection reset (RST) when the messages are accepted"),
    Kind("hang_up", Stage.AFTER, "connection closed in order without an answer", {"accept": True}),
    Kind("cut_answer", Stage.AFTER, "connection closed in the middle of the answer"),
    Kind("close_after_answer", Stage.AFTER, "connection closed after the answer, which does not say so"),
    Kind("garbage", Stage.AFTER, "an answer that is not JSON", {"status": 200, "accept": True}),
    Kind("empty", Stage.AFTER, "an answer without a body", {"status": 200, "accept": True}),
    Kind(
        "wrong_shape",
        Stage.AFTER,
        "JSON of another shape",
        {"body": None, "status": 200, "accept": True},
    ),
    Kind(
        "false_encoding",
        Stage.AFTER,
        "the answer names a Content-Encoding that it does not have",
        {"encoding": "gzip", "status": 200, "accept": True},
    ),
    Kind("too_large", Stage.AFTER, "the right answer, padded with blanks", {"size_bytes": 2_000_000}),
    Kind("missing_item", Stage.AFTER, "items are missing from the answer", {"count": 1}),
    Kind(
        "doubled_item",
        Stage.AFTER,
        "an item is answered twice, the second time with `code`",
        {"code": "C100"},
    ),
    Kind("foreign_key", Stage.AFTER, "the answer also speaks of a key that was not sent", {"code": "C100"}),
    Kind("item_code", Stage.BEFORE, "every item is answered `code`", {"code": "C341", "accept": False}),
)

KINDS = {kind.name: kind for kind in _TABLE}
"""Every kind of fault by its name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that waits for requests.

    It ends after `times` requests or `for_s` seconds, whichever comes first; None never ends it. `service`
    and `account` narrow it down; `chance` (0 to 1) is the share of matching requests that it hits.
    """

    kind: str
    times: int | None = None
    for_s: float | None = None
    service: str | None = None
    account: str | None = None
    chance: float = 1.0
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what would never happen or would surprise: ValueError names it."""
        kind = KINDS.get(self.kind)
        if kind is None:
            raise ValueError(f"there is no fault {self.kind!r}; there are {', '.join(KINDS)}")
        for name, value in self.params.items():
            if name not in kind.params:
                raise ValueError(
                    f"{self.kind} has no parameter {name!r}; it has {', '.join(kind.params) or 'none'}"
                )
            if not _suits(name, value, kind.params[name]):
                raise ValueError(f"{name} must be like {kind.params[name]!r}")
        if not (self.times is None or (_is_whole(self.times) and self.times >= 1)):
            raise ValueError("times must be a whole number of at least 1")
        if not (self.for_s is None or (_is_number(self.for_s) and 0 < self.for_s < math.inf)):
            raise ValueError("for_s must be above 0")
        if not (_is_number(self.chance) and 0 < self.chance <= 1):
            raise ValueError("chance must be above 0 and at most 1")

    @property
    def stage(self) -> Stage:
        """At which moment of a request it acts."""
        return KINDS[self.kind].stage

    @property
    def accepts(self) -> bool:
        """Whether the request's messages are accepted anyway."""
        return (
            bool(self.param("accept")) if "accept" in KINDS[self.kind].params else self.stage is Stage.AFTER
        )

    def param(self, name: str) -> Any:
        """Return a parameter, or its default."""
        return self.params.get(name, KINDS[self.kind].params[name])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _suits(name: str, value: object, default: object) -> bool:
    """Return whether a parameter's value is of the type of its default and can be sent."""
    if default is None:
        return True
    if isinstance(default, bool):
        return isinstance(value, bool)
    if name == "status":
        return isinstance(value, int) and value in _STATUSES
    if isinstance(default, int):
        return isinstance(value, int) and _is_whole(value) and value > 0
    # Texts end up in headers, where a line break would begin another header.
    return isinstance(value, str) and value.isascii() and value.isprintable()
