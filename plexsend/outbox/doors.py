"""Doors: the processes that take receipts or serve metrics, and whether one of them lives.

A door writes what it is every two seconds, and takes it out when it ends. One that was not heard of for ten
seconds is dead, however it ended.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from plexsend.errors import OutboxError
from plexsend.outbox.redis.put import put_together
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plexsend.outbox.redis.store import Store

RENEWED_S = 2.0
DEAD_MS = 10_000
"""A door that was not heard of for longer is dead."""
_FORGOTTEN_MS = 600_000
_AHEAD_MS = 2_000
"""A sign further ahead than this is from before Redis's clock was set back."""


@dataclass(frozen=True, slots=True)
class Door:
    """What such a process says of itself. Nothing here is a secret."""

    process: str
    """Its name: letters and digits, no other process has it."""
    host: str
    pid: int
    version: str
    parts: tuple[str, ...]
    """What it serves: receipts, metrics."""
    port: int = 0
    """0: not known, since another program listens for it."""
    accounts: tuple[str, ...] = ()
    """The accounts whose receipts it takes: it has a secret for their path."""
    since_ms: int = 0
    """When it was first heard of, on Redis's clock."""
    seen_ms: int = 0
    hashes_by: str = ""
    """What tells its key for numbers from others; empty where it has none, and so takes no refusals."""

    @property
    def label(self) -> str:
        """The door for people: where it runs."""
        return f"{self.host} pid {self.pid}"

    def with_accounts(self, accounts: Iterable[str]) -> Door:
        """Return the door with these accounts."""
        return replace(self, accounts=tuple(sorted(accounts)))


def announce(store: Store, door: Door, refused: Mapping[str, int] | None = None, *, since_ms: int = 0) -> int:
    """Write down that a door lives, and return since when, on Redis's clock.

    Forgets doors that have been silent for ten minutes.

    Args:
        store: Where to.
        door: What it says of itself, without times.
        refused: Why it refused posts of receipts → how many since the last call. They are counted.
        since_ms: What the first call returned; 0: this is the first.
    """
    now_ms, known = _read(store)
    written = replace(door, since_ms=since_ms or now_ms, seen_ms=now_ms)
    gone = [other.process for other in known if abs(now_ms - other.seen_ms) > _FORGOTTEN_MS]
    counted = [
        ("HINCRBY", store.keys.unread_counts, why, str(count)) for why, count in (refused or {}).items()
    ]
    put_together(
        store,
        [
            ("HSET", store.keys.doors, door.process, _to_json(written)),
            *([("HDEL", store.keys.doors, *gone)] if gone else []),
            *counted,
        ],
    )
    if store.keys.doors in store.spoilt:
        raise OutboxError(f"The key {store.keys.doors} in Redis is of another type.")
    return written.since_ms


def known(store: Store) -> tuple[int, list[Door]]:
    """Return Redis's clock in ms, and every door that is written down, the dead ones too."""
    return _read(store)


def living(store: Store) -> list[Door]:
    """Return the doors that live, the longest running first."""
    now_ms, known = _read(store)
    return sorted(
        (door for door in known if -_AHEAD_MS <= now_ms - door.seen_ms <= DEAD_MS),
        key=lambda door: (door.since_ms, door.process),
    )


def last_receipts(store: Store, accounts: Iterable[str]) -> dict[str, int]:
    """Return when a receipt came last (ms) for each account that ever had one."""
    names = list(accounts)
    pipe = store.client.pipeline(transaction=False)
    for account in names:
        pipe.hget(store.keys.receipts(account), "last")
    found = zip(names, execute(store, pipe), strict=True)
    return {account: number(last) for account, last in found if last is not None}


def leave(store: Store, door: Door) -> None:
    """Take a door out at its end."""
    with mapped():
        store.client.hdel(store.keys.doors, door.process)


def _read(store: Store) -> tuple[int, list[Door]]:
    pipe = store.client.pipeline(transaction=False)
    pipe.time()
    pipe.hgetall(store.keys.doors)
    (seconds, micros), entries = execute(store, pipe)
    return int(seconds) * 1000 + int(micros) // 1000, list(_parsed(entries))


def _parsed(entries: Mapping[bytes, bytes]) -> Iterator[Door]:
    for process, content in entries.items():
        # What another program wrote there is not a door.
        with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
            found = json.loads(content)
            yield Door(
                process=text(process),
                host=str(found["host"]),
                pid=int(found["pid"]),
                version=str(found["version"]),
                parts=tuple(map(str, found["parts"])),
                port=int(found["port"]),
                accounts=tuple(map(str, found["accounts"])),
                hashes_by=str(found.get("hashes_by", "")),
                since_ms=int(found["since_ms"]),
                seen_ms=int(found["seen_ms"]),
            )


def _to_json(door: Door) -> str:
    facts = asdict(door)
    del facts["process"]
    return json.dumps(facts, sort_keys=True, separators=(",", ":"))
