"""`python -m tests.chaos.feeding`: a campaign is fed while feeders, beats, workers and Redis are killed.

    python -m tests.chaos.feeding --runs 20 --rows 100000 --seed 1

Each run of the program makes a campaign's run of so many rows, and lets two workers and two beats send it
to the gateway that keeps a ledger. Meanwhile a worker is killed, stopped for longer than its lease, or ended
in order; a beat is killed or stopped; Valkey is killed. When the run is done, the ledger has one key for each
row and no other, each was accepted once, and the counts add up. The same seed plays the same faults.
Valkey flushes each write: with `everysec` a kill during a slow flush forgets takes (docs/reliability.md), and
the gateway refuses the second request for a message that it has.

Exit code 0: so it was in each of them.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.campaigns.reading.counting import row_counts
from plexsend.errors import OutboxError
from plexsend.outbox.redis.store import Store
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.states import RunState
from plexsend.stack.child import Program
from plexsend.stack.ports import free_port
from tests.chaos.child import Supervisor, Wanted
from tests.chaos.valkey import Valkey
from tests.integration.campaigns.sending import make_run, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plexsend.campaigns.reading.counting import RowOutcomeName
    from plexsend.outbox.runs.run import Run

ROOT = Path(__file__).parents[2]
_WORKERS, _BEATS = 2, 2
_CALM_S = (0.5, 9.0)
"""Between two faults."""
_STOPPED_S = (0.5, 9.0)
"""For how long a process is stopped: shorter and longer than a lease of six seconds."""
_FAULTS = (
    *("kill worker", "kill worker", "stop worker", "stop worker", "end worker"),
    *("kill beat", "stop beat", "kill valkey"),
)
_WITHIN_S = 1_800.0
_LOOK_S = 0.5
_SETTINGS = {
    "PLEXSEND_RATE": "0",
    "PLEXSEND_LINGER_MS": "50",
    "PLEXSEND_RECLAIM_S": "20",
    "PLEXSEND_RETRY_FIRST_S": "0.2",
    "PLEXSEND_RETRY_LONGEST_S": "0.5",
    "PLEXSEND_SHUT_FIRST_S": "0.2",
    "PLEXSEND_SHUT_LONGEST_S": "0.5",
    "PLEXSEND_ACCOUNT_MAIN": "u;s",
}


class Field:
    """What runs: Valkey, the gateway, workers and beats, under a supervisor that starts anew what was killed.

    Args:
        folder: For everything that they write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = folder / "ledger.jsonl"
        self.root = folder / "campaigns"
        self.supervisor = Supervisor()
        self.valkey = Valkey(folder, free_port(), fsync="always", tmpfs=False)
        gateway_port = free_port()
        url = f"redis://127.0.0.1:{self.valkey.port}/0"
        self.environ = {
            **dict.fromkeys(("PLEXSEND_MMS_URL", "PLEXSEND_SMS_URL"), f"http://127.0.0.1:{gateway_port}"),
            **_SETTINGS,
            "PLEXSEND_REDIS_URL": url,
            "PLEXSEND_CAMPAIGN_DIR": str(self.root),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
        }
        self.supervisor.add(self.valkey.child)
        self.valkey.wait_ready()
        self.supervisor.begin()
        words = ("--port", str(gateway_port), "--ledger", str(self.ledger), "--knows-keys")
        self._add("gateway", "-m", "tests.chaos.gateway", *words)
        self.workers = [self._add(f"worker-{n}", "-m", "plexsend", "worker") for n in range(_WORKERS)]
        self.beats = [self._add(f"beat-{n}", "-m", "plexsend", "beat") for n in range(_BEATS)]
        self.store = Store.connect(url, "plexsend:")

    def _add(self, name: str, *words: str) -> Wanted:
        log = self.folder / f"{name}.log"
        program = Program(name, (sys.executable, "-P", *words), log, self.folder, self.environ)
        return self.supervisor.add(Wanted(program))

    def end(self) -> None:
        """End all."""
        self.store.close()
        for child in (*self.workers, *self.beats):
            child.send(signal.SIGCONT)
        self.supervisor.end()


