"""What a row needs: a folder, a gateway, a Valkey, workers as delivered, and messages that wait."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bench.clock import wait_for
from bench.environments import gateway_python
from bench.gateway import Gateway
from bench.items import ACCOUNT, preload
from bench.programs import Measured, measure
from bench.valkey import Valkey
from plexsend.gateway.environment import read_settings
from plexsend.outbox.lanes import Lane
from plexsend.outbox.redis.store import Store

if TYPE_CHECKING:
    from plexsend.settings import Settings

LANE = Lane("mms-bulk", None, "main")
PREFIX = "plexsend:"
PLEXSEND = Path(sys.executable).with_name("plexsend")


class Stage:
    """Ends everything that it started with its `with` block.

    Args:
        folder: For data and logs; a folder below it is made.
        delay_ms: How long the gateway takes to answer.
        keep_keys: Whether the gateway remembers when each message came.
        accounts: The accounts that workers can send with.
        python: The gateway's interpreter; None: that of its environment, which is made if it is not there.
    """

    def __init__(
        self,
        folder: Path,
        *,
        delay_ms: float = 0,
        keep_keys: bool = False,
        accounts: tuple[str, ...] = ("main",),
        python: Path | None = None,
    ) -> None:
        self.folder = folder
        self.accounts = accounts
        self._ends = ExitStack()
        self._workers = 0
        self._delay_ms = delay_ms
        with ExitStack() as undo:
            self.valkey = undo.enter_context(Valkey(folder / "valkey"))
            self.gateway = undo.enter_context(
                Gateway(folder, python=python or gateway_python(), delay_ms=delay_ms, keep_keys=keep_keys)
            )
            self.store = Store.connect(self.valkey.url, PREFIX)
            undo.callback(self.store.close)
            self._ends = undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def environ(self, **settings: str) -> dict[str, str]:
        """Return a process's environment: no rate unless given, everything else as delivered."""
        products = ("MMS", "RCS", "SMS", "LMS")
        accounts = {f"PLEXSEND_ACCOUNT_{name.upper().replace('-', '_')}": ACCOUNT for name in self.accounts}
        return {
            "PLEXSEND_REDIS_URL": self.valkey.url,
            "PLEXSEND_RATE": "0",
            **{f"PLEXSEND_{product}_URL": self.gateway.url for product in products},
            **accounts,
            **settings,
        }

    def settings(self, **settings: str) -> Settings:
        """Return the same as a process of this stage would read them."""
        return read_settings(environ=self.environ(**settings))

    def clear(self) -> None:
        """Empty the server and make the gateway forget: a round begins."""
        self.valkey.client.flushall()
        self.gateway.reset(delay_ms=self._delay_ms)

    def preload(self, messages: int, *, first: int = 0, lane: Lane = LANE, stamp: str | None = None) -> None:
        """Put in this many messages that wait."""
        preload(self.store, lane, first, messages, stamp=stamp)

    def worker(self, *options: str, **settings: str) -> Measured:
        """Start a worker with the command of deploy/; the caller ends it."""
        self._workers += 1
        name = f"w{self._workers}"
        program = measure(
            [
                str(PLEXSEND),
                "worker",
                "--hostname",
                f"{name}@%h",
                *options,
            ],
            log=self.folder / f"{name}.log",
            folder=self.folder,
            environ=self.environ(**settings),
        )
        self._ends.callback(program.end)
        return program

    def ready_worker(self, *options: str, **settings: str) -> Measured:
        """Start a worker and wait until it can send; the caller ends it."""
        program = self.worker(*options, **settings)
        program.wait_for(" ready.")
        return program

    def sent(self) -> int:
        """Return how many messages came to the gateway."""
        return self.gateway.total()

    def wait_sent(self, messages: int, *, within_s: float = 120) -> None:
        """Wait until at least this many have come."""
        wait_for(
            lambda: self.sent() >= messages, what=f"{messages} messages at the gateway", within_s=within_s
        )
