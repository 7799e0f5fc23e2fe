"""One request and its answer: the time they may take, and how far they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.gateway.services import REQUEST_DEADLINE_S
from plexsend.names import Names
from plexsend.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable

LATE = "LATE"
"""The failure of a request that was not sent, as connecting took too long; the connection is there."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a request may take, in seconds. A lease on messages lasts `deadline_s` and five more."""

    connect_s: float = 3.05
    """The longest for an address of a name, and for the TLS handshake; just above TCP's second one."""
    least_s: float = 1.05
    """The least for an address, however many there are; just above TCP's first retransmission."""
    start_s: float = 5.0
    """For what precedes the request, shared by all addresses of a name. After a longer start nothing is sent,
    as too little time is left; the connection is kept."""
    read_s: float = 15.0
    """For the next byte of the answer."""
    deadline_s: float = REQUEST_DEADLINE_S
    """For the whole exchange, from looking up the name to the last byte of the answer."""


class Exchange:
    """One request and its answer, as the bytes see them. A thread uses one object for all its requests."""

    def __init__(
        self,
        timeouts: Timeouts,
        clock: Callable[[], float],
        idle_s: float,
        *,
        most_bytes: int = 1_000_000,
        turn: Turn | None = None,
        names: Names | None = None,
    ) -> None:
        self.timeouts = timeouts
        self.clock = clock
        self.idle_s = idle_s
        self.most_bytes = most_bytes
        """The longest body of an answer that is taken."""
        self.turn = turn or Turn()
        """Given up while the thread waits for the network."""
        self.names = names or Names()
        """The addresses of hosts, as all threads know them."""
        self.begin()

    def begin(self) -> None:
        """Forget the last exchange; the time of the next runs from now."""
        self.began_s = self.clock()
        self.failure = ""
        """What failed in connecting: NAME, NAME_SLOW, REFUSED, CONNECT_TIMEOUT, PROXY, TLS, CA_FILE; LATE
        where nothing did, but it took too long. Empty otherwise."""
        self.words = ""
        """The same for people, with the host; empty where nothing failed."""
        self.name_s = 0.0
        """How long the name was looked up."""
        self.addresses: list[str] = []
        """What was found."""
        self.sent = False
        """Whether any of the body may have left. False is certain; True is cautious."""
        self.received = False
        """Whether any byte came back."""
        self.timed_out = False
        self.too_large = False
        """Whether the answer was longer than allowed."""
        self.status = 0
        """The answer's status, once its head has come whole; 0 before."""
        self.retry_after: str | None = None
        """The header of that name, of an answer that is not a success."""

    def patience_s(self) -> float:
        """Return how long the next call of the socket may wait; raises TimeoutError after the deadline."""
        remaining_s = self.began_s + self.timeouts.deadline_s - self.clock()
        if remaining_s <= 0:
            self.timed_out = True
            raise TimeoutError("the deadline of the whole exchange is over")
        return min(remaining_s, self.timeouts.read_s)

    def fail(self, failure: str, words: str) -> None:
        """Record what failed in connecting; what failed first counts."""
        if not self.failure:
            self.failure, self.words = failure, words

    def took_s(self) -> float:
        """Return for how long it has been going on."""
        return self.clock() - self.began_s

    def address_patience_s(self, addresses: int) -> float:
        """Return how long the next of so many addresses may take; 0 where the time is over."""
        left_s = self.timeouts.start_s - self.took_s()
        if left_s <= 0:
            return 0.0
        return max(self.timeouts.least_s, min(self.timeouts.connect_s, left_s / addresses))

    @property
    def late(self) -> bool:
        """Whether there is a connection, made too late for the request."""
        return self.failure == LATE
