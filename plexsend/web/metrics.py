"""The part that serves metrics of the whole fleet: `GET /metrics`, for Prometheus.

For any ASGI server: `plexsend.web.metrics:app`.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder

from plexsend.errors import OutboxError
from plexsend.web.answers import UNAVAILABLE
from plexsend.web.app import App
from plexsend.web.collector import FleetCollector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from falcon.asgi import Request, Response

    from plexsend.web.parts import Parts


def routes(parts: Parts) -> Mapping[str, object]:
    """Return the path of the metrics."""
    threads = ThreadPoolExecutor(1, "plexsend-metrics")
    parts.stops.append(lambda: threads.shutdown(cancel_futures=True))
    return {"/metrics": Metrics(FleetCollector(parts.store), threads)}


class Metrics:
    """Answers scrapes. Redis is asked in a thread: the loop, which answers receipts too, never waits."""

    def __init__(self, collector: FleetCollector, threads: ThreadPoolExecutor) -> None:
        # Its own registry: that of the library would add what this process itself uses.
        self._registry = CollectorRegistry()
        self._registry.register(collector)
        self._threads = threads

    async def on_get(self, req: Request, resp: Response) -> None:
        """Answer in the form that the scraper asks for; 503 while Redis does not answer."""
        encode, content_type = _encoder(req.get_header("accept") or "")
        loop = asyncio.get_running_loop()
        try:
            resp.data = await loop.run_in_executor(self._threads, encode, self._registry)
        except OutboxError:
            UNAVAILABLE.put(resp)
        else:
            resp.content_type = content_type


# What a scraper asks for may be any text, and the library reads the numbers in it.
def _encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):
        return generate_latest, CONTENT_TYPE_PLAIN_0_0_4


app = App("metrics")
"""For any ASGI server."""
