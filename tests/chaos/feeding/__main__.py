"""`python -m tests.chaos.feeding`: a campaign is fed while feeders, beats, workers and Redis are killed.

    python -m tests.chaos.feeding --runs 20 --rows 100000 --seed 1

Each run of the program makes a campaign's run of so many rows, and lets two workers and two beats send it
to the gateway that keeps a ledger. Meanwhile a worker is killed, stopped for longer than its lease, or ended
in order; a beat is killed or stopped; Valkey is killed. When the run is done, the ledger has one key for each
row and no other, each was accepted once, and `plexsend campaign report` says of each row, and in its sums,
what the ledger says. The same seed plays the same faults. Valkey flushes each write; with `--fsync everysec`,
and more so with `--fsync slow`, a kill may forget takes, and the gateway refuses the second request for a
message that it has: it counts as accepted. What is forgotten of feeding pauses the run, and it is resumed:
those rows count as unknown.

    python -m tests.chaos.feeding --steer --rows 1000000 --runs 2

pauses the run, resumes it, stops the worker that feeds it, cancels, and wakes that worker up: the last
request comes within a second, nothing is added afterwards, nothing is left behind.

    python -m tests.chaos.feeding --restore --rows 40000 --runs 4

puts Valkey back to a copy that is older than 30 s while the run is fed and sent, settles as a person does,
goes on, archives and removes all records, goes on, cancels, and asks for the rest of it: nobody is written to
twice, though this gateway takes a key again. With odd seeds the run is fed faster than it is sent.

Exit code 0: so it was in each of them.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.feeding import killing, restored, steered
from tests.chaos.feeding.field import SLOW


def main(arguments: list[str] | None = None) -> int:
    """Run as the command line asks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first run; each further one has the next")
    parser.add_argument("--fsync", choices=("always", "everysec", SLOW), default="always", help="of Valkey")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--steer", action="store_true", help="pause, resume and cancel it, and kill nothing")
    mode.add_argument("--restore", action="store_true", help="restore an old copy of Redis, and kill nothing")
    asked = parser.parse_args(arguments)
    failed = 0
    for seed in range(asked.seed, asked.seed + asked.runs):
        _say(f"seed {seed}")
        folder = Path(tempfile.mkdtemp(prefix="plexsend-feeding-"))
        if asked.steer:
            wrong = steered.play(folder, steered.Steering(asked.rows), seed, _say)
        elif asked.restore:
            wrong = restored.play(folder, asked.rows, seed, _say)
        else:
            wrong = killing.play(folder, asked.rows, seed, _say, fsync=asked.fsync)
        for line in wrong:
            _say(f"  WRONG {line}")
        if wrong:
            failed += 1
            _say(f"  logs and ledger: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    _say(f"{asked.runs - failed} of {asked.runs} runs went as promised")
    return 1 if failed else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
