"""The receipts server, readers of results and the archive, killed and stopped."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.chaos.fault import Fault, Proof
from tests.chaos.process_faults import send_often

if TYPE_CHECKING:
    from tests.chaos.fault import Span
    from tests.chaos.world import World

_STOPPED_S = (3.5, 5.0)
_GOES_ON_S = 0.5


def _stop_receipts(world: World, span: Span) -> Proof:
    """Stop the server for longer than the gateway waits for an answer, and let it go on."""
    before = world.gateway.stats()["receipts"]["unanswered"]
    while not span.over:
        for child in world.hearers.receipts:
            child.send(signal.SIGSTOP)
        span.wait(span.chance.uniform(*_STOPPED_S))
        world.hearers.mend()
        span.wait(_GOES_ON_S)
    n = world.gateway.stats()["receipts"]["unanswered"] - before
    return Proof(n, f"{n} posts without an answer")


HEARER_FAULTS = (
    Fault(
        "receipts_kill",
        "SIGKILL of the receipts server",
        send_often(lambda w: w.hearers.receipts, signal.SIGKILL),
        "receipts",
    ),
    Fault("receipts_stop", "SIGSTOP of the receipts server", _stop_receipts, "receipts"),
    Fault(
        "reader_kill",
        "SIGKILL of processes that read results",
        send_often(lambda w: w.hearers.readers, signal.SIGKILL),
        "readers",
    ),
    Fault(
        "archive_kill",
        "SIGKILL of `plexsend archive --follow`",
        send_often(lambda w: w.hearers.archives, signal.SIGKILL),
        "archive",
        # What it had in hand is given to its next life after a lease of 15 s.
        short=False,
    ),
)
