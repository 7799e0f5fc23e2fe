"""When the gateway's certificates end: a worker looks at its start and once a day, and announces it.

It connects and asks nothing, as `plexsend doctor` does. What it does not see is not reported as anything:
where the gateway cannot be reached, requests show it within a second.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError
from plexsend.gateway.http.handshake import shake_hands
from plexsend.gateway.http.way import Way
from plexsend.gateway.services import SERVICES
from plexsend.logs import get_logger
from plexsend.names import Names
from plexsend.outbox.reading.queries import routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plexsend.gateway.http.handshake import Handshake
    from plexsend.worker.runtime import Runtime

DAY_S = 86_400.0
"""Between two looks at a certificate."""
AGAIN_S = 3600.0
"""Until the next look where none came of the last."""
ROUND_S = 60.0
"""Between two looks whether a product has come into use."""
_FIRST_S = 1.0
_CONNECT_S = 5.0


class CertificateWatch:
    """One for each worker process, in a thread of its own.

    Args:
        runtime: What the process has.
        services: Returns the services whose doorbells it answers now.
        shake: (address) → what came of connecting to it.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        runtime: Runtime,
        services: Callable[[], Iterable[str]],
        *,
        shake: Callable[[str], Handshake] | None = None,
        clock: Callable[[], float] = elapsed_s,
    ) -> None:
        self._runtime = runtime
        self._services = services
        self._shake = shake or partial(
            shake_hands, way=Way.of(runtime.settings), timeout_s=_CONNECT_S, names=Names()
        )
        self._clock = clock
        self._log = get_logger("worker.certificates")
        self._due: dict[str, float] = {}

    def run(self) -> None:
        """Look until the process stops. No fault ends it: there will be another round."""
        wait_s = _FIRST_S
        while not self._runtime.stop.wait(wait_s):
            try:
                self.round()
            except OutboxError:
                # Redis is away, which others log.
                pass
            except Exception:  # noqa: BLE001  the thread's edge
                self._log.exception("certificates not looked at")
            wait_s = ROUND_S

    def round(self) -> None:
        """Look at the addresses whose time has come, each once for all its products."""
        products = self._in_use()
        urls = {self._runtime.settings.base_urls[product] for product in products}
        for url in sorted(urls):
            # An address without TLS is on this machine, and has no certificate.
            if url.startswith("https:") and self._due.get(url, 0.0) <= self._clock():
                found = self._shake(url)
                self._due[url] = self._clock() + (AGAIN_S if found.failure else DAY_S)
                if found.ends_s is not None:
                    self._note(url, int(found.ends_s))

    # Nobody connects for a product that was never used: its address may be closed to this machine.
    def _in_use(self) -> set[str]:
        used = {lane.service for lane in routes(self._runtime.store)} & {*self._services()}
        names = {SERVICES[service].product.name for service in used if service in SERVICES}
        return names & self._runtime.settings.base_urls.keys()

    def _note(self, url: str, ends_s: int) -> None:
        its = {product for product, base in self._runtime.settings.base_urls.items() if base == url}
        self._runtime.certificates |= dict.fromkeys(its, ends_s)
