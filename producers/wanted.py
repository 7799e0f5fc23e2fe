"""What a loop over results asks for, checked before anything is read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Protocol

from plexsend.errors import UsageError
from plexsend.gateway.services import get_service
from plexsend.outbox.lanes import NAME
from plexsend.outbox.states import State
from plexsend.producers.accounts import check_account
from plexsend.producers.groups import check_heard_group

if TYPE_CHECKING:
    from plexsend.errors import ResultsMissed
    from plexsend.producers.results import Result

    OnMissed = Callable[[ResultsMissed], object]

_READER = "A reader's name is 1 to 32 of a-z, 0-9 and -, such as billing."
MOST_AT_ONCE = 10_000
"""Results in one batch: more would not help, and fill the memory."""


class Stop(Protocol):
    """What says that a loop shall end: a `threading.Event`, an `asyncio.Event`, or anything like them."""

    def is_set(self) -> bool:
        """Return whether it shall end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a loop over results asks for. Empty sets: everything."""

    reader: str
    accounts: frozenset[str]
    states: frozenset[State]
    services: frozenset[str]
    groups: frozenset[str]
    from_start: bool
    follow: bool
    stop: Stop | None
    on_missed: OnMissed | None
    lease_s: float
    patience_s: float | None

    @property
    def is_stopped(self) -> bool:
        """Whether the caller said that the loop shall end."""
        return self.stop is not None and self.stop.is_set()

    def takes(self, result: Result) -> bool:
        """Whether the caller wants to hear of this result."""
        return (
            (not self.states or result.state in self.states)
            and (not self.services or result.service in self.services)
            and (not self.groups or result.group in self.groups)
        )


def want(
    reader: str,
    *,
    account: str | Iterable[str] | None,
    state: State | Iterable[State] | None,
    service: str | Iterable[str] | None,
    group: str | Iterable[str] | None,
    from_start: bool,
    follow: bool,
    stop: Stop | None,
    on_missed: OnMissed | None,
    lease_s: float,
    patience_s: float | None,
    known_accounts: Iterable[str],
) -> Wanted:
    """Return what is asked for; raises UsageError for what cannot be."""
    if not isinstance(reader, str) or not NAME.fullmatch(reader):
        what = repr(reader[:40]) if isinstance(reader, str) else f"of type {type(reader).__name__}"
        raise UsageError(f"reader is {what}. {_READER}")
    accounts, services = _several("account", account), _several("service", service)
    groups = _several("group", group)
    for name in accounts:
        check_account(name, known_accounts)
    for name in services:
        get_service(name)
    for name in groups:
        check_heard_group(name)
    for name, switch in (("from_start", from_start), ("follow", follow)):
        if not isinstance(switch, bool):
            raise UsageError(f"{name} is of type {type(switch).__name__}. Give True or False.")
    if stop is not None and not callable(getattr(stop, "is_set", None)):
        raise UsageError(f"stop is of type {type(stop).__name__}. Give an event, such as threading.Event().")
    if on_missed is not None and not callable(on_missed):
        raise UsageError(f"on_missed is of type {type(on_missed).__name__}. Give a function, or None.")
    _check_seconds("lease_s", lease_s, "60")
    if patience_s is not None:
        _check_seconds("patience_s", patience_s, "300, or None")
    return Wanted(
        reader=reader,
        accounts=accounts,
        states=frozenset(map(_state, _several("state", state))),
        services=services,
        groups=groups,
        from_start=from_start,
        follow=follow,
        stop=stop,
        on_missed=on_missed,
        lease_s=lease_s,
        patience_s=patience_s,
    )


def check_most(most: int) -> None:
    """Raise UsageError for what cannot be the size of a batch."""
    if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MOST_AT_ONCE:
        raise UsageError(f"A batch is of 1 to {MOST_AT_ONCE:,} results. Give a whole number, such as 500.")


def _several(name: str, given: object) -> frozenset[str]:
    if given is None:
        return frozenset()
    if isinstance(given, str):
        return frozenset({given})
    # Bytes can be gone through as well, and would give numbers.
    if isinstance(given, bytes) or not isinstance(given, Iterable):
        raise UsageError(f"{name} is of type {type(given).__name__}. Give a text, or a list of texts.")
    found = frozenset(given)
    if not found:
        raise UsageError(f"{name} is empty, so no result would ever come. Leave it out to hear of every one.")
    return found


def _state(given: object) -> State:
    found = next((state for state in State if state == given), None)
    if found is None:
        near = difflib.get_close_matches(str(given), State, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(f"There is no state {str(given)[:40]!r}.{meant} States: {', '.join(State)}.")
    return found


def _check_seconds(name: str, given: object, example: str) -> None:
    # A comparison with NaN is false.
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < inf:
        raise UsageError(f"{name} is not a number of seconds above 0. Give one, such as {example}.")
