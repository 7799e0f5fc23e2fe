"""What sends requests to the gateway, as the worker sees it: one method, so that a double is ten lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.gateway.answers import Answer
    from plexsend.gateway.services import Service


class Transport(Protocol):
    """Sends one request and returns the result. Shared by all threads of a worker."""

    def post(
        self,
        service: Service,
        credentials: str,
        keys: Sequence[str],
        bodies: Sequence[bytes],
        *,
        variant: str | None = None,
    ) -> Answer:
        """Send items in one request and return the result, whatever the network or the gateway does.

        Args:
            service: The service whose URL is called.
            credentials: `userID;secret_key`.
            keys: The `msg_key` of each item.
            bodies: Each item as it goes on the wire, in the same order.
            variant: What the request holds beside the items, for products that have variants.

        Returns:
            UNAVAILABLE with a code of the client's own where nothing was sent, CONNECTED where in addition
            the next request has a connection, UNCERTAIN where that is not certain and no usable answer came;
            otherwise what the gateway said.

        Raises:
            UsageError: before anything is sent, for arguments that make no request.
        """
        ...
