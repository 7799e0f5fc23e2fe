"""Checks of Redis: may it keep messages, has it room, is it near, is it quick?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.doctor.rows import doubtful, ok, unknown, wrong
from plexsend.errors import OutboxUnsuitable
from plexsend.gateway.services import MOST_ITEMS
from plexsend.outbox.redis import failures
from plexsend.outbox.redis.examination import TRIPS
from plexsend.outbox.redis.requirements import check_version
from plexsend.terminal.moments import span
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plexsend.cli.doctor.rows import CheckRow
    from plexsend.errors import Problem
    from plexsend.outbox.redis.examination import RoundTrips, ServerFacts, SlowScripts
    from plexsend.outbox.redis.rights import Rights

_MARK_DOUBTFUL, _MARK_WRONG = 0.7, 0.8
"""Shares of maxmemory; at the second nothing more is taken in."""
_FRAGMENTED = 1.5
_FRAGMENTED_FROM_BYTES = 256 * 1024**2
"""Below this the allocator's spare pages are not worth a word."""
_FAR_S = 0.005
"""Round trips that take longer cost a drain a noticeable part of its time."""
_APART_S, _FAR_APART_S = 2.0, 60.0
"""How far two clocks may be apart before it is doubtful, and wrong."""
_RECENT_S = 3600.0


def server_rows(facts: ServerFacts, info: Mapping[str, object], *, durable: bool) -> Iterator[CheckRow]:
    """Yield what the server's figures and settings mean. Pure."""
    name = "Valkey" if facts.kind == "valkey" else "Redis"
    try:
        check_version(info)
    except OutboxUnsuitable as exc:
        yield wrong("version", f"{name} {facts.version}", str(exc), "Install a newer one.")
    else:
        yield ok("version", f"{name} {facts.version}")
    if "cluster" in (info.get("redis_mode"), info.get("server_mode")):
        yield wrong("cluster", "yes", failures.NOT_IN_A_CLUSTER, failures.SINGLE)
    if facts.role not in ("master", ""):
        yield wrong(
            "role", facts.role, "a replica takes no messages", "Name its master in PLEXSEND_REDIS_URL."
        )
    yield from _keeping(facts, durable=durable)
    yield from _memory(facts)


def _keeping(facts: ServerFacts, *, durable: bool) -> Iterator[CheckRow]:
    if facts.append_only is None:
        yield unknown("append-only", "the server does not say", "Make sure that it keeps one.")
        return
    if not facts.append_only:
        yield wrong("append-only", "no", "a restart of the server loses messages", "Set appendonly yes.")
        return
    if facts.write_failed:
        yield wrong(
            "append-only",
            "the last write failed",
            "what is acknowledged now may be lost in a crash",
            "Look at the server's log and the room on its disk.",
        )
    kept = {
        "always": "yes, each change before it is acknowledged",
        "everysec": "yes, once a second: a crash can lose the last second",
    }
    if facts.fsync == "no":
        yield doubtful(
            "append-only",
            "yes, whenever the system likes to write it",
            "a crash of the host can lose half a minute",
            "Set appendfsync everysec, or always.",
        )
    elif durable and facts.fsync != "always":
        yield wrong(
            "append-only",
            kept.get(facts.fsync, "yes"),
            "PLEXSEND_DURABLE=1 asks for more: nothing starts",
            "Set appendfsync always, or unset PLEXSEND_DURABLE.",
        )
    else:
        yield ok("append-only", kept.get(facts.fsync, "yes; the server does not say how often it writes"))


def _memory(facts: ServerFacts) -> Iterator[CheckRow]:
    used = _size(facts.used_bytes)
    if facts.most_bytes == 0:
        yield doubtful(
            "memory",
            f"{used} used, no maxmemory",
            "a backlog that grows takes the whole machine, until the system ends the server",
            "Set maxmemory, at most half of the machine's memory.",
        )
    else:
        share = facts.used_bytes / facts.most_bytes
        found = f"{used} of {_size(facts.most_bytes)} used ({share:.0%})"
        if share >= _MARK_WRONG:
            yield wrong(
                "memory",
                found,
                f"above {_MARK_WRONG:.0%} nothing more is taken in",
                failures.MAKE_ROOM,
            )
        elif share >= _MARK_DOUBTFUL:
            yield doubtful(
                "memory",
                found,
                f"above {_MARK_WRONG:.0%} nothing more is taken in",
                failures.MAKE_ROOM,
            )
        else:
            yield ok("memory", found)
    if facts.eviction in ("noeviction", ""):
        yield ok("eviction", facts.eviction or "the server does not say")
    else:
        yield wrong(
            "eviction",
            facts.eviction,
            "a full server throws messages away",
            "Set maxmemory-policy noeviction.",
        )
    found = facts.allocator or "the server does not say"
    if facts.fragmentation >= _FRAGMENTED and facts.used_bytes >= _FRAGMENTED_FROM_BYTES:
        yield doubtful(
            "allocator",
            f"{found}, fragmentation {facts.fragmentation:.2f}",
            "the server takes that many times the memory that it uses",
            "Set activedefrag yes (jemalloc), or restart it in a quiet hour.",
        )
    elif facts.allocator == "libc":
        yield ok("allocator", "libc; jemalloc keeps a large backlog in less memory")
    else:
        yield ok("allocator", found)


