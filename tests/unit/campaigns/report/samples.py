"""Reports of made-up runs, in each state that a person may look at."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from plexsend.campaigns.definitions.defined import Definition
from plexsend.campaigns.report.adding_up import report_of
from plexsend.campaigns.report.messages import RowMessage
from plexsend.campaigns.report.row_fates import RowFate
from plexsend.campaigns.report.rows import Charged, ReportRow
from plexsend.campaigns.report.tally import RowTally
from plexsend.outbox.policies.in_force import Agreed, PersonsValue
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.prices import PriceList
from plexsend.outbox.runs.run import Run
from plexsend.outbox.runs.states import RunState
from plexsend.outbox.states import State
from plexsend.terminal.moments import WallClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.campaigns.report.figures import CampaignReport

START_MS = 1_796_000_400_000
"""2026-11-30 10:00 in Korea."""
CLOCK = WallClock(ZoneInfo("Asia/Seoul"))
ROWS = 12_000
RATE = 5
"""Messages a second."""
LABEL = "봄맞이 세일 안내"
_CODES = (("E", 40), ("2", 30), ("D", 12), ("A", 8), ("S", 6), ("K", 4))
_CARRIERS = ("SKT", "KT", "LGU+")
PRICES = PriceList(
    Agreed(
        set_values={(Where.parse("mms-bulk"), "price"): PersonsValue("60.5", "kim", "contract", START_MS)}
    ),
    [],
)


@cache
def sample(
    state: RunState, *, rows: int = ROWS, seed: int = 1, label: str = LABEL, is_timed: bool = True
) -> CampaignReport:
    """Return the report of a run in a state, the same for the same arguments."""
    chance = random.Random(seed)
    tally = RowTally(CLOCK.zone)
    gone = rows if state is RunState.DONE else rows * 3 // 5
    for row in _rows(rows, gone, chance, state):
        tally.add(row)
    now_ms = START_MS + (gone * 1000) // RATE + 60_000
    over = state in (RunState.DONE, RunState.CANCELLED)
    why, by = {
        RunState.PAUSED: ("실패율이 높음: 최근 200건 중 44건 실패", "plexsend"),
        RunState.CANCELLED: ("쿠폰 번호가 잘못됨", "kim"),
    }.get(state, ("", ""))
    run = Run(
        group=f"spring-sale~{2 + seed}",
        account="main",
        id="0a1b2c3d4e5f",
        state=state,
        definition="",
        label=label,
        created_ms=START_MS - 86_400_000,
        starts_ms=START_MS,
        started_ms=START_MS + 2_000,
        ended_ms=now_ms if over else 0,
        why=why,
        why_by=by,
        why_since_ms=now_ms - 45_000 if why else 0,
        plan=json.dumps(
            {
                "messages": rows - rows // 40,
                "starts_at_ms": START_MS,
                "ends_at_ms": START_MS + rows * 900 // RATE,
                "cost": "714000",
                "course": [
                    (START_MS, 0),
                    (START_MS + rows * 900 // RATE, rows - rows // 40),
                ],
            }
        ),
    )
    definition = Definition(name="spring-sale", service="mms-bulk", send_at_ms=START_MS if is_timed else None)
    return report_of(run, definition, tally, PRICES, CLOCK, now_ms=now_ms, has_archive=False)


def _rows(rows: int, gone: int, chance: random.Random, state: RunState) -> Iterator[ReportRow]:
    for number in range(rows):
        if number % 40 == 0:
            kind = RowFate.INVALID if number % 400 == 0 else RowFate.DUPLICATE
            yield ReportRow(number, number + 2, (), kind)
        elif number >= gone:
            rest = RowFate.CANCELLED if state is RunState.CANCELLED else RowFate.WAITING
            yield ReportRow(number, number + 2, (), rest)
        else:
            yield _sent(number, gone, chance, state)


def _sent(number: int, gone: int, chance: random.Random, state: RunState) -> ReportRow:
    at_ms = START_MS + number * 1000 // RATE + 1_500
    draw = chance.random()
    failing = 0.22 if state is RunState.PAUSED and number > gone - 300 else 0.045
    if draw < 0.012:
        message = RowMessage(State.CANCELLED, "SUPPRESSED", ended_ms=at_ms)
        return _row(number, RowFate.SUPPRESSED, message)
    if draw < 0.016:
        return _row(number, RowFate.REJECTED, RowMessage(State.REJECTED, "G141", ended_ms=at_ms, attempts=1))
    carrier = chance.choices(_CARRIERS, (47, 31, 22))[0]
    done_ms = at_ms + 4_000 + int(chance.expovariate(1 / 30_000))
    if draw < 0.016 + failing:
        code = chance.choices([code for code, _ in _CODES], [weight for _, weight in _CODES])[0]
        return _row(number, RowFate.UNDELIVERED, _receipt(State.UNDELIVERED, code, carrier, at_ms, done_ms))
    if state is not RunState.DONE and number > gone - 400 and draw < 0.4:
        return _row(number, RowFate.AWAITED, RowMessage(State.ACCEPTED, ended_ms=at_ms, attempts=1))
    return _row(number, RowFate.DELIVERED, _receipt(State.DELIVERED, "0", carrier, at_ms, done_ms))


def _receipt(state: State, code: str, carrier: str, ended_ms: int, done_ms: int) -> RowMessage:
    return RowMessage(
        state, code, by_receipt=True, carrier=carrier, ended_ms=ended_ms, done_ms=done_ms, attempts=1
    )


def _row(number: int, fate: RowFate, message: RowMessage) -> ReportRow:
    charged = (Charged("mms-bulk", message.state, message.ended_ms),)
    return ReportRow(number, number + 2, (), fate, f"r-{number}", "mms-bulk", message, charged=charged)
