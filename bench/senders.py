"""The sides of the race: plexsend's worker and its peers, each preloaded, started, measured and ended."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.environments import ROOT, python_of
from bench.items import ACCOUNT, wire_body
from bench.programs import Measured, measure
from bench.throughput import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bench.stage import Stage

PEERS = ROOT / "bench" / "peers"


@dataclass(frozen=True, slots=True)
class Peer:
    """One peer: its module in `bench/peers/`, its environment and the command that works its queue off."""

    module: str
    environment: str | None
    """None: plexsend's own, whose versions it can share."""
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)

    def python(self) -> Path | str:
        """Return its interpreter."""
        return python_of(self.environment) if self.environment else sys.executable


_CELERY = ("celery", "-A", "{module}", "worker", "--loglevel", "WARNING")
_QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def celery_peer(module: str, environment: str | None, *pool: str) -> Peer:
    """Return a Celery peer with this pool."""
    command = [word.format(module=module) for word in _CELERY]
    return Peer(module, environment, (*command, *_QUIET, *pool))


THREADS_8 = ("--pool", "threads", "--concurrency", "8")

CELERY_EACH = {
    "threads": celery_peer("celery_each", None, *THREADS_8),
    "prefork": celery_peer("celery_each", None, "--pool", "prefork", "--concurrency", "1"),
    "solo": celery_peer("celery_each", None, "--pool", "solo"),
}
CELERY_TEN = {
    "threads": celery_peer("celery_ten", "celery_ten", *THREADS_8),
    "prefork": celery_peer("celery_ten", "celery_ten", "--pool", "prefork", "--concurrency", "1"),
    "solo": celery_peer("celery_ten", "celery_ten", "--pool", "solo"),
}
DRAMATIQ_EACH = {
    f"{threads} threads, prefetch {prefetch}": Peer(
        "dramatiq_each",
        "dramatiq_each",
        ("dramatiq", "dramatiq_each", "--processes", "1", "--threads", str(threads)),
        {"dramatiq_queue_prefetch": str(prefetch)},
    )
    for threads, prefetch in ((8, 16), (8, 128), (4, 8))
}
"""Each peer with the pools that its documentation offers for such work; a row takes the fastest of them."""


def send_with_worker(
    stage: Stage, messages: int, *options: str, stamp: str | None = None, **settings: str
) -> dict[str, float]:
    """Have one worker as delivered send messages that wait, and return its pace and cost."""
    stage.clear()
    stage.preload(messages, stamp=stamp)
    return run(
        stage.gateway,
        messages,
        lambda: {
            "sender": stage.worker(*options, **settings),
            "valkey": stage.valkey.program,
            "gateway": stage.gateway.program,
        },
    )


def send_bare(stage: Stage, messages: int, threads: int, mode: str = "data") -> dict[str, float]:
    """Have the bare loop send as many, and return the same."""
    stage.clear()
    bodies = _write_bodies(stage, messages)
    return run(
        stage.gateway,
        messages,
        lambda: {
            "sender": _start(stage, sys.executable, str(PEERS / "bare.py"), str(bodies), str(threads), mode),
            "gateway": stage.gateway.program,
        },
    )


def send_with_peer(stage: Stage, messages: int, peer: Peer) -> dict[str, float]:
    """Have a peer send messages that wait in its queue, and return the same."""
    stage.clear()
    _run(stage, peer.python(), str(PEERS / f"{peer.module}.py"), str(_write_bodies(stage, messages)))
    return run(
        stage.gateway,
        messages,
        lambda: {
            "sender": _start(stage, peer.python(), "-m", *peer.command, environ=peer.environ),
            "valkey": stage.valkey.program,
            "gateway": stage.gateway.program,
        },
    )


def cpu_of_bare(stage: Stage, messages: int, mode: str) -> float:
    """Return the processor time that the bare loop reports for each message, in µs; one thread."""
    stage.clear()
    with _start(
        stage, sys.executable, str(PEERS / "bare.py"), str(_write_bodies(stage, messages)), "1", mode
    ) as program:
        program.wait_for("\n")
        return float(program.words)


def fastest(sides: Mapping[str, Callable[[], Mapping[str, float]]], log: Callable[[str], None]) -> str:
    """Return which side has the best pace in one short try; with one side there is nothing to try."""
    if len(sides) == 1:
        return next(iter(sides))
    paces = {name: measure()["per_s"] for name, measure in sides.items()}
    log("  tried: " + ", ".join(f"{name} {per_s:,.0f}/s" for name, per_s in paces.items()))
    return max(paces, key=paces.__getitem__)


def _write_bodies(stage: Stage, messages: int) -> Path:
    file = stage.folder / f"bodies-{messages}.jsonl"
    if not file.exists():
        file.write_bytes(b"".join(wire_body(number) + b"\n" for number in range(messages)))
    return file


def _environ(stage: Stage) -> dict[str, str]:
    return {
        "BENCH_URL": f"{stage.gateway.url}/mms-bulk/v2/send",
        "BENCH_REDIS": stage.valkey.url,
        "BENCH_ACCOUNT": ACCOUNT,
        "PYTHONPATH": str(PEERS),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _start(stage: Stage, *command: Path | str, environ: Mapping[str, str] | None = None) -> Measured:
    log = stage.folder / f"peer-{len(list(stage.folder.glob('peer-*')))}.log"
    return measure(
        [str(word) for word in command],
        log=log,
        folder=stage.folder,
        environ={**_environ(stage), **(environ or {})},
    )


def _run(stage: Stage, *command: Path | str) -> None:
    with _start(stage, *command) as program:
        if (code := program.wait(600)) != 0:
            raise RuntimeError(f"{command} ended with {code}:\n{program.words[-2000:]}")
