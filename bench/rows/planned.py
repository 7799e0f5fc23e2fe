"""A campaign's plan against what came of it: a run of five minutes with a window that opens meanwhile."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bench.checked import DEFINITION
from bench.rounds import Figure
from bench.stage import Stage
from plexsend.campaigns.drafts.creating import stage as stage_run
from plexsend.campaigns.drafts.creating import start
from plexsend.campaigns.recipients import open_recipients
from plexsend.outbox.runs import reading

if TYPE_CHECKING:
    from pathlib import Path

    from bench.row import Plan

RUN_S = 300
PER_S = 20
_ZONE = ZoneInfo("Asia/Seoul")
_LATE_S = 120


def planned(plan: Plan) -> list[Figure]:
    """How far the predicted end is from the real one, of the time that the run took."""
    opens = _next_minute(datetime.now(_ZONE) + timedelta(seconds=30))
    began_s = time.time()
    waits_s = opens.timestamp() - began_s
    rows = round((plan.seconds(RUN_S) - waits_s) * PER_S) if not plan.quick else 5 * PER_S
    folder = plan.folder / "campaigns"
    settings = {"PLEXSEND_RATE": str(PER_S), "PLEXSEND_CAMPAIGN_DIR": str(folder)}
    with Stage(plan.folder) as stage:
        worker = stage.ready_worker(**settings)
        predicted_s = _start(plan.folder / "list.csv", stage, rows, opens, settings)
        stage.wait_sent(rows, within_s=waits_s + rows / PER_S + _LATE_S)
        ended_s = time.time()
        worker.end()
    plan.log(f"  {rows} rows, predicted {predicted_s - began_s:.1f} s, took {ended_s - began_s:.1f} s")
    error = abs(predicted_s - ended_s) / (ended_s - began_s)
    return [
        Figure("error of the predicted end", [error * 100], at_most=10, unit="%"),
        Figure("the run took", [ended_s - began_s], unit="s"),
    ]


def _start(path: Path, stage: Stage, rows: int, opens: datetime, settings: dict[str, str]) -> float:
    """Check, create and start a campaign; return when its plan says that it ends."""
    path.write_text(
        "휴대폰번호,이름,등급\n" + "".join(f"010{20_000_000 + row},김철수{row},VIP\n" for row in range(rows)),
        "utf-8",
    )
    closes = opens + timedelta(hours=6)
    definition = replace(DEFINITION, window=(f"{opens:%H:%M}", f"{closes:%H:%M}"))
    own = stage.settings(**settings)
    with open_recipients(path) as recipients, stage_run(definition, recipients, stage.store, own) as staged:
        created = staged.create(stage.store, own, by="bench")
        if staged.plan is None:
            raise RuntimeError("nothing of it can be sent")
        predicted_s = staged.plan.ends_at_ms / 1000
    run = reading.run(stage.store, created.account, created.group or "")
    if run is None:
        raise RuntimeError("it was not created")
    start(stage.store, run)
    return predicted_s


def _next_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
