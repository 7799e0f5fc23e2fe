"""Quiet hours of an account: whether its advertisements wait now, until when, and by which policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plexsend.outbox.policies.open_hours import KST, OPEN_HOURS, read_spans
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.reading.causes import Cause
from plexsend.outbox.redis.reads import ask
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from plexsend.outbox.policies.in_force import Agreed
    from plexsend.outbox.redis.store import Store

NOT_RENEWED = "nothing says when advertisements may go: no worker has written it for two weeks"
RENEW = "Start a worker: `plexsend worker` writes the next days' hours. `plexsend doctor` looks further"


@dataclass(frozen=True, slots=True)
class Quiet:
    """When the advertisements of an account may go."""

    hours: str
    """The policy quiet_hours, as it is written."""
    spans: tuple[tuple[int, int], ...]
    """From when until when they may, in ms since 1970: what the scripts go by."""

    def holds(self, at_ms: int) -> bool:
        """Return whether advertisements wait at this moment."""
        return not any(opens <= at_ms < closes for opens, closes in self.spans)

    def opens_ms(self, at_ms: int) -> int | None:
        """Return when they may go again; None: nobody wrote that down."""
        return min((opens for opens, _ in self.spans if opens > at_ms), default=None)

    def morning(self, at_ms: int) -> str:
        """Return the same in words; empty where nobody wrote it down."""
        opens_ms = self.opens_ms(at_ms)
        if opens_ms is None:
            return ""
        return f"from {_kst(opens_ms)} on (policy quiet_hours {self.hours})"

    def shown(self, at_ms: int) -> str:
        """Return in a cell's few words until when advertisements wait; empty where they may go."""
        if not self.holds(at_ms):
            return ""
        opens_ms = self.opens_ms(at_ms)
        return "quiet, not renewed" if opens_ms is None else f"quiet until {_kst(opens_ms)}"


def _kst(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(KST):%H:%M} KST"


def read_quiet(store: Store, account: str, agreed: Agreed | None = None) -> Quiet:
    """Return the quiet hours of an account; `agreed`: the fleet's policies, where they are read already."""
    known = read_to_show(store) if agreed is None else agreed
    written = ask(store, lambda pipe: pipe.hget(store.keys.in_force(account), OPEN_HOURS))
    return Quiet(str(known.of(account).quiet_hours), read_spans(text(written)))


def quiet_cause(quiet: Quiet | None, at_ms: int) -> Cause | None:
    """Return that an advertisement waits for the morning; None where it may go at this moment.

    `quiet`: the hours of its account; None: it does not go by them.
    """
    if quiet is None or not quiet.holds(at_ms):
        return None
    morning = quiet.morning(at_ms)
    if not morning:
        return Cause("quiet", f"it is an advertisement, and {NOT_RENEWED}. {RENEW}")
    return Cause(
        "quiet",
        f"waits for the morning: advertisements go {morning}; night_consent lifts it, for receivers who "
        "agreed to get them at night",
        until_ms=quiet.opens_ms(at_ms),
    )
