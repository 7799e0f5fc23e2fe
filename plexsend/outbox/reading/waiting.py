"""What keeps messages that wait from going: a hold, the night, a window, the limit of a day, or nothing.

For metrics and probes, which ask often: only lanes in which something waits are looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from plexsend.outbox.holds import parse_holds
from plexsend.outbox.lanes import Advertising
from plexsend.outbox.policies.open_hours import OPEN_HOURS, read_spans
from plexsend.outbox.reading.limits import limited_parts, sent_today
from plexsend.outbox.reading.queries import covering, parse_service_pauses
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.replies import text
from plexsend.outbox.runs.run import is_run
from plexsend.outbox.runs.windows import RunWindow, read_window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plexsend.outbox.holds import Hold
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.policies.in_force import Agreed
    from plexsend.outbox.redis.store import Store


class KeptBy(StrEnum):
    """What keeps messages that wait; of several the first."""

    HOLD = "hold"
    """A pause or another hold."""
    QUIET = "quiet"
    """They are advertisements, and it is night."""
    WINDOW = "window"
    """The window of their campaign is closed."""
    LIMIT = "limit"
    """Their service has sent what it may send today."""
    NOTHING = "nothing"
    """Workers may send them now."""


@dataclass(frozen=True, slots=True)
class WaitingLane:
    """A lane in which something waits."""

    lane: Lane
    ready_since_us: int
    """When the message that waits longest became ready."""
    messages: int


@dataclass(slots=True)
class Waits:
    """What waits of one service of one account, over all its lanes."""

    messages: Counter[KeptBy] = field(default_factory=Counter)
    since_ms: dict[KeptBy, int] = field(default_factory=dict)
    """Since when the first of them might have gone."""

    def longest_s(self, now_ms: int, *kept_by: KeptBy) -> float:
        """Return for how long the first of those that these keep has waited; 0 where there are none."""
        since_ms = min((at_ms for kept, at_ms in self.since_ms.items() if kept in kept_by), default=now_ms)
        return max(0.0, (now_ms - since_ms) / 1000)


@dataclass(frozen=True, slots=True)
class AccountHours:
    """What can keep lanes of one account."""

    holds: Sequence[Hold]
    open_hours: RunWindow
    """When its advertisements may go."""
    windows: Mapping[str, RunWindow]
    """Run → when it may send, for those that have a window."""
    limited: frozenset[str]
    """Services that have sent what they may send today."""


def sort_lane(waiting: WaitingLane, hours: AccountHours, now_ms: int) -> tuple[KeptBy, int]:
    """Return what keeps a lane, and since when its first message might have gone if nothing did. Pure.

    Hours that are closed and that nobody wrote the next of keep nothing: they would keep it for ever.
    """
    lane, since_ms = waiting.lane, waiting.ready_since_us // 1000
    if covering([*hours.holds], lane):
        return KeptBy.HOLD, since_ms
    spans = [(KeptBy.QUIET, hours.open_hours)] if lane.advertising is Advertising.QUIET else []
    window = hours.windows.get(lane.group or "") if is_run(lane.group) else None
    spans += [(KeptBy.WINDOW, window)] if window else []
    for kept, each in spans:
        if each.holds(now_ms) and each.opens_ms(now_ms) is not None:
            return kept, since_ms
        # What waited for the morning might have gone since the morning, not since last night.
        since_ms = max(since_ms, *(opens for opens, closes in each.spans if opens <= now_ms < closes), 0)
    return (KeptBy.LIMIT if lane.service in hours.limited else KeptBy.NOTHING), since_ms


def read_waits(
    store: Store, lanes: Iterable[WaitingLane], agreed: Agreed, now_ms: int
) -> dict[tuple[str, str], Waits]:
    """Return what waits of each service of each account that has one of these lanes.

    Args:
        store: Where they are.
        lanes: Those in which something waits.
        agreed: The policies of the fleet.
        now_ms: Redis's clock.
    """
    of_account: dict[str, list[WaitingLane]] = defaultdict(list)
    for waiting in lanes:
        of_account[waiting.lane.account].append(waiting)
    found: dict[tuple[str, str], Waits] = defaultdict(Waits)
    for account, hours in _read_hours(store, list(of_account), agreed).items():
        for waiting in of_account[account]:
            kept, since_ms = sort_lane(waiting, hours, now_ms)
            waits = found[waiting.lane.service, account]
            waits.messages[kept] += waiting.messages
            waits.since_ms[kept] = min(since_ms, waits.since_ms.get(kept, since_ms))
    return dict(found)


def _read_hours(store: Store, accounts: Sequence[str], agreed: Agreed) -> dict[str, AccountHours]:
    if not accounts:
        return {}
    limits = limited_parts(agreed, accounts)
    sent = sent_today(store, list(limits))
    pipe = store.client.pipeline(transaction=False)
    pipe.hgetall(store.keys.pauses)
    for account in accounts:
        pipe.hgetall(store.keys.holds(account))
        pipe.hget(store.keys.in_force(account), OPEN_HOURS)
        pipe.hgetall(store.keys.windows(account))
    pauses, *replies = execute(store, pipe)
    everywhere = parse_service_pauses(pauses)
    found = {}
    for account, holds, hours, windows in zip(
        accounts, replies[::3], replies[1::3], replies[2::3], strict=True
    ):
        read = {text(group): read_window(text(value)) for group, value in windows.items()}
        found[account] = AccountHours(
            holds=(*parse_holds(account, holds), *everywhere),
            open_hours=RunWindow(read_spans(text(hours))),
            windows={group: window for group, window in read.items() if window is not None},
            limited=frozenset(
                service
                for (service, its), most in limits.items()
                if its == account and sent[service, its] >= most
            ),
        )
    return found
