"""The stand-in gateway as the demo sees it: what it is asked to do, and what it reports that it received."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from plexsend.demo import terms
from plexsend.errors import PlexsendError
from plexsend.sandbox import SandboxAdmin
from plexsend.stack.environment import SANDBOX_USER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.sandbox import Arrival


class StandIn:
    """The sandbox at this URL. PlexsendError where it does not answer."""

    def __init__(self, url: str) -> None:
        self._admin = SandboxAdmin(url)

    def make_trouble(self) -> None:
        """Let the next requests be answered with HTTP 500."""
        with _mapped():
            self._admin.add_fault("server_error", times=terms.TROUBLE_REQUESTS, service=terms.TROUBLE_SERVICE)

    def leave_gaps(self) -> None:
        """Let the next answers leave out a message that was accepted."""
        with _mapped():
            self._admin.add_fault("missing_item", times=terms.GAPS, service=terms.TROUBLE_SERVICE)

    def top_up(self) -> None:
        """Give the account credit."""
        with _mapped():
            self._admin.add_credit(terms.TOP_UP, account=SANDBOX_USER)

    def count_pictures(self) -> int:
        """Return how many pictures were uploaded."""
        with _mapped():
            return self._admin.get_stats().pictures

    def list_accepted(self) -> dict[str, int]:
        """Return how often each key was accepted."""
        with _mapped():
            return self._admin.list_accepted()

    def list_known(self) -> dict[str, int]:
        """Return how often each key was refused because it had been accepted before."""
        with _mapped():
            return self._admin.list_duplicates()

    def list_arrivals(self) -> list[Arrival]:
        """Return every request's time, service and number of messages."""
        with _mapped():
            return self._admin.list_arrivals()


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as exc:
        raise PlexsendError(f"The sandbox does not do what it is asked: {exc}") from exc
