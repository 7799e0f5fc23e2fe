"""Back-pressure: how many rows may be fed before more of what waits has gone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from plexsend.campaigns.definitions.definition import Definition
from plexsend.errors import UsageError
from plexsend.gateway.services import MOST_ITEMS, get_service
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.runs.load import living
from plexsend.outbox.runs.states import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

MOST_BYTES = 64_000_000
"""That all runs of an account together may take in Redis with what waits."""
RECORD_BYTES = 435
"""What a waiting message takes beside its body (docs/architecture.md, promise 8)."""
LEAST_WAITING = 10 * MOST_ITEMS
"""So many of a run may wait whatever the others take: ten full batches."""
LEAST_RATED = 2 * MOST_ITEMS
"""The same of a run with a rate: what waits behind a hold goes at once when it ends."""
_FIRST_BODY_BYTES = 700
"""What a body is taken for before the first was fed."""


@dataclass(frozen=True, slots=True)
class Load:
    """What of a run waits in Redis."""

    living: int
    """Messages that are scheduled, waiting, being sent or parked."""
    body_bytes: int = 0
    """How large its bodies are in the middle; 0: not known yet."""
    is_fed: bool = True
    """Whether more is to come."""

    @property
    def size_bytes(self) -> int:
        """What they take in Redis."""
        return self.living * self.each_bytes

    @property
    def each_bytes(self) -> int:
        """What one of them takes."""
        return RECORD_BYTES + (self.body_bytes or _FIRST_BODY_BYTES)


def lanes_of_run(run: Run) -> list[Lane]:
    """Return the lanes that messages of a run can have; some may not be there."""
    return list(_lanes(run.definition, run.account, run.group))


# A feeder asks several times a second, and the definition of a run never changes.
@lru_cache(maxsize=256)
def _lanes(definition_json: str, account: str, group: str) -> tuple[Lane, ...]:
    definition = Definition.from_json(definition_json)
    kinds = (Advertising.QUIET, Advertising.CONSENTED) if definition.advertisement else (Advertising.NO,)
    services = {definition.service, str((definition.fallback or {}).get("service") or definition.service)}
    return tuple(
        Lane.of(service, variant, account, group, kind)
        for service in sorted(services)
        for variant in get_service(service).product.variants or (None,)
        for kind in kinds
    )


def loads(store: Store, account: str, runs: Iterable[Run]) -> dict[str, Load]:
    """Return what waits of each of these runs, by its group."""
    known = list(runs)
    lanes = [lanes_of_run(run) for run in known]
    counts = iter(living(store, account, [lane for each in lanes for lane in each]))
    return {
        run.group: Load(
            sum(next(counts) for _ in each),
            run.size_bytes // max(1, run.fed - run.skipped),
            run.state is RunState.RUNNING and run.fed < run.rows,
        )
        for run, each in zip(known, lanes, strict=True)
    }


def rows_free(run: Run, waits: Mapping[str, Load]) -> int:
    """Return how many rows of a run may be fed now; not above 0: none. Pure.

    Args:
        run: The run.
        waits: What waits of every run of its account that is not over, this one among them.
    """
    own = waits[run.group]
    least = LEAST_WAITING if run.rate <= 0 else max(LEAST_RATED, int(run.rate))
    taken = sum(load.size_bytes for load in waits.values())
    # A run that came first leaves their shares to those that came later as it empties.
    share = MOST_BYTES // max(1, sum(load.is_fed for load in waits.values())) - own.size_bytes
    in_memory = min(MOST_BYTES - taken, share) // own.each_bytes
    floor = least - own.living
    return floor if run.rate > 0 else max(floor, in_memory)


def with_room(store: Store, account: str, runs: Iterable[Run]) -> frozenset[str]:
    """Return the groups of those of an account's runs of which more may be fed now.

    Nobody feeds the others until what waits of them has gone, however long a hold keeps that.
    """
    known = list(runs)
    try:
        waits = loads(store, account, known)
    except (UsageError, ValueError, TypeError, KeyError, AttributeError):
        # A definition that cannot be read hides nothing that is wrong.
        return frozenset(run.group for run in known)
    return frozenset(run.group for run in known if rows_free(run, waits) > 0)
