"""`python -m bench.durability`: what keeping messages costs, and what a crash loses anyway.

Costs are ratios of two settings measured in turn in the same round, the median of the rounds with least and
most. Losses are counted: messages answered "added" that the server does not know after its restart.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from bench.crash import Server, build_shim, crash
from bench.items import raw_item
from bench.machine import load
from bench.rounds import ROUNDS, Figure, take_turns
from bench.senders import send_with_worker
from bench.stage import Stage
from plexsend.producers import Producer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.rounds import Turns

SETTINGS = {
    "none": {"appendonly": "no", "appendfsync": "everysec"},
    "everysec": {"appendonly": "yes", "appendfsync": "everysec"},
    "always": {"appendonly": "yes", "appendfsync": "always"},
}
"""How the server keeps what it gets: in no file, in one flushed each second, in one flushed each time."""

PAIRS = (("everysec", "none"), ("always", "everysec"))
SUBMITTED = 20_000
ONE_BY_ONE = 1_000
SENT = 30_000
SLOW_FLUSH_MS = 1_500
"""A disk that is busy with something else. Redis puts writes off for at most two seconds of it."""
KILL_AFTER_S = (1.0, 3.0)
SLOW_KILL_AFTER_S = (5.0, 8.0)
"""Where `always` waits for the slow disk each time, a shorter time would be too little writing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.durability")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--kills", type=int, default=10, help="crashes of each kind")
    parser.add_argument("--only", default="", help="count crashes only where the kind holds this")
    parser.add_argument("--share", type=float, default=1.0, help="how much of the load a round measures")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args(arguments)
    print(f"load {load()}, seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder:
        if options.rounds:
            measure_costs(Path(folder), options.rounds, options.share)
        if options.kills:
            count_losses(Path(folder), options.kills, random.Random(options.seed), only=options.only)
    print(f"load {load()}")
    return 0


def measure_costs(folder: Path, rounds: int, share: float) -> None:
    """Print the pace of submitting and of sending under each setting, and the ratios."""
    with Stage(folder) as stage:
        for what, measure in {
            "submit, 500 a call": lambda: _submit(stage, round(SUBMITTED * share), 500),
            "submit, 1 a call": lambda: _submit(stage, round(ONE_BY_ONE * share), 1),
            "send, one worker of 8 threads": lambda: send_with_worker(
                stage, round(SENT * share), "--concurrency", "8"
            ),
        }.items():
            print(what)
            sides = {name: _under(stage, settings, measure) for name, settings in SETTINGS.items()}
            _print_ratios(take_turns(sides, rounds, log=print))


def count_losses(folder: Path, kills: int, chance: random.Random, *, only: str = "") -> None:
    """Print what was lost in each kind of crash under each setting."""
    shim = build_shim(folder)
    for power, slow, name in product((False, True), (False, True), SETTINGS):
        kind = f"{'power cut' if power else 'killed'}, {name}, flush {'slow' if slow else 'as it is'}"
        # Without a file nothing is flushed.
        if only not in kind or (slow and name == "none"):
            continue
        shown = defaultdict(list)
        for _ in range(kills):
            after_s = chance.uniform(*(SLOW_KILL_AFTER_S if slow else KILL_AFTER_S))
            server = Server(folder / "crash", shim, SETTINGS[name], flush_ms=SLOW_FLUSH_MS if slow else 0)
            for fact, value in crash(server, after_s=after_s, power=power).items():
                shown[fact].append(value)
            shutil.rmtree(folder / "crash")
        print(f"{kind}: {_losses(shown)}", flush=True)


def _under(
    stage: Stage, settings: Mapping[str, str], measure: Callable[[], dict[str, float]]
) -> Callable[[], Mapping[str, float]]:
    def run() -> Mapping[str, float]:
        stage.clear()
        for name, value in settings.items():
            stage.valkey.client.config_set(name, value)
        stage.valkey.wait_rewritten()
        return measure()

    return run


def _submit(stage: Stage, items: int, at_once: int) -> dict[str, float]:
    chunks = [[raw_item(number) for number in range(at, at + at_once)] for at in range(0, items, at_once)]
    with Producer(stage.settings()) as producer:
        producer.submit("mms-bulk", [raw_item(items)])
        began = time.perf_counter()
        for chunk in chunks:
            producer.submit("mms-bulk", chunk)
        return {"per_s": items / (time.perf_counter() - began)}


def _print_ratios(turns: Turns) -> None:
    facts = [fact for fact in ("per_s", "valkey_us") if fact in turns.sides["none"][0]]
    for (over, under), fact in product(PAIRS, facts):
        figure = Figure(f"{over} / {under}, {fact}", turns.ratio(over, under, fact))
        print(f"  {figure.name}: {figure.value:.2f} × ({min(figure.values):.2f} to {max(figure.values):.2f})")


def _losses(shown: Mapping[str, Sequence[float]]) -> str:
    lossy = sum(lost > 0 for lost in shown["lost"])
    worst = max(range(len(shown["lost"])), key=shown["lost"].__getitem__)
    return (
        f"{lossy} of {len(shown['lost'])} crashes lost something; "
        f"of {sum(shown['added']):,} added {sum(shown['lost']):,} are lost, "
        f"in the worst {shown['lost'][worst]:,}: {shown['lost_s'][worst]:.2f} s of writing"
    )


if __name__ == "__main__":
    sys.exit(main())
