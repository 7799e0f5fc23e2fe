"""Calls to Redis with a boundary before each, when the server has not seen it, and after it was answered."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from redis import Redis
from redis.client import Pipeline

from plexsend.outbox.arguments import ADVANCE
from plexsend.outbox.redis.connections import Connections
from plexsend.outbox.redis.scripts import Script, source
from plexsend.outbox.redis.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.crash.watch import Watch

# Places in an EVALSHA: behind digest, number of keys and key come the script's arguments.
_FIRST_ARGUMENT = 4
_MODE = _FIRST_ARGUMENT + ADVANCE.place("mode") - 1


class WatchedRedis(Redis):
    """A client whose every call is two boundaries; a pipeline is one call."""

    def __init__(self, plain: Redis, watch: Watch) -> None:
        super().__init__(connection_pool=plain.connection_pool)
        self._watch = watch
        self._scripts = {plain.register_script(source(script)).sha: script for script in Script}

    def execute_command(self, *args: Any, **options: Any) -> Any:
        with self.boundaries(args):
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped

    @contextmanager
    def boundaries(self, args: tuple[Any, ...]) -> Iterator[None]:
        """Reach the boundaries of this call."""
        name = self._watch.number(self._name(args))
        self._watch.reach(f"{name}-before")
        try:
            yield
        finally:
            # An error is an answer too, such as that of a server that does not know a script yet.
            self._watch.reach(f"{name}-after")

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: FBT001, FBT002  as redis-py
        return _WatchedPipeline(
            self.connection_pool, self.response_callbacks, transaction, shard_hint
        ).watched_by(self._watch)

    def _name(self, args: tuple[Any, ...]) -> str:
        command = str(args[0]).lower().replace(" ", "-")
        script = self._scripts.get(args[1]) if command == "evalsha" else None
        if script is Script.ADVANCE:
            return f"{script}-{args[_MODE]}"
        if script in (Script.STEER, Script.GROUP):
            return f"{script}-{args[_FIRST_ARGUMENT]}"
        return str(script or command)


class _WatchedPipeline(Pipeline):
    def watched_by(self, watch: Watch) -> _WatchedPipeline:
        self._watch = watch
        return self

    def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002  as redis-py
        name = self._watch.number("pipeline")
        self._watch.reach(f"{name}-before")
        reply: list[Any] = super().execute(raise_on_error)
        self._watch.reach(f"{name}-after")
        return reply


class _WatchedWires(Connections):
    """The way of the scripts, past the client."""

    def __init__(self, client: WatchedRedis) -> None:
        super().__init__(client.connection_pool)
        self._client = client

    def call(self, *command: Any) -> Any:
        with self._client.boundaries(command):
            return super().call(*command)


def watched_store(plain: Store, watch: Watch) -> Store:
    """Return a store on the same server and prefix whose calls are watched."""
    client = WatchedRedis(plain.client, watch)
    return Store(client, plain.keys.prefix, connections=_WatchedWires(client))
