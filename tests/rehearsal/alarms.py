"""Every alert fired by its real cause, and ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from plexsend.stack.child import ChildFailed
from tests.rehearsal.causes import ELSEWHERE, SCENES, names
from tests.rehearsal.chat import OVER
from tests.rehearsal.monitoring import POSTED_S
from tests.rehearsal.scaled_rules import FACTOR
from tests.rehearsal.thresholds import THRESHOLDS

if TYPE_CHECKING:
    from tests.rehearsal.scenes import Scene
    from tests.rehearsal.stage import Stage
    from tests.rehearsal.step import Shown

_FIRES_WITHIN_S = 60.0
_ENDS_WITHIN_S = 90.0
_LONG = "PlexsendPausedForLong"
"""A day of it is minutes: its cause begins first, and ends last."""
_LONG_WITHIN_S = 300.0
_QUIET_WITHIN_S = 90.0


def fire_all(stage: Stage, shown: Shown) -> None:
    """Play every scene; each alert has to fire and to end, and Alertmanager has to hear of it."""
    of_rules, of_scenes = set(stage.scaled.alerts), set(names())
    for alert in sorted(of_rules - of_scenes):
        shown.fact(f"{alert} has no cause in tests/rehearsal", "missing", good=False)
    for alert in sorted(of_scenes - of_rules):
        shown.fact(f"{alert} has a cause, and is not in the rules", "missing", good=False)
    rows: list[tuple[str, ...]] = []
    long = next(scene for scene in SCENES if _LONG in scene.alerts)
    long_began = time.monotonic()
    long.begin(stage)
    stage.load(40)
    _wait_quiet(stage, set())
    for scene in SCENES:
        if scene is not long:
            try:
                rows += _play(stage, shown, scene)
            except (AssertionError, OSError, ChildFailed, RedisError) as exc:
                # The other alerts are played all the same.
                shown.fact(", ".join(scene.alerts), f"not played: {exc}", good=False)
    fired_s = _wait(stage, _LONG, fires=True, since=long_began, within_s=_LONG_WITHIN_S)
    ending = time.monotonic()
    long.end(stage)
    ended_s = _wait(stage, _LONG, fires=False, since=ending, within_s=_ENDS_WITHIN_S)
    rows.append(_row(shown, _LONG, long, fired_s, ended_s))
    for scene in ELSEWHERE:
        (alert,) = scene.alerts
        if alert in stage.elsewhere:
            began, ending = stage.elsewhere[alert]
            fired_s = _wait(stage, alert, fires=True, since=began, within_s=0)
            ended_s = _wait(stage, alert, fires=False, since=ending, within_s=_ENDS_WITHIN_S)
            rows.append(_row(shown, alert, scene, fired_s, ended_s))
    heads = ("alert", "cause", "fires after", "ends by", "ends after")
    shown.tables.append((heads, sorted(rows)))
    fired = sum(bool(stage.monitoring.fired[alert]) for alert in of_rules)
    played = sum(scene.alerts[0] in stage.elsewhere for scene in ELSEWHERE) - len(ELSEWHERE) + len(of_rules)
    words = f"{fired} of {len(of_rules)} in the rules"
    shown.fact("alerts that fired by their cause, and ended", words, good=fired >= played)
    changed = [(alert, old, new) for alert, pairs in THRESHOLDS.items() for old, new in pairs]
    shown.tables.append((("alert", "compared in the rules with", "here with"), changed))
    untold = {row[0] for row in rows} - stage.monitoring.passed_on
    shown.fact(
        "Alertmanager heard of", f"all but {', '.join(sorted(untold))}" if untold else "all", good=not untold
    )
    pages = {alert for alert, rule in stage.scaled.alerts.items() if rule["labels"]["severity"] == "page"}
    silent = pages & {row[0] for row in rows} - {
        alert for alert, words in stage.chat.titles.items() if "PAGE" in words
    }
    words = (
        f"not for {', '.join(sorted(silent))}"
        if silent
        else f"for each of the {len(pages & {row[0] for row in rows})} that page"
    )
    shown.fact("somebody was woken by a post to the chat", words, good=not silent)
    warned = sorted(stage.chat.titles.keys() - pages)
    shown.fact("warnings posted to the chat", f"{len(warned)}; over was posted of {_over(stage)} alerts")
    shown.say(f"  times are of rules whose own are divided by {FACTOR}")
    stage.pause_load()
    shown.fact("what was left is sent", f"in {stage.wait_empty():.0f} s")


def _play(stage: Stage, shown: Shown, scene: Scene) -> list[tuple[str, ...]]:
    if scene.rate_per_s:
        stage.load(scene.rate_per_s)
    else:
        stage.pause_load()
    began = time.monotonic()
    fired: dict[str, float | None] = {}
    try:
        scene.begin(stage)
        for alert in scene.alerts:
            fired[alert] = _wait(stage, alert, fires=True, since=began, within_s=_FIRES_WITHIN_S)
        time.sleep(POSTED_S)
    finally:
        ending = time.monotonic()
        scene.end(stage)
    rows = []
    for alert in scene.alerts:
        ended_s = _wait(stage, alert, fires=False, since=ending, within_s=_ENDS_WITHIN_S)
        rows.append(_row(shown, alert, scene, fired[alert], ended_s))
    return rows


def _wait(stage: Stage, alert: str, *, fires: bool, since: float, within_s: float) -> float | None:
    """Return how long after `since` it began, or ended; None where it does not within the time."""
    times = (stage.monitoring.fired if fires else stage.monitoring.ended)[alert]
    until = max(since, time.monotonic()) + within_s
    while stage.monitoring.is_firing(alert) != fires and not any(at >= since for at in times):
        if time.monotonic() > until:
            return None
        time.sleep(0.1)
    later = [at for at in times if at >= since]
    # Without one it began, or ended, before.
    return later[-1] - since if later else 0.0


def _wait_quiet(stage: Stage, but: set[str]) -> None:
    until = time.monotonic() + _QUIET_WITHIN_S
    while stage.monitoring.firing - but and time.monotonic() < until:
        time.sleep(0.5)


def _row(
    shown: Shown, alert: str, scene: Scene, fired_s: float | None, ended_s: float | None
) -> tuple[str, ...]:
    fires = "did not fire" if fired_s is None else f"{fired_s:.0f} s"
    stops = "did not end" if ended_s is None else f"{ended_s:.0f} s"
    words = f"fires after {fires}, ends after {stops}"
    if fired_s is None or ended_s is None:
        shown.fact(alert, words, good=False)
    else:
        shown.say(f"  ok   {alert}: {words}")
    return (alert, scene.cause, fires, scene.ends, stops)


def _over(stage: Stage) -> int:
    return sum(OVER in words for words in stage.chat.titles.values())
