"""What can be served, and what all parts of one process share."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, TypeAlias

from plexsend.outbox.doors import Door
from plexsend.outbox.metrics import Instruments
from plexsend.outbox.receivers import hashed_by
from plexsend.web.pulse import Pulse
from plexsend.web.refused import RefusedCounts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings
    from plexsend.web.answers import Answer

    Ahead: TypeAlias = Callable[[Mapping[str, Any], Any], Awaitable[Answer | None] | None]

RECEIPTS, METRICS = "receipts", "metrics"
PARTS: Mapping[str, str] = {RECEIPTS: "plexsend.web.receipts", METRICS: "plexsend.web.metrics"}
"""What can be served → its module, whose `routes(parts)` returns its paths with what answers there."""


def _nothing(scope: Mapping[str, Any], receive: Any) -> None:
    del scope, receive


@dataclass(slots=True)
class Parts:
    """One for each process: what its parts are made of, and what they leave to be started and ended."""

    settings: Settings
    store: Store
    names: tuple[str, ...]
    port: int = 0
    """Where it listens; 0 where another program does that."""
    starts: list[Callable[[], None]] = field(default_factory=list)
    """Called before the first request."""
    stops: list[Callable[[], None]] = field(default_factory=list)
    """Called after the last request, the last one first."""
    alive: list[Callable[[], bool]] = field(default_factory=list)
    """Each returns whether a thread that it started runs."""
    accounts: Callable[[], Iterable[str]] = tuple
    """Returns the accounts whose receipts are taken here."""
    ahead: Ahead = _nothing
    """Asked before falcon, with a request and how to read it: None, or what returns its answer."""
    refused: RefusedCounts = field(init=False)
    pulse: Pulse = field(init=False)
    instruments: Instruments = field(init=False)
    """What this process counts; a part that uses it sees to it that it is written down."""
    _door: Door = field(init=False)

    def __post_init__(self) -> None:
        self._door = Door(
            process=secrets.token_hex(5),
            host=socket.gethostname(),
            pid=os.getpid(),
            version=_version(),
            parts=self.names,
            port=self.port,
            hashes_by=hashed_by(self.settings.number_key),
        )
        self.instruments = Instruments(self._door.process)
        # A server of metrics alone takes nothing in that must be kept; its login may write its sign of life
        # and nothing else.
        takes_receipts = RECEIPTS in self.names
        self.refused = RefusedCounts(takes_receipts=takes_receipts)
        self.pulse = Pulse(
            self.store, self.door, durable=takes_receipts and self.settings.durable, refused=self.refused
        )
        self.alive.append(lambda: self.pulse.lives)

    def door(self) -> Door:
        """Return what this process says of itself."""
        return self._door.with_accounts(self.accounts())

    def routes(self) -> dict[str, Any]:
        """Return the paths of all parts, with what answers there. Call it once."""
        found: dict[str, Any] = {}
        for name in self.names:
            found |= import_module(PARTS[name]).routes(self)
        return found


def _version() -> str:
    try:
        return version("plexsend")
    except PackageNotFoundError:
        # A checkout that is on the path and not installed.
        return ""
