"""Housekeeping's round over an account: doorbells for lanes that are due, and what was abandoned."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plexsend.errors import UsageError
from plexsend.gateway.services import MOST_ITEMS
from plexsend.outbox.advance import message_of
from plexsend.outbox.arguments import ADDRESS, SERVICE, SWEEP, SWEEP_ANSWER
from plexsend.outbox.constants import SWEEP_LEASE_MS
from plexsend.outbox.holds import Reason, Scope, hold_field
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.state import run
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from plexsend.outbox.batches import Message
    from plexsend.outbox.redis.store import Store


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
    """Those of an older program."""
    spoilt: tuple[str, ...] = ()
    """Lanes that could not be looked at, since another program wrote something that cannot be read, and keys
    that only a person can decide on."""
    aside: tuple[str, ...] = ()
    """Keys that were put aside for it."""
    who: str = ""
    """The process that holds the lease, where another does."""
    dropped: bool = False
    """Whether the leases of processes that are gone were dropped; not so soon after a gap in time."""
    refused: frozenset[str] = frozenset()
    """Fingerprints of secrets that the gateway refused."""
    urls: Mapping[str, str] = field(default_factory=dict)
    """Product → the gateway's address in force."""
    unserved: frozenset[str] = frozenset()
    """Services with something to send that nobody can."""
    auth: str = ""
    """The hold of the account because of its secrets, as it is kept; empty without one."""


def sweep(
    store: Store,
    account: str,
    process: WorkerProcess,
    *,
    services: Collection[str],
    quotas: Mapping[str, int],
    quota: int,
    most_items: Mapping[str, int] | None = None,
    gone: Collection[str] = (),
    takes_from: str = "",
    served: Collection[str] | None = None,
    fresh: Collection[str] = (),
    addresses: Mapping[str, str] | None = None,
    tidy: Iterable[Lane] = (),
) -> SweepResult:
    """Sweep an account, for the services that the caller knows.

    `quotas`: doorbells that each service's workers can still use; `quota`: those for all workers together.
    `most_items`: the largest batch of a service, where it is not the usual. `tidy` names the lanes to
    look over in this round. `gone`: processes whose leases are to be dropped. `takes_from`: the process
    whose lease does not count, since this one is to sweep the account. `served`: services that a living
    process can serve, None: all; `fresh`: those that nobody served before. `addresses`: product → the
    gateway's address that counts unless another was agreed on.
    """
    urls = addresses or {}
    args: list[str | bytes | int] = [
        *SWEEP.write(
            process=process.name,
            auth_field=hold_field(Scope.ACCOUNT, Reason.AUTH, account),
            takes_from=takes_from,
            quota=quota,
            service_count=len(services),
            gone_count=len(gone),
            address_count=len(urls),
        )
    ]
    for service in services:
        args += SERVICE.write(
            name=service,
            quota=quotas.get(service, 0),
            is_served=int(served is None or service in served),
            is_fresh=int(service in fresh),
            most_items=(most_items or {}).get(service, MOST_ITEMS),
        )
    args += gone
    for product, url in urls.items():
        args += ADDRESS.write(product=product, url=url)
    args += [lane.name for lane in tidy]
    answer = SWEEP_ANSWER.read(run(store, Script.SWEEP, account, args))
    return SweepResult(
        swept=text(answer["status"]) == "swept",
        wait_ms=number(answer["wait_ms"]),
        rings=tuple(_rings(answer["rings"])),
        abandoned=tuple(_abandoned(answer["abandoned"])),
        processes=tuple(WorkerProcess.parse_all(answer["processes"])),
        spoilt=tuple(text(lane) for lane in answer["spoilt"]),
        aside=tuple(text(key) for key in answer["aside"]),
        who=text(answer["who"]),
        dropped=number(answer["dropped"]) == 1,
        refused=frozenset(text(name) for name in answer["refused"]),
        urls=_pairs(answer["urls"]),
        unserved=frozenset(text(name) for name in answer["unserved"]),
        auth=text(answer["auth"]),
    )


def unswept(store: Store, accounts: Iterable[str]) -> list[str]:
    """Return those accounts that no process sweeps at present, read in one round trip."""
    names = list(accounts)
    if not names:
        return []
    with mapped():
        pipe = store.client.pipeline(transaction=False)
        pipe.time()
        for account in names:
            pipe.hget(store.keys.sweep(account), "until")
        (seconds, micros), *ends = pipe.execute()
    now_ms = int(seconds) * 1000 + int(micros) // 1000
    # A process that is only late has its lease back within a moment.
    return [name for name, until in zip(names, ends, strict=True) if number(until) < now_ms - SWEEP_LEASE_MS]


def awake(store: Store, accounts: Iterable[str]) -> list[str]:
    """Return those accounts in which a lane has a next event, read in one round trip."""
    names = list(accounts)
    if not names:
        return []
    with mapped():
        pipe = store.client.pipeline(transaction=False)
        for account in names:
            pipe.exists(store.keys.wake(account), store.keys.waking_routes(account))
        replies = pipe.execute()
    return [name for name, is_there in zip(names, replies, strict=True) if is_there]


# A name among the wakes that is not a lane's, with a message that is ready, comes from another program.
def _rings(rings: Iterable[tuple[bytes, bytes]]) -> Iterator[Doorbell]:
    for lane, bell in rings:
        with suppress(UsageError):
            yield Doorbell(Lane.parse(text(lane)), text(bell))


def _pairs(flat: Sequence[Any]) -> dict[str, str]:
    words = [text(word) for word in flat]
    return {name: value for name, value in zip(words[::2], words[1::2], strict=True) if value}


def _abandoned(found: Iterable[Sequence[bytes]]) -> Iterator[Abandoned]:
    for lane, key, token, *facts in found:
        with suppress(UsageError):
            yield Abandoned(Lane.parse(text(lane)), text(token), message_of(text(key), b"", facts))
