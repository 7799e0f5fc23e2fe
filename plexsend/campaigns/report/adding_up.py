"""A report made of what its rows add up to."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from plexsend.campaigns.report.figures import (
    CampaignReport,
    CarrierCount,
    CodeCount,
    PacePoint,
    ResultSpan,
    RunPlan,
    ServiceCost,
)
from plexsend.campaigns.report.spans import spans_between, spans_of
from plexsend.campaigns.report.tally import SLOT_MS
from plexsend.outbox.reading.json_shapes import masked
from plexsend.outbox.runs.states import OVER
from plexsend.phone_numbers import mask_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.campaigns.definitions.definition import Definition
    from plexsend.campaigns.report.row_fates import RowEnd
    from plexsend.campaigns.report.tally import RowTally
    from plexsend.outbox.reading.prices import PriceList
    from plexsend.outbox.runs.run import Run
    from plexsend.terminal.moments import WallClock

_LAST = 4
"""Digits of a number that stay readable."""


def report_of(
    run: Run,
    definition: Definition,
    tally: RowTally,
    prices: PriceList,
    clock: WallClock,
    *,
    now_ms: int,
    has_archive: bool,
) -> CampaignReport:
    """Return the report of a run.

    Args:
        run: As it was when its rows were read.
        definition: Of the run.
        tally: Its rows, added up.
        prices: What messages cost.
        clock: In whose zone times are shown.
        now_ms: Redis's clock.
        has_archive: Whether an archive was looked through too.
    """
    plan = read_plan(run.plan)
    if plan is not None and definition.send_at_ms is None and definition.cron is None and run.started_ms:
        plan = plan.started_at(run.started_ms)
    return CampaignReport(
        written=run.written,
        label=_plain(run.label),
        account=run.account,
        service=definition.service,
        state=run.state,
        why=_plain(run.why),
        why_by=_plain(run.why_by),
        why_since_ms=run.why_since_ms,
        source=run.source,
        created_ms=run.created_ms,
        starts_ms=run.starts_ms,
        started_ms=run.started_ms,
        ended_ms=run.ended_ms,
        generated_ms=now_ms,
        clock=clock,
        fates=dict(tally.fates),
        fallbacks=tally.fallbacks,
        codes=_codes(tally),
        carriers=_carriers(tally),
        results=_results(tally, _offset_ms(clock, run.started_ms or now_ms)),
        pace=tuple(_pace(run, tally, plan, now_ms, _offset_ms(clock, run.started_ms or now_ms))),
        plan=plan,
        costs=_costs(run, tally, prices, clock, now_ms),
        untimed=tally.untimed,
        has_archive=has_archive,
    )


def read_plan(text: str) -> RunPlan | None:
    """Return the plan that a run keeps; None where it has none that can be drawn."""
    try:
        found: Any = json.loads(text)
        won = found.get("cost")
        plan = RunPlan(
            int(found["messages"]),
            int(found["starts_at_ms"]),
            int(found["ends_at_ms"]),
            None if won is None else Decimal(str(won)),
            tuple((int(at_ms), int(gone)) for at_ms, gone in found.get("course", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation):
        return None
    return plan if plan.messages > 0 and plan.ends_ms >= plan.starts_ms > 0 else None


# A reason may name a number, and a gateway may write one where a code or a carrier belongs.
def _plain(text: str) -> str:
    return mask_numbers(text, lambda digits: masked(digits[-_LAST:]))


def _codes(tally: RowTally) -> tuple[CodeCount, ...]:
    counts = [
        CodeCount(key.end, key.fate, _plain(key.code), key.service, key.by_receipt, rows)
        for key, rows in tally.codes.items()
    ]
    return tuple(sorted(counts, key=lambda each: (-each.rows, each.code, each.fate)))


def _carriers(tally: RowTally) -> tuple[CarrierCount, ...]:
    found = [CarrierCount(_plain(name), dict(ends)) for name, ends in tally.carriers.items()]
    return tuple(sorted(found, key=lambda each: (-each.rows, each.carrier)))


def _results(tally: RowTally, offset_ms: int) -> tuple[ResultSpan, ...]:
    counts: Counter[int] = Counter()
    for (slot, _), rows in tally.results.items():
        counts[slot * SLOT_MS] += rows
    spans = spans_of(counts, offset_ms=offset_ms)
    if spans is None:
        return ()
    ends: defaultdict[int, Counter[RowEnd]] = defaultdict(Counter)
    for (slot, end), rows in tally.results.items():
        ends[spans.place(slot * SLOT_MS)][end] += rows
    edges = spans.edges_ms()
    found = [ResultSpan(edges[place], edges[place + 1], ends[place]) for place in range(spans.count)]
    if spans.has_later:
        found.append(ResultSpan(edges[-1], None, ends[spans.count]))
    return tuple(found)


def _pace(
    run: Run, tally: RowTally, plan: RunPlan | None, now_ms: int, offset_ms: int
) -> Iterator[PacePoint]:
    if not tally.sent:
        return
    first_ms, last_ms = min(tally.sent) * SLOT_MS, max(tally.sent) * SLOT_MS + SLOT_MS
    # A run that goes on is shown up to now, one that is over up to its last message.
    reached_ms = last_ms if run.state in OVER else max(now_ms, last_ms)
    planned_until_ms = plan.ends_ms if plan else 0
    spans = spans_between(
        min(first_ms, plan.starts_ms if plan else first_ms),
        max(reached_ms, planned_until_ms),
        offset_ms=offset_ms,
    )
    counts: Counter[int] = Counter()
    for slot, rows in tally.sent.items():
        counts[spans.place(slot * SLOT_MS)] += rows
    edges = spans.edges_ms()
    sums = [0, *accumulate(counts[place] for place in range(spans.count))]
    moments: dict[int, int | None] = {
        at: total for at, total in zip(edges, sums, strict=True) if at < reached_ms
    }
    moments[reached_ms] = sums[-1]
    moments |= {at: None for at in edges if reached_ms < at <= planned_until_ms}
    if planned_until_ms > reached_ms:
        moments[planned_until_ms] = None
    for at, total in moments.items():
        yield PacePoint(at, total, plan.expected(at) if plan else None)


def _costs(
    run: Run, tally: RowTally, prices: PriceList, clock: WallClock, now_ms: int
) -> tuple[ServiceCost, ...]:
    # Of what nobody knows any more when it ended, the price is that of the day on which the run started.
    started = datetime.fromtimestamp((run.started_ms or now_ms) / 1000, clock.zone or UTC).date()
    billed: Counter[str] = Counter()
    unpriced: Counter[str] = Counter()
    won: defaultdict[str, Decimal] = defaultdict(Decimal)
    for key, messages in tally.charges.items():
        pricing = prices.pricing(run.account, key.service, key.day or started)
        if key.state not in pricing.billed:
            continue
        billed[key.service] += messages
        if pricing.price is None:
            unpriced[key.service] += messages
        else:
            won[key.service] += pricing.price * messages
    return tuple(
        ServiceCost(name, billed[name], won[name], unpriced[name])
        for name in sorted(billed, key=lambda each: (-billed[each], each))
    )


def _offset_ms(clock: WallClock, at_ms: int) -> int:
    moment = datetime.fromtimestamp(at_ms / 1000, clock.zone or UTC)
    offset = moment.utcoffset()
    return round(offset.total_seconds() * 1000) if offset else 0
