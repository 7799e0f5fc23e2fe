"""The course of a rehearsal: the steps one after another, and the judgement at the end."""

from __future__ import annotations

import shutil
import sys
import time
import traceback
from typing import TYPE_CHECKING

from plexsend.stack.child import ChildFailed
from tests.rehearsal import (
    alarms,
    cutting,
    draining,
    filling,
    panels,
    rates,
    restoring,
    rolling,
    rotating,
    scaling,
    scaling_keda,
)
from tests.rehearsal.ledgers import judge
from tests.rehearsal.report import write
from tests.rehearsal.stage import Stage
from tests.rehearsal.step import Shown, Step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STEPS = (
    Step("scale", "workers by hand, 1 → 2 → 3 → 1: the pace follows", scaling.by_hand),
    Step("keda", "workers by KEDA's own formula, its queries asked of Prometheus", scaling_keda.by_keda),
    Step("rate", "the vendor's rate changed by policy under load", rates.by_policy),
    Step("cut", "a host cut off from the network and put back", cutting.cut_a_host_off),
    Step("drain", "a host drained by the manual, and started again", draining.drain_a_host),
    Step("roll", "every service rolled to another version, and back down", rolling.roll),
    Step("disk", "full disks, and freed", filling.fill_disks),
    Step("rotate", "the account's secret, the passwords of Redis, the secret of receipts", rotating.rotate),
    Step("restore", "Valkey restored from a copy of its file, by the manual", restoring.restore),
    Step("alerts", "every alert fired by its real cause, and ended", alarms.fire_all),
    Step("panels", "the panels of the dashboard under load", panels.ask_panels),
)


class Course:
    """One rehearsal."""

    def __init__(self, folder: Path, steps: Sequence[Step]) -> None:
        self._folder = folder
        self._steps = steps
        self.began_at = time.time()
        self._began = time.monotonic()
        self._stage = Stage(folder, self.say)
        self.shown: list[tuple[Step, Shown, float]] = []

    def run(self) -> bool:
        """Play every step; return whether all was shown and everything is kept."""
        stage = self._stage
        try:
            self.say("three hosts, the gateway and the services of compose.yaml start")
            try:
                stage.begin()
            except ChildFailed as exc:
                self.say(f"the services do not start: {exc}")
                return False
            self.say(f"all {len(stage.fleet.instances)} processes are well")
            for step in self._steps:
                self._play(step)
            self._play(Step("judge", "nothing lost, nothing doubled, the audit adds up", _judge))
        finally:
            stage.end()
        good = all(shown.is_good for _, shown, _ in self.shown)
        self.say("the rehearsal shows all" if good else "THE REHEARSAL DOES NOT SHOW ALL")
        return good

    def say(self, line: str) -> None:
        """Print a line with the time since the beginning."""
        passed = time.monotonic() - self._began
        sys.stdout.write(f"{int(passed // 60):02}:{passed % 60:04.1f}  {line}\n")
        sys.stdout.flush()

    def keep(self, target: Path) -> None:
        """Copy logs and ledgers, without secrets, into a folder."""
        target.mkdir(parents=True, exist_ok=True)
        for path in (*self._folder.glob("*.log"), *self._folder.glob("*.jsonl")):
            shutil.copy(path, target)
        shutil.copytree(self._folder / "logs", target / "logs", dirs_exist_ok=True)

    def report(self, date: str, line: str, root: Path) -> str:
        """Return the report as Markdown."""
        return write(date, line, root, self.shown, time.monotonic() - self._began)

    def _play(self, step: Step) -> None:
        self.say(f"{step.name}: {step.words}")
        shown = Shown(say=self.say)
        began = time.monotonic()
        try:
            step.play(self._stage, shown)
            self._stage.fleet.check()
        except KeyboardInterrupt:
            raise
        except Exception as exc:  # noqa: BLE001  a step that fails is a result: the next ones are played all the same
            shown.fact("the step fails", f"{type(exc).__name__}: {exc}", good=False)
            self.say(traceback.format_exc())
        self.shown.append((step, shown, time.monotonic() - began))


def _judge(stage: Stage, shown: Shown) -> None:
    stage.pause_load()
    stage.accept_all()
    shown.fact("everything that waited is sent", f"after {stage.wait_empty():.0f} s")
    verdict = judge(stage.added(), stage.requests(), stage.blurs, stage.settled)
    shown.fact(
        "messages that applications were told to be added", f"{verdict.added:,}", good=verdict.added > 0
    )
    shown.fact("accepted by the gateway", f"{verdict.accepted:,}; refused by it: {verdict.refused:,}")
    shown.fact("lost", _name(verdict.lost), good=not verdict.lost)
    shown.fact(
        "doubled without an uncertain request before", _name(verdict.doubled), good=not verdict.doubled
    )
    again = ", ".join(f"{count} ({why})" for why, count in verdict.again.items())
    shown.fact("sent again after an uncertain request, as the policy `resend` says", again or "none")
    done = stage.fleet.command("audit")
    shown.fact(
        "plexsend audit", (done.stdout + done.stderr).strip().splitlines()[-1], good=done.returncode == 0
    )
    leaks = stage.fleet.leaks()
    shown.fact("secrets, numbers and texts in logs", _name(leaks), good=not leaks)


def _name(keys: Sequence[str]) -> str:
    return f"{len(keys)}: {', '.join(keys[:5])}" if keys else "none"
