"""The only door to Redis: a client set up as plexsend needs it, the keys, and the scripts.

Every call may be repeated: submit knows its keys, advance its sequence, and the rest only reads or is fenced.
So the client itself repeats nothing: redis-py's default would run a timed-out write twice without saying so.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.retry import Retry
from redis.sentinel import SentinelConnectionPool

from plexsend.errors import OutboxMoved, OutboxUnavailable
from plexsend.names import Names
from plexsend.outbox.redis import failures
from plexsend.outbox.redis.connections import Connections, read_reply
from plexsend.outbox.redis.keys import Keys
from plexsend.outbox.redis.kinds import patient, reaching, renewing, yielding
from plexsend.outbox.redis.logins import FileLogin
from plexsend.outbox.redis.scripts import Script, only_reads, source
from plexsend.outbox.redis.sentinels import Sentinels
from plexsend.outbox.redis.spoilt_keys import SPOILT, read_spoilt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from redis.commands.core import Script as RegisteredScript

    from plexsend.settings import RedisAddress, SentinelAddress
    from plexsend.turn import Turn

_OPTIONS: dict[str, Any] = {
    "protocol": 2,
    "retry": Retry(NoBackoff(), 0),
    "socket_timeout": 5.0,
    "socket_connect_timeout": 3.0,
    "socket_keepalive": True,
    # As many as there are threads that call at once. At redis-py's own bound, 100, a call fails, and scripts
    # keep their connections, so it would fail for ever.
    "max_connections": 2**31,
}
IDLE_S = 20.0
"""After how many seconds without use a connection is made anew, unless the settings say otherwise."""
# A login that may only read may call what cannot write by this name alone.
_VERB = {script: "EVALSHA_RO" if only_reads(script) else "EVALSHA" for script in Script}
_NOT_FOR_SOCKETS = ("socket_keepalive", "socket_connect_timeout")


class Store:
    """A Redis client under one key prefix. Safe to share between threads.

    Args:
        client: The client.
        prefix: What every key begins with.
        turn: Given up by a thread that holds it, while it waits for the server.
        connections: The connections of the scripts; None: new ones of the client's pool.
        login: What the client logs in with, where this may change.
        names: Looks up where servers are; None: looks them up for this store alone.
    """

    def __init__(
        self,
        client: Redis,
        prefix: str,
        turn: Turn | None = None,
        *,
        connections: Connections | None = None,
        login: FileLogin | None = None,
        names: Names | None = None,
    ) -> None:
        self.client = client
        self.keys = Keys(prefix)
        pool = client.connection_pool
        self._connections = connections or Connections(pool)
        kind = renewing(reaching(pool.connection_class, names or Names()))
        pool.connection_class = patient(kind, self._connections, login)
        if turn is not None:
            pool.connection_class = yielding(pool.connection_class, turn)
        self.on_put_aside: Callable[[Sequence[str]], object] = list
        """Called with keys that a call put aside, since another program had put something else there."""
        # Each is put together at its first call: a command that only reads would pay 0.1 s for all of them.
        self._scripts: dict[Script, RegisteredScript] = {}
        self.spoilt: set[str] = set()
        """Keys of another type than they should be, as far as reads met them (reads.py)."""

    @classmethod
    def connect(
        cls,
        address: RedisAddress | str,
        prefix: str,
        turn: Turn | None = None,
        *,
        idle_s: float = IDLE_S,
        names: Names | None = None,
    ) -> Store:
        """Return a store for this address, or URL of a single server. Connects at the first call."""
        options = {**_OPTIONS, "health_check_interval": idle_s}
        if isinstance(address, str):
            return cls(Redis.from_url(address, **options), prefix, turn, names=names)
        login = None if address.file is None else FileLogin(address)
        return cls(_client(address, login, options), prefix, turn, login=login, names=names)

    @property
    def breaks(self) -> int:
        """How often a connection for scripts was found broken."""
        return self._connections.breaks

    def report_breaks(self) -> None:
        """Let a call fail where its connection broke while it was idle; else it connects again."""
        self._connections.reports_breaks = True

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

    def run_and_read(
        self,
        script: Script,
        account: str,
        args: Sequence[str | bytes | int],
        command: Sequence[str | bytes | int],
        meanwhile: Callable[[], object],
    ) -> tuple[list[Any], Any]:
        """Run a script, and behind it a command that reads, in one round trip; return both replies.

        None for the second where its key is of another type; that one may be asked for more than once.
        `meanwhile` is called while the server works.
        """
        read: list[Any] = []

        def both(*call: str | bytes | int) -> Any:
            with self._connections.lent() as connection:
                connection.send_packed_command(connection.pack_commands([call, command]))
                meanwhile()
                reply, found = read_reply(connection), read_reply(connection)
            if isinstance(reply, ResponseError):
                raise reply
            read[:] = [None if isinstance(found, ResponseError) else found]
            return reply

        return self._run(script, self.keys.account(account), args, both), read[0]

    def read(self, *command: str | bytes | int) -> Any:
        """Send a command that reads, or blocks until there is something, and return its reply as it comes.

        Its thread gives up its turn meanwhile. Raises OutboxError and its kinds.
        """
        try:
            with mapped():
                return self._connections.call(*command)
        except OutboxUnavailable:
            self._doubt_master()
            raise

    def command_of(
        self, script: Script, account: str, args: Sequence[str | bytes | int]
    ) -> tuple[str | bytes | int, ...]:
        """Return the command that runs a script on an account's keys."""
        return _VERB[script], self._registered(script).sha, 1, self.keys.account(account), *args

    def load(self, script: Script) -> None:
        """Give the server a script that it does not know."""
        with mapped():
            self.client.script_load(self._registered(script).script)

    @contextmanager
    def lent_connection(self) -> Iterator[Any]:
        """Lend a connection for many calls (ahead.py). Raises our errors in place of redis-py's."""
        try:
            with mapped(), self._connections.lent() as connection:
                yield connection
        except OutboxUnavailable:
            self._doubt_master()
            raise

    # What a call put aside it does not find again: the same call goes on with it.
    def _run(
        self,
        script: Script,
        key: str,
        args: Sequence[str | bytes | int],
        call: Callable[..., Any] | None = None,
    ) -> list[Any]:
        while True:
            try:
                with mapped():
                    reply = self._call(call or self._connections.call, script, key, args)
            except OutboxUnavailable:
                self._doubt_master()
                raise
            if not reply or reply[0] != SPOILT:
                return list(reply)
            self.on_put_aside(read_spoilt(reply))

    def _registered(self, script: Script) -> RegisteredScript:
        found = self._scripts.get(script)
        if found is None:
            found = self._scripts[script] = self.client.register_script(source(script))
        return found

    def _call(
        self, call: Callable[..., Any], script: Script, key: str, args: Sequence[str | bytes | int]
    ) -> Any:
        verb, registered = _VERB[script], self._registered(script)
        try:
            return call(verb, registered.sha, 1, key, *args)
        except NoScriptError:
            # It did not run.
            self.client.script_load(registered.script)
            return call(verb, registered.sha, 1, key, *args)

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


def _client(address: RedisAddress, login: FileLogin | None, options: dict[str, Any]) -> Redis:
    if login:
        options = {**options, "credential_provider": login}
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
    sentinels, names = Sentinels(address, **options), Names()
    for each in sentinels.sentinels:
        # A connection to the master is made anew after asking them, over connections that rested as long.
        pool = each.connection_pool
        pool.connection_class = renewing(reaching(pool.connection_class, names))
        pool.connection_kwargs["health_check_interval"] = options["health_check_interval"]
    client: Redis = sentinels.master_for(  # type: ignore[no-untyped-call]  # redis-py has no types here
        address.master, db=address.db, **own
    )
    return client


@contextmanager
def mapped() -> Iterator[None]:
    """Turn redis-py's errors into ours. Their texts name addresses, never keys or values."""
    try:
        yield
    except RedisError as exc:
        raise failures.error_of(exc) from exc
