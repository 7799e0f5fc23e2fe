"""`python -m tests.chaos.storm`: very many messages at once, and whether everybody heard what became of each.

    python -m tests.chaos.storm --messages 100000

Workers, receipts server, archive and readers are those of `tests.chaos`; nothing is broken, but receipts come
shuffled, doubled, before the answer, and one in a hundred not at all. Then a third reader is robbed: an entry
is taken out of the stream before it comes. The proof must name the messages of that entry, and no others.

Exit code 0: each state is right, each reader heard of each message, and the theft was seen.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.chaos.court import Court
from tests.chaos.load import ACCOUNTS
from tests.chaos.reader import READER
from tests.chaos.world import ROOT, World

if TYPE_CHECKING:
    from collections.abc import Iterator

SECOND, ROBBED = "second-reader", "robbed"
_RATE_PER_S = 5_000.0
_WORKERS = 2
_APPLICATIONS = 2
_WITHIN_S = 1_500.0
_LOOK_S = 1.0


def main(arguments: list[str] | None = None) -> int:
    """Run as the command line asks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=100_000, help="at least so many")
    parser.add_argument("--seed", type=int, default=13)
    asked = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="plexsend-storm-"))
    world = World(
        folder,
        seed=asked.seed,
        fsync="everysec",
        on_uncertain="both",
        rate_per_s=_RATE_PER_S,
        tmpfs=False,
        workers=_WORKERS,
        readers=(READER, SECOND),
    )
    try:
        wrong = list(play(world, asked.messages))
    finally:
        world.end()
    for line in wrong:
        _say(f"WRONG {line}")
    if wrong:
        _say(f"logs and ledgers: {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    _say("Every state is right, each reader heard of each message, and the theft was named.")
    return 0


def play(world: World, messages: int) -> Iterator[str]:
    """Send so many messages, judge what became of them, rob a reader; yield what is wrong."""
    began = time.monotonic()
    world.begin(_APPLICATIONS, "--unlimited")
    court = Court(world)
    _wait_asked(world, court, messages)
    _say(f"{len(court.producers.told):,} messages asked for after {time.monotonic() - began:.0f} s")
    _wait_receipts(world)
    posted = world.gateway.stats()["receipts"]
    _say(f"{posted['taken']:,} posts of receipts taken after {time.monotonic() - began:.0f} s")
    if posted["given_up"]:
        yield f"{posted['given_up']} receipts were not taken in ten tries"
    verdict = court.judge(whole=True)
    states = ", ".join(f"{n:,} {state}" for state, n in verdict.states.most_common())
    _say(f"{verdict.messages:,} messages judged after {time.monotonic() - began:.0f} s: {states}")
    yield from (f"{each.promise}: {each.key} {each.why}" for each in (*verdict.breaks, *verdict.forgotten))
    if verdict.messages < messages:
        yield f"only {verdict.messages} messages"
    yield from rob(world)


def rob(world: World) -> Iterator[str]:
    """Take the last entry out of a stream before a new reader comes; yield what is not seen of that."""
    client: Any = world.valkey.client
    stream = world.key(ACCOUNTS[0], "results")
    ((entry, fields),) = client.xrevrange(stream, count=1)
    stolen = set(fields[b"k"].decode().split(" "))
    client.xdel(stream, entry)
    _run(world, "results", "read", ROBBED, "--from-start")
    code, proof = _run(world, "audit", "--results", ROBBED)
    named = {each["msg_key"] for each in proof.get("missing", ())}
    _say(f"robbed of {len(stolen)} messages; the proof names {len(named)}, exit code {code}")
    if (code, proof.get("ok"), named) != (1, False, stolen):
        yield f"a robbed reader's proof names {sorted(named)}, not {sorted(stolen)}; exit code {code}"


def _wait_asked(world: World, court: Court, messages: int) -> None:
    until = time.monotonic() + _WITHIN_S
    while len(court.producers.told) < messages and time.monotonic() < until:
        time.sleep(_LOOK_S)
        for ledger in world.ledgers:
            court.producers.read(ledger)
    world.pause_file.touch()
    while not all(_is_paused(court, ledger) for ledger in world.ledgers):
        time.sleep(_LOOK_S)
    for application in world.applications:
        world.supervisor.remove(application)


def _is_paused(court: Court, ledger: Path) -> bool:
    court.producers.read(ledger)
    return court.producers.pauses.get(ledger, False)


# First everything is sent, then its receipts come.
def _wait_receipts(world: World) -> None:
    until = time.monotonic() + _WITHIN_S
    quiet, seen = 0, -1
    while quiet < 3 and time.monotonic() < until:
        stats = world.gateway.stats()
        is_quiet = stats["accepted"] == seen and not stats["receipts"]["open"]
        quiet, seen = (quiet + 1 if is_quiet else 0), stats["accepted"]
        time.sleep(_LOOK_S)


def _run(world: World, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        world.plexsend(*arguments, "--json"),
        cwd=ROOT,
        env=world.environ(direct=True),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith(b"{")]
    return done.returncode, json.loads(lines[-1]) if lines else {}


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)  # noqa: T201  it is what a person reads


if __name__ == "__main__":
    sys.exit(main())
