"""The plan of a run: what it will take, and when it begins and ends, by what holds now.

`plan` is a pure function over what `read_facts` found out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, inf
from typing import TYPE_CHECKING, Any

from plexsend.campaigns.definitions.schedule import spans
from plexsend.campaigns.plans.backlog import backlog
from plexsend.campaigns.plans.pace import PacePart, pace
from plexsend.campaigns.plans.room import MOST_BYTES, RECORD_BYTES
from plexsend.campaigns.plans.starts import planned_start
from plexsend.gateway.services import get_service
from plexsend.outbox.pictures import Pictures
from plexsend.outbox.policies.known import KnownPolicies
from plexsend.outbox.policies.midnights import find_zone
from plexsend.outbox.policies.open_hours import KST
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.limits import day_limit, sent_today
from plexsend.outbox.reading.prices import PriceList

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from plexsend.campaigns.checks.check_report import CheckReport
    from plexsend.campaigns.definitions.defined import Definition
    from plexsend.campaigns.plans.pace import Paced, Span
    from plexsend.outbox.policies.in_force import PoliciesOf
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import QuietHours

ENDED_BYTES = 340
"""What a record takes in Redis until it is forgotten (docs/architecture.md, promise 8)."""
DAYS_AHEAD = 92
"""So far windows and quiet hours are looked at: no run goes on for longer."""
_REQUEST_S = 0.5
"""What a request is taken to last where no rate is set: the plan then says so."""
_WAKE_MS = 1_000
"""Within which a run that is due is fed."""
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """What a plan is made of; times are ms."""

    now_ms: int
    starts_ms: int
    """When it is to start: now, where nobody said."""
    expires_ms: int | None
    messages: int
    """Those that go, in lanes that the quiet hours do not touch."""
    quiet_messages: int = 0
    """Advertisements that wait in the quiet hours."""
    body_bytes: int = 0
    """Of all of them."""
    rows: int = 0
    lanes: int = 1
    most_items: int = 10
    """In a request."""
    per_s: float = 0.0
    """Rate of the service; 0: none is set."""
    connections: int = 8
    linger_ms: int = 0
    own_per_s: float = 0.0
    """The run's own rate; 0: none."""
    backlog: tuple[int, ...] = ()
    """What waits now in the other lanes of the service."""
    window: tuple[Span, ...] | None = None
    quiet: tuple[Span, ...] = ()
    """When advertisements may go."""
    left_today: int | None = None
    """Of the day's limit of the service; None: there is none."""
    pictures: tuple[tuple[str, int], ...] = ()
    """Pictures that were uploaded before, and when the gateway deletes them."""
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Spill:
    """Messages that do not go before the hours close, and wait until they open again."""

    why: str
    """`window` or `quiet hours`."""
    closes_ms: int
    messages: int
    opens_ms: int | None
    """None: not before the end of the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlanned:
    """What a run will take, as it looks now."""

    messages: int
    requests: int
    starts_at_ms: int
    ends_at_ms: int
    """When the last message goes; as `starts_at_ms` where none does."""
    per_s: float
    """How fast it goes at most."""
    is_rated: bool
    """Whether a rate says how fast; otherwise it is a guess."""
    spills: tuple[Spill, ...]
    expired: int
    """Messages that do not go at all: the run ends before."""
    over_limit: int
    """Messages beyond what the day's limit of the service has left."""
    pictures: tuple[tuple[str, int], ...]
    """Pictures that the gateway deletes before the end."""
    memory_bytes: int
    """In Redis, at most at once."""
    cost: Decimal | None
    """In won; None: no price is set."""
    course: tuple[tuple[int, int], ...] = ()
    """Moments (ms), and how many messages have gone by then."""

    def as_json(self) -> str:
        """Return what a run keeps of it."""
        kept: dict[str, Any] = {
            "messages": self.messages,
            "requests": self.requests,
            "starts_at_ms": self.starts_at_ms,
            "ends_at_ms": self.ends_at_ms,
            "expired": self.expired,
            "cost": None if self.cost is None else str(self.cost),
            "course": self.course,
        }
        return json.dumps(kept, separators=(",", ":"))


def plan(facts: PlanFacts) -> RunPlanned:
    """Return the plan of a run."""
    total = facts.messages + facts.quiet_messages
    guessed = facts.connections * facts.most_items / _REQUEST_S
    per_s = facts.per_s or guessed
    own_per_s = facts.own_per_s or inf
    # What waits now goes on until the run starts.
    drained = per_s * max(0, facts.starts_ms - facts.now_ms) / 1000
    others = []
    for waiting in facts.backlog:
        gone = min(float(waiting), drained)
        drained -= gone
        others.append(PacePart(waiting - gone, is_own=False))
    free, quiet = _both(facts.window, None), _both(facts.window, facts.quiet)
    own = [PacePart(facts.messages, free), PacePart(facts.quiet_messages, quiet)]
    from_ms = facts.starts_ms + (_WAKE_MS if facts.starts_ms > facts.now_ms else 0)
    paced = pace([*own, *others], from_ms, per_s=per_s, own_per_s=own_per_s, until_ms=facts.expires_ms)
    starts_ms = round(paced.starts_ms or facts.starts_ms)
    ends_ms = starts_ms if paced.ends_ms is None else round(paced.ends_ms) + facts.linger_ms
    expired = round(sum(paced.left[: len(own)]))
    by_body = facts.body_bytes / max(1, total)
    waiting_bytes = min(MOST_BYTES, total * (RECORD_BYTES + by_body))
    limit = facts.left_today
    return RunPlanned(
        messages=total,
        requests=_requests(facts),
        starts_at_ms=starts_ms,
        ends_at_ms=ends_ms,
        per_s=min(per_s, own_per_s),
        is_rated=bool(facts.per_s or facts.own_per_s),
        spills=tuple(_spills(facts, paced, total - expired, ends_ms)),
        expired=expired,
        over_limit=0 if limit is None else max(0, total - limit),
        pictures=tuple(each for each in facts.pictures if each[1] <= ends_ms),
        memory_bytes=round(waiting_bytes + total * ENDED_BYTES + facts.rows),
        cost=None if facts.price is None else facts.price * (total - expired),
        course=paced.course(),
    )


