"""What a Redis server's figures mean, a row each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.cli.doctor.rows import CheckRow, Grade
from plexsend.cli.doctor.server import (
    distance_rows,
    kept_text_rows,
    rights_rows,
    server_rows,
    slow_log_rows,
)
from plexsend.errors import Problem
from plexsend.outbox.redis.examination import RoundTrips, ServerFacts, SlowScripts
from plexsend.outbox.redis.rights import Rights

if TYPE_CHECKING:
    from collections.abc import Iterable

GB = 1024**3
GOOD = ServerFacts(
    kind="valkey",
    version="9.1.2",
    role="master",
    append_only=True,
    fsync="everysec",
    write_failed=False,
    used_bytes=GB,
    most_bytes=4 * GB,
    eviction="noeviction",
    allocator="jemalloc-5.3.0",
    fragmentation=1.1,
)
NEAR = RoundTrips(median_s=0.0003, longest_s=0.002, ahead_s=0.004)


def grades(rows: Iterable[CheckRow]) -> dict[str, Grade]:
    """Return what is the matter, without what is well."""
    return {row.what: row.grade for row in rows if row.grade is not Grade.OK}


def look(*, durable: bool = False, **changed: Any) -> dict[str, Grade]:
    facts = replace(GOOD, **changed)
    return grades(server_rows(facts, {f"{facts.kind}_version": facts.version}, durable=durable))


def test_of_a_good_server_nothing_is_the_matter() -> None:
    assert look() == {}


@pytest.mark.parametrize(
    ("changed", "what", "grade"),
    [
        ({"version": "7.0.1"}, "version", Grade.WRONG),
        ({"role": "slave"}, "role", Grade.WRONG),
        ({"append_only": False}, "append-only", Grade.WRONG),
        ({"append_only": None}, "append-only", Grade.DOUBTFUL),
        ({"write_failed": True}, "append-only", Grade.WRONG),
        ({"fsync": "no"}, "append-only", Grade.DOUBTFUL),
        ({"durable": True}, "append-only", Grade.WRONG),
        ({"most_bytes": 0}, "memory", Grade.DOUBTFUL),
        ({"used_bytes": int(2.9 * GB)}, "memory", Grade.DOUBTFUL),
        ({"used_bytes": int(3.3 * GB)}, "memory", Grade.WRONG),
        ({"eviction": "allkeys-lru"}, "eviction", Grade.WRONG),
        ({"fragmentation": 1.8}, "allocator", Grade.DOUBTFUL),
    ],
)
def test_each_matter_has_its_row(changed: dict[str, Any], what: str, grade: Grade) -> None:
    assert look(**changed) == {what: grade}


def test_spare_pages_of_a_small_server_are_not_worth_a_word() -> None:
    assert look(used_bytes=10_000, fragmentation=3.0) == {}


def test_durable_is_content_with_always() -> None:
    assert look(durable=True, fsync="always") == {}


@pytest.mark.parametrize(
    ("rights", "found"),
    [
        (Rights("kim"), {}),
        (Rights("kim", missing=("EVALSHA",)), {"rights": Grade.WRONG}),
        (Rights("kim", useful=("PUBLISH",)), {"rights": Grade.DOUBTFUL}),
        (Rights("", unknown="it may not ask"), {"rights": Grade.DOUBTFUL}),
    ],
)
def test_rights_that_are_missing_are_named(rights: Rights, found: dict[str, Grade]) -> None:
    assert grades(rights_rows(rights)) == found
    assert all(name in str(list(rights_rows(rights))) for name in (*rights.missing, *rights.useful))


@pytest.mark.parametrize("name", ["redis_mode", "server_mode"])
def test_node_of_a_cluster_is_wrong(name: str) -> None:
    rows = list(server_rows(GOOD, {"valkey_version": "9.1.2", name: "cluster"}, durable=False))
    assert grades(rows) == {"cluster": Grade.WRONG}
    assert all(row.remedy.endswith(".") for row in rows if row.grade is Grade.WRONG)


def test_log_that_keeps_texts_is_doubtful() -> None:
    kept = Problem("slowlog-log-slower-than", "it keeps texts", "Turn it off.")
    assert grades(kept_text_rows([kept])) == {"texts": Grade.DOUBTFUL}
    assert grades(kept_text_rows([])) == {}


@pytest.mark.parametrize(
    ("slow", "found"),
    [
        (SlowScripts(10.0), {}),
        (SlowScripts(-0.001), {}),
        (SlowScripts(10.0, 3, 22.5, "sweep", last_s=90_000), {}),
        (SlowScripts(10.0, 3, 22.5, "sweep", last_s=60), {"slow log": Grade.DOUBTFUL}),
        (SlowScripts(None), {"slow log": Grade.DOUBTFUL}),
    ],
)
def test_slow_scripts_of_the_last_hour_are_doubtful(slow: SlowScripts, found: dict[str, Grade]) -> None:
    assert grades(slow_log_rows(slow)) == found


def test_the_pace_is_messages_at_once_over_a_round_trip() -> None:
    (trips, _) = distance_rows(replace(NEAR, median_s=0.001), connections=8, rate_per_s=100)
    assert "at most 80,000 messages a second and lane" in trips.found


@pytest.mark.parametrize(
    ("trips", "rate_per_s", "found"),
    [
        (NEAR, 100, {}),
        (NEAR, 0, {}),
        (replace(NEAR, median_s=0.02), 100, {"round trip": Grade.DOUBTFUL}),
        (replace(NEAR, median_s=1.0), 100, {"round trip": Grade.WRONG}),
        (replace(NEAR, ahead_s=-5), 100, {"clock": Grade.DOUBTFUL}),
        (replace(NEAR, ahead_s=120), 100, {"clock": Grade.WRONG}),
    ],
)
def test_distance_and_clock(trips: RoundTrips, rate_per_s: float, found: dict[str, Grade]) -> None:
    assert grades(distance_rows(trips, connections=8, rate_per_s=rate_per_s)) == found


def test_whatever_is_the_matter_says_what_to_do() -> None:
    bad = replace(
        GOOD, role="slave", append_only=False, most_bytes=0, eviction="allkeys-lru", fragmentation=2
    )
    far = RoundTrips(1.0, 2.0, 500.0)
    rows = [
        *server_rows(bad, {"valkey_version": "6.0"}, durable=False),
        *rights_rows(Rights("kim", ("GET",), ("PUBLISH",))),
        *slow_log_rows(SlowScripts(10.0, 1, 11.0, "submit", 1)),
        *distance_rows(far, connections=1, rate_per_s=100),
    ]
    assert all(row.remedy.endswith(".") for row in rows if row.grade is not Grade.OK)
    assert sum(row.grade is not Grade.OK for row in rows) >= 9
