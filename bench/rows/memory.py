"""Memory of the producer and the worker while a million rows are imported and sent."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.clock import wait_for
from bench.items import raw_item
from bench.programs import measure
from bench.rounds import Figure
from bench.stage import LANE, PREFIX, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.row import Plan

ROWS = 1_000_000
PLEXSEND = Path(sys.executable).with_name("plexsend")
_EVERY_S = 0.25


def flat(plan: Plan) -> list[Figure]:
    """An import and a worker at once, each measured four times a second. One run: it takes minutes."""
    rows = plan.size(ROWS)
    file = plan.folder / "rows.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for number in range(rows):
            out.write(json.dumps(raw_item(number), ensure_ascii=False) + "\n")
    producer: list[tuple[int, int]] = []
    worker: list[tuple[int, int]] = []
    with Stage(plan.folder) as stage:
        sender = stage.ready_worker()
        with measure(
            [str(PLEXSEND), "import", str(file), "--service", LANE.service, "--json"],
            log=plan.folder / "import.log",
            folder=plan.folder,
            environ=stage.environ(),
        ) as importer:

            def done() -> bool:
                sent = stage.sent()
                worker.append((sent, sender.resident_bytes()))
                code = importer.exit_code
                if code is None:
                    producer.append((_submitted(stage), importer.resident_bytes()))
                elif code != 0:
                    raise RuntimeError(f"the import ended with {code}:\n{importer.words[-2000:]}")
                return sent >= rows

            wait_for(done, what=f"{rows} rows at the gateway", within_s=3600, every_s=_EVERY_S)
        sender.end()
    return [
        Figure("producer: last tenth / second tenth", [growth(producer, rows)], at_most=1.05),
        Figure("worker: last tenth / second tenth", [growth(worker, rows)], at_most=1.05),
        Figure("producer at the end", [producer[-1][1] / 1e6], unit="MB"),
        Figure("worker at the end", [worker[-1][1] / 1e6], unit="MB"),
    ]


def growth(samples: Sequence[tuple[int, int]], total: int) -> float:
    """Return the memory in the last tenth of the way as a multiple of that in the second.

    Samples are pairs of how many are done, of `total`, and of the bytes held then.
    """
    tenths: dict[int, list[int]] = {}
    for done, held in samples:
        tenths.setdefault(min(done * 10 // total, 9), []).append(held)
    second, last = tenths.get(1), tenths.get(9)
    if not second or not last:
        raise ValueError("the run was over before both tenths were measured")
    return median(last) / median(second)


def _submitted(stage: Stage) -> int:
    name = f"{PREFIX}{{{LANE.account}}}:{LANE.name}:counts"
    return int(stage.valkey.client.hget(name, "submitted") or 0)
