"""Disks that fill up: Valkey's, and the one of the workers' state."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rehearsal.stage import Stage
    from tests.rehearsal.step import Shown

_RATE_PER_S = 60
_FULL_S = 10.0
_PIECES = tuple(bytes(size) for size in (1 << 22, 1 << 16, 1 << 12))
_BACK_S = 30.0


def fill(folder: Path) -> Path:
    """Take all the room of a file system and return the file that does."""
    filler = folder / "filler"
    # In steps that shrink: others take room meanwhile, so how much is left cannot be known.
    with filler.open("wb", buffering=0) as file:
        for piece in _PIECES:
            with suppress(OSError):
                while file.write(piece) == len(piece):
                    pass
    return filler


def fill_disks(stage: Stage, shown: Shown) -> None:
    """Fill each under load, and free it."""
    stage.load(_RATE_PER_S)
    _fill_valkeys(stage, shown)
    _fill_states(stage, shown)
    stage.pause_load()
    shown.fact("what was left is sent", f"in {stage.wait_empty():.0f} s")


def _fill_valkeys(stage: Stage, shown: Shown) -> None:
    folder = stage.fleet.volume("valkey-data", stage.fleet.host_of("valkey"))
    with stage.blurred("Valkey's disk was full", after_s=2):
        filler = fill(folder)
        full_at = time.time()
        stage.wait(lambda: stage.redis.info("persistence")["aof_last_write_status"] == "err", "a write fails")
        time.sleep(_FULL_S)
        done = stage.fleet.command("health", "outbox")
        said = (done.stdout + done.stderr).strip()
        shown.fact("Valkey's disk is full: plexsend health outbox", said, good=done.returncode == 1)
        before = len(stage.added())
        time.sleep(2)
        taken = len(stage.added()) - before
        shown.fact("messages taken in meanwhile, in 2 s", f"{taken}", good=taken == 0)
        filler.unlink()
        freed_at = time.time()
        stage.wait(lambda: stage.fleet.command("health", "outbox").returncode == 0, "Valkey writes again")
    stage.wait(lambda: any(each.at > freed_at for each in stage.requests()), "messages go again", _BACK_S)
    words = f"messages go after {time.time() - freed_at:.1f} s; it was full for {freed_at - full_at:.0f} s"
    shown.fact("the disk is freed", words)
    # What the manual asks for after a full disk: a file written anew, which any later start can read.
    stage.redis.bgrewriteaof()
    stage.wait(
        lambda: not stage.redis.info("persistence")["aof_rewrite_in_progress"], "the file is written anew"
    )
    with stage.blurred("Valkey was started anew"):
        stage.fleet.stop("valkey-1")
        stage.fleet.start("valkey")
        took_s = stage.fleet.wait_well("valkey-1")
    shown.fact("started anew, it reads its file", f"well after {took_s:.1f} s")


def _fill_states(stage: Stage, shown: Shown) -> None:
    worker = stage.fleet.instances["worker-mms-1"]
    filler = fill(stage.fleet.volume("state", worker.host))
    since = time.time()
    time.sleep(_FULL_S)
    sent = sum(len(each.accepted) for each in stage.requests() if "/mms-" in each.path and each.at > since)
    shown.fact("the workers' state folder is full: messages go on", f"{sent} in {_FULL_S:g} s", good=sent > 0)
    done = stage.fleet.run_beside(worker, ("plexsend", "health", "worker"))
    shown.fact("plexsend health worker", (done.stdout + done.stderr).strip(), good=done.returncode == 0)
    words = [line for line in worker.child.words.splitlines() if "No space left" in line]
    shown.fact("the worker's log names it", f"{len(words)} lines", good=bool(words))
    filler.unlink()
