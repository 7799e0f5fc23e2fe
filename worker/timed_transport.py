"""A transport that counts and times the requests of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.gateway.answers import WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.outbox.metrics import ANSWERED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.gateway.answers import Answer
    from plexsend.gateway.http.transport import Transport
    from plexsend.gateway.services import Service
    from plexsend.outbox.metrics import Instruments


class TimedTransport:
    """Shared by all threads of a worker, like the one that it asks.

    Args:
        transport: What sends the requests.
        instruments: Where they are counted.
    """

    def __init__(self, transport: Transport, instruments: Instruments) -> None:
        self._transport = transport
        self._instruments = instruments

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
        began_s = self._instruments.now_s()
        answer = self._transport.post(service, credentials, keys, bodies, variant=variant)
        self._instruments.request(service.id, outcome_of(answer), self._instruments.now_s() - began_s)
        return answer


def outcome_of(answer: Answer) -> str:
    """Return what came of a request, one of REQUEST_OUTCOMES."""
    if isinstance(answer, WholeAnswer):
        return str(answer.meaning.value)
    is_answered = any(item.meaning is not Meaning.UNCERTAIN for item in answer.by_key.values())
    return ANSWERED if is_answered else str(Meaning.UNCERTAIN.value)
