"""What the daily limits of an account let go today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.gateway.services import SERVICES
from plexsend.outbox.policies.midnights import MIDNIGHTS, find_zone
from plexsend.outbox.policies.rows import ROWS
from plexsend.outbox.redis.reads import ask, execute
from plexsend.outbox.replies import number, text
from plexsend.terminal.moments import WallClock

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

_LIMIT, _ZONE = ROWS["daily_limit"], ROWS["time_zone"]
_DAY_MS = 86_400_000
NEARLY = 0.8
"""The share of a limit from which a person should know that it will be reached."""


@dataclass(frozen=True, slots=True)
class LimitedDay:
    """What a service with a daily limit has sent today."""

    account: str
    service: str
    limit: int
    taken: int
    goes_on_ms: int
    """The next midnight, ms since 1970."""
    time_zone: str

    @property
    def is_over(self) -> bool:
        """Whether nothing more goes today."""
        return self.taken >= self.limit

    @property
    def is_nearly_over(self) -> bool:
        """Whether the limit will be reached soon, or is."""
        return self.taken >= NEARLY * self.limit

    def __str__(self) -> str:
        """Return it in words, for people."""
        return (
            f"limited today: {self.taken:,} of {self.limit:,}, goes on at "
            f"{WallClock(find_zone(self.time_zone)).words(self.goes_on_ms)}"
        )


def limited_days(store: Store, account: str) -> tuple[LimitedDay, ...]:
    """Return what each service of an account with a daily limit has sent today."""
    in_force = ask(store, lambda pipe: pipe.hgetall(store.keys.in_force(account)))
    found = {text(k): text(v) for k, v in in_force.items()}
    limits = {service: _limit(found, service) for service in SERVICES}
    limited = [service for service, limit in limits.items() if limit]
    if not limited:
        return ()
    pipe = store.client.pipeline(transaction=False)
    pipe.time()
    for service in limited:
        pipe.get(store.keys.day(account, service))
    (seconds, _), *days = execute(store, pipe)
    now_ms = int(seconds) * 1000
    zone = found.get(_ZONE.name, _ZONE.default)
    midnight_ms = _next_midnight(found.get(MIDNIGHTS, ""), now_ms)
    return tuple(
        LimitedDay(account, service, limits[service], *_read(day, now_ms, midnight_ms), zone)
        for service, day in zip(limited, days, strict=True)
    )


def limited_day(store: Store, account: str, service: str) -> LimitedDay | None:
    """Return what one service has sent today; None where it has no daily limit."""
    return next((day for day in limited_days(store, account) if day.service == service), None)


def _limit(found: dict[str, str], service: str) -> int:
    written = found.get(f"{_LIMIT.name}:{service}", _LIMIT.default)
    return int(written) if written.isdigit() else 0


# As the scripts read it.
def _read(day: object, now_ms: int, midnight_ms: int) -> tuple[int, int]:
    ends, taken, *_ = (*text(day).split(" "), "")
    ends_ms = number(ends.encode())
    if ends_ms <= now_ms:
        return 0, midnight_ms
    return number(taken.encode()), min(ends_ms, midnight_ms)


# A list that was not renewed goes on in steps of a day, as in the scripts; without one days are those of UTC.
def _next_midnight(written: str, now_ms: int) -> int:
    known = [int(part) for part in written.split() if part.isdigit()]
    last = known[-1] if known else 0
    return next((at for at in known if at > now_ms), last + _DAY_MS * ((now_ms - last) // _DAY_MS + 1))
