"""A sandbox in this process, and one that is a process of its own."""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from plexsend.sandbox.behaviour import Behaviour
from plexsend.sandbox.callbacks import Callbacks
from plexsend.sandbox.controls import Controls
from plexsend.sandbox.credentials import parse_accounts
from plexsend.sandbox.plex import Plex
from plexsend.sandbox.server import HOST, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

# How often the listening thread looks whether it is to end.
_POLL_S = 0.02

_PORTS = range(65536)


class Sandbox(Controls):
    """A stand-in for API PLEX on a loopback port, from `start()` (or `with`) to `stop()`.

    Args:
        port: Where to listen; 0 takes any free port.
        credentials: userID to secret key; None lets in everyone with a well-formed header.
        credit: What every account starts with, in messages; None: no limit.
        behaviour: The positions of the switches.
        keep_requests: How many of the last requests are remembered.
        keep_bodies: Whether they are remembered with their bodies, which hold texts and numbers.
        receipts_url: Where receipts are posted, on this machine; None: nowhere, until it is set.
        receipts_file: Holds such a URL in its only line; it may be written later, and anew.
        idle_s: After how many silent seconds a kept connection is closed.
        seed: Repeats the order of results and the chances of faults.
        clock: Seconds that never go back, for the end of faults and for rates.

    ValueError names an argument that makes no sense.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        credentials: Mapping[str, str] | None = None,
        credit: int | None = None,
        behaviour: Behaviour | None = None,
        keep_requests: int = 1000,
        keep_bodies: bool = False,
        receipts_url: str | None = None,
        receipts_file: Path | None = None,
        idle_s: float = 75.0,
        seed: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if port not in _PORTS:
            raise ValueError(f"port must be 0 to {_PORTS[-1]}")
        plex = Plex(
            credentials=credentials,
            credit=credit,
            behaviour=behaviour or Behaviour(),
            keep_requests=keep_requests,
            keep_bodies=keep_bodies,
            seed=seed,
            clock=clock,
            callbacks=Callbacks(url=receipts_url, file=receipts_file, clock=clock),
        )
        super().__init__(plex)
        self._asked_port = port
        self._idle_s = idle_s
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Listen. OSError when the port is taken. A stopped sandbox may start again, and remembers all."""
        if self._server is None:
            self._server = Server(self._asked_port, self._plex, self, idle_s=self._idle_s)
            # Started again it comes back where its clients look for it.
            self._asked_port = self.port
            self._thread = threading.Thread(
                target=self._server.serve_forever, args=(_POLL_S,), name="plexsend-sandbox", daemon=True
            )
            self._thread.start()
            self._plex.deliveries.poster.start()
        return self

    def stop(self) -> None:
        """Close the port and every connection, and post no more. What was seen stays readable."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is not None and thread is not None:
            server.shutdown()
            server.close()
            self._plex.deliveries.poster.stop()
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port that it listens on, or will when it starts again."""
        return self._asked_port if self._server is None else int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Scheme, host and port: the base URL of every product."""
        return f"http://{HOST}:{self.port}"


def run(
    port: int = 0,
    *,
    accounts: Sequence[str] = (),
    credit: int | None = None,
    keep_bodies: bool = False,
    receipts_url: str | None = None,
    receipts_file: Path | None = None,
    **switches: Any,
) -> int:
    """Run a sandbox until SIGTERM or SIGINT, and return the exit code of the process.

    Prints one line with its URL when it listens. `accounts` are written `userID;secret_key`; without any,
    everyone with a well-formed header is let in. `switches` are those of `Behaviour`.
    """
    try:
        behaviour = Behaviour().change(switches)
        sandbox = Sandbox(
            port,
            credentials=parse_accounts(accounts),
            credit=credit,
            behaviour=behaviour,
            keep_bodies=keep_bodies,
            receipts_url=receipts_url,
            receipts_file=receipts_file,
        )
    except ValueError as exc:
        return _fail(str(exc))
    # Blocked before any thread starts, so that the signal waits for sigwait() and interrupts nothing else.
    ends = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        with sandbox:
            sys.stdout.write(f"sandbox listens on {sandbox.url}\n")
            sys.stdout.flush()
            signal.sigwait(ends)
    except OSError as exc:
        return _fail(
            f"cannot listen on {HOST}:{port}: {exc.strerror}; choose another port, or 0 for a free one"
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return 0


def _fail(reason: str) -> int:
    """Say on stderr why nothing runs, and return the exit code."""
    sys.stderr.write(f"plexsend sandbox: {reason}\n")
    return 2
