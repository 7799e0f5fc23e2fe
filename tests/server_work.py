"""The work of a Redis server: CPU time of its main thread, which what runs beside it hardly changes.

What a limit in microseconds says of one machine it does not say of a slower one, nor of one whose cores are
shared. So limits are multiplied by how long a known piece of work takes at the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis import Redis

_KNOWN_WORK = """
local call, seen = redis.call, 0
for i = 1, 400 do
  local name = string.format('%s:%.0f', KEYS[1], i % 50)
  call('HSET', name, 's', i, 'p', seen)
  call('ZADD', KEYS[1], i, name)
  seen = seen + #call('HMGET', name, 's', 'p') + #call('ZRANGE', KEYS[1], 0, 3)
end
for i = 0, 49 do call('DEL', KEYS[1] .. ':' .. i) end
call('DEL', KEYS[1])
return seen
"""
"""What the scripts of the outbox do most: texts, hashes, sorted sets."""
_USUAL_US = 4_300
"""What it takes on the machine on which the limits were written, with nothing beside it."""
_KEY = "known-work"
_TIMES = 3


def used_us(client: Redis) -> float:
    """Return the CPU time that the server's main thread has used since it began."""
    found: dict[str, Any] = client.info("cpu")
    used_s = float(found["used_cpu_user_main_thread"]) + float(found["used_cpu_sys_main_thread"])
    return used_s * 1e6


def work_us(client: Redis, act: Callable[[], object]) -> float:
    """Return what the server works for an act."""
    before = used_us(client)
    act()
    return used_us(client) - before


def pace(client: Redis) -> float:
    """Return how many times as long as usual the server works for the same just now; 1 where it is faster."""
    work = client.register_script(_KNOWN_WORK)
    found = [work_us(client, lambda: work(keys=[_KEY])) for _ in range(_TIMES)]
    return max(1.0, min(found) / _USUAL_US)
