"""What a reply of INFO says of memory, writes and replicas; what it does not say is well."""

from __future__ import annotations

from plexsend.outbox.redis.server_state import ServerState, parse_server_state

WELL = {"append": False, "rewrite": False, "snapshot": False}


def test_a_server_that_says_nothing_is_well() -> None:
    assert parse_server_state({}) == ServerState(failed=WELL)
    assert parse_server_state({}).memory_ratio == 0.0


def test_writes_that_failed_are_named() -> None:
    info = {
        "aof_last_write_status": "err",
        "aof_last_bgrewrite_status": "ok",
        "rdb_last_bgsave_status": "err",
    }
    assert parse_server_state(info).failed == {**WELL, "append": True, "snapshot": True}


def test_replicas_count_once_they_have_caught_up_and_the_slowest_says_the_lag() -> None:
    info = {
        "used_memory": 30,
        "maxmemory": 40,
        "connected_slaves": 3,
        "slave0": {"ip": "10.0.0.1", "state": "online", "lag": 1},
        "slave1": {"ip": "10.0.0.2", "state": "wait_bgsave", "lag": 400},
        "slave2": {"ip": "10.0.0.3", "state": "online", "lag": 12},
    }
    state = parse_server_state(info)
    assert (state.replicas, state.replica_lag_s, state.memory_ratio) == (2, 12, 0.75)
