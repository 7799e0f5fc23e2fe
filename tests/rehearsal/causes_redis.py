"""Causes in Valkey: its memory, its disk, its replica."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.rehearsal.filling import fill
from tests.rehearsal.scenes import Scene

if TYPE_CHECKING:
    from tests.rehearsal.stage import Stage

_SHARE = 0.85
_HOST = "two"


def _fill_memory(stage: Stage) -> None:
    used = int(stage.redis.info("memory")["used_memory"])
    stage.redis.config_set("maxmemory", int(used / _SHARE))


def _free_memory(stage: Stage) -> None:
    stage.redis.config_set("maxmemory", "2gb")


def _fill_disk(stage: Stage) -> None:
    fill(stage.fleet.volume("valkey-data", stage.fleet.host_of("valkey")))


def _free_disk(stage: Stage) -> None:
    (stage.fleet.volume("valkey-data", stage.fleet.host_of("valkey")) / "filler").unlink()
    stage.wait(
        lambda: stage.redis.info("persistence")["aof_last_write_status"] == "ok", "Valkey writes again"
    )
    stage.redis.bgrewriteaof()


def _lose_replica(stage: Stage) -> None:
    _start_replica(stage)
    stage.wait(lambda: stage.monitoring.value("plexsend_redis_replicas") == 1, "the metrics know the replica")
    stage.fleet.kill("valkey-2")


def _start_replica(stage: Stage) -> None:
    if "valkey-2" in stage.fleet.instances:
        return
    command = stage.fleet.services["valkey"].command
    follow = ("--replicaof", "valkey", "6379", "--masteruser", "plexsend-admin")
    password = ("--masterauth", stage.credentials.password("admin"))
    stage.fleet.start("valkey", 2, host=_HOST, command=(*command, *follow, *password))
    stage.wait(lambda: stage.redis.info("replication")["connected_slaves"] == 1, "the replica follows")


SCENES = (
    Scene(
        ("PlexsendRedisFillsUp", "PlexsendRedisFull"),
        f"what is kept takes {_SHARE:.0%} of maxmemory",
        "maxmemory is raised",
        _fill_memory,
        _free_memory,
    ),
    Scene(
        ("PlexsendRedisWriteFails",),
        "the disk of the append-only file is full",
        "it is freed",
        _fill_disk,
        _free_disk,
    ),
    Scene(
        ("PlexsendReplicaAway",),
        "a replica is killed",
        "it runs again",
        _lose_replica,
        _start_replica,
    ),
)
