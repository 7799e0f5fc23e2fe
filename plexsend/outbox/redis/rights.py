"""What a login must be allowed to do, and asking the server whether it is.

A script may only call what the login may call, so the commands of the scripts are needed too; a test holds
the table to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redis.exceptions import ResponseError

from plexsend.errors import OutboxError
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.outbox.redis.store import Store

_KEY = "KEY"

NEEDED: Mapping[str, tuple[str, ...]] = {
    "DEL": (_KEY,),
    "EVALSHA": ("0" * 40, "1", _KEY),
    "EXISTS": (_KEY,),
    "GET": (_KEY,),
    "HDEL": (_KEY, "f"),
    "HEXISTS": (_KEY, "f"),
    "HGET": (_KEY, "f"),
    "HGETALL": (_KEY,),
    "HKEYS": (_KEY,),
    "HINCRBY": (_KEY, "f", "1"),
    "HLEN": (_KEY,),
    "HMGET": (_KEY, "f"),
    "HRANDFIELD": (_KEY, "1"),
    "HSCAN": (_KEY, "0"),
    "HSET": (_KEY, "f", "v"),
    "HSETNX": (_KEY, "f", "v"),
    "INFO": ("memory",),
    "LINDEX": (_KEY, "0"),
    "LLEN": (_KEY,),
    "LPOP": (_KEY,),
    "LRANGE": (_KEY, "0", "-1"),
    "LREM": (_KEY, "1", "v"),
    "LTRIM": (_KEY, "0", "1"),
    "MGET": (_KEY,),
    "MSET": (_KEY, "v"),
    "MULTI": (),
    "PEXPIRE": (_KEY, "60000"),
    "PING": (),
    "RENAME": (_KEY, _KEY),
    "RPUSH": (_KEY, "v"),
    "SADD": (_KEY, "v"),
    "SCAN": ("0",),
    "SCARD": (_KEY,),
    "SCRIPT": ("LOAD", "return 1"),
    "SET": (_KEY, "v"),
    "SISMEMBER": (_KEY, "v"),
    "SMEMBERS": (_KEY,),
    "SREM": (_KEY, "v"),
    "TIME": (),
    "TYPE": (_KEY,),
    "ZADD": (_KEY, "1", "m"),
    "ZCARD": (_KEY,),
    "ZCOUNT": (_KEY, "0", "1"),
    "ZRANGE": (_KEY, "0", "-1"),
    "ZRANGEBYSCORE": (_KEY, "0", "1"),
    "ZRANK": (_KEY, "m"),
    "ZREM": (_KEY, "m"),
    "ZREMRANGEBYSCORE": (_KEY, "0", "1"),
    "ZSCAN": (_KEY, "0"),
    "ZSCORE": (_KEY, "m"),
}
"""Every command that plexsend calls → the least that it is called with; KEY is a key under the prefix."""

USEFUL: Mapping[str, tuple[str, ...]] = {"PUBLISH": (_KEY, ""), "SUBSCRIBE": (_KEY,)}
"""The same for what plexsend can do without: workers hear a little later of what is due."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a login may not do. `unknown` says why the server was not asked; then nothing else is known."""

    login: str
    missing: tuple[str, ...] = ()
    """Commands that it needs."""
    useful: tuple[str, ...] = ()
    """Commands that plexsend can do without."""
    unknown: str = ""


def look_at_rights(store: Store) -> Rights:
    """Ask the server about the login of this store, without running anything (ACL DRYRUN)."""
    key = store.keys.account("main") + "any"
    try:
        with mapped():
            login = text(store.client.execute_command("ACL", "WHOAMI"))  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
            missing = [name for name, args in NEEDED.items() if not _may(store, login, name, args, key)]
            useful = [name for name, args in USEFUL.items() if not _may(store, login, name, args, key)]
    except OutboxError as exc:
        if isinstance(exc.__cause__, ResponseError):
            return Rights("", unknown="the login may not ask for its rights (ACL WHOAMI, ACL DRYRUN)")
        raise
    return Rights(login, tuple(missing), tuple(useful))


def _may(store: Store, login: str, name: str, args: tuple[str, ...], key: str) -> bool:
    given = [key if arg is _KEY else arg for arg in args]
    answer = store.client.execute_command("ACL", "DRYRUN", login, name, *given)  # type: ignore[no-untyped-call]  # nor this
    return text(answer) == "OK"
