"""Whether what Redis holds is what the model tells: records, sets, counts, bodies, wakes."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from plexsend.outbox.index import LaneNames
from plexsend.outbox.replies import text
from plexsend.outbox.states import SET_OF, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
        route = lane.route.name
        pipe.hgetall(store.keys.lane("main", lane.name, "counts"))
        pipe.hgetall(store.keys.lane("main", route, "counts"))
        pipe.zcount(store.keys.lane("main", route, "drains"), _now_ms(store), "+inf")
        # Lanes with a group wake in a set of their route, and are in another while they are held.
        pipe.zscore(store.keys.wake("main"), lane.name)
        pipe.zscore(store.keys.lane("main", route, "wake"), lane.name)
        pipe.zscore(store.keys.lane("main", route, "wake:held"), lane.name)
    counts: dict[Lane, dict[Lane, dict[bytes, bytes]]] = defaultdict(dict)
    replies = iter(pipe.execute())
    for key in keys:
        _assert_record(store, model, key, next(replies), has_body=bool(next(replies)))
    for lane in lanes:
        sets = {part: dict(next(replies)) for part in SETS}
        _assert_sets(model, lane, sets)
        # What a lane with a group counted is its route's once it has ended.
        counts[lane.route][lane] = next(replies)
        counts[lane.route][lane.route] = next(replies)
        assert next(replies) <= connections, "more drains and doorbells than connections"
        wakes, kept = [next(replies), next(replies)], next(replies)
        # The end of its hold wakes a lane with a group, whatever it has in the set of wakes.
        held = not lane.is_route and (kept is not None or model.holds.gate(lane, model.now_ms)[0])
        wake = min((at for at in wakes if at is not None), default=None)
        if not held:
            _assert_wake(store, sets, wake)
        else:
            assert wake is not None or not sets["sending"], "what is being sent is in nobody's sight"
    for shared, of_lanes in counts.items():
        _assert_counts(model, shared, of_lanes.values())


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


def _assert_counts(model: Model, route: Lane, kept: Iterable[dict[bytes, bytes]]) -> None:
    counts: Counter[str] = Counter()
    for fields in kept:
        counts.update({text(name): int(value) for name, value in fields.items()})
    states = Counter(str(message.state) for message in model.messages.values() if message.lane.route == route)
    assert {state: counts.get(f"s:{state}", 0) for state in State} == {s: states[s] for s in State}
    archived = sum(n for name, n in counts.items() if name.startswith("a:"))
    assert archived == _of_route(model.archived, route)
    assert counts.get("submitted", 0) == _of_route(model.submitted, route) == states.total() + archived


def _of_route(counted: Counter[Lane], route: Lane) -> int:
    return sum(n for lane, n in counted.items() if lane.route == route)


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
