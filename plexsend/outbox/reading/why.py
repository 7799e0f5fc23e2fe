"""Why a message is not gone yet: every cause, and when it is likely to go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.gateway.codes import OWN_CODES
from plexsend.gateway.services import MOST_ITEMS, SERVICES
from plexsend.outbox.addresses import agreed_addresses, refused_secrets
from plexsend.outbox.flags import Flag
from plexsend.outbox.fleet import fleet
from plexsend.outbox.lanes import Advertising
from plexsend.outbox.reading.causes import Cause, fallback_causes, receipt_causes
from plexsend.outbox.reading.days import limited_day
from plexsend.outbox.reading.event_words import event_words
from plexsend.outbox.reading.out_of_window import read_window_of, window_cause
from plexsend.outbox.reading.queries import (
    covering,
    due_time,
    holds,
    look_at,
    place_in_line,
    server_ms,
    service_pauses,
)
from plexsend.outbox.reading.quiet import quiet_cause, read_quiet
from plexsend.outbox.receipts import first_receipt_ms
from plexsend.outbox.serving import AccountFacts, nobody_serves, servers
from plexsend.outbox.states import State
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from datetime import tzinfo

    from plexsend.outbox.holds import Hold
    from plexsend.outbox.reading.days import LimitedDay
    from plexsend.outbox.reading.quiet import Quiet
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.windows import RunWindow
    from plexsend.settings import Policy


@dataclass(frozen=True, slots=True)
class Why:
    """The answer. `estimate_s`: seconds until it is likely to go; None if that is unknown, or it has gone."""

    msg_key: str
    lane: str
    state: str
    causes: tuple[Cause, ...]
    estimate_s: float | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the answer depends on, read from Redis."""

    record: Record
    now_ms: int
    holds: tuple[Hold, ...]
    """Those that cover its lane."""
    ahead: int | None
    """Messages before it in the lane's `ready`; None when it is not there."""
    due_ms: int | None
    """When it is due, if it is scheduled."""
    ready: int
    workers: int
    """Processes alive that can send its service's messages for its account."""
    most_items: int = MOST_ITEMS
    """The largest batch of its product."""
    no_worker: str = ""
    """Why there is none, where there is none."""
    day: LimitedDay | None = None
    """What its service has sent today, where it has a daily limit."""
    receipts_come: bool = False
    """Whether a receipt ever came for a message of its account."""
    zone: tzinfo | None = None
    """In which the times of receipts are shown; None: UTC."""
    quiet: Quiet | None = None
    """The quiet hours, where it waits in them."""
    window: RunWindow | None = None
    """That of its run, where it has one."""


def why(store: Store, record: Record, policy: Policy, zone: tzinfo | None = None) -> Why:
    """Return what keeps a message from going; `zone`: that of its account."""
    return explain(gather(store, record, zone), policy)


def gather(store: Store, record: Record, zone: tzinfo | None = None) -> Facts:
    """Read what `explain` needs."""
    lane = record.lane
    service = SERVICES.get(lane.service)
    standing = covering(holds(store, lane.account), lane)
    known = {(hold.field, hold.reason) for hold in standing}
    standing += [
        hold for hold in covering(service_pauses(store), lane) if (hold.field, hold.reason) not in known
    ]
    processes = fleet(store, [lane.account])
    about = AccountFacts(
        lane.account, refused_secrets(store, lane.account), agreed_addresses(store, lane.account)
    )
    able = servers(processes, lane.service, about)
    return Facts(
        record=record,
        now_ms=server_ms(store),
        holds=tuple(standing),
        ahead=place_in_line(store, record),
        due_ms=due_time(store, record),
        ready=look_at(store, lane).ready,
        workers=len(able),
        most_items=MOST_ITEMS if service is None else service.product.most_items,
        day=limited_day(store, lane.account, lane.service),
        no_worker="" if able else nobody_serves(processes, lane.service, about),
        receipts_come=first_receipt_ms(store, lane.account) is not None,
        zone=zone,
        quiet=read_quiet(store, lane.account) if lane.advertising is Advertising.QUIET else None,
        window=read_window_of(store, lane),
    )


def explain(facts: Facts, policy: Policy) -> Why:
    """Return the answer to these facts. Pure."""
    record = facts.record
    match record.state:
        case State.SCHEDULED:
            causes, estimate_s = _scheduled(facts, policy)
        case State.WAITING:
            causes, estimate_s = _waiting(facts, policy)
        case State.SENDING:
            causes, estimate_s = [Cause("sending", "it is in a request now")], 0.0
        case State.UNCERTAIN:
            causes, estimate_s = [_parked(facts)], None
        case _:
            causes, estimate_s = [_ended(record)], None
    causes += receipt_causes(
        record, receipts_come=facts.receipts_come, zone=facts.zone, wait_h=policy.receipt_wait_h
    )
    causes += fallback_causes(record)
    if Flag.CANCEL_WANTED in record.flags:
        causes.append(
            Cause(
                "cancel_wanted",
                "a cancel was asked for while it was being sent; it is honoured if it comes back unsent",
            )
        )
    return Why(record.msg_key, record.lane.name, record.state, tuple(causes), estimate_s)


def _scheduled(facts: Facts, policy: Policy) -> tuple[list[Cause], float | None]:
    record = facts.record
    due_ms = facts.due_ms
    why_later = (
        "it was submitted for a later time"
        if record.token == "" and not record.history
        else _last_words(record)
    )
    causes = [Cause("scheduled", why_later, until_ms=due_ms)]
    rest, estimate_s = _obstacles(facts)
    if due_ms is None or estimate_s is None:
        return causes + rest, None
    return causes + rest, max(estimate_s, (due_ms - facts.now_ms) / 1000) + _pace_s(
        facts.ready, facts, policy
    )