def read_facts(
    store: Store, definition: Definition, report: CheckReport, *, starts_ms: int | None = None
) -> PlanFacts:
    """Return what the plan of a checked campaign is made of.

    `starts_ms`: when it is to start; None: as its definition says, the next time of its cron too, else now.
    """
    account, service = definition.account, definition.service
    known = KnownPolicies(store)
    agreed = known.look()
    policies = known.of(account)
    of_service = policies.service(service)
    now_ms = queries.server_ms(store)
    begins_ms = max(now_ms, starts_ms or planned_start(definition, now_ms))
    share = report.messages / max(1, report.valid)
    quiet = sum(n for lane, n in report.lanes.items() if lane.is_advertising and not lane.has_night_consent)
    quiet_messages = round(quiet * share)
    limit = day_limit(agreed, service, account)
    return PlanFacts(
        now_ms=now_ms,
        starts_ms=begins_ms,
        expires_ms=definition.expires_at_ms,
        messages=report.messages - quiet_messages,
        quiet_messages=quiet_messages,
        body_bytes=round(report.body_bytes * share),
        rows=report.rows,
        lanes=max(1, len(report.lanes)),
        most_items=get_service(service, policies).product.most_items,
        per_s=of_service.rate_per_s,
        connections=of_service.connections,
        linger_ms=of_service.linger_ms,
        own_per_s=definition.rate or 0.0,
        backlog=tuple(backlog(store, account, service, now_ms)),
        window=_window(definition, begins_ms),
        quiet=tuple(_open_hours(policies.quiet_hours, begins_ms)),
        left_today=limit - sent_today(store, [(service, account)])[service, account] if limit else None,
        pictures=tuple(_pictures(store, definition)),
        price=_price(store, policies, service, begins_ms),
    )


def _requests(facts: PlanFacts) -> int:
    total = facts.messages + facts.quiet_messages
    # The last request of each lane is not full.
    return min(total, ceil(total / facts.most_items) + facts.lanes - 1) if total else 0


def _both(window: tuple[Span, ...] | None, quiet: tuple[Span, ...] | None) -> tuple[Span, ...] | None:
    """Return when both are open; None: at any time."""
    if window is None or quiet is None:
        return window if quiet is None else quiet
    found = []
    for begins, ends in window:
        for opens, closes in quiet:
            if max(begins, opens) < min(ends, closes):
                found.append((max(begins, opens), min(ends, closes)))
    return tuple(sorted(found))


def _spills(facts: PlanFacts, paced: Paced, sent: int, ends_ms: int) -> Iterator[Spill]:
    reasons: list[tuple[str, tuple[Span, ...]]] = []
    if facts.window is not None:
        reasons.append(("window", facts.window))
    if facts.quiet_messages:
        reasons.append(("quiet hours", facts.quiet))
    for why, open_spans in reasons:
        for place, (_, closes) in enumerate(open_spans):
            if not facts.starts_ms < closes < ends_ms:
                continue
            waiting = round(sent - paced.sent_by(closes))
            # Where the other one is closed too, it closed before, and is named for it.
            if waiting > 0 and _goes_until(paced, closes):
                opens = open_spans[place + 1][0] if place + 1 < len(open_spans) else None
                yield Spill(why, round(closes), waiting, None if opens is None else round(opens))


def _goes_until(paced: Paced, closes: float) -> bool:
    return any(each.messages and each.until_ms == closes for each in paced.stretches)


def _window(definition: Definition, from_ms: int) -> tuple[Span, ...] | None:
    if definition.window is None:
        return None
    return tuple(spans(definition.window, definition.time_zone, from_ms, DAYS_AHEAD))


def _open_hours(quiet: QuietHours, from_ms: int) -> Iterator[Span]:
    today = datetime.fromtimestamp(from_ms / 1000, UTC).astimezone(KST)
    midnight_ms = datetime(today.year, today.month, today.day, tzinfo=KST).timestamp() * 1000
    opens = (quiet.ends.hour * 60 + quiet.ends.minute) * 60_000
    closes = (quiet.begins.hour * 60 + quiet.begins.minute) * 60_000
    for day in range(DAYS_AHEAD):
        begins = midnight_ms + day * _DAY_MS
        yield begins + opens, begins + closes


def _pictures(store: Store, definition: Definition) -> Iterator[tuple[str, int]]:
    fallback: Mapping[str, Any] = definition.fallback or {}
    named = {f"images.{place}": url for place, url in enumerate(definition.images)}
    named |= {f"fallback.images.{place}": str(url) for place, url in enumerate(fallback.get("images", ()))}
    urls = {field: url for field, url in named.items() if "://" in url}
    found = Pictures(store, definition.account).find(list(urls.values()))
    for field, mark in zip(urls, found, strict=True):
        if mark is not None:
            yield field, mark.expires_at_ms


def _price(store: Store, policies: PoliciesOf, service: str, at_ms: int) -> Decimal | None:
    zone = find_zone(policies.zone) or UTC
    day = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).date()
    return PriceList.read(store).pricing(policies.account, service, day).price
