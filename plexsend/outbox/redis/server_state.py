"""How a Redis server is now, for metrics: its memory, whether it could write, and its replicas."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plexsend.outbox.redis.store import Store

WRITES = {
    "append": "aof_last_write_status",
    "rewrite": "aof_last_bgrewrite_status",
    "snapshot": "rdb_last_bgsave_status",
}
"""What the server writes to its disk → where it says whether the last such write was well."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """A server in figures."""

    used_bytes: int = 0
    most_bytes: int = 0
    """`maxmemory`; 0: no limit."""
    failed: Mapping[str, bool] = field(default_factory=dict)
    """Each of WRITES → whether the last one failed."""
    replicas: int = 0
    """Those that are connected and have caught up once."""
    replica_lag_s: int = 0
    """How long ago the slowest of them said how far it is."""

    @property
    def memory_ratio(self) -> float:
        """How much of its `maxmemory` it uses; 0 where it has none."""
        return self.used_bytes / self.most_bytes if self.most_bytes else 0.0


def read_server_state(store: Store) -> ServerState:
    """Return how the server is now."""
    with mapped():
        return parse_server_state(store.client.info())


def parse_server_state(info: Mapping[str, Any]) -> ServerState:
    """Return what a reply of INFO says. Pure."""
    lags = list(_lags(info))
    return ServerState(
        used_bytes=number(info.get("used_memory")),
        most_bytes=number(info.get("maxmemory")),
        failed={what: text(info.get(name)) == "err" for what, name in WRITES.items()},
        replicas=len(lags),
        replica_lag_s=max(lags, default=0),
    )


# A replica that is being given the whole of the data cannot take over yet.
def _lags(info: Mapping[str, Any]) -> Iterator[int]:
    for at in range(number(info.get("connected_slaves"))):
        replica = info.get(f"slave{at}")
        if isinstance(replica, dict) and replica.get("state") == "online":
            yield number(replica.get("lag"))
