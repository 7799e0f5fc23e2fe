"""What a lying gateway can do wrong, which of it stands now, and what strikes the next request.

Options beside `share` (0 to 1, how many of the requests it strikes), `seconds` (how long it stands; without
it, until cleared) and `seed`, with their defaults:

| fault | what it does | options |
|---|---|---|
| reset_before | resets at accept, or on a kept connection at the first byte of the next request | |
| reset_headers | resets after the headers, before the body is read | |
| reset_during | resets after half of the body is read | |
| reset_after | reads all, accepts, records, resets without an answer | |
| cut_answer | accepts, sends a part of the answer, resets | `at`: share of the bytes; drawn if absent |
| read_timeout | accepts, answers nothing for a time, closes | `hold_s` 30, `accepted` true |
| slow_start | accepts, answers whole after a time | `delay_s` 2 |
| slow_drip | accepts, answers byte by byte | `drip_s` 0.1 between two bytes |
| http_500 | C500_1 envelope | `accepted` false: whether it took the items all the same |
| http_503, http_504 | an empty answer | `accepted` false; `retry_after`, no header if absent |
| http_429 | no item taken | `retry_after` 1, no header if null |
| garbage | 200 with nonsense | `accepted` true, `kind`: bytes, html, truncated or types; drawn if absent |
| half_answer | accepts all, answers for some only | |
| foreign_keys | accepts all, leaves some out and answers keys never asked instead | |
| doubled_keys | accepts all, answers one key twice | `second` C100: the code of its second answer |
| no_credit | G150 for each item | |
| credit_part | G150 from an item on | `k` 5: how many items before it are accepted |
| unauthorized | C401_3 envelope | |
| c400 | C400_2 envelope | |
| unknown_code | X999 for one item, which is not taken; accepts the others | |
| bad_item | G140 for one item, which is not taken; accepts the others | |
| contradict | as bad_item; a receipt says undelivered of the same item of RCS, early or behind | |
| receipt_when_due | accepts; receipts of RCS come when a fallback is due that goes without one | |
| huge | accepts, answers whole with more than a megabyte | |
| close_idle | accepts, answers whole, then closes without a word | `after_s` 0 |
| refuse | does not listen for `seconds` (required); idle connections are closed | |
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

AT_ACCEPT = "reset_before"
REFUSE = "refuse"
CONTRADICT = "contradict"
WHEN_DUE = "receipt_when_due"

KINDS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        AT_ACCEPT: {},
        "reset_headers": {},
        "reset_during": {},
        "reset_after": {},
        "cut_answer": {"at": None},
        "read_timeout": {"hold_s": 30.0, "accepted": True},
        "slow_start": {"delay_s": 2.0},
        "slow_drip": {"drip_s": 0.1},
        "http_500": {"accepted": False},
        "http_503": {"accepted": False, "retry_after": None},
        "http_504": {"accepted": False, "retry_after": None},
        "http_429": {"retry_after": 1},
        "garbage": {"accepted": True, "kind": None},
        "half_answer": {},
        "foreign_keys": {},
        "doubled_keys": {"second": "C100"},
        "no_credit": {},
        "credit_part": {"k": 5},
        "unauthorized": {},
        "c400": {},
        "unknown_code": {},
        "bad_item": {},
        CONTRADICT: {},
        WHEN_DUE: {},
        "huge": {},
        "close_idle": {"after_s": 0.0},
        REFUSE: {},
    }
)
"""Each fault and the options of its own, with their defaults."""

_WORDS: Mapping[str, tuple[object, ...]] = MappingProxyType(
    {
        "accepted": (False, True),
        "kind": (None, "bytes", "html", "truncated", "types"),
        "second": ("C100", "C500_1", "G140", "G150", "X999"),
    }
)
"""Options that are no numbers, and what they may be."""

_NULLABLE = ("at", "retry_after")
_LOCKS_OUT = (AT_ACCEPT, REFUSE)


class BadOrder(Exception):
    """What was ordered cannot be done; the text tells why."""


@dataclass(slots=True)
class Fault:
    """One fault that stands. `until_s` is on the faults' clock."""

    name: str
    share: float
    until_s: float
    options: dict[str, Any]
    dice: random.Random

    def told(self, now_s: float) -> dict[str, Any]:
        """Return the fault as its order would be written now."""
        left_s = None if self.until_s == float("inf") else round(self.until_s - now_s, 3)
        return {"fault": self.name, "share": self.share, "seconds": left_s, **self.options}


@dataclass
class Faults:
    """The faults that stand, in the order in which they were set.

    Args:
        clock: Monotonic seconds.
        own_control_port: Whether orders come in by another door than requests.
    """

    own_control_port: bool
    clock: Callable[[], float] = time.monotonic
    struck: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    """How often each fault has struck."""
    _standing: dict[str, Fault] = field(default_factory=dict)
    _draws: int = 0

    def set(self, order: Mapping[str, Any]) -> Fault:
        """Let a fault stand beside the others, in place of an earlier one of its name.

        Raises:
            BadOrder: for an order that cannot be done; nothing has changed then.
        """
        rest = dict(order)
        name = rest.pop("fault", None)
        if name not in KINDS:
            raise BadOrder(f"no fault {name!r}; faults are: {', '.join(KINDS)}")
        share, seconds, seed = rest.pop("share", 1.0), rest.pop("seconds", None), rest.pop("seed", 0)
        if not _is_number(share) or not 0 <= share <= 1:
            raise BadOrder(f"share is {share!r}, not a number from 0 to 1")
        if seconds is not None and (not _is_number(seconds) or seconds <= 0):
            raise BadOrder(f"seconds is {seconds!r}, not a number above 0")
        # Through the door that it shuts, such a fault could never be cleared.
        if seconds is None and (name == REFUSE or (name in _LOCKS_OUT and not self.own_control_port)):
            raise BadOrder(f"{name} needs seconds")
        if strangers := sorted(rest.keys() - KINDS[name].keys()):
            raise BadOrder(f"{name} has no option {', '.join(strangers)}")
        for option, value in rest.items():
            if not _fits(option, value):
                raise BadOrder(f"{option} is {value!r}")
        until_s = float("inf") if seconds is None else self.clock() + seconds
        fault = Fault(name, share, until_s, {**KINDS[name], **rest}, random.Random(f"{name} {seed}"))
        self._standing.pop(name, None)
        self._standing[name] = fault
        return fault

    def clear(self) -> None:
        """Let no fault stand."""
        self._standing.clear()

    def standing(self) -> list[dict[str, Any]]:
        """Return what stands now, as orders."""
        self._forget_ended()
        return [fault.told(self.clock()) for fault in self._standing.values()]

    def stands(self, name: str) -> bool:
        """Tell whether a fault stands now."""
        self._forget_ended()
        return name in self._standing

    def draw(self) -> Fault | None:
        """Return what strikes the next request, at most one.

        Each fault rolls its own dice, so that its share is its own; where several hit, they take turns.
        """
        self._forget_ended()
        hits = [
            fault
            for fault in self._standing.values()
            if fault.name != REFUSE and fault.dice.random() < fault.share
        ]
        self._draws += 1
        return hits[self._draws % len(hits)] if hits else None

    def _forget_ended(self) -> None:
        now_s = self.clock()
        for name in [name for name, fault in self._standing.items() if fault.until_s <= now_s]:
            del self._standing[name]


def _fits(option: str, value: object) -> bool:
    if option in _WORDS:
        return any(value is word or (isinstance(value, str) and value == word) for word in _WORDS[option])
    if option in _NULLABLE and value is None:
        return True
    return _is_number(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
