"""A group of Valkey servers watched by three Sentinels, each a process of its own on this machine."""

from __future__ import annotations

import contextlib
import os
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from plexsend.stack.child import Child
from plexsend.stack.ports import free_port
from plexsend.stack.programs import server
from tests.acceptance.process import wait_until
from tests.failover.relay import Relay

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping
    from pathlib import Path

GROUP = "plexsend"
"""The name under which the Sentinels know the master."""
SENTINELS = 3
_AT_ONCE_S = 1.0
_FAILOVER_TIMEOUT_MS = 5000

_DATA_SETTINGS = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory-policy": "noeviction",
    "save": '""',
    # A replica that was cut off for a moment goes on where it was.
    "repl-backlog-size": "64mb",
    "repl-diskless-sync-delay": "0",
    # Seconds after which a silent peer of the replication counts as gone.
    "repl-timeout": "10",
}


class Server:
    """One server process on a loopback port; `options` are words of its command line."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port = free_port()
        self._options = options
        self._child: Child | None = None

    def start(self, *more: str) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        program = server(
            self.folder,
            self.folder / "log",
            {"port": str(self.port)},
            *self._options,
            *more,
            environ=os.environ,
        )
        # Without a leash: threads that come and go start it too.
        self._child = Child(replace(program, last_signal=None))
        self._child.start()
        wait_until(self._answers, what=f"the server in {self.folder} answers")

    def ask(self, *words: str | int) -> Any:
        """Return its answer to one command; redis.RedisError where it does not answer at once."""
        client = redis.Redis(
            port=self.port,
            protocol=2,
            decode_responses=True,
            socket_timeout=_AT_ONCE_S,
            retry=Retry(NoBackoff(), 0),
        )
        with contextlib.closing(client):
            return client.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped

    def send(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP freezes it, SIGCONT wakes it."""
        assert self._child is not None
        self._child.send(number)

    def kill(self) -> None:
        """End it at once, frozen or not."""
        if self._child is not None:
            self._child.kill()
            self._child.wait(10)
            self._child = None

    def _answers(self) -> bool:
        assert self._child is not None
        self._child.check()
        try:
            return bool(self.ask("PING"))
        except redis.RedisError:
            return False


class Group:
    """A master behind a relay, its replicas, and three Sentinels that know the master by the relay.

    Args:
        folder: Where the servers keep their files.
        replicas: How many replicas the master has.
        settings: What the data servers are set to, beyond what deploy/valkey.conf says.
        down_after_ms: For how long a server must be silent before a Sentinel holds it for down.
    """

    def __init__(
        self,
        folder: Path,
        *,
        replicas: int = 1,
        settings: Mapping[str, str] | None = None,
        down_after_ms: int = 1000,
    ) -> None:
        self._ends = ExitStack()
        self._down_after_ms = down_after_ms
        words = [word for name, value in _DATA_SETTINGS.items() for word in (f"--{name}", value)]
        words += [word for name, value in (settings or {}).items() for word in (f"--{name}", value)]
        self.master = Server(folder / "data0", *words)
        self.replicas = [Server(folder / f"data{1 + i}", *words) for i in range(replicas)]
        self.sentinels = [
            Server(folder / f"sentinel{i}", "sentinel.conf", "--sentinel") for i in range(SENTINELS)
        ]
        self.relay = Relay(self.master.port)

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            ends.enter_context(self.relay)
            for server in (self.master, *self.replicas, *self.sentinels):
                ends.callback(server.kill)
            self.start_master()
            for replica in self.replicas:
                replica.start("--replicaof", f"127.0.0.1 {self.relay.port}")
            for sentinel in self.sentinels:
                self._configure(sentinel)
                sentinel.start()
            wait_until(self._is_whole, what="the Sentinels know the group")
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def start_master(self) -> None:
        """Start the first master, for the first time or after it was killed."""
        # The others know it by the relay, as a replica too.
        self.master.start("--replica-announce-port", str(self.relay.port))

    @property
    def url(self) -> str:
        """The address for plexsend's settings."""
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"sentinel://{hosts}/0?master={GROUP}"

    def master_port(self) -> int | None:
        """Return the port at which most Sentinels see the master; None where they do not agree."""
        told: list[int] = []
        # From the last: it is the first that goes with the master.
        for sentinel in reversed(self.sentinels):
            if len(told) > SENTINELS // 2 and len(set(told)) == 1:
                break
            with contextlib.suppress(redis.RedisError):
                told.append(int(sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", GROUP)[1]))
        return next((port for port in told if told.count(port) > SENTINELS // 2), None)

    def wait_for_new_master(self, within_s: float = 40.0) -> Server:
        """Wait until a replica has become the master, and return it."""

        def promoted() -> Server | None:
            port = self.master_port()
            found = next((server for server in self.replicas if server.port == port), None)
            return found if found and found.ask("ROLE")[0] == "master" else None

        server = wait_until(promoted, what="a replica has become the master", within_s=within_s)
        assert isinstance(server, Server)
        return server

    def wait_until_joined(self, within_s: float = 60.0) -> None:
        """Wait until all follow one master, what others wrote meanwhile thrown away."""

        def joined() -> bool:
            try:
                roles = [server.ask("ROLE") for server in (self.master, *self.replicas)]
            except redis.RedisError:
                return False
            following = [role for role in roles if role[0] == "slave" and role[3] == "connected"]
            return len(following) == len(self.replicas)

        wait_until(joined, what="all follow one master", within_s=within_s)

    def _configure(self, sentinel: Server) -> None:
        sentinel.folder.mkdir(parents=True, exist_ok=True)
        (sentinel.folder / "sentinel.conf").write_text(
            "bind 127.0.0.1\n"
            f"sentinel monitor {GROUP} 127.0.0.1 {self.relay.port} {SENTINELS // 2 + 1}\n"
            f"sentinel down-after-milliseconds {GROUP} {self._down_after_ms}\n"
            # Where two Sentinels each vote for themselves, they try again after twice this.
            f"sentinel failover-timeout {GROUP} {_FAILOVER_TIMEOUT_MS}\n"
        )

    def _is_whole(self) -> bool:
        for sentinel in self.sentinels:
            answer = sentinel.ask("SENTINEL", "MASTER", GROUP)
            facts = answer if isinstance(answer, dict) else dict(zip(answer[::2], answer[1::2], strict=True))
            if (int(facts["num-slaves"]), int(facts["num-other-sentinels"])) != (
                len(self.replicas),
                SENTINELS - 1,
            ):
                return False
        return all(replica.ask("ROLE")[3] == "connected" for replica in self.replicas)
