"""Housekeeping's round over an account: doorbells for lanes that are due, and what was abandoned."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.outbox.advance import message_of
from plexsend.outbox.lanes import Lane
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plexsend.outbox.batches import Message
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Policy

SWEEP_LEASE_MS = 2_000
"""How long a process sweeps before another may: a crash delays doorbells by at most this."""


@dataclass(frozen=True, slots=True)
class Doorbell:
    """A doorbell to send: the lane, and the name under which the bell is outstanding."""

    lane: Lane
    bell: str


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A message whose drain did not settle it in time."""

    lane: Lane
    token: str
    message: Message


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep found. `swept` is False where another process holds the lease."""

    swept: bool
    wait_ms: int
    """Until the next wake, or until the lease may be free."""
    rings: tuple[Doorbell, ...]
    abandoned: tuple[Abandoned, ...]
    processes: tuple[WorkerProcess, ...]
    spoilt: tuple[str, ...] = ()
    """Lanes that could not be looked at: another program wrote what cannot be read."""


def sweep(
    store: Store,
    account: str,
    process: WorkerProcess,
    *,
    policies: Mapping[str, Policy],
    quotas: Mapping[str, int],
    quota: int,
    reclaim_ms: int,
    keep_ms: int,
    tidy: Iterable[Lane] = (),
) -> SweepResult:
    """Sweep an account, with the policies of its services.

    `quotas`: doorbells that each service's workers can still use; `quota`: that all of them together can.
    `tidy` names the lanes whose oldest ended records are looked at for retention in this round.
    """
    args: list[str | bytes | int] = [
        process.name,
        str(process),
        SWEEP_LEASE_MS,
        keep_ms,
        reclaim_ms,
        quota,
        len(policies),
    ]
    for service, policy in policies.items():
        args += (
            service,
            quotas.get(service, 0),
            policy.connections,
            repr(float(policy.rate_per_s)),
            policy.linger_ms,
        )
    args += [lane.name for lane in tidy]
    reply = store.run(Script.SWEEP, account, args)
    return SweepResult(
        swept=text(reply[0]) == "swept",
        wait_ms=number(reply[1]),
        rings=tuple(_rings(reply[2])),
        abandoned=tuple(_abandoned(reply[3])),
        processes=tuple(WorkerProcess.parse_all(reply[4])),
        spoilt=tuple(text(lane) for lane in reply[5]),
    )


# A name of no lane among the wakes, with a message that is ready, comes from another program.
def _rings(rings: Iterable[tuple[bytes, bytes]]) -> Iterator[Doorbell]:
    for lane, bell in rings:
        with suppress(UsageError):
            yield Doorbell(Lane.parse(text(lane)), text(bell))


def _abandoned(found: Iterable[Sequence[bytes]]) -> Iterator[Abandoned]:
    for lane, key, token, *facts in found:
        with suppress(UsageError):
            yield Abandoned(Lane.parse(text(lane)), text(token), message_of(text(key), b"", facts))
