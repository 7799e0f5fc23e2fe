"""The only door to Redis: a client set up as plexsend needs it, the keys, and the scripts.

Every call may be repeated: submit knows its keys, advance its sequence, and the rest only reads or is fenced.
So the client itself repeats nothing: redis-py's default would run a timed-out write twice without saying so.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import (
    ConnectionError as RedisConnectionError,
)
from redis.exceptions import (
    TimeoutError as RedisTimeoutError,
)
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, SentinelConnectionPool, SlaveNotFoundError

from plexsend.errors import OutboxError, OutboxFull, OutboxMoved, OutboxUnavailable, OutboxUnsuitable
from plexsend.outbox.redis.connections import Connections
from plexsend.outbox.redis.keys import Keys
from plexsend.outbox.redis.logins import FileLogin, LoginRefused
from plexsend.outbox.redis.scripts import Script, source
from plexsend.outbox.redis.sentinels import Sentinels
from plexsend.outbox.redis.spoilt_keys import SPOILT, read_spoilt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from redis.commands.core import Script as RegisteredScript
    from redis.connection import AbstractConnection

    from plexsend.settings import RedisAddress, SentinelAddress
    from plexsend.turn import Turn

_OPTIONS: dict[str, Any] = {
    "protocol": 2,
    "retry": Retry(NoBackoff(), 0),
    "socket_timeout": 5.0,
    "socket_connect_timeout": 3.0,
    "socket_keepalive": True,
    "health_check_interval": 25,
    # As many as there are threads that call at once. At redis-py's own bound, 100, a call fails, and scripts
    # keep their connections, so it would fail for ever.
    "max_connections": 2**31,
}
_NOT_FOR_SOCKETS = ("socket_keepalive", "socket_connect_timeout")

# A server that answers with one of these is up but cannot serve now; it may soon.
_PASSING = (
    "LOADING",
    "MISCONF",
    "READONLY",
    "MASTERDOWN",
    "NOREPLICAS",
    "BUSY",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "UNKILLABLE",
)
# The same, where redis-py makes a class of the word and leaves it out of the text. NoScriptError comes up
# when a script is loaded into one master and called on the next.
_PASSING_ERRORS = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    ClusterDownError,
    TryAgainError,
    NoScriptError,
    MasterNotFoundError,
    SlaveNotFoundError,
)


class Store:
    """A Redis client under one key prefix. Safe to share between threads.

    Args:
        client: The client.
        prefix: What every key begins with.
        turn: Given up by a thread that holds it, while it waits for the server.
        connections: The connections of the scripts; None: new ones of the client's pool.
        login: What the client logs in with, where this may change.
    """

    def __init__(
        self,
        client: Redis,
        prefix: str,
        turn: Turn | None = None,
        *,
        connections: Connections | None = None,
        login: FileLogin | None = None,
    ) -> None:
        self.client = client
        self.keys = Keys(prefix)
        pool = client.connection_pool
        self._connections = connections or Connections(pool)
        pool.connection_class = _bind(pool.connection_class, self._connections, login)
        if turn is not None:
            pool.connection_class = _yielding(pool.connection_class, turn)
        self.on_put_aside: Callable[[Sequence[str]], object] = list
        """Called with keys that a call put aside, since another program had put something else there."""
        self._scripts: dict[Script, RegisteredScript] = {
            script: client.register_script(source(script)) for script in Script
        }

    @classmethod
    def connect(cls, address: RedisAddress | str, prefix: str, turn: Turn | None = None) -> Store:
        """Return a store for this address, or URL of a single server. Connects at the first call."""
        if isinstance(address, str):
            return cls(Redis.from_url(address, **_OPTIONS), prefix, turn)
        login = None if address.file is None else FileLogin(address)
        return cls(_client(address, login), prefix, turn, login=login)

    def run(self, script: Script, account: str, args: Sequence[str | bytes | int]) -> list[Any]:
        """Run a script on an account's keys and return its reply, text still as bytes.

        Raises OutboxMoved where the account's messages are not on this server, and KeySpoilt where another
        program put something else in place of a key that cannot be made anew.
        """
        reply = self._run(script, self.keys.account(account), args)
        if reply and reply[0] == b"moved":
            self._doubt_master()
            raise OutboxMoved(
                f"Redis does not have the account {account}: the server was emptied, or it is another one. "
                "Check PLEXSEND_REDIS_URL and PLEXSEND_KEY_PREFIX, or restore the server's data."
            )
        return reply

    def run_for_fleet(self, script: Script, args: Sequence[str | bytes | int]) -> list[Any]:
        """Run a script on the keys of the whole fleet and return its reply, text still as bytes."""
        return self._run(script, self.keys.prefix, args)

    # What a call put aside it does not find again: the same call goes on with it.
    def _run(self, script: Script, key: str, args: Sequence[str | bytes | int]) -> list[Any]:
        while True:
            try:
                with mapped():
                    reply = self._call(self._scripts[script], key, args)
            except OutboxUnavailable:
                self._doubt_master()
                raise
            if not reply or reply[0] != SPOILT:
                return list(reply)
            self.on_put_aside(read_spoilt(reply))

    def _call(self, script: RegisteredScript, key: str, args: Sequence[str | bytes | int]) -> Any:
        try:
            return self._connections.call("EVALSHA", script.sha, 1, key, *args)
        except NoScriptError:
            # It did not run.
            self.client.script_load(script.script)
            return self._connections.call("EVALSHA", script.sha, 1, key, *args)

    # The master may have been replaced: hung, or cut off from its replicas, it keeps its connections open,
    # and each would have to fail by itself. The next call asks the Sentinels again.
    def _doubt_master(self) -> None:
        pool = self.client.connection_pool
        if isinstance(pool, SentinelConnectionPool):
            self._connections.close_idle()
            pool.disconnect(inuse_connections=False)

    def close(self) -> None:
        """Close all connections."""
        self._connections.close_idle()
        self.client.close()


_TOO_MANY = "max number of clients reached"


def _bind(
    kind: type[AbstractConnection], kept: Connections, login: FileLogin | None
) -> type[AbstractConnection]:
    """Return a kind of connection that gets over two refusals.

    Where the server takes no more connections, those that nobody uses now make room. Where it refuses a login
    from a file, that is an outage: the file is being changed, or will be.
    """

    class PatientConnection(kind):  # type: ignore[misc, valid-type]  # known at run time
        def connect(self) -> None:
            try:
                super().connect()
            except RedisConnectionError as exc:
                if _TOO_MANY not in str(exc):
                    raise
                kept.close_idle()
                super().connect()

        def read_response(self, *args: Any, **kwargs: Any) -> Any:
            try:
                return super().read_response(*args, **kwargs)
            except AuthenticationError as exc:
                if login is None:
                    raise
                # A new connection logs in with what the file holds then.
                self.disconnect()
                raise LoginRefused(f"it refuses the login from PLEXSEND_REDIS_URL_FILE: {exc}") from exc

    return PatientConnection


def _yielding(kind: type[AbstractConnection], turn: Turn) -> type[AbstractConnection]:
    """Return a kind of connection that gives up the turn while it waits for the server."""

    class YieldingConnection(kind):  # type: ignore[misc, valid-type]  # known at run time
        def connect(self) -> None:
            if self._sock is not None:
                return
            with turn.outside():
                super().connect()

        def read_response(self, *args: Any, **kwargs: Any) -> Any:
            with turn.outside():
                return super().read_response(*args, **kwargs)

    return YieldingConnection


def _client(address: RedisAddress, login: FileLogin | None) -> Redis:
    options = {**_OPTIONS, "credential_provider": login} if login else _OPTIONS
    if address.sentinel is not None:
        return _sentinel_client(address.sentinel, options)
    if address.url.startswith("unix:"):
        options = {name: value for name, value in options.items() if name not in _NOT_FOR_SOCKETS}
    client: Redis = Redis.from_url(address.url_without_login if login else address.url, **options)
    return client


def _sentinel_client(address: SentinelAddress, options: dict[str, Any]) -> Redis:
    own = (
        {}
        if "credential_provider" in options
        else {"username": address.username, "password": address.password}
    )
    client: Redis = Sentinels(address, **options).master_for(  # type: ignore[no-untyped-call]  # redis-py has no types here
        address.master, db=address.db, **own
    )
    return client


@contextmanager
def mapped() -> Iterator[None]:
    """Turn redis-py's errors into ours. Their texts name addresses, never keys or values."""
    try:
        yield
    except OutOfMemoryError as exc:
        raise OutboxFull(_FULL) from exc
    except AuthenticationError as exc:
        raise OutboxUnsuitable(
            f"Redis refuses the login: {exc}. Correct user and password in PLEXSEND_REDIS_URL."
        ) from exc
    except _PASSING_ERRORS as exc:
        raise OutboxUnavailable(
            f"Redis does not answer: {str(exc).rstrip('.')}. "
            "Check PLEXSEND_REDIS_URL and that the server runs."
        ) from exc
    except NoPermissionError as exc:
        raise OutboxUnsuitable(f"Redis refuses: {exc}. Correct the login or its rights.") from exc
    except ResponseError as exc:
        text = str(exc)
        if "OOM" in text:
            raise OutboxFull(_FULL) from exc
        if any(word in text for word in _PASSING):
            raise OutboxUnavailable(f"Redis cannot serve now: {text}") from exc
        if "NOPERM" in text or "NOAUTH" in text or "WRONGPASS" in text:
            raise OutboxUnsuitable(f"Redis refuses: {text}. Correct the login or its rights.") from exc
        raise OutboxError(f"Redis refuses a call: {text}") from exc
    except RedisError as exc:
        raise OutboxError(f"Redis fails: {exc}") from exc


_FULL = "Redis is full: nothing new is taken in. Let the backlog drain, or raise its maxmemory."
