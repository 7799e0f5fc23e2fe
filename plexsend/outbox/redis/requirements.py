"""Whether a Redis server may be trusted with messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from redis.exceptions import ResponseError

from plexsend.errors import OutboxUnsuitable, Problem
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.outbox.redis.store import Store

_OLDEST = {"redis": (7, 0), "valkey": (7, 2)}


def inspect(store: Store, *, durable: bool) -> list[Problem]:
    """Return what is doubtful about the server. Raises OutboxUnsuitable where it cannot do the work.

    With `durable` the server must write each change to disk before it answers (`appendfsync always`).
    """
    with mapped():
        info = store.client.info("server")
        config = _config(store)
    check_version(info)
    doubts = list(_doubts(config))
    if durable and (config.get("appendonly"), config.get("appendfsync")) != ("yes", "always"):
        raise OutboxUnsuitable(
            "PLEXSEND_DURABLE is set, but the server would lose acknowledged messages in a crash. "
            "Set appendonly yes and appendfsync always, or unset PLEXSEND_DURABLE."
        )
    return doubts


# Managed servers refuse CONFIG; then nothing is known, and nothing is guessed.
def _config(store: Store) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in ("appendonly", "appendfsync", "maxmemory-policy"):
        try:
            answer = store.client.config_get(name)
        except ResponseError:
            return {}
        found.update({text(key): text(value) for key, value in answer.items()})
    return found


def check_version(info: Mapping[str, object]) -> None:
    """Raise OutboxUnsuitable where the server is older than plexsend needs; `info` is its reply to INFO."""
    kind = "valkey" if "valkey_version" in info else "redis"
    version = str(info.get("valkey_version") or info.get("redis_version", "0"))
    parts = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if parts < _OLDEST[kind]:
        oldest = ".".join(map(str, _OLDEST[kind]))
        raise OutboxUnsuitable(f"The server is {kind} {version}; plexsend needs {kind} {oldest} or newer.")


def _doubts(config: Mapping[str, str]) -> list[Problem]:
    if not config:
        return [
            Problem(
                "appendonly",
                "the server does not show its settings",
                "Make sure that it keeps an append-only file and has maxmemory-policy noeviction.",
            )
        ]
    found = []
    if config.get("appendonly") != "yes":
        found.append(Problem("appendonly", "a restart of the server loses messages", "Set appendonly yes."))
    if config.get("maxmemory-policy") != "noeviction":
        found.append(
            Problem(
                "maxmemory-policy", "a full server throws messages away", "Set maxmemory-policy noeviction."
            )
        )
    return found
