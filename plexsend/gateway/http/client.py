"""The HTTP client of the gateway: one request of one to ten items, and its result."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.errors import UsageError
from plexsend.gateway.answers import Answer, WholeAnswer, read_answer
from plexsend.gateway.http.channel import Channels
from plexsend.gateway.http.exchange import Timeouts
from plexsend.gateway.masking import Mask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from plexsend.gateway.http.way import Way
    from plexsend.gateway.services import Service
    from plexsend.names import Names
    from plexsend.turn import Turn


class GatewayClient:
    """Sends requests to the gateway. Shared by all threads, each of which has connections of its own.

    Args:
        base_urls: Product → scheme and host, as the settings give them: they let no URL pass that shows
            messages and secrets to others on the way.
        timeouts: How long a request may take.
        max_answer_bytes: A longer answer is not read to its end and counts as no answer.
        idle_s: A connection that lay idle for this long is not used again.
        clock: Monotonic seconds.
        turn: Given up by a thread that holds it, while it waits for the network.
        way: Through which proxy, and whose certificates are trusted.
        names: Looks up where hosts are, for all threads.
    """

    def __init__(
        self,
        base_urls: Mapping[str, str],
        *,
        timeouts: Timeouts | None = None,
        max_answer_bytes: int = 1_000_000,
        idle_s: float = 20,
        clock: Callable[[], float] = elapsed_s,
        turn: Turn | None = None,
        way: Way | None = None,
        names: Names | None = None,
    ) -> None:
        self._base_urls = dict(base_urls)
        self._channels = Channels(
            timeouts or Timeouts(),
            max_answer_bytes=max_answer_bytes,
            idle_s=idle_s,
            clock=clock,
            turn=turn,
            way=way,
            names=names,
        )

    def post(
        self,
        service: Service,
        credentials: str,
        keys: Sequence[str],
        bodies: Sequence[bytes],
        *,
        variant: str | None = None,
    ) -> Answer:
        """Send items in one request and return the result, as `Transport` says."""
        _check_items(service, keys, bodies, variant)
        channel = self._channels.of_this_thread()
        request = channel.prepare(self._url(service), credentials)
        body = join_bodies(bodies, service, variant)
        request.body = body
        request.headers["Content-Length"] = str(len(body))
        came = channel.send(request)
        if isinstance(came, WholeAnswer):
            return came
        return read_answer(
            came.status,
            came.retry_after,
            came.body,
            keys,
            datetime.now(UTC),
            mask=Mask(credentials, bodies),
        )

    def close(self) -> None:
        """Close the idle connections of all threads; a later request opens new ones."""
        self._channels.close()

    def _url(self, service: Service) -> str:
        try:
            return self._base_urls[service.product.name] + service.path
        except KeyError:
            raise UsageError(f"this client has no URL for {service.product.name}") from None


def join_bodies(bodies: Sequence[bytes], service: Service, variant: str | None) -> bytes:
    """Return the body of a request: the items as they are, and the variant beside them."""
    beside = b""
    if service.product.variant_field is not None and variant is not None:
        beside = f',"{service.product.variant_field}":{json.dumps(variant)}'.encode()
    return b'{"msg_data":[' + b",".join(bodies) + b"]" + beside + b"}"


def _check_items(service: Service, keys: Sequence[str], bodies: Sequence[bytes], variant: str | None) -> None:
    if len(keys) != len(bodies) or not 1 <= len(bodies) <= service.product.most_items:
        raise UsageError(
            f"a request takes 1 to {service.product.most_items} items, each with its key;"
            f" these are {len(bodies)} with {len(keys)} keys"
        )
    if variant is None and service.product.variant_field is not None:
        raise UsageError(f"{service.id}: its requests need a {service.product.variant_field}")
    service.check_variant(variant)
