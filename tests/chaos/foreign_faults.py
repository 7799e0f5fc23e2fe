"""Keys of the outbox in whose place another program puts something else, while all goes on.

What was there is kept aside. What workers make anew stays theirs, and what only a person can decide on, or
nothing makes anew, a person puts back. Then the hour is over, after which workers look over all there is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from redis import Redis

from tests.chaos.evidence import Planted
from tests.chaos.fault import Fault, Proof
from tests.chaos.hearers import ARCHIVE_READER
from tests.chaos.load import ACCOUNTS, GROUPS, LANES
from tests.chaos.reader import READER
from tests.chaos.world import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chaos.fault import Span
    from tests.chaos.world import World

_TYPES = ("string", "list", "set", "zset", "hash", "stream")
_WALKED_WITHIN_S = 40.0
_LATER_MS = 60_000
_LOOK_S = 0.2
_BEFORE_THE_RUN = "2020-01-01T00:00Z"
_STAYS_S = (0.5, 2.0)
"""How long something else is there before a person finds it."""

PLANT = """
local was = redis.call('TYPE', KEYS[1]).ok
if was ~= 'none' then redis.call('RENAME', KEYS[1], KEYS[2]) end
local commands = { string = { 'SET', 'x' }, list = { 'RPUSH', 'x' }, set = { 'SADD', 'x' },
                   zset = { 'ZADD', '1', 'x' }, hash = { 'HSET', 'x', 'y' },
                   stream = { 'XADD', '*', 'x', 'y' } }
local command = commands[ARGV[1]]
redis.call(command[1], KEYS[1], unpack(command, 2))
return was
"""
"""Something else comes in place of a key in one step, as when another program writes to it."""

PUT_BACK = """
local kept, is_left = redis.call('EXISTS', KEYS[2]) == 1, redis.call('TYPE', KEYS[1]).ok == ARGV[1]
if is_left then
  redis.call('DEL', KEYS[1])
  if kept and ARGV[2] ~= 'body' then redis.call('RENAME', KEYS[2], KEYS[1]) end
end
if not kept then return end
if ARGV[2] == 'body' then
  local state = redis.call('HGET', KEYS[3], 's')
  local without = { accepted = true, delivered = true, undelivered = true, unknown = true, cancelled = true,
                    expired = true }
  if state and not without[state] then
    redis.call('RENAME', KEYS[2], KEYS[1])
  end
elseif not is_left and ARGV[2] == 'counts' then
  local kept_counts = redis.call('HGETALL', KEYS[2])
  for i = 1, #kept_counts, 2 do
    local name, n = kept_counts[i], kept_counts[i + 1]
    if name == 'takes' or name == 'went' or name == 'ok' then
      local new = tonumber(redis.call('HGET', KEYS[1], name) or '0')
      if tonumber(n) > new then redis.call('HSET', KEYS[1], name, n) end
    else
      redis.call('HINCRBY', KEYS[1], name, n)
    end
  end
elseif not is_left and ARGV[2] == 'list' then
  local entries = redis.call('LRANGE', KEYS[2], 0, -1)
  for i = #entries, 1, -1 do redis.call('LPUSH', KEYS[1], entries[i]) end
end
redis.call('DEL', KEYS[2])
"""
"""What was kept aside comes back: over what is foreign still, or beside what workers began anew."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A key in whose place something is put: its type, and how a person puts right what was there."""

    key: str
    kind: str
    way: str = "key"
    message: str = ""


