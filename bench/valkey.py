"""A real Valkey with an append-only file flushed each second: what the targets hold for."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from bench.clock import wait_for
from bench.programs import Measured
from plexsend.stack.ports import free_port
from plexsend.stack.programs import VALKEY_SETTINGS, server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SETTINGS = {name: value for name, value in VALKEY_SETTINGS.items() if name != "maxmemory"}
"""As in deploy/valkey.conf, except for `maxmemory`: a million messages wait here in more than one row."""


class Valkey:
    """One server in a folder of its own. Ends with its `with` block; can go away and come back before.

    Args:
        folder: For its data.
        environ: Variables in place of those that choose its allocator.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str] = MappingProxyType({})) -> None:
        self._environ = environ
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.client: Redis = Redis.from_url(self.url, protocol=2)
        self.program = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.program.end()

    def go_away(self) -> None:
        """Stop serving; what was flushed stays."""
        self.program.end()

    def come_back(self) -> None:
        """Serve again, on the same port and data; returns once it answers."""
        self.program = self._start()

    def used_bytes(self) -> int:
        """Return the memory in use, as the server counts it."""
        return int(self.client.info("memory")["used_memory"])

    def wait_rewritten(self) -> None:
        """Wait until no rewrite of the append-only file is under way: its fork slows every write down."""

        def rests() -> bool:
            info = self.client.info("persistence")
            return not info["aof_rewrite_in_progress"] and not info["aof_rewrite_scheduled"]

        wait_for(rests, what="the end of a rewrite", within_s=300)

    def script_us(self) -> int:
        """Return the time spent in scripts so far, in µs; commands within a script count once."""
        return self.command_us("evalsha", "eval")

    def command_us(self, *names: str) -> int:
        """Return the time spent in these commands so far, in µs, also within scripts."""
        stats: dict[str, Any] = self.client.info("commandstats")
        found = (stats.get(f"cmdstat_{name}") for name in names)
        return sum(int(each["usec"]) for each in found if each is not None)

    def version(self) -> str:
        """Return the server's version."""
        return str(self.client.info("server").get("valkey_version", "?"))

    def _start(self) -> Measured:
        settings = {**SETTINGS, "port": str(self._port), "dir": str(self._folder)}
        program = Measured(server(self._folder, self._folder / "valkey.log", settings, environ=self._environ))

        def answers() -> bool:
            program.check()
            try:
                # While it reads its file it answers an error: a ResponseError, or a relative of this one.
                return not self.client.info("persistence")["loading"]
            except RedisConnectionError:
                return False

        wait_for(answers, what="an answer of Valkey")
        return program
