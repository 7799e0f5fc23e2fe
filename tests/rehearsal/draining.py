"""A host drained as docs/operating.md says it: its processes are stopped, and others take over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.rehearsal.stage import Stage
    from tests.rehearsal.step import Shown

_RATE_PER_S = 60
_GRACE_S = 45.0
"""As compose.yaml gives each process."""
_WATCHED_S = 8.0


def drain_a_host(stage: Stage, shown: Shown) -> None:
    """Stop all of a host, see that others serve, and start it again."""
    stage.load(_RATE_PER_S)
    stage.fleet.scale("worker-mms", 2)
    time.sleep(3)
    host = stage.fleet.instances["worker-mms-1"].host
    here = [each for each in stage.fleet.instances.values() if each.host == host]
    shown.say(f"  host {host} is drained of {', '.join(each.name for each in here)}")
    longest_s = max(stage.fleet.stop(each.name) for each in here)
    words = f"in order, the slowest within {longest_s:.1f} s (allowed: {_GRACE_S:g} s)"
    shown.fact("its processes end", words, good=longest_s < _GRACE_S)
    stopped = time.time()
    time.sleep(_WATCHED_S)
    uncertain = stage.counts()["uncertain"]
    sent = sum(len(each.accepted) for each in stage.requests() if "/mms-" in each.path and each.at > stopped)
    words = f"{sent} of MMS in {_WATCHED_S:g} s, {uncertain} that may have been sent"
    shown.fact("messages with a worker elsewhere go on", words, good=sent > 0 and uncertain == 0)
    (beat,) = stage.fleet.of("beat")
    done = stage.fleet.run_beside(beat, ("plexsend", "health", "beat", "--max-age", "10"))
    shown.fact("plexsend health beat --max-age 10, elsewhere", done.stdout.strip(), good=done.returncode == 0)
    for each in here:
        stage.fleet.start(each.service.name, each.number, host=each.host)
    longest_s = max(stage.fleet.wait_well(each.name) for each in here)
    shown.fact("started again, all are well", f"after {longest_s:.1f} s")
    stage.pause_load()
    shown.fact("what was left is sent", f"in {stage.wait_empty():.0f} s")
    stage.fleet.scale("worker-mms", 1)