def _plant(world: World, span: Span, place: _Place) -> None:
    """Put something else there, let it stay, put it right."""
    kind = span.chance.choice([each for each in _TYPES if each != place.kind])
    account = place.key.partition("{")[2].partition("}")[0]
    names = [place.key, f"chaos:aside:{place.key}", f"{PREFIX}{{{account}}}:m:{place.message}"]

    def run(client: Redis, script: str, *words: str) -> Any:
        return client.eval(script, len(names), *names, *words)

    began = time.time()
    world.valkey.patiently(lambda client: run(client, PLANT, kind))
    try:
        span.wait(span.chance.uniform(*_STAYS_S))
    finally:
        world.valkey.patiently(lambda client: run(client, PUT_BACK, kind, place.way))
    if place.message:
        part = place.key.removeprefix(f"{PREFIX}{{{account}}}:").partition(":")[0]
        world.planted.append(Planted(place.message, part, began, time.time()))
    with (world.folder / "planted.log").open("a", encoding="utf-8") as file:
        file.write(f"{began:.3f} {time.time():.3f} {place.key} {kind}\n")


def _walk(world: World) -> None:
    """Let the hour be over after which workers look over all there is, and wait until they have."""
    for pattern in (f"{PREFIX}spoilt:*", f"{PREFIX}{{*}}:spoilt:*"):
        for key in world.valkey.patiently(partial(_scan, pattern=pattern)):
            world.valkey.patiently(partial(_delete, key=key))
    # One that is under way may have passed what was lost since: only the second has seen everything.
    for _ in range(2):
        _wait_for_a_walk(world)


def _wait_for_a_walk(world: World) -> None:
    name = f"{PREFIX}walk"
    world.valkey.patiently(partial(Redis.hset, name=name, key="at", value="1"))
    until = time.monotonic() + _WALKED_WITHIN_S
    read: Callable[[Redis], Any] = partial(Redis.hget, name=name, key="at")
    while int(world.valkey.patiently(read) or 0) < time.time() * 1000 + _LATER_MS:
        if time.monotonic() > until:
            raise TimeoutError(f"no worker has looked over all there is within {_WALKED_WITHIN_S:g} s")
        time.sleep(_LOOK_S)


def _scan(client: Redis, pattern: str) -> list[Any]:
    return list(client.scan_iter(pattern, count=1000))


def _delete(client: Redis, key: bytes) -> None:
    client.delete(key)


def _foreign(choose: Callable[[World, Span], _Place | None]) -> Callable[[World, Span], Proof]:
    def run(world: World, span: Span) -> Proof:
        hits = 0
        try:
            while not span.over:
                place = choose(world, span)
                if place is None:
                    span.wait(_LOOK_S)
                    continue
                _plant(world, span, place)
                hits += 1
        finally:
            _walk(world)
        return Proof(hits, f"{hits} keys")

    return run


def _of_message(start: str, kind: str, parts: tuple[str, ...], way: str = "key") -> Callable[..., Any]:
    def choose(world: World, span: Span) -> _Place | None:
        lane = span.chance.choice(LANES)
        lane = span.chance.choice((lane, lane.of_group(span.chance.choice(GROUPS))))
        part = span.chance.choice(parts)
        if part == "ended":
            read: Any = partial(Redis.lrange, name=world.key(lane.account, "ended"), start=-50, end=-1)
        else:
            read = partial(Redis.zrange, name=world.key(lane.account, f"{lane.name}:{part}"), start=0, end=49)
        found = world.valkey.patiently(read)
        if not found:
            return None
        key = span.chance.choice(found).decode().rpartition(":")[2]
        return _Place(world.key(lane.account, f"{start}:{key}"), kind, way, key)

    return choose


_LANE_PARTS = {
    "later": "zset",
    "ready": "zset",
    "sending": "zset",
    "uncertain": "zset",
    "dead": "zset",
    "drains": "zset",
    "takes": "hash",
    "counts": "hash",
    "wake": "zset",
    "wake:held": "zset",
}
_ACCOUNT_PARTS = {
    "policy": "hash",
    "routes": "set",
    "ended": "list",
    "eased": "hash",
    "wake": "zset",
    "wake:routes": "set",
    "urls": "hash",
    "refused": "hash",
    "sweep": "hash",
    "forgotten": "hash",
}
_SERVICE_PARTS = {"rate": "string", "line": "zset", "line:groups": "zset", "fair": "hash", "day": "string"}
_FLEET_PARTS = {
    "older": "hash",
    "policy:history": "list",
    "alive": "hash",
    "fleet": "hash",
    "events": "list",
    "told": "hash",
    "notifier": "string",
}
_READERS = (READER, ARCHIVE_READER)
_HEARD_PARTS = {"results": "stream", **{f"readers:{name}": "hash" for name in _READERS}}
_LEFT_OF_ACCOUNT = {"lanes": "hash", "holds": "hash", "closed": "hash"}
_LEFT_OF_FLEET = {
    "lanes": "set",
    "format": "string",
    "accounts": "set",
    "held": "set",
    "pauses": "hash",
    "policy": "hash",
    "salt": "string",
}


