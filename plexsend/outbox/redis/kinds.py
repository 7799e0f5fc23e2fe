"""Kinds of connections: what redis-py's own do, and beside it what plexsend needs of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis.connection import Connection, SSLConnection
from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from plexsend.clock import elapsed_s
from plexsend.names import NameSlow
from plexsend.outbox.redis import failures
from plexsend.outbox.redis.logins import LoginRefused

if TYPE_CHECKING:
    from redis.connection import AbstractConnection

    from plexsend.names import Names
    from plexsend.outbox.redis.connections import Connections
    from plexsend.outbox.redis.logins import FileLogin
    from plexsend.turn import Turn

_NAME_S = 15.0
"""How long a name may be looked up: three times what a dead name server costs."""
_TOO_MANY = "max number of clients reached"


def patient(
    kind: type[AbstractConnection], kept: Connections, login: FileLogin | None
) -> type[AbstractConnection]:
    """Return a kind of connection that gets over two refusals, and names a file that is missing.

    Where the server takes no more connections, those that nobody uses now make room. Where it refuses a login
    from a file, that is an outage: the file is being changed, or will be.
    """
    is_tls = issubclass(kind, SSLConnection)

    class PatientConnection(kind):  # type: ignore[misc, valid-type]  # known at run time
        def connect(self) -> None:
            try:
                super().connect()
            except RedisTimeoutError as exc:
                if is_tls:
                    # A server without TLS waits for the end of a command.
                    raise RedisTimeoutError(f"{exc}; {failures.NO_TLS}") from exc
                raise
            except RedisConnectionError as exc:
                if is_tls and failures.names_no_file(exc):
                    # The system names neither the file nor the option.
                    raise RedisConnectionError(failures.NO_FILE) from exc
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


def reaching(kind: type[AbstractConnection], names: Names) -> type[AbstractConnection]:
    """Return a kind of connection that looks names up and chooses addresses as `names` says.

    Each new connection of redis-py looks its host up anew, for as long as that takes, and tries its addresses
    in the same order each time.
    """
    if not issubclass(kind, Connection):
        return kind

    class ReachingConnection(Connection):
        def _connect(self) -> Any:
            name, failure = self.host, None
            for address in self._look_up(name):
                self.host = address
                try:
                    sock = super()._connect()  # type: ignore[no-untyped-call]  # redis-py has no types here
                except OSError as exc:
                    names.note_silent(address)
                    failure = exc
                else:
                    names.note_answered(address)
                    return sock
                finally:
                    # TLS and people go by the name.
                    self.host = name
            raise failure or OSError(name)

        def _look_up(self, name: str) -> list[str]:
            try:
                return names.addresses(name, _NAME_S)
            except NameSlow:
                words = f"the name servers did not say in {_NAME_S:g} s where {name} is"
                raise RedisConnectionError(words) from None

    # Between redis-py's TLS and the plain connection that it asks for.
    return ReachingConnection if kind is Connection else type(kind.__name__, (kind, ReachingConnection), {})


def renewing(kind: type[AbstractConnection]) -> type[AbstractConnection]:
    """Return a kind of connection that is made anew before a call, once it was idle for its check interval.

    A firewall may have forgotten an idle connection without a word to either end. redis-py would ask the
    server over it, wait in vain for as long as any call, and fail the call, which then may have been done.
    """

    class RenewingConnection(kind):  # type: ignore[misc, valid-type]  # known at run time
        @property
        def next_health_check(self) -> float:
            """What redis-py sets with each reply, by a clock that stands still while the machine sleeps."""
            return self._next_check_s

        @next_health_check.setter
        def next_health_check(self, at_s: float) -> None:
            self._next_check_s = at_s
            # 0 until its first call was answered.
            self._used_s = elapsed_s() if at_s else 0.0

        def connect_check_health(self, **options: Any) -> None:
            if self._sock is None:
                # Nothing is to be checked while it is made.
                super().connect_check_health(**{**options, "check_health": False})
                self.next_health_check = 0

        def check_health(self) -> None:
            if 0 < self._used_s < elapsed_s() - self.health_check_interval:
                self.disconnect()
                self.connect()

        def disconnect(self, *args: Any, **kwargs: Any) -> None:
            super().disconnect(*args, **kwargs)
            self.next_health_check = 0

    return RenewingConnection


def yielding(kind: type[AbstractConnection], turn: Turn) -> type[AbstractConnection]:
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
