"""Another program put something else where a key of runs belongs: nothing is half done, and others go on."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import KeySpoilt, OutboxError
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.redis.key_types import OF_ACCOUNT, OF_RUN
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.due import claim_due
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.leases import pass_over, renew_lease, take_lease
from plexsend.outbox.runs.making import create_run, put_campaign
from plexsend.outbox.runs.states import RunState
from tests.integration.outbox.bench import keys_of
from tests.integration.outbox.runs.feeder import DAY_MS, checked, feed, lane_of, leased, read, running

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store
    from tests.integration.outbox.bench import Bench

NAMES = ["campaigns", "due", "runs", "live", "windows", *OF_RUN]
TYPES: dict[str, Callable[[Any, str], object]] = {
    "string": lambda client, key: client.set(key, "foreign"),
    "list": lambda client, key: client.rpush(key, "foreign"),
    "set": lambda client, key: client.sadd(key, "foreign"),
    "zset": lambda client, key: client.zadd(key, {"foreign": 1}),
    "hash": lambda client, key: client.hset(key, "foreign", "value"),
    "stream": lambda client, key: client.xadd(key, {"foreign": "value"}),
}
RIGHT = {**OF_ACCOUNT, **OF_RUN}
WRONG = [(name, kind) for name in NAMES for kind in TYPES if kind != RIGHT[name]]


def key_of(store: Store, name: str, group: str) -> str:
    start = store.keys.account("main")
    return f"{start}{name}:{group}" if name in OF_RUN else f"{start}{name}"


@pytest.mark.parametrize(("name", "kind"), WRONG)
def test_a_spoilt_key_is_named_and_each_call_can_be_made_again(bench: Bench, name: str, kind: str) -> None:
    store, client = bench.store, bench.store.client
    run, waits, cancelled = running(store), checked(store), running(store, "autumn")
    lease = leased(store, run, for_s=60)
    steps.write_fates(store, "main", run.group, {10: Fate.INVALID})
    feed(store, run, lease, range(5))
    steps.set_window(store, "main", run.group, [(0, 2**42)])
    bench.submit(20)

    calls: list[Callable[[], object]] = [
        lambda: put_campaign(store, "main", "weekly", by="kim", cron="x", planned_ms=server_ms(store)),
        lambda: create_run(store, "main", "winter", definition="{}", by="kim"),
        lambda: steps.schedule(store, "main", waits.group, server_ms(store) + DAY_MS),
        lambda: steps.pause(store, "main", run.group, by="kim"),
        lambda: steps.resume(store, "main", run.group),
        lambda: renew_lease(store, "main", run.group, lease, 60),
        lambda: feed(store, run, lease, range(5, 10), since=5),
        lambda: pass_over(store, "main", run.group, lease, since=10, fed=12, skipped=2),
        lambda: steps.set_window(store, "main", run.group, None),
        lambda: steps.write_fates(store, "main", run.group, {11: Fate.INVALID}),
        lambda: steps.cancel(store, "main", cancelled.group, by="kim"),
        lambda: steps.finish(store, "main", cancelled.group),
        lambda: claim_due(store, "main", next_after=lambda _, at_ms: at_ms + DAY_MS),
    ]
    key = key_of(store, name, run.group)
    saved = client.dump(key)
    client.delete(key)
    TYPES[kind](client, key)
    spoilt = client.dump(key)
    failed, named = [], set()
    for call in calls:
        try:
            call()
        except KeySpoilt as exc:
            failed.append(call)
            named.add(exc.key)
        except OutboxError:
            # A step that waits for another that failed.
            failed.append(call)
    assert failed
    assert named == {key}
    # Nothing was written in its place, and what is not of runs goes.
    assert client.dump(key) == spoilt
    sent = [key for batch in bench.drain_all(drain="p1.9") for key in batch]
    assert {*keys_of(20)} <= {*sent}
    assert key in {word for each in audit(store).discrepancies for word in each.what.split()}
    client.delete(key)
    if saved is not None:
        client.restore(key, 0, saved)
    for call in failed:
        call()
    # A pause may have failed where the resume behind it did not.
    steps.resume(store, "main", run.group)
    # And what was planned by a call that failed is claimed now.
    calls[-1]()
    _goes_on(bench, run.group, waits.group, cancelled.group)


def _goes_on(bench: Bench, run: str, waits: str, cancelled: str) -> None:
    store = bench.store
    assert read(store, cancelled).state is RunState.CANCELLED
    assert read(store, waits).state is RunState.SCHEDULED
    now = read(store, run)
    assert (now.state, now.fed, now.skipped) == (RunState.RUNNING, 12, 2)
    bench.drain_all(lane=lane_of(now), drain="p1.8")
    assert {bench.state(now.key_of(row)) for row in range(10)} == {"accepted"}
    assert read(store, "winter~1").state is RunState.DRAFT
    assert {"weekly~1", run} <= {each.group for each in reading.live_runs(store, "main")}
    assert [each.what for each in audit(store).discrepancies] == []


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != "set"])
def test_a_spoilt_set_of_accounts_keeps_no_run_from_its_life(bench: Bench, kind: str) -> None:
    run = running(bench.store)
    key = bench.store.keys.campaigns
    bench.store.client.delete(key)
    TYPES[kind](bench.store.client, key)
    lease = take_lease(bench.store, "main", run.group, "one", 60)
    assert lease is not None
    feed(bench.store, run, lease, range(10))
    steps.pause(bench.store, "main", run.group, by="kim")
    with pytest.raises(OutboxError, match="Redis holds something else"):
        create_run(bench.store, "main", "spring", definition="{}", by="kim")
    assert list(reading.runs(bench.store)) == []
    assert key in bench.store.spoilt


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "unheard of"},
        {"state": ""},
        {"fed": "nan"},
        {"fed": "-1", "skipped": "x", "bytes": "inf", "rate": "x", "tat": "9" * 40},
        {"until": "text"},
        {"lease": "text"},
        {"rows": "many"},
        {"columns": "[", "c:0": "x", "c:x": "1 2 3", "created": "soon", "n:submitted": "x"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_fields_that_cannot_be_read_stop_that_run_and_nothing_else(
    bench: Bench, fields: dict[Any, Any]
) -> None:
    store = bench.store
    run, other = running(store), running(store, "autumn")
    lease, its = leased(store, run, for_s=60), leased(store, other, for_s=60)
    store.client.hset(store.keys.run("main", run.group), mapping=fields)
    with suppress(OutboxError):
        feed(store, run, lease, range(10), since=0)
    with suppress(OutboxError):
        take_lease(store, "main", run.group, "two", 5)
    feed(store, other, its, range(10))
    bench.drain_all(lane=lane_of(other))
    groups = [each.group for each in reading.runs(store)]
    assert other.group in groups
    assert (run.group in groups) is ("state" not in fields)
    bench.let_pass(11_000, steadily=False)
    bench.sweep(keep_ms=10_000)
    assert reading.fates(store, "main", other.group) == b"a" * 10
    audit(store)
