"""Which server is the master, as most Sentinels say."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.sentinel import MasterNotFoundError, Sentinel

if TYPE_CHECKING:
    from redis import Redis

    from plexsend.settings import SentinelAddress

_FEWEST_FOR_A_MAJORITY = 3


class Sentinels(Sentinel):
    """Believes an address that most of the Sentinels in the setting name; of one or two, the first to answer.

    redis-py believes the first Sentinel that answers. A Sentinel that hung together with the master names the
    old one when both wake, and so does one that is cut off with it: a worker that goes there would send again
    what the new master's workers have sent.
    """

    # redis-py types neither its Sentinel nor what a Sentinel answers.
    sentinels: list[Redis]

    def __init__(self, address: SentinelAddress, **options: Any) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # redis-py has no types here
            list(address.hosts), sentinel_kwargs=dict(address.sentinel_options), **options
        )

    def discover_master(self, service_name: str) -> tuple[str, int]:
        """Return the master's host and port; MasterNotFoundError where too few agree on one."""
        votes: Counter[tuple[str, int]] = Counter()
        needed = len(self.sentinels) // 2 + 1 if len(self.sentinels) >= _FEWEST_FOR_A_MAJORITY else 1
        for sentinel in self.sentinels:
            address = self._ask(sentinel, service_name)
            if address is not None:
                votes[address] += 1
                if votes[address] == needed:
                    return address
        raise MasterNotFoundError(
            f"{needed} of {len(self.sentinels)} Sentinels must name the same master {service_name!r}, "
            f"and {max(votes.values(), default=0)} do"
        )

    def _ask(self, sentinel: Redis, service_name: str) -> tuple[str, int] | None:
        try:
            masters: Any = sentinel.sentinel_masters()
        except (RedisConnectionError, RedisTimeoutError):
            return None
        state = masters.get(service_name)
        if state is None or not self.check_master_state(state, service_name):  # type: ignore[no-untyped-call]  # nor here
            return None
        return state["ip"], state["port"]
