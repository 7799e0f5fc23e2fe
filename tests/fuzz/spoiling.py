"""Ways in which another program can spoil what stands in Redis, each on an outbox with three lanes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from redis import Redis

FAR_MS = 9e15
"""A time that never comes."""
BAD = b"\xff\xfe"
"""No UTF-8."""


@dataclass(frozen=True)
class Place:
    """Where the spoilt lane and its middle message stand."""

    client: Redis
    prefix: str

    def key(self, rest: str | bytes) -> bytes:
        """Return the name of a key of the spoilt account."""
        tail = rest if isinstance(rest, bytes) else rest.encode()
        return f"{self.prefix}{{main}}:".encode() + tail

    def lane(self, part: str) -> bytes:
        """Return the name of one of the spoilt lane's keys."""
        return self.key(f"mms-bulk@main:{part}")

    def become_text(self, key: bytes) -> None:
        """Put a plain text where something else stands."""
        self.client.delete(key)
        self.client.set(key, "x")


Spoil = Callable[[Place], Any]


def _wake(name: str | bytes) -> Spoil:
    """Let something that is no lane's name have a message that is ready."""
    raw = name if isinstance(name, bytes) else name.encode()

    def spoil(place: Place) -> None:
        place.client.zadd(place.key("wake"), {raw: 0})
        place.client.zadd(place.key(raw + b":ready"), {"k": 1})

    return spoil


def _hold(field: str, value: str) -> Spoil:
    return lambda place: place.client.hset(place.key("holds"), field, value)


def _record(**fields: str | bytes) -> Spoil:
    named: Mapping[Any, Any] = fields
    return lambda place: place.client.hset(place.key("m:k-1"), mapping=dict(named))


def _sending(**fields: str | bytes) -> Spoil:
    def spoil(place: Place) -> None:
        place.client.zrem(place.lane("ready"), "k-1")
        place.client.zadd(place.lane("sending"), {"k-1": 1})
        _record(s="sending", k="gone.1", **fields)(place)

    return spoil


def _foreign_message(key: bytes) -> Spoil:
    def spoil(place: Place) -> None:
        place.client.zadd(place.lane("ready"), {key: 1})
        place.client.hset(place.key(b"m:" + key), mapping={"s": "waiting", "l": "mms-bulk@main", "p": "1"})
        place.client.set(place.key(b"b:" + key), "{}")

    return spoil


NO_LANES: dict[str, Spoil] = {
    "names of no lane": lambda p: p.client.sadd(f"{p.prefix}lanes", "", "x", "nope@main", "A@B", "x" * 9999),
    "a name of no text": lambda p: p.client.sadd(f"{p.prefix}lanes", BAD + b"@main"),
    "a service that nobody knows": _wake("nope@main"),
    "a variant that nobody knows": _wake("mms-bulk.rmm@main"),
    "another account's lane": _wake("mms-bulk@nobody"),
    "a lane without an account": _wake("mms-bulk"),
    "a lane of no text": _wake(b"mms-bulk." + BAD + b"@main"),
    "wake times of nothing": lambda p: p.client.zadd(
        p.key("wake"), {b"": 0, b"@": 0, BAD: 0, b"mms-bulk": 0}
    ),
}
_NO_HOLDS = {
    "no JSON": "{not json",
    "an array": "[1]",
    "other types": '{"until":"x","probe":5,"since":{},"step":null,"by":1,"why":2}',
}
ACCOUNT_HOLDS: dict[str, Spoil] = {
    f"account credit, {what}": _hold("account credit main", value) for what, value in _NO_HOLDS.items()
}
"""What stands where a hold of the whole account stands: it holds until a person resumes it."""
HOLDS: dict[str, Spoil] = {
    f"{field}, {what}": _hold(field, value)
    for field in ("lane shut mms-bulk@main", "lane size mms-bulk@main", "lane size other")
    for what, value in _NO_HOLDS.items()
} | {
    "a field of no hold": _hold("garbage", "x"),
    "a field of an unknown reason": _hold("lane because mms-bulk@main", "{}"),
    "a pause that is no JSON": _hold("lane pause mms-bulk@main", "x"),
    "a pause for all that is no JSON": lambda p: p.client.hset(f"{p.prefix}pauses", "mms-bulk", "x"),
    "held accounts of no text": lambda p: p.client.sadd(f"{p.prefix}held", BAD, "A B"),
}
BOOKS: dict[str, Spoil] = {
    "processes": lambda p: p.client.zadd(p.key("procs"), {b"x": FAR_MS, b"a|b|c": FAR_MS, BAD: FAR_MS}),
    "takes": lambda p: p.client.hset(p.lane("takes"), mapping={f"g{i}": "x" for i in range(70)}),
    "who waits for permits": lambda p: p.client.hset(p.lane("takes"), "*", "x y z"),
    "endings": lambda p: p.client.lpush(p.lane("ended"), "x", BAD, "y:z"),
    "counts": lambda p: p.client.hset(p.lane("counts"), mapping={"ok": "x", "c:Z": "y", b"a:" + BAD: "1"}),
    "who sweeps": lambda p: p.client.hset(p.key("sweep"), mapping={"who": "x", "until": "y", "last": "z"}),
    "the rate": lambda p: p.client.set(p.key("mms-bulk:rate"), "x"),
    "ended holds": lambda p: p.client.hset(p.key("eased"), "lane shut mms-bulk@main", "x"),
    "ready, as a text": lambda p: p.become_text(p.lane("ready")),
    "sending, as a text": lambda p: p.become_text(p.lane("sending")),
    "drains, as a text": lambda p: p.become_text(p.lane("drains")),
    "takes, as a text": lambda p: p.become_text(p.lane("takes")),
}
_FIELDS: dict[str, tuple[str | bytes, ...]] = {
    "s": ("nowhere", BAD),
    "l": ("zzz", BAD + b"@x"),
    "n": ("abc", "9" * 400),
    "y": ("nan",),
    "g": ("abc",),
    "o": ("-",),
    "x": ("inf",),
    "z": ("abc",),
    "p": ("abc",),
    "q": ("abc",),
    "t": ("1e40", "abc"),
    "v": (BAD,),
    "f": (BAD, "macl"),
    "k": (BAD,),
    "c": (BAD,),
}
"""What a field of a record may hold that it never holds."""
MESSAGES: dict[str, Spoil] = {
    f"{field} is {value[:6]!r}": _record(**{field: value})
    for field, values in _FIELDS.items()
    for value in values
} | {
    "its record is a text": lambda p: p.become_text(p.key("m:k-1")),
    "its body is a list": lambda p: (p.client.delete(p.key("b:k-1")), p.client.lpush(p.key("b:k-1"), "x")),
    "its body is no JSON": lambda p: (p.client.set(p.key("b:k-1"), BAD), _record(v="foreign")(p)),
    "its history is garbage": lambda p: p.client.lpush(p.key("h:k-1"), "x", BAD + b"|y"),
    "its history is a text": lambda p: p.client.set(p.key("h:k-1"), "x"),
    "abandoned with attempts of no number": _sending(n="abc"),
    "abandoned with a stamp of no text": _sending(v=BAD, y="nan"),
    "strangers stand in line": lambda p: p.client.zadd(
        p.lane("ready"), {BAD: 0, b"": 1, b"a b": 3, b"x": "-inf"}
    ),
    "a key of no text": _foreign_message(BAD),
    "a key with a space": _foreign_message(b"a b"),
}
