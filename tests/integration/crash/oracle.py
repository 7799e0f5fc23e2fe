"""What must be true in the end: judged from what producers were told, what the gateway has, and the books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.records import read_record
from plexsend.outbox.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store
    from tests.integration.crash.gateway import Gateway
    from tests.integration.crash.scenario import Scenario
    from tests.integration.crash.stage import Stage

# States in which nobody may be whose message the gateway has.
_NEVER_SENT = (State.REJECTED, State.FAILED, State.EXPIRED, State.CANCELLED)


def broken_promises(scenario: Scenario, stage: Stage, gateway: Gateway) -> list[str]:
    """Return what is not as it was promised, in words; nothing where all is well."""
    store = stage.plain
    books = audit(store)
    return [
        *gateway.complaints,
        *(f"audit: {found}" for found in books.discrepancies),
        *_wrong_count(books.messages, stage),
        *(found for key in sorted(stage.told) for found in _wrong_end(scenario, store, gateway, key)),
        *(
            f"{key} was sent, and nobody had put it in"
            for key in sorted(gateway.accepted.keys() - stage.told)
        ),
        *_left_behind(scenario, store),
    ]


def _wrong_count(submitted: int, stage: Stage) -> Iterator[str]:
    if submitted != len(stage.told):
        yield f"{submitted} messages in the outbox, but {len(stage.told)} were put in"


def _wrong_end(scenario: Scenario, store: Store, gateway: Gateway, key: str) -> Iterator[str]:
    record = read_record(store, scenario.account, key)
    state = record.state if record else None
    times = gateway.accepted[key]
    if state not in scenario.ends_of(key):
        yield f"{key} ended as {state}"
    if state is State.ACCEPTED and not times and key not in scenario.settled_by_a_person:
        yield f"{key} counts as accepted, but the gateway never had it"
    if state in _NEVER_SENT and times and key not in scenario.settled_by_a_person:
        yield f"{key} is {state}, but the gateway accepted it"
    if times > 1:
        yield from _wrong_second(scenario, record, key)
    if state is State.UNCERTAIN and record and not record.desc:
        yield f"{key} is parked without a reason"


def _wrong_second(scenario: Scenario, record: Record | None, key: str) -> Iterator[str]:
    if scenario.is_parking and key not in scenario.settled_by_a_person:
        yield f"{key} was sent twice, although what is uncertain is to be parked"
    if record is None or not record.may_have_been_sent or not record.history:
        yield f"{key} was sent twice, and its record tells of no uncertain first"


def _left_behind(scenario: Scenario, store: Store) -> Iterator[str]:
    for hold in queries.holds(store, scenario.account):
        if hold.field not in scenario.holds_left:
            yield f"the hold {hold.field} is left"
    for lane in queries.lanes(store):
        name = store.keys.lane(lane.account, lane.name, "drains")
        drains = store.client.zrangebyscore(name, queries.server_ms(store), "+inf")
        if drains:
            yield f"{lane.name}: leases are left: {drains}"
    wakes = store.client.zrange(store.keys.wake(scenario.account), 0, -1)
    if wakes:
        yield f"lanes still wake: {wakes}"
