"""What a login must be allowed to do, and asking the server whether it is.

A script may only call what the login may call, so the commands of the scripts are needed too; a test holds
the table to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redis.exceptions import ResponseError

from plexsend.errors import OutboxError, WrongServer
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plexsend.outbox.redis.store import Store

_KEY = "KEY"

NEEDED: Mapping[str, tuple[str, ...]] = {
    "BITFIELD": (_KEY, "SET", "u8", "#0", "0"),
    "DEL": (_KEY,),
    "EVALSHA": ("0" * 40, "1", _KEY),
    "EVALSHA_RO": ("0" * 40, "1", _KEY),
    "EXISTS": (_KEY,),
    "GET": (_KEY,),
    "GETRANGE": (_KEY, "0", "0"),
    "HDEL": (_KEY, "f"),
    "HEXISTS": (_KEY, "f"),
    "HGET": (_KEY, "f"),
    "HGETALL": (_KEY,),
    "HKEYS": (_KEY,),
    "HVALS": (_KEY,),
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
    "LPUSH": (_KEY, "v"),
    "LRANGE": (_KEY, "0", "-1"),
    "LREM": (_KEY, "1", "v"),
    "LSET": (_KEY, "0", "v"),
    "LTRIM": (_KEY, "0", "1"),
    "MGET": (_KEY,),
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
    "XADD": (_KEY, "*", "f", "v"),
    "XINFO": ("STREAM", _KEY),
    "XLEN": (_KEY,),
    "XRANGE": (_KEY, "-", "+"),
    "XREAD": ("STREAMS", _KEY, "0"),
    "XTRIM": (_KEY, "MAXLEN", "0"),
    "ZADD": (_KEY, "1", "m"),
    "ZCARD": (_KEY,),
    "ZCOUNT": (_KEY, "0", "1"),
    "ZMSCORE": (_KEY, "m"),
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

BROKER: Mapping[str, tuple[str, ...]] = {
    "BRPOP": (_KEY, "1"),
    "DEL": (_KEY,),
    "EVALSHA": ("0" * 40, "1", _KEY),
    "EXEC": (),
    "HDEL": (_KEY, "f"),
    "HGET": (_KEY, "f"),
    "HSET": (_KEY, "f", "v"),
    "LLEN": (_KEY,),
    "LPUSH": (_KEY, "v"),
    "MULTI": (),
    "PEXPIRE": (_KEY, "60000"),
    "PING": (),
    "PUNSUBSCRIBE": (),
    "RPOP": (_KEY,),
    "RPUSH": (_KEY, "v"),
    "SADD": (_KEY, "v"),
    "SCRIPT": ("LOAD", "return 1"),
    "SET": (_KEY, "v"),
    "SMEMBERS": (_KEY,),
    "SREM": (_KEY, "v"),
    "UNWATCH": (),
    "WATCH": (_KEY,),
    "ZADD": (_KEY, "1", "m"),
    "ZRANGE": (_KEY, "0", "-1"),
    "ZREM": (_KEY, "m"),
}
"""Every command that Celery calls in a worker, by kombu's transport for Redis."""

_REMOTE_CONTROL = "/{db}.celery.pidbox"
_GOSSIP = "/{db}.celeryev/worker.*"


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
    # What the whole fleet shares has no account in its key, and a script for it gets the prefix alone.
    shared = [
        Call(f"HSET to {store.keys.alive}", ("HSET", store.keys.alive, "f", "v")),
        Call(f"EVALSHA on {store.keys.prefix}", ("EVALSHA", "0" * 40, "1", store.keys.prefix)),
    ]
    return _look(store, [*_filled(NEEDED, key), *shared], _filled(USEFUL, key))


def look_at_broker_rights(broker: Store, *, gossip: bool = True) -> Rights:
    """Ask the same about a login for Celery, whose keys and channels begin with the prefix of this store.

    Celery subscribes to patterns, and of those a login may use only what its rights name letter by letter:
    `&plexsend:*` is not enough. `gossip`: whether the workers talk to each other (without --without-gossip).
    """
    prefix = broker.keys.prefix
    db = broker.client.get_connection_kwargs().get("db") or 0
    patterns = [prefix + name.format(db=db) for name in (_REMOTE_CONTROL, *([_GOSSIP] if gossip else []))]
    calls = [
        *_filled(BROKER, f"{prefix}any"),
        *(Call(f"PUBLISH to {pattern}", ("PUBLISH", pattern, "")) for pattern in patterns),
        *(Call(f"PSUBSCRIBE to {pattern}", ("PSUBSCRIBE", pattern)) for pattern in patterns),
    ]
    return _look(broker, calls, [])


def require(rights: Rights) -> None:
    """Raise WrongServer where a login lacks what it needs; one whose rights are not known is let through."""
    if rights.missing:
        raise WrongServer(
            f"The login {rights.login} in PLEXSEND_REDIS_URL may not: {', '.join(rights.missing)}. "
            "Give it the rights of its kind of program: deploy/README.md lists them, under Logins."
        )


@dataclass(frozen=True, slots=True)
class Call:
    """A call that a login must be allowed to make."""

    name: str
    """For people."""
    words: tuple[str, ...]


def _filled(table: Mapping[str, tuple[str, ...]], key: str) -> list[Call]:
    return [
        Call(name, (name, *(key if arg is _KEY else arg for arg in args))) for name, args in table.items()
    ]


def _look(store: Store, needed: Sequence[Call], useful: Sequence[Call]) -> Rights:
    calls = [*needed, *useful]
    try:
        with mapped():
            login = text(store.client.execute_command("ACL", "WHOAMI"))  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
            with store.client.pipeline(transaction=False) as pipe:
                for call in calls:
                    pipe.execute_command("ACL", "DRYRUN", login, *call.words)  # type: ignore[no-untyped-call]  # nor this
                refused = {
                    call for call, answer in zip(calls, pipe.execute(), strict=True) if text(answer) != "OK"
                }
    except OutboxError as exc:
        if isinstance(exc.__cause__, ResponseError):
            return Rights("", unknown="the login may not ask for its rights (ACL WHOAMI, ACL DRYRUN)")
        raise
    return Rights(
        login,
        tuple(call.name for call in needed if call in refused),
        tuple(call.name for call in useful if call in refused),
    )
