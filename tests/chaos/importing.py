"""Files imported by a command that is killed part-way and run again until it is through."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from plexsend.stack.child import Child, ChildFailed, Program
from tests.chaos.fault import Proof
from tests.chaos.load import LANES, item
from tests.chaos.world import PREFIX, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.fault import Span
    from tests.chaos.world import World

_ROWS = 3000
_KILLS = 3
_RUNS = 40
_LONGEST_RUN_S = 60.0


def import_killed(world: World, span: Span) -> Proof:
    """Import a file, killed up to three times at moments drawn by chance; each row must be there once."""
    lane = span.chance.choice([lane for lane in LANES if lane.variant is None and not lane.rate_per_s])
    name = f"import-{len(world.importers)}"
    tag = f"{name.replace('-', '')}x{time.time_ns() // 1000 % 10**10:010d}"
    keys = [f"{lane.code}.{tag}.{number}" for number in range(1, _ROWS + 1)]
    rows = world.folder / f"{name}.rows"
    rows.write_text(
        "".join(json.dumps(item(lane, key, number)) + "\n" for number, key in enumerate(keys)),
        encoding="utf-8",
    )
    ledger, log = world.folder / f"{name}.jsonl", world.folder / f"{name}.log"
    world.importers.append(log)
    _write(ledger, asked=keys, **{"import": True})
    world.ledgers.append(ledger)
    command = world.plexsend(
        *(
            "import",
            str(rows),
            "--format",
            "jsonl",
            "--service",
            lane.service,
            "--account",
            lane.account,
            "--json",
        )
    )
    rows_in = sorted(span.chance.sample(range(_ROWS * 3 // 4), _KILLS))
    killed, codes = 0, []
    for run in range(_RUNS):
        began = time.time()
        process = Child(Program("import", command, log, ROOT, world.environ(), last_signal=None))
        process.start()
        if run < _KILLS:
            _wait_for_row(world, process, f"{PREFIX}{{{lane.account}}}:m:{keys[rows_in[run]]}")
            killed += process.is_running
            process.kill()
        try:
            codes.append(process.wait(_LONGEST_RUN_S))
        except ChildFailed:
            process.kill()
            codes.append(process.wait(_LONGEST_RUN_S))
        if codes[-1] == 0:
            _write(ledger, told=dict.fromkeys(keys, "added"), began=began)
            break
        span.wait(0.3)
    done = "done" if codes[-1] == 0 else "never done"
    return Proof(killed, f"killed {killed} times part-way, {done} after {len(codes)} runs")


# The start of the command takes longer than its work: so it is killed by how far it came, not by the clock.
def _wait_for_row(world: World, process: Child, name: str) -> None:
    while process.is_running and not world.valkey.patiently(lambda client: client.exists(name)):
        time.sleep(0.002)


def _write(ledger: Path, **facts: Any) -> None:
    with ledger.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"at": time.time(), **facts}) + "\n")
