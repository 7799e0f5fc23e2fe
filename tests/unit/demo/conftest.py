"""What the demo sees and proves, made up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.reading.counting import RowCounts
from plexsend.demo.campaign import CampaignSeen
from plexsend.demo.night import NightSeen
from plexsend.demo.summary import Imported, Pace, RefusalCount, Summary, WrongRows
from plexsend.errors import Problem
from plexsend.outbox.holds import Hold, Reason, Scope
from plexsend.outbox.reading.audit import Audit
from plexsend.outbox.reading.snapshot import SeenHold
from plexsend.outbox.states import State

if TYPE_CHECKING:
    from collections.abc import Callable

CREDIT = Hold(
    "main",
    Scope.ACCOUNT,
    "main",
    Reason.CREDIT,
    10_000,
    12_000,
    2_000,
    "gateway",
    "G150: none left",
    probing=False,
)
SHUT = replace(CREDIT, scope=Scope.LANE, what="mms-bulk@main", reason=Reason.SHUT, why="C500_1: in trouble")

COUNTS = RowCounts(
    rows=40,
    added=38,
    scheduled=0,
    waiting=0,
    sending=0,
    accepted=0,
    delivered=37,
    undelivered=1,
    unknown=0,
    rejected=0,
    failed=0,
    expired=0,
    cancelled=0,
    uncertain=0,
    suppressed=0,
    left_out=2,
    fallback=0,
    awaits_receipts=True,
)
CAMPAIGN = CampaignSeen("spring-sale", "봄맞이 세일", COUNTS, ("a-0", "a-1"), 2.1, 3.4)


@pytest.fixture
def make_summary() -> Callable[..., Summary]:
    """A summary of a run in which all went well, but for what a test changes."""

    def make(**changes: Any) -> Summary:
        wrong = WrongRows("sample.csv", Problem("msg", "is missing", ""), (7, 11))
        summary = Summary(
            took_s=23.4,
            imported=Imported(100, 2, (wrong,)),
            delivered=97,
            accepted=0,
            taken=99,
            refusals=(
                RefusalCount(State.UNDELIVERED, "2", "no such number", 2),
                RefusalCount(State.REJECTED, "G141", "the recipient number is invalid", 2),
                RefusalCount(State.FAILED, "C341", "success", 1),
            ),
            unfinished={},
            tried_again=12,
            alone=10,
            unpaid=8,
            holds=(
                SeenHold(SHUT, ended_ms=13_600),
                SeenHold(CREDIT, ended_ms=13_100, by_operator=True),
            ),
            ended_ms=20_000,
            batches=12,
            sent=114,
            paces=(Pace("mms-bulk", 150, 163),),
            twice=0,
            known=3,
            audit=Audit(102, {"delivered": 97}, {}, ()),
            disagreements=(),
            night=NightSeen("12:00-08:00", waited=9, lasted_s=14.2, early=0),
            fallbacks=2,
        )
        return replace(summary, **changes)

    return make
