"""The lease of a run: who may feed it, or prepare it, for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.replies import number, text
from plexsend.outbox.runs.calls import call_run
from plexsend.outbox.runs.failures import RunFenced
from plexsend.outbox.runs.run import Lease

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def take_lease(store: Store, account: str, group: str, holder: str, for_s: float) -> Lease | None:
    """Return the right to feed or prepare a run for so long; None: another has it, or nothing is to be done.

    `holder`: who asks, a name of its own for each that feeds. It ends a lease that it has.
    """
    reply = call_run(store, account, "take", group, text=holder, at_ms=round(for_s * 1000))
    if text(reply["status"]) != "done":
        return None
    return Lease(
        number(reply["lease"]),
        holder,
        number(reply["until_ms"]),
        number(reply["previous"]),
        number(reply["fed"]),
    )


def renew_lease(store: Store, account: str, group: str, lease: Lease, for_s: float) -> Lease | None:
    """Return the lease with a later end; None: it counts no more."""
    reply = call_run(store, account, "renew", group, lease=lease.number, at_ms=round(for_s * 1000))
    if text(reply["status"]) != "done":
        return None
    return Lease(lease.number, lease.holder, number(reply["until_ms"]), lease.previous, lease.fed)


def release_lease(store: Store, account: str, group: str, lease: Lease) -> None:
    """Give a lease up, so that another need not wait for its end."""
    call_run(store, account, "release", group, lease=lease.number)


def pass_over(
    store: Store, account: str, group: str, lease: Lease, *, since: int, fed: int, skipped: int
) -> None:
    """Move the mark of a run from `since` to `fed` without a message: so many rows more were passed over.

    Where the mark is there already nothing changes. Raises RunFenced where the lease does not count any more,
    or the mark is elsewhere.
    """
    reply = call_run(store, account, "mark", group, lease=lease.number, since=since, fed=fed, skipped=skipped)
    if text(reply["status"]) in ("fenced", "unknown"):
        raise RunFenced(group, text(reply["text"]))
