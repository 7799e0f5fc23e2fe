"""Beat's sign of life: when a beat rang for campaigns last, on each host that has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.redis.reads import execute
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

AWAY_MS = 10_000
"""A beat that has not rung for longer is away: workers ring in its place."""
_FORGOTTEN_MS = 86_400_000
"""For how long it is known where a beat ran that is away. A container has a new host name each time."""
_AHEAD_MS = 2_000
"""A sign further ahead than this is from before Redis's clock was set back."""


@dataclass(frozen=True, slots=True)
class BeatSign:
    """The sign of the beats of one host."""

    host: str
    silent_ms: int
    """How long ago one rang last."""

    @property
    def lives(self) -> bool:
        """Whether one rang lately."""
        return self.silent_ms <= AWAY_MS


def note_beat(store: Store, host: str) -> None:
    """Write down that a beat on this host has just rung."""
    with mapped():
        seconds, micros = store.client.time()
        at_ms = int(seconds) * 1000 + int(micros) // 1000
        store.client.hset(store.keys.beat, host, str(at_ms))


def beat_signs(store: Store) -> list[BeatSign]:
    """Return the signs of a day, the latest first."""
    pipe = store.client.pipeline(transaction=False)
    pipe.time()
    pipe.hgetall(store.keys.beat)
    (seconds, micros), kept = execute(store, pipe)
    now_ms = int(seconds) * 1000 + int(micros) // 1000
    found = [_sign(text(host), now_ms - number(at)) for host, at in kept.items()]
    return sorted((sign for sign in found if sign.silent_ms < _FORGOTTEN_MS), key=lambda sign: sign.silent_ms)


def forget_beats(store: Store) -> None:
    """Take away signs that are older than a day."""
    known = {sign.host for sign in beat_signs(store)}
    with mapped():
        old = [host for host in store.client.hkeys(store.keys.beat) if text(host) not in known]
        if old:
            store.client.hdel(store.keys.beat, *old)


def _sign(host: str, silent_ms: int) -> BeatSign:
    return BeatSign(host, AWAY_MS + 1 if silent_ms < -_AHEAD_MS else max(0, silent_ms))
