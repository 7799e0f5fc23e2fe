"""Whether a Redis server may be trusted with messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from redis.exceptions import ResponseError

from plexsend.errors import OutboxUnavailable, OutboxUnsuitable, Problem, WrongServer
from plexsend.outbox.redis import failures
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plexsend.outbox.redis.store import Store

_OLDEST = {"redis": (7, 0), "valkey": (7, 2)}


def inspect(store: Store, *, durable: bool) -> list[Problem]:
    """Return what is doubtful about the server. Raises OutboxUnsuitable where it cannot do the work.

    OutboxUnavailable where it may do it later: a replica may become the master.

    With `durable` the server must write each change to disk before it answers (`appendfsync always`).
    """
    check_version(refuse_other_roles(store))
    with mapped():
        config = _config(store)
    doubts = list(_doubts(config))
    if durable and (config.get("appendonly"), config.get("appendfsync")) != ("yes", "always"):
        raise OutboxUnsuitable(
            "PLEXSEND_DURABLE is set, but the server would lose acknowledged messages in a crash. "
            "Set appendonly yes and appendfsync always, or unset PLEXSEND_DURABLE."
        )
    return doubts


_RESETS = {
    "slowlog-log-slower-than": "SLOWLOG RESET",
    "commandlog-request-larger-than": "COMMANDLOG RESET large-request",
}
"""What empties each of these logs. SLOWLOG RESET leaves the second as it is."""

SLOW_LOGS = tuple(_RESETS)
"""Settings of logs that keep commands with their arguments, so texts and numbers of a submit; below 0 each
is off. The second is Valkey's, from 8.1 on, where the first is another name of
commandlog-execution-slower-than."""


def open_logs(config: Mapping[str, str]) -> list[str]:
    """Return the names of those logs that the server keeps."""
    return [name for name in SLOW_LOGS if number(config.get(name, "-1")) >= 0]


def kept_texts(store: Store) -> list[Problem]:
    """Return where the server keeps texts and numbers of messages beside the outbox itself."""
    with mapped():
        found = open_logs(_config(store, SLOW_LOGS))
    return [
        Problem(
            name,
            "the server's slow log keeps parts of submits, with texts and numbers",
            f"Set {name} -1, and empty it with {_RESETS[name]}.",
        )
        for name in found
    ]


_NEEDED = ("appendonly", "appendfsync", "maxmemory-policy")


# Managed servers refuse CONFIG; then nothing is known, and nothing is guessed.
def _config(store: Store, names: Iterable[str] = _NEEDED) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
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


def refuse_other_roles(store: Store) -> Mapping[str, object]:
    """Return what the server says of itself (INFO server), unless it is part of a cluster, or a replica.

    Raises WrongServer for the first, OutboxUnavailable for the second.
    """
    with mapped():
        info: Mapping[str, object] = store.client.info("server")
        role = text(store.client.info("replication").get("role"))
    if "cluster" in (info.get("redis_mode"), info.get("server_mode")):
        raise WrongServer(failures.CLUSTER)
    if role == "slave":
        raise OutboxUnavailable(f"Redis takes nothing. {failures.MASTER}")
    return info


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
