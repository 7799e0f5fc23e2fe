"""Every service rolled to another version, one by one, under load, and back down."""

from __future__ import annotations

import itertools
import shutil
import time
from typing import TYPE_CHECKING

from plexsend.outbox.replies import text
from tests.rehearsal.fleet import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rehearsal.stage import Stage
    from tests.rehearsal.step import Shown

_RATE_PER_S = 40
_SCHEMA = "plexsend/gateway/schemas/mms.py"
_OLD, _NEW = "version: ClassVar[int] = 1", "version: ClassVar[int] = 2"
_FOREIGN = ("prometheus", "alertmanager", "grafana", "commands")
_BETWEEN_S = 1.0
_LOOKED_AT = "mms-standard"
_RECENT_S = 3.0
_LONGEST_S = 60.0
_STALL_S = 15.0
"""The longest without any request: Valkey itself is started anew once each way."""


def make_next_version(folder: Path) -> Path:
    """Return a folder with this program, in which the rules of MMS have a later version: another stamp."""
    for name in ("plexsend", "producers", "worker"):
        shutil.copytree(
            ROOT / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    schema = folder / _SCHEMA
    text = schema.read_text("utf-8")
    if text.count(_OLD) != 1:
        raise AssertionError(f"{_SCHEMA} does not have {_OLD!r} once.")
    schema.write_text(text.replace(_OLD, _NEW), "utf-8")
    return folder


def roll(stage: Stage, shown: Shown) -> None:
    """Roll up, workers before applications, and down, applications before workers."""
    following = make_next_version(stage.folder / "seen" / "next")
    stage.fleet.scale("worker-mms", 2)
    stage.load(_RATE_PER_S)
    began = time.time()
    rows = _roll_services(stage, following)
    _replace_application(stage, following)
    rows.append(("application", "", "to the next version"))
    stamps = _stamps(stage)
    words = ", ".join(sorted(stamps)) or "none"
    shown.fact("stamps of what the next version submits", words, good=_is_new(stamps))
    _replace_application(stage, ROOT)
    stage.pause_load()
    waited_s = stage.wait_empty()
    shown.fact("before the way down: what the next version wrote is sent", f"in {waited_s:.0f} s")
    stage.load(_RATE_PER_S)
    rows += _roll_services(stage, ROOT)
    ended = time.time()
    stage.pause_load()
    shown.fact("what was left is sent", f"in {stage.wait_empty():.0f} s")
    times = [began, *(each.at for each in stage.requests() if began < each.at < ended)]
    stall_s = max(later - earlier for earlier, later in itertools.pairwise(times))
    shown.fact("longest time without a request", f"{stall_s:.1f} s", good=stall_s < _STALL_S)
    longest = max(rows, key=lambda row: float(row[1] or 0))
    words = f"{len(rows)}; the longest took {longest[1]} s ({longest[0]})"
    shown.fact("restarts, each ended in order and well again", words, good=float(longest[1]) < _LONGEST_S)
    shown.tables.append((("process", "from its end to well, s", "way"), rows))
    stage.fleet.scale("worker-mms", 1)


def _roll_services(stage: Stage, version: Path) -> list[tuple[str, str, str]]:
    rows = []
    for name, instance in list(stage.fleet.instances.items()):
        if instance.service.name in _FOREIGN:
            continue
        began = time.monotonic()
        if instance.service.name == "valkey":
            # It has one version; an operator starts it anew for another configuration.
            with stage.blurred("Valkey was started anew"):
                stage.fleet.stop(name)
                stage.fleet.start("valkey")
                stage.fleet.wait_well(name)
        else:
            stage.fleet.stop(name)
            stage.fleet.start(instance.service.name, instance.number, host=instance.host, version=version)
            stage.fleet.wait_well(name)
        way = "down" if version == ROOT else "up"
        rows.append((name, f"{time.monotonic() - began:.1f}", way))
        time.sleep(_BETWEEN_S)
    return rows


def _replace_application(stage: Stage, version: Path) -> None:
    stage.pause_load()
    stage.application.end()
    stage.application = stage.start_application(version)
    stage.load(_RATE_PER_S)


def _stamps(stage: Stage) -> set[str]:
    # A record keeps its stamp until it is sent: a service is paused, so that some can be looked at.
    stage.fleet.must("pause", _LOOKED_AT, "--reason", "rehearsal")
    found: set[str] = set()

    def look() -> bool:
        recent = time.time() - _RECENT_S
        keys = [key for key, at in stage.added().items() if at > recent and key.startswith(_LOOKED_AT)]
        stamps = (stage.redis.hget(f"plexsend:{{main}}:m:{key}", "v") for key in keys)
        found.update(text(stamp) for stamp in stamps if stamp)
        return bool(found)

    stage.wait(look, f"{_LOOKED_AT} waits", _LONGEST_S)
    stage.fleet.must("resume", _LOOKED_AT)
    return found


def _is_new(stamps: set[str]) -> bool:
    return any(stamp.startswith("mms:v2:2:") for stamp in stamps)
