"""A host cut off from the network, and put back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.rehearsal.stage import Stage
    from tests.rehearsal.step import Shown

_RATE_PER_S = 60
_CUT_S = 20.0
_STALL_S = 8.0
"""The longest that messages may stand still for which another host has a worker: a process counts as gone
after five seconds of silence, and only then others take its lanes over."""
_BACK_S = 30.0
_LATE_S = 20.0
"""So long after it is back a request may still arrive that its worker has given up: TCP sends it again."""


def cut_a_host_off(stage: Stage, shown: Shown) -> None:
    """Cut off a host with one of two workers for MMS, the only one for RCS, and a beat."""
    stage.load(_RATE_PER_S)
    stage.fleet.scale("worker-mms", 2)
    time.sleep(3)
    host = stage.fleet.instances["worker-mms-1"].host
    names = [each.name for each in stage.fleet.instances.values() if each.host == host]
    shown.say(f"  host {host} is cut off, with {', '.join(names)}")
    began = time.time()
    stage.hosts.cut(host)
    try:
        time.sleep(_CUT_S)
    finally:
        stage.hosts.connect(host)
    back = time.time()
    stage.blur(began - 0.5, back + _LATE_S, f"host {host} was cut off")
    took_s = max(stage.fleet.wait_well(name, _BACK_S * 2) for name in names)
    shown.fact(
        "back on the network: all of the host are well", f"after {took_s:.1f} s", good=took_s < _BACK_S
    )
    stage.wait(
        lambda: any("rcs" in each.path and each.at > back for each in stage.requests()),
        "messages go that only the host's worker serves",
        _BACK_S,
        0.5,
    )
    shown.fact("messages that only its worker serves go again", f"after {time.time() - back:.1f} s")
    times = [
        began,
        *(each.at for each in stage.requests() if "/mms-" in each.path and began < each.at < back),
    ]
    stall_s = max(later - earlier for earlier, later in zip(times, [*times[1:], back], strict=True))
    words = f"they stood still for {stall_s:.1f} s at most (wanted: {_STALL_S:g} s)"
    shown.fact("meanwhile messages with a worker elsewhere", words, good=stall_s < _STALL_S)
    stage.pause_load()
    shown.fact("what was left is sent", f"in {stage.wait_empty():.0f} s")
    stage.fleet.scale("worker-mms", 1)
