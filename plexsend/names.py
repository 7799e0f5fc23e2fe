"""Names of hosts and their addresses, looked up once for all threads of a process.

The C library looks a name up for as long as it likes: five seconds, where its first name server is dead. So
each look-up has a thread of its own. Who waits for it gives up in time, and who comes later finds its result.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, Any

from plexsend.clock import elapsed_s

if TYPE_CHECKING:
    from collections.abc import Callable

FRESH_S = 30.0
"""How long addresses are used without a new look-up."""
ANEW_S = 1.0
"""How long a new look-up is waited for where older addresses are known; they are used after it."""
SILENT_S = 300.0
"""How long an address that took no connection is tried after the others."""


class NameUnknown(OSError):
    """The name servers know no address of the name."""


class NameSlow(TimeoutError):
    """The name servers did not answer in time."""


class Names:
    """The addresses of hosts, and which of them took no connection lately. Safe to share by threads.

    Args:
        look_up: As `socket.getaddrinfo`.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        look_up: Callable[..., list[Any]] = socket.getaddrinfo,
        clock: Callable[[], float] = elapsed_s,
    ) -> None:
        self._look_up = look_up
        self._clock = clock
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, float, tuple[str, ...]]] = {}
        """Host → when its look-up ended, how long it took, what it found."""
        self._under_way: dict[str, Future[tuple[str, ...]]] = {}
        self._silent: dict[str, float] = {}

    def addresses(self, host: str, within_s: float) -> list[str]:
        """Return the addresses of a host, in the order in which they are to be tried.

        Where a look-up fails or takes too long, those of an earlier one are returned, and at once where the
        one before took too long. Raises NameUnknown, or
        NameSlow after `within_s`; the look-up goes on, and its result is there for the next call.
        """
        if _is_address(host):
            return [host.strip("[]")]
        if self._pid != os.getpid():
            # After a fork: the threads that look up are in the parent.
            self._begin_anew()
        with self._lock:
            at_s, took_s, known = self._known.get(host, (0.0, 0.0, ()))
            if known and self._clock() - at_s < FRESH_S:
                return self._in_order(known)
            look_up = self._under_way.get(host)
            begins = look_up is None
            if look_up is None:
                look_up = self._under_way[host] = Future()
        if begins:
            self._begin(host, look_up)
        try:
            anew_s = ANEW_S if took_s < ANEW_S else 0.0
            found = look_up.result(min(within_s, anew_s) if known else within_s)
        except (FutureTimeoutError, NameUnknown) as exc:
            if not known:
                raise exc if isinstance(exc, NameUnknown) else NameSlow(host) from None
            found = known
        with self._lock:
            return self._in_order(found)

    def note_silent(self, address: str) -> None:
        """Try an address after the others from now on, for a while: it took no connection."""
        now_s = self._clock()
        with self._lock:
            self._silent = {each: at_s for each, at_s in self._silent.items() if now_s - at_s < SILENT_S} | {
                address: now_s
            }

    def note_answered(self, address: str) -> None:
        """Try an address in its place again: it took a connection."""
        with self._lock:
            self._silent.pop(address, None)

    # The one that was silent last comes last.
    def _in_order(self, found: tuple[str, ...]) -> list[str]:
        now_s = self._clock()
        silent = {each: at_s for each, at_s in self._silent.items() if now_s - at_s < SILENT_S}
        return sorted(found, key=lambda address: silent.get(address, float("-inf")))

    def _begin(self, host: str, look_up: Future[tuple[str, ...]]) -> None:
        thread = threading.Thread(target=self._run, args=(host, look_up), name="plexsend-names", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # No more threads: the caller waits for as long as it takes.
            self._run(host, look_up)

    def _run(self, host: str, look_up: Future[tuple[str, ...]]) -> None:
        began_s = self._clock()
        failure: NameUnknown | None = None
        found: tuple[str, ...] = ()
        try:
            rows = self._look_up(host, None, socket.AF_UNSPEC, socket.SOCK_STREAM)
            found = tuple(dict.fromkeys(str(place[0]) for *_, place in rows))
        # UnicodeError, for one: for a name that cannot be one, such as one with a part of 64 letters.
        except Exception as exc:  # noqa: BLE001  the edge of a thread: who waits must hear of it
            failure = NameUnknown(getattr(exc, "errno", None), getattr(exc, "strerror", None) or str(exc))
        with self._lock:
            if found:
                now_s = self._clock()
                self._known[host] = now_s, now_s - began_s, found
            self._under_way.pop(host, None)
        if found:
            look_up.set_result(found)
        else:
            look_up.set_exception(failure or NameUnknown(host))


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return False
