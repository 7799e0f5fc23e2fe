"""What is planned and due: scheduled runs start, and campaigns with a cron get their next run, each once."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from plexsend.errors import UsageError
from plexsend.outbox.arguments_runs import DUE
from plexsend.outbox.constants import LATE_START_MS
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text
from plexsend.outbox.runs.calls import flat
from plexsend.outbox.runs.making import ID_BYTES
from plexsend.outbox.runs.parsing import parse_campaign
from plexsend.outbox.runs.run import is_run
from plexsend.outbox.runs.states import MISSED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.outbox.orders import Argument
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Campaign

    NextAfter = Callable[[Campaign, int], int]
    """Returns the first planned time (ms) of a cron behind a moment; UsageError: it cannot be read."""

_MINUTE_MS = 60_000
_AGAIN_MS = 3_600_000
"""When a campaign is looked at again whose cron cannot be read."""
_UNNAMED: dict[str, Argument] = {
    "group": "",
    "planned_ms": 0,
    "last_ms": 0,
    "next_ms": 0,
    "text": "",
    "missed": "",
    "id": "",
}


class DueOutcome(StrEnum):
    """What became of a planned start."""

    STARTED = "started"
    """A scheduled run runs."""
    MADE = "made"
    """A run by cron is there as a draft: its recipients are to be read and checked."""
    SKIPPED = "skipped"
    """It was missed: a scheduled run is checked again, and of a cron its next time counts."""
    UNREADABLE = "unreadable"
    """Nobody can say when the campaign's cron is due: it is looked at again in an hour."""


@dataclass(frozen=True, slots=True)
class DueClaim:
    """A planned start that this caller claimed, and nobody else."""

    account: str
    name: str
    """The campaign."""
    group: str
    """The run; empty where none was made."""
    outcome: DueOutcome
    planned_ms: int


def claim_due(store: Store, account: str, *, next_after: NextAfter) -> list[DueClaim]:
    """Claim what is due now on Redis's clock, and return what this caller was the first to claim.

    Of many callers at once each planned start is one's. What was missed starts late or is skipped, as its
    campaign says; of several missed times of a cron the last counts.
    """
    now, *found = store.run(Script.DUE, account, _arguments("look"))
    planned = [
        _Planned(account, text(name), number(at), text(facts), number(now))
        for name, at, facts in zip(found[::3], found[1::3], found[2::3], strict=True)
    ]
    # Runs first: a cron may need a package that is not installed here, which is no reason to wait for them.
    planned.sort(key=lambda each: not is_run(each.name))
    claims = (
        _start(store, each) if is_run(each.name) else _make(store, each, next_after) for each in planned
    )
    return [claim for claim in claims if claim is not None]


@dataclass(frozen=True, slots=True)
class _Planned:
    """A planned start that is due, as it was read."""

    account: str
    name: str
    planned_ms: int
    facts: str
    """JSON of a campaign; empty for a run."""
    now_ms: int


def _start(store: Store, planned: _Planned) -> DueClaim | None:
    reply = _call(store, planned, "start", text=MISSED)
    return _claim(planned, reply, planned.planned_ms)


def _make(store: Store, planned: _Planned, next_after: NextAfter) -> DueClaim | None:
    campaign = parse_campaign(planned.account, planned.name, planned.facts)
    try:
        last_ms, next_ms = _passed(campaign, planned, next_after)
        unreadable = False
    except UsageError:
        last_ms, next_ms, unreadable = 0, planned.now_ms + _AGAIN_MS, True
    fields = {
        "definition": campaign.definition,
        "label": campaign.label,
        "by": campaign.by,
        "starts": last_ms,
        "prepares": 1,
    }
    reply = _call(
        store,
        planned,
        "make",
        last_ms=last_ms,
        next_ms=next_ms,
        text=planned.facts,
        missed=_with_missed(planned.facts, last_ms or planned.planned_ms),
        id=secrets.token_hex(ID_BYTES),
        rest=flat(fields),
    )
    claim = _claim(planned, reply, last_ms or planned.planned_ms)
    if unreadable and claim is not None:
        return replace(claim, outcome=DueOutcome.UNREADABLE)
    return claim


def _claim(planned: _Planned, reply: tuple[str, str], at_ms: int) -> DueClaim | None:
    outcome, group = reply
    if outcome == "kept":
        return None
    return DueClaim(planned.account, planned.name.partition("~")[0], group, DueOutcome(outcome), at_ms)


def _passed(campaign: Campaign, planned: _Planned, next_after: NextAfter) -> tuple[int, int]:
    """Return of a cron's times that passed the last, and the first that did not.

    What is too long ago to start late is not gone through.
    """
    if not campaign.cron:
        raise UsageError(f"the campaign {campaign.name} has no cron")
    last_ms, now_ms = planned.planned_ms, planned.now_ms
    from_ms = max(last_ms, now_ms - campaign.missed_within_min * _MINUTE_MS - LATE_START_MS)
    next_ms = next_after(campaign, from_ms)
    while next_ms <= now_ms:
        last_ms, next_ms = next_ms, next_after(campaign, next_ms)
    return last_ms, next_ms


def _with_missed(facts: str, at_ms: int) -> str:
    try:
        read: Any = json.loads(facts)
    except (ValueError, RecursionError):
        return facts
    return json.dumps({**read, "missed": at_ms}, ensure_ascii=False, separators=(",", ":"))


def _call(
    store: Store, planned: _Planned, act: str, *, rest: Sequence[Argument] = (), **values: Argument
) -> tuple[str, str]:
    values |= {"group": planned.name, "planned_ms": planned.planned_ms}
    outcome, group = store.run(Script.DUE, planned.account, [*_arguments(act, **values), *rest])
    return text(outcome), text(group)


def _arguments(act: str, **values: Argument) -> tuple[Argument, ...]:
    return DUE.write(**_UNNAMED | {"act": act} | values)