class Faults:
    """Breaks one thing after another.

    Args:
        field: What is broken.
        seed: Which faults, and when.
    """

    def __init__(self, field: Field, seed: int) -> None:
        self.struck: Counter[str] = Counter()
        self._field = field
        self._chance = random.Random(seed)
        self._next_s = time.monotonic() + 3.0
        self._stopped: dict[Wanted, float] = {}

    def play(self) -> None:
        """Strike where it is time, and let stopped processes go on whose time is over."""
        now_s = time.monotonic()
        for child, until_s in list(self._stopped.items()):
            if until_s <= now_s:
                child.send(signal.SIGCONT)
                del self._stopped[child]
        if now_s >= self._next_s:
            self._next_s = now_s + self._chance.uniform(*_CALM_S)
            self._strike(now_s)

    def _strike(self, now_s: float) -> None:
        chance, field = self._chance, self._field
        what = chance.choice(_FAULTS)
        self.struck[what] += 1
        if what == "kill valkey":
            field.valkey.kill()
            return
        child = chance.choice(field.workers if what.endswith("worker") else field.beats)
        stopped_s = chance.uniform(*_STOPPED_S)
        if what.startswith("stop"):
            if child.send(signal.SIGSTOP):
                self._stopped[child] = now_s + stopped_s
            return
        self._stopped.pop(child, None)
        child.send(signal.SIGKILL if what.startswith("kill") else signal.SIGTERM)
        child.send(signal.SIGCONT)


def play(folder: Path, rows: int, seed: int) -> list[str]:
    """Send one run under faults; return what is wrong, nothing where it went as promised."""
    field = Field(folder)
    try:
        run = make_run(field.store, field.root, rows)
        faults, began_s = Faults(field, seed), time.monotonic()
        while True:
            now = _look(field, run)
            if now is not None and now.state is not RunState.RUNNING:
                break
            if time.monotonic() - began_s > _WITHIN_S:
                return [f"it is not done after {_WITHIN_S:g} s: {now}"]
            faults.play()
            time.sleep(_LOOK_S / 5)
        took_s = time.monotonic() - began_s
        struck = ", ".join(f"{what} {n}" for what, n in sorted(faults.struck.items()))
        _say(f"  {rows:,} rows in {took_s:.0f} s; {struck}")
        counts = row_counts(field.store, "main", now)
    finally:
        field.end()
    return [*_judge_ledger(field.ledger, run, rows), *_judge_counts(now, counts.outcomes, counts.success)]


def _look(field: Field, run: Run) -> Run | None:
    try:
        return reading.run(field.store, "main", run.group)
    except OutboxError:
        return None


def _judge_ledger(ledger: Path, run: Run, rows: int) -> Iterator[str]:
    keys_to: dict[str, set[str]] = {}
    accepted: Counter[str] = Counter()
    for line in ledger.read_text("utf-8").splitlines():
        entry = json.loads(line)
        for key, to, code in zip(entry["keys"], entry["to"], entry["codes"], strict=True):
            keys_to.setdefault(to.replace("-", ""), set()).add(key)
            accepted[key] += code == "C100"
    wanted = {number_of(row): {run.key_of(row)} for row in range(rows)}
    if keys_to != wanted:
        missing = [number for number in wanted if number not in keys_to]
        other = [keys for number, keys in keys_to.items() if keys != wanted.get(number)]
        yield f"{len(missing)} rows were never sent, {len(other)} under other keys: {missing[:3]} {other[:3]}"
    doubled = {key: n for key, n in accepted.items() if n != 1}
    if doubled:
        yield f"{len(doubled)} messages were not accepted once: {list(doubled.items())[:5]}"


def _judge_counts(run: Run, outcomes: Mapping[RowOutcomeName, int], success: int) -> Iterator[str]:
    if run.state is not RunState.DONE:
        yield f"it is {run.state}: {run.why}"
    if (run.fed, run.skipped) != (run.rows, 0):
        yield f"its mark is at {run.fed} of {run.rows}, {run.skipped} passed over"
    if sum(outcomes.values()) != run.rows or success != run.rows:
        yield f"its counts do not add up to {run.rows} successes: {outcomes}"


def main(arguments: list[str] | None = None) -> int:
    """Run as the command line asks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first run; each further one has the next")
    asked = parser.parse_args(arguments)
    failed = 0
    for seed in range(asked.seed, asked.seed + asked.runs):
        _say(f"seed {seed}")
        folder = Path(tempfile.mkdtemp(prefix="plexsend-feeding-"))
        wrong = play(folder, asked.rows, seed)
        for line in wrong:
            _say(f"  WRONG {line}")
        if wrong:
            failed += 1
            _say(f"  logs and ledger: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    _say(f"{asked.runs - failed} of {asked.runs} runs: each row one message, counts add up")
    return 1 if failed else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
