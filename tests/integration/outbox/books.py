"""Whether what Redis holds is what the model tells: records, sets, counts, bodies, wakes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from plexsend.outbox.index import LaneNames
from plexsend.outbox.replies import text
from plexsend.outbox.states import SET_OF, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store
    from tests.integration.outbox.model import Model

SETS = ("later", "ready", "sending", "uncertain", "dead")
LONGEST_SLEEP_MS = 5_000


def assert_books_agree(store: Store, model: Model, lanes: Sequence[Lane], connections: int) -> None:
    """Compare everything, read in one transaction."""
    keys = sorted(model.messages)
    pipe = store.client.pipeline(transaction=True)
    for key in keys:
        pipe.hmget(store.keys.record("main", key), "s", "l", "f")
        pipe.exists(store.keys.body("main", key))
    for lane in lanes:
        for part in SETS:
            pipe.zrange(store.keys.lane("main", lane.name, part), 0, -1, withscores=True)
        pipe.hgetall(store.keys.lane("main", lane.name, "counts"))
        pipe.hgetall(store.keys.lane("main", lane.route.name, "counts"))
        pipe.zcount(store.keys.lane("main", lane.route.name, "drains"), _now_ms(store), "+inf")
        if lane.is_route:
            pipe.zscore(store.keys.wake("main"), lane.name)
        else:
            pipe.zscore(store.keys.grouped_wake("main", lane.route.name), lane.name)
        pipe.zscore(store.keys.lane("main", lane.route.name, "wake:held"), lane.name)
    replies = iter(pipe.execute())
    for key in keys:
        _assert_record(store, model, key, next(replies), has_body=bool(next(replies)))
    for lane in lanes:
        sets = {part: dict(next(replies)) for part in SETS}
        _assert_sets(model, lane, sets)
        _assert_counts(model, lane, next(replies), next(replies))
        assert next(replies) <= connections, "more drains and doorbells than connections"
        wake, is_held = next(replies), next(replies) is not None
        barred = {f"group pause {lane.group}", f"lane pause {lane.name}"} & model.holds.barred
        if wake is None and (is_held or (barred and not lane.is_route)):
            assert not sets["sending"], "what is being sent is in nobody's sight"
        else:
            _assert_wake(store, sets, wake)


def _assert_record(
    store: Store, model: Model, key: str, fields: Sequence[bytes | None], *, has_body: bool
) -> None:
    told = model.messages[key]
    state, flags = text(fields[0]), text(fields[2])
    lane = LaneNames(store, "main").name(fields[1])
    assert (key, state, lane) == (key, told.state, told.lane.name)
    assert (key, set(flags)) == (key, told.flags)
    assert has_body == (told.state in SET_OF), f"body of {key}, which is {state}"


def _assert_sets(model: Model, lane: Lane, sets: dict[str, dict[bytes, float]]) -> None:
    told: dict[str, set[str]] = {part: set() for part in SETS}
    for key, message in model.messages.items():
        if message.lane == lane and message.state in SET_OF:
            told[SET_OF[message.state]].add(key)
    assert {part: {text(key) for key in members} for part, members in sets.items()} == told


# The route of a lane with a group has no other here: it counts what its lane counted, each time it ended.
def _assert_counts(
    model: Model, lane: Lane, fields: dict[bytes, bytes], of_route: dict[bytes, bytes]
) -> None:
    counts = Counter({text(name): int(value) for name, value in fields.items()})
    if not lane.is_route:
        counts += Counter({text(name): int(value) for name, value in of_route.items()})
    states = Counter(str(message.state) for message in model.messages.values() if message.lane == lane)
    assert {state: counts.get(f"s:{state}", 0) for state in State} == {s: states[s] for s in State}
    archived = sum(n for name, n in counts.items() if name.startswith("a:"))
    assert archived == model.archived[lane]
    assert counts.get("submitted", 0) == model.submitted[lane] == states.total() + archived


def _assert_wake(store: Store, sets: dict[str, dict[bytes, float]], wake: float | None) -> None:
    events: list[Any] = [min(sets[part].values()) for part in ("later", "sending") if sets[part]]
    if sets["ready"]:
        events.append(0)
    if not events:
        return
    assert wake is not None, "a lane with living messages never wakes"
    assert wake <= max(min(events), _now_ms(store)) + LONGEST_SLEEP_MS, "a lane sleeps too long"


def _now_ms(store: Store) -> int:
    seconds, micros = store.client.time()
    return int(seconds) * 1000 + int(micros) // 1000