def _waiting(facts: Facts, policy: Policy) -> tuple[list[Cause], float | None]:
    causes, estimate_s = _obstacles(facts)
    record = facts.record
    if record.expires_at_ms is not None and record.expires_at_ms <= facts.now_ms:
        causes.append(
            Cause(
                "expired",
                "its time is over; it ends as expired when its turn comes",
                until_ms=record.expires_at_ms,
            )
        )
    if record.history:
        causes.append(
            Cause("tried", f"it came back: {_last_words(record)}", since_ms=record.history[-1].at_ms)
        )
    if record.alone:
        causes.append(
            Cause("alone", "it goes in a request of its own, since it failed together with others before")
        )
    if facts.ahead:
        causes.append(
            Cause(
                "behind",
                f"{counted(facts.ahead, 'message is', 'messages are')} before it in {record.lane.name}",
            )
        )
        if policy.rate_per_s:
            limited = f"{record.lane.service} of account {record.lane.account}"
            causes.append(Cause("rate", f"{limited} is limited to {policy.rate_per_s:g} messages a second"))
    linger_s = _linger_s(facts, policy)
    if linger_s > 0:
        causes.append(
            Cause(
                "linger",
                f"fewer than {facts.most_items} wait; {policy.linger_ms} ms are given for more to come",
                until_ms=facts.now_ms + round(linger_s * 1000),
            )
        )
    if not causes:
        causes.append(Cause("next", "nothing: it goes with the next request"))
    if estimate_s is None:
        return causes, None
    return causes, estimate_s + max(linger_s, _pace_s((facts.ahead or 0) + 1, facts, policy))


# Everything that keeps the whole lane from sending, and in how many seconds it may be over
# (None: not by itself).
def _obstacles(facts: Facts) -> tuple[list[Cause], float | None]:
    causes = [_held(hold) for hold in facts.holds]
    estimate_s: float | None = 0.0
    for hold in facts.holds:
        if hold.needs_a_person or hold.until_ms is None:
            estimate_s = None
        elif estimate_s is not None:
            estimate_s = max(estimate_s, (hold.until_ms - facts.now_ms) / 1000)
    if facts.day is not None and facts.day.is_over:
        causes.append(Cause("limit", str(facts.day), until_ms=facts.day.goes_on_ms))
        if estimate_s is not None:
            estimate_s = max(estimate_s, (facts.day.goes_on_ms - facts.now_ms) / 1000)
    if facts.workers == 0:
        lane = facts.record.lane
        causes.append(
            Cause(
                "no_worker",
                facts.no_worker
                or f"no worker that serves {lane.service} is alive; start one with `plexsend worker`",
            )
        )
        estimate_s = None
    for hours in _hours(facts):
        causes.append(hours)
        if hours.until_ms is None:
            estimate_s = None
        elif estimate_s is not None:
            estimate_s = max(estimate_s, (hours.until_ms - facts.now_ms) / 1000)
    return causes, estimate_s


# Of what is scheduled the hours count in which it is due.
def _hours(facts: Facts) -> list[Cause]:
    at_ms = max(facts.now_ms, facts.due_ms or 0)
    found = quiet_cause(facts.quiet, at_ms), window_cause(facts.window, facts.record.lane.group, at_ms)
    return [cause for cause in found if cause is not None]


def _held(hold: Hold) -> Cause:
    because = f": {hold.why}" if hold.why else ""
    probing = "; one message is on its way to find out" if hold.probing else ""
    words = (
        f"{hold.scope} {hold.what} is held ({hold.reason}) by {hold.by}{because}. "
        f"How it ends: {hold.how_it_ends}{probing}"
    )
    return Cause("hold", words, since_ms=hold.since_ms, until_ms=hold.until_ms)


def _linger_s(facts: Facts, policy: Policy) -> float:
    if facts.ready >= facts.most_items or facts.record.position is None:
        return 0.0
    return max(0.0, (facts.record.position / 1000 + policy.linger_ms - facts.now_ms) / 1000)


def _pace_s(messages: int, facts: Facts, policy: Policy) -> float:
    if not policy.rate_per_s:
        return 0.0
    # Two batches may go at once; behind them the rate decides.
    return max(0, messages - 2 * facts.most_items) / policy.rate_per_s


def _parked(facts: Facts) -> Cause:
    record = facts.record
    since_ms = record.history[-1].at_ms if record.history else None
    remedy = f"Settle it: plexsend uncertain settle {record.msg_key} accepted|resend|failed"
    if facts.receipts_come:
        remedy += "; its receipt settles it by itself"
    return Cause("parked", f"it may have been sent ({_last_words(record)}). {remedy}", since_ms=since_ms)


def _ended(record: Record) -> Cause:
    words = record.code if record.went_by_itself else _last_words(record)
    words = "" if words == record.state else words
    said = f"already ended: {record.state}" + (f" ({words})" if words else "")
    own = OWN_CODES.get(record.code)
    remedy = f". {own.remedy}" if own is not None and own.remedy else ""
    return Cause("ended", f"{said}{remedy}", since_ms=record.ended_ms)


def _last_words(record: Record) -> str:
    if not record.history:
        return record.code
    last = record.history[-1]
    return ": ".join(part for part in (last.code, last.detail or event_words(last.event)) if part)