def _way(part: str, kind: str) -> str:
    return "counts" if part == "counts" else "list" if kind == "list" else "key"


def _of_lane(world: World, span: Span) -> _Place:
    lane = span.chance.choice(LANES)
    if span.chance.random() < 0.5:
        lane = lane.of_group(span.chance.choice(GROUPS))
    part, kind = span.chance.choice(tuple(_LANE_PARTS.items()))
    return _Place(world.key(lane.account, f"{lane.name}:{part}"), kind, _way(part, kind))


def _of_service(world: World, span: Span) -> _Place:
    lane = span.chance.choice(LANES)
    part, kind = span.chance.choice(tuple(_SERVICE_PARTS.items()))
    return _Place(world.key(lane.account, f"{lane.service}:{part}"), kind)


def _of_account(parts: dict[str, str]) -> Callable[[World, Span], _Place]:
    def choose(world: World, span: Span) -> _Place:
        part, kind = span.chance.choice(tuple(parts.items()))
        return _Place(world.key(span.chance.choice(ACCOUNTS), part), kind, _way(part, kind))

    return choose


def _of_fleet(parts: dict[str, str]) -> Callable[[World, Span], _Place]:
    def choose(_world: World, span: Span) -> _Place:
        part, kind = span.chance.choice(tuple(parts.items()))
        return _Place(f"{PREFIX}{part}", kind, _way(part, kind))

    return choose


def _heard(world: World, span: Span) -> Proof:
    """Do it to what readers hear by. What was in a stream that began anew a person has rebuilt for them."""
    proof = _foreign(_of_account(_HEARD_PARTS))(world, span)
    for reader in _READERS:
        world.persons.ask("results", "replay", reader, "--since", _BEFORE_THE_RUN)
    return proof


def _row(name: str, what: str, choose: Callable[..., Any], also: str = "", *, blurs: bool = False) -> Fault:
    return Fault(
        f"foreign_{name}",
        f"something else in place of {what}",
        choose if choose is _heard else _foreign(choose),
        f"foreign server {also}".strip(),
        (6.0, 9.0),
        blurs=blurs,
        short=name in _SHORT,
    )


_SHORT = ("record", "body", "heard")
_WAITING = ("ready", "later", "sending")

FOREIGN_FAULTS = (
    _row("record", "a message's record", _of_message("m", "hash", (*_WAITING, "ended"))),
    _row("history", "a message's history", _of_message("h", "list", (*_WAITING, "ended"))),
    _row("body", "a message's body", _of_message("b", "string", _WAITING, "body")),
    _row("lane", "a lane's sets and counts", _of_lane, blurs=True),
    _row("service", "a service's rate and line", _of_service, "policies", blurs=True),
    _row("account", "an account's keys", _of_account(_ACCOUNT_PARTS), "policies unauthorized"),
    _row("heard", "results and the places of their readers", _heard, "receipts readers archive"),
    _row("fleet", "the fleet's keys", _of_fleet(_FLEET_PARTS), "policies workers stop"),
    _row("kept", "an account's holds and lanes", _of_account(_LEFT_OF_ACCOUNT), "policies groups"),
    _row("agreed", "what the fleet agreed on", _of_fleet(_LEFT_OF_FLEET), "policies groups workers stop"),
)