def rights_rows(rights: Rights) -> Iterator[CheckRow]:
    """Yield what the login may not do. Pure."""
    if rights.unknown:
        yield unknown("rights", rights.unknown, "Allow +acl|whoami and +acl|dryrun, and look again.")
        return
    if rights.missing:
        yield wrong(
            "rights",
            f"{rights.login} may not: {', '.join(rights.missing)}",
            "what needs them fails",
            "Give it the rights of its kind of program: deploy/README.md lists them, under Logins.",
        )
    if rights.useful:
        yield doubtful(
            "rights",
            f"{rights.login} may not: {', '.join(rights.useful)}",
            "workers hear of what is due up to a quarter of a second later",
            "Give the login the channels &PREFIX*.",
        )
    if not rights.missing and not rights.useful:
        yield ok("rights", f"{rights.login} may do all that plexsend needs")


def kept_text_rows(kept: Sequence[Problem]) -> Iterator[CheckRow]:
    """Yield where the server keeps texts beside the outbox. Pure."""
    for problem in kept:
        yield doubtful("texts", problem.field, problem.reason, problem.remedy)


def slow_log_rows(slow: SlowScripts) -> Iterator[CheckRow]:
    """Yield whether scripts of plexsend were slow. Pure."""
    if slow.limit_ms is None:
        yield unknown("slow log", "the server does not show it", "Ask who runs the server.")
    elif slow.limit_ms < 0:
        yield ok("slow log", "off")
    elif not slow.count:
        yield ok("slow log", f"no script of plexsend took {slow.limit_ms:g} ms")
    else:
        calls = counted(slow.count, "call")
        found = (
            f"{calls} of plexsend's scripts over {slow.limit_ms:g} ms, the longest {slow.longest_ms:.1f} ms "
            f"({slow.longest}), the last {span(slow.last_s)} ago"
        )
        if slow.last_s < _RECENT_S:
            yield doubtful(
                "slow log",
                found,
                "everybody waits meanwhile: usually the machine has too little processor time",
                "See what else runs there.",
            )
        else:
            yield ok("slow log", found)


def distance_rows(trips: RoundTrips, *, connections: int, rate_per_s: float) -> Iterator[CheckRow]:
    """Yield how near the server is, what pace that allows, and how far the clocks are apart. Pure.

    Args:
        trips: What was measured.
        connections: The most requests at once of one lane.
        rate_per_s: The highest rate of any service; 0: no limit.
    """
    most_per_s = connections * MOST_ITEMS / max(trips.median_s, 1e-6)
    found = f"{trips.median_s * 1000:.2f} ms, median of {TRIPS}, the longest {trips.longest_s * 1000:.1f} ms"
    pace = (
        f"at most {most_per_s:,.0f} messages a second and lane, if the gateway took no time "
        f"({connections} requests at once × {MOST_ITEMS} messages ÷ 1 round trip)"
    )
    if rate_per_s and most_per_s < rate_per_s:
        yield wrong(
            "round trip",
            found,
            f"{pace}: less than the rate of {rate_per_s:g}",
            "Run workers nearer to Redis.",
        )
    elif trips.median_s > _FAR_S:
        yield doubtful("round trip", found, pace, "Run workers nearer to Redis.")
    else:
        yield ok("round trip", f"{found}: {pace}")
    yield _clocks(trips.ahead_s)


def _clocks(ahead_s: float) -> CheckRow:
    apart_s = abs(ahead_s)
    if apart_s < _APART_S:
        return ok("clock", f"this machine's and Redis's are {apart_s * 1000:.0f} ms apart")
    found = f"this machine's is {span(apart_s)} {'ahead of' if ahead_s > 0 else 'behind'} Redis's"
    why = "times of messages are written by one clock and kept by the other"
    make = wrong if apart_s >= _FAR_APART_S else doubtful
    return make("clock", found, why, "Let both machines keep their time by NTP.")


def _size(count: int) -> str:
    for unit, name in ((1024**3, "GB"), (1024**2, "MB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count / 1024:.0f} KB"
