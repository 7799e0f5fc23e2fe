"""What a Redis server says of itself, for a person who looks whether it fits: nothing here judges."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha1
from statistics import median
from typing import TYPE_CHECKING, Any

from redis.exceptions import ResponseError

from plexsend.outbox.redis.scripts import Script, source
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plexsend.outbox.redis.store import Store

TRIPS = 51
"""Round trips that are timed: an odd number, so that the median is one of them."""
_SLOW_ENTRIES = 128
"""Entries of the slow log that are read: as many as a server keeps unless it is configured otherwise."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A server in figures; None and the empty text where it does not say."""

    kind: str
    """`redis` or `valkey`."""
    version: str
    role: str
    """`master`, or what it is instead."""
    append_only: bool | None
    fsync: str
    """`always`, `everysec` or `no`."""
    write_failed: bool
    """Whether the last write to the append-only file, or the last rewrite of it, failed."""
    used_bytes: int
    most_bytes: int
    """`maxmemory`; 0: no limit."""
    eviction: str
    """`maxmemory-policy`."""
    allocator: str
    fragmentation: float
    """Memory that the allocator keeps, over what is used of it; 0 where it does not say."""


@dataclass(frozen=True, slots=True)
class SlowScripts:
    """Calls of plexsend's scripts in the server's slow log. None for `limit_ms`: the server does not say."""

    limit_ms: float | None
    """Calls that take longer are logged."""
    count: int = 0
    longest_ms: float = 0.0
    longest: str = ""
    """The script that took longest, `of another version` where it is not one of this program's."""
    last_s: float = 0.0
    """Seconds since the last of them."""


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """How far away the server is, in seconds, and how far this machine's clock is ahead of the server's."""

    median_s: float
    longest_s: float
    ahead_s: float


def look_at_server(store: Store) -> tuple[ServerFacts, Mapping[str, object]]:
    """Return what the server says, and the raw reply, from which its version is read."""
    with mapped():
        info: Mapping[str, Any] = store.client.info()
        fsync = ""
        with suppress(ResponseError):
            fsync = text(next(iter(store.client.config_get("appendfsync").values()), ""))
    failed = [info.get(name) for name in ("aof_last_write_status", "aof_last_bgrewrite_status")]
    kind = "valkey" if "valkey_version" in info else "redis"
    facts = ServerFacts(
        kind=kind,
        version=text(info.get(f"{kind}_version")),
        role=text(info.get("role")),
        append_only=bool(number(info["aof_enabled"])) if "aof_enabled" in info else None,
        fsync=fsync,
        write_failed="err" in failed,
        used_bytes=number(info.get("used_memory")),
        most_bytes=number(info.get("maxmemory")),
        eviction=text(info.get("maxmemory_policy")),
        allocator=text(info.get("mem_allocator")),
        fragmentation=float(info.get("allocator_frag_ratio") or 0.0),
    )
    return facts, info


def look_at_slow_log(store: Store, *, now_s: Callable[[], float] = time.time) -> SlowScripts:
    """Return what the slow log has of plexsend's scripts under this prefix."""
    with mapped():
        try:
            entries = store.client.slowlog_get(_SLOW_ENTRIES)
            limit = store.client.config_get("slowlog-log-slower-than")
        except ResponseError:
            return SlowScripts(None)
    limit_us = number(next(iter(limit.values()), 0))
    names = {sha1(source(script).encode(), usedforsecurity=False).hexdigest(): script for script in Script}
    ours = []
    for entry in entries:
        words = text(entry["command"]).split(" ")
        if words[0] == "EVALSHA" and len(words) > 3 and words[3].startswith(store.keys.prefix):  # noqa: PLR2004  command, sha, 1, key
            ours.append((number(entry["duration"]), str(names.get(words[1], "of another version")), entry))
    if not ours:
        return SlowScripts(limit_us / 1000)
    longest_us, longest, _ = max(ours, key=lambda one: one[0])
    last_s = max(number(entry["start_time"]) for _, _, entry in ours)
    return SlowScripts(limit_us / 1000, len(ours), longest_us / 1000, longest, max(0.0, now_s() - last_s))


def time_round_trips(
    store: Store,
    *,
    clock: Callable[[], float] = time.perf_counter,
    now_s: Callable[[], float] = time.time,
) -> RoundTrips:
    """Ask the server for its time again and again, and compare."""
    taken: list[float] = []
    ahead: list[float] = []
    with mapped():
        for _ in range(TRIPS):
            began_s, here_s = clock(), now_s()
            seconds, micros = store.client.time()
            took_s = clock() - began_s
            taken.append(took_s)
            # Its clock was read about half-way.
            ahead.append(here_s + took_s / 2 - (int(seconds) + int(micros) / 1_000_000))
    nearest = min(range(TRIPS), key=lambda trip: taken[trip])
    return RoundTrips(median(taken), max(taken), ahead[nearest])
