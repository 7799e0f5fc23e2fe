"""`python -m tests.chaos`: breaks everything, and shows which promises held.

    python -m tests.chaos --list
    python -m tests.chaos --minutes 5 --only worker_kill,valkey_kill --fsync always

The same seed plays the same faults at the same times; what the processes do meanwhile is their own.

Exit code 0: every promise was kept. 1: one was broken, or something could not be judged.
"""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import signal
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live

from tests.chaos.catalogue import BY_NAME, FAULTS
from tests.chaos.fault import missing
from tests.chaos.report import Act, Result, summary, table
from tests.chaos.run import Play
from tests.chaos.schedule import rounds
from tests.chaos.valkey import can_mount
from tests.chaos.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.table import Table

    from tests.chaos.schedule import Round

_MESSAGES_PER_S = 150.0


def main(arguments: list[str] | None = None) -> int:
    """Run as the command line asks."""
    asked = _read(arguments)
    # Ended from outside it ends its processes too, as at Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(width=None if sys.stdout.isatty() else 240, highlight=False)
    if asked.list:
        for fault in FAULTS:
            need = f" [needs {fault.need}]" if fault.need else ""
            console.print(f"{fault.name:24} {fault.what}{need}", markup=False)
        return 0
    names = asked.only or [fault.name for fault in FAULTS]
    not_run = {
        name: str(lack) for name in names if (lack := BY_NAME[name].need) is not None and missing(lack)
    }
    command = _command(asked)
    console.print(f"seed {asked.seed}; to play it again: {command}", markup=False)
    for name, what in not_run.items():
        console.print(f"{name} will not be run: it needs {what}", markup=False)
    policies = ("everysec", "always") if asked.fsync == "both" else (asked.fsync,)
    folder = Path(tempfile.mkdtemp(prefix="plexsend-chaos-"))
    result = Result(asked.seed, command, [], not_run)
    with _live(console) as show:
        for fsync in policies:
            act = Act(fsync, tmpfs=_wants_tmpfs(names, not_run, fsync), seconds=0.0)
            result.acts.append(act)

            def say(line: str, act: Act = act) -> None:
                console.print(f"{datetime.now().astimezone():%H:%M:%S} [{act.fsync}] {line}", markup=False)
                show(table(result))

            lacking = {name for name in names if name in not_run or (BY_NAME[name].tmpfs and not act.tmpfs)}
            _perform(act, asked, _rounds(f"{asked.seed} {fsync}", names, lacking), folder, say)
            if act.failed == _INTERRUPTED:
                break
    console.print(table(result))
    for line in summary(result):
        console.print(line, markup=False)
    if asked.json:
        asked.json.write_text(json.dumps(result.as_json(), indent=1), encoding="utf-8")
    if result.kept and not asked.keep:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        console.print(f"logs and ledgers: {folder}", markup=False)
    return 0 if result.kept else 1


_INTERRUPTED = "interrupted"


@contextmanager
def _live(console: Console) -> Iterator[Callable[[Table], None]]:
    """Give what shows a table below the lines while they come, on a terminal; else nothing does."""
    if not console.is_terminal:
        yield lambda _: None
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield lambda shown: live.update(shown, refresh=True)


# What this machine cannot do is left out of the plan, not planned around: elsewhere the seed means the same.
def _rounds(seed: str, names: list[str], lacking: set[str]) -> Iterator[Round]:
    if lacking.issuperset(names):
        return
    for each in rounds(seed, [BY_NAME[name] for name in names]):
        left = each.without(lacking)
        if left.parts:
            yield left


def _perform(
    act: Act,
    asked: argparse.Namespace,
    plan: Iterator[Round],
    folder: Path,
    say: Callable[[str], None],
) -> None:
    place = folder / act.fsync
    place.mkdir()
    world = World(
        place,
        seed=asked.seed,
        fsync=act.fsync,
        on_uncertain=asked.on_uncertain,
        rate_per_s=asked.rate,
        tmpfs=act.tmpfs,
    )

    seconds = asked.minutes * 60 / (2 if asked.fsync == "both" else 1)
    began = time.monotonic()
    play = None
    try:
        world.begin()
        play = Play(world, say, act.strikes, act.judgements)
        play.run(plan, seconds)
    except KeyboardInterrupt:
        act.failed = _INTERRUPTED
    except Exception as exc:  # noqa: BLE001  whatever it was: the report must still come
        act.failed = f"{type(exc).__name__}: {exc}"
        say("".join(traceback.format_exception(exc)))
    finally:
        world.end()
        act.seconds = time.monotonic() - began
        act.restarts = world.valkey.child.lives - 1
        if play is not None:
            act.bells_seen = play.bells_seen


# Memory syncs at no cost, so the act in which a slow disk can make Redis forget is played on the disk. Under
# `everysec` Valkey 9.1.2 goes on when its disk was full; but if it had rewritten its file before, it cannot
# read it at its next start, and there is nothing to judge.
def _wants_tmpfs(names: list[str], not_run: dict[str, str], fsync: str) -> bool:
    wanted = any(BY_NAME[name].tmpfs for name in names if name not in not_run) and can_mount()
    return wanted and fsync == "always"


def _read(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=None, help="play the run of this number again")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--fsync", choices=("everysec", "always", "both"), default="both")
    parser.add_argument("--on-uncertain", choices=("resend", "park", "both"), default="both")
    parser.add_argument("--only", type=_names, default=None, metavar="FAULT,…")
    parser.add_argument("--rate", type=float, default=_MESSAGES_PER_S, help="messages a second")
    parser.add_argument(
        "--json", type=Path, default=None, metavar="FILE", help="write the whole result there"
    )
    parser.add_argument("--keep", action="store_true", help="keep logs and ledgers although all went well")
    parser.add_argument("--list", action="store_true", help="list the faults and end")
    asked = parser.parse_args(arguments)
    if asked.seed is None:
        asked.seed = secrets.randbelow(10**6)
    return asked


def _names(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise argparse.ArgumentTypeError(f"no fault {', '.join(unknown)}; --list names all")
    return names


def _command(asked: argparse.Namespace) -> str:
    words = [
        *("make chaos ARGS='--seed", str(asked.seed), "--minutes", f"{asked.minutes:g}"),
        *("--fsync", asked.fsync, "--on-uncertain", asked.on_uncertain, "--rate", f"{asked.rate:g}"),
    ]
    if asked.only:
        words += ["--only", ",".join(asked.only)]
    return " ".join(words) + "'"


if __name__ == "__main__":
    sys.exit(main())
