"""Valkey restored from a copy of its append-only file, as docs/operating.md says it, "After a restore"."""

from __future__ import annotations

import gzip
import json
import shutil
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rehearsal.stage import Stage
    from tests.rehearsal.step import Shown

_WAITING = 400
_OLD_S = 35.0
"""Older than the 30 s up to which a warning is enough."""
_WITHIN_S = 30.0
_AOF = "appendonlydir"
_RATE_PER_S = 40


def restore(stage: Stage, shown: Shown) -> None:
    """Copy while messages wait, let them go, put the copy back, and settle with the archive."""
    stage.load(_RATE_PER_S)
    time.sleep(5)
    stage.pause_load()
    stage.wait_empty()
    stage.order(answer="unavailable")
    stage.burst(_WAITING)
    folder = stage.fleet.volume("valkey-data", stage.fleet.host_of("valkey"))
    copy = stage.folder / "valkey-copy"
    stage.redis.config_set("auto-aof-rewrite-percentage", 0)
    stage.wait(
        lambda: not stage.redis.info("persistence")["aof_rewrite_in_progress"], "nothing is written anew"
    )
    shutil.copytree(folder / _AOF, copy)
    copied = time.monotonic()
    stage.accept_all()
    stage.wait_empty()
    since = time.time()
    archive = stage.fleet.volume("archive", stage.fleet.host_of("archive"))
    stage.wait(lambda: _count_archived(archive) >= len(stage.added()), "the archive has all", _WITHIN_S, 0.5)
    time.sleep(max(0.0, _OLD_S - (time.monotonic() - copied)))

    shown.say(f"  1. what submits is stopped; {_WAITING} messages went since the copy")
    stage.fleet.stop("valkey-1")
    shutil.rmtree(folder / _AOF)
    shutil.move(copy, folder / _AOF)
    restored = time.monotonic()
    stage.fleet.start("valkey")
    stage.fleet.wait_well("valkey-1")
    shown.say("  2. Valkey is started with the copy; the workers ran before")
    stage.wait(lambda: "rewound" in stage.fleet.must("holds", allow=(0, 1)), "the account is held", _WITHIN_S)
    shown.fact("the copy is in place: workers hold the account", f"after {time.monotonic() - restored:.1f} s")
    stage.wait(lambda: stage.monitoring.is_firing("PlexsendRewound"), "the alert fires", _WITHIN_S)
    shown.say("  3. plexsend holds")
    shown.say("  4. plexsend rewound settle, by the archive first")
    stage.elsewhere["PlexsendRewound"] = (restored, time.monotonic())
    line = ("rewound", "settle", "--as", "sent", "--archive", "/var/lib/plexsend/archive", "--yes", "--json")
    done = stage.fleet.command(*line, host=stage.fleet.host_of("archive"))
    said = [json.loads(each) for each in done.stdout.splitlines() if each.startswith("{")]
    shown.fact("plexsend rewound settle --as sent --archive", _words(said), good=done.returncode == 0)
    stage.wait(lambda: "rewound" not in stage.fleet.must("holds", allow=(0, 1)), "the hold ends", _WITHIN_S)
    shown.say("  5. applications submit again")
    stage.load(_RATE_PER_S)
    time.sleep(5)
    stage.pause_load()
    shown.fact("what was left is sent", f"in {stage.wait_empty():.0f} s")
    times = Counter(key for each in stage.requests() for key in each.accepted)
    twice = sum(1 for each in stage.requests() if each.at > since for key in each.accepted if times[key] > 1)
    shown.fact("sent again of what went since the copy", f"{twice} of {_WAITING}", good=twice == 0)


def _count_archived(folder: Path) -> int:
    keys: set[str] = set()
    for path in folder.glob("*.jsonl.gz"):
        # Its end may be written just now.
        with suppress(EOFError, ValueError), gzip.open(path, "rb") as lines:
            keys.update(json.loads(line)["msg_key"] for line in lines)
    return len(keys)


def _words(said: list[dict[str, object]]) -> str:
    return ", ".join(f"{name} {value}" for each in said for name, value in each.items()) or "nothing"
