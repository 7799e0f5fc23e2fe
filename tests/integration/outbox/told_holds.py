"""Holds in plain Python: what starts them, what a probe does to them, and what they block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.batches import EffectKind, Outcome, Settlement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.outbox.lanes import Lane

RECLAIM_MS = 40_000
SHUT_FIRST_MS, SHUT_LONGEST_MS = 4_000, 16_000
CREDIT_FIRST_MS, CREDIT_LONGEST_MS = 8_000, 32_000
SMALLER_FOR_MS = 600_000


@dataclass
class ToldHold:
    """A hold that ends by a probe, or (batch size) by itself."""

    until_ms: int
    step: int
    probe: str = ""
    probe_until_ms: int = 0


class ToldHolds:
    """All holds of one account. Times are the model's."""

    def __init__(self) -> None:
        self.barred: set[str] = set()
        """Holds that only a person ends."""
        self.timed: dict[str, ToldHold] = {}
        self._eased: dict[str, int] = {}
        self._takes: dict[str, tuple[int, int]] = {}
        # Takes and ends of holds are told apart by their order, not by their times.
        self._moments = 0

    def is_paused(self, lane: Lane) -> bool:
        """Tell whether a person holds the lane, and not all of its route."""
        return bool({f"lane pause {lane.name}", f"group pause {lane.group}"} & self.barred)

    def gate(self, lane: Lane, now_ms: int) -> tuple[bool, list[str], int]:
        """Tell whether the lane is blocked, which holds want a probe, and the largest batch."""
        route = lane.route.name
        bars = {f"account pause {lane.account}", f"service pause {lane.service}", f"lane pause {lane.name}"}
        bars |= {f"account auth {lane.account}", f"lane fault {route}", f"lane pause {route}"}
        bars |= {f"group pause {lane.group}"}
        if bars & self.barred:
            return True, [], 0
        probes = []
        for name in (f"account credit {lane.account}", f"lane shut {route}"):
            hold = self.timed.get(name)
            if hold is None:
                continue
            if hold.until_ms > now_ms or (hold.probe and hold.probe_until_ms > now_ms):
                return True, [], 0
            probes.append(name)
        smaller = self.timed.get(f"lane size {route}")
        size = smaller.step if smaller and smaller.until_ms > now_ms else 10
        return False, probes, 1 if probes else size

    def note_take(self, drain: str, sequence: int, probes: Iterable[str], now_ms: int) -> None:
        """Remember a take, and that it probes."""
        self._moments += 1
        self._takes[drain] = (sequence, self._moments)
        for name in probes:
            hold = self.timed[name]
            hold.probe, hold.probe_until_ms = f"{drain}.{sequence}", now_ms + 2 * RECLAIM_MS

    def is_probe(self, settlement: Settlement | None) -> bool:
        """Tell whether a settlement is that of a probe."""
        return settlement is not None and any(hold.probe == settlement.token for hold in self.timed.values())

    def forget_take(self, drain: str) -> None:
        """Forget the last take of a drain that rests or has stopped."""
        self._takes.pop(drain, None)

    def release(self, names: Iterable[str]) -> None:
        """End holds as a person does."""
        self._moments += 1
        for name in names:
            if name in self.barred or name in self.timed:
                self._eased[name] = self._moments
            self.barred.discard(name)
            self.timed.pop(name, None)

    def apply(self, lane: Lane, settlement: Settlement, now_ms: int) -> None:
        """Let the effects of a settlement move the holds."""
        seen = {effect.kind: effect for effect in settlement.effects}
        token = settlement.token
        accepted = any(verdict.outcome is Outcome.ACCEPTED for verdict in settlement.verdicts)
        shut = EffectKind.SHUT in seen
        route = lane.route.name
        name = f"lane shut {route}"
        if shut or EffectKind.SHUT_ALONE in seen:
            self._worsen(name, token, now_ms, SHUT_FIRST_MS, SHUT_LONGEST_MS if shut else None)
        else:
            self._tell(name, token, now_ms, good=EffectKind.ANSWERED in seen)
        name = f"account credit {lane.account}"
        if EffectKind.CREDIT in seen:
            self._worsen(name, token, now_ms, CREDIT_FIRST_MS, CREDIT_LONGEST_MS)
        else:
            self._tell(name, token, now_ms, good=accepted)
        for kind, barred in (
            (EffectKind.AUTH, f"account auth {lane.account}"),
            (EffectKind.FAULT, f"lane fault {route}"),
        ):
            if kind in seen and not self._is_outdated(barred, token):
                self.barred.add(barred)
        if EffectKind.SMALLER in seen:
            self._halve(f"lane size {route}", seen[EffectKind.SMALLER].number, now_ms)

    # `longest_ms` None: what goes alone begins no hold and makes none grow.
    def _worsen(self, name: str, token: str, now_ms: int, first_ms: int, longest_ms: int | None) -> None:
        hold = self.timed.get(name)
        if hold is None:
            if longest_ms is not None and not self._is_outdated(name, token):
                self.timed[name] = ToldHold(now_ms + first_ms, first_ms)
        elif hold.probe and hold.probe == token:
            hold.step = min(hold.step * 2, longest_ms) if longest_ms is not None else hold.step
            hold.until_ms, hold.probe = now_ms + hold.step, ""

    def _tell(self, name: str, token: str, now_ms: int, *, good: bool) -> None:
        hold = self.timed.get(name)
        if hold is None or not hold.probe or hold.probe != token:
            return
        if good:
            del self.timed[name]
            self._moments += 1
            self._eased[name] = self._moments
        else:
            hold.until_ms, hold.probe = now_ms + hold.step, ""

    def _halve(self, name: str, size: int, now_ms: int) -> None:
        step, old = max(1, size // 2), self.timed.get(name)
        if old and old.until_ms > now_ms:
            step = min(step, old.step)
        self.timed[name] = ToldHold(now_ms + SMALLER_FOR_MS, step)

    def _is_outdated(self, name: str, token: str) -> bool:
        drain, _, sequence = token.rpartition(".")
        taken = self._takes.get(drain)
        if name not in self._eased or taken is None or str(taken[0]) != sequence:
            return False
        return taken[1] < self._eased[name]
