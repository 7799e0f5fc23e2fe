"""Plays a schedule on a world: rounds of faults, calm behind each, a judgement every few rounds."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from tests.chaos.catalogue import BY_NAME
from tests.chaos.court import Court
from tests.chaos.fault import Proof, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.chaos.oracle import Judgement
    from tests.chaos.promises import Break
    from tests.chaos.schedule import Part, Round
    from tests.chaos.world import World

ROUNDS_TO_A_JUDGEMENT = 4
_BLURS_ON_S = 6.0
"""For so long after a fault what it held back may still arrive."""
_SAMPLE_S = 0.1


@dataclass(slots=True)
class Strike:
    """One fault in one round, and what became of it."""

    fault: str
    round: int
    began: float
    ended: float
    proof: Proof
    error: str = ""
    """What went wrong in the fault itself, which is no broken promise but no proof either."""
    breaks: list[Break] = field(default_factory=list)
    """What may be due to it; a fault that struck at the same time is as likely."""
    forgotten: list[Break] = field(default_factory=list)


@dataclass
class Play:
    """One world under one schedule.

    Args:
        world: Begun.
        say: Gets a line for each round and judgement.
    """

    world: World
    say: Callable[[str], None]
    strikes: list[Strike] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    bells_seen: int = 0

    def __post_init__(self) -> None:
        self.court = Court(self.world)
        self._waiting: list[Strike] = []
        self._stop = threading.Event()

    def run(self, rounds: Iterable[Round], seconds: float, *, each: int = ROUNDS_TO_A_JUDGEMENT) -> None:
        """Play rounds until the time is over, then judge everything."""
        sampler = threading.Thread(target=self._sample, name="sampler", daemon=True)
        sampler.start()
        until = time.monotonic() + seconds
        unjudged = 0
        try:
            for round_ in rounds:
                if time.monotonic() + round_.seconds > until and self.strikes:
                    break
                self._play_round(round_)
                unjudged += 1
                if unjudged >= each and time.monotonic() < until:
                    self._judge(whole=False)
                    unjudged = 0
            self._judge(whole=True)
        finally:
            self._stop.set()
            sampler.join(5)

    def _play_round(self, round_: Round) -> None:
        strikes: list[Strike] = []
        threads = [
            threading.Thread(target=self._strike, args=(part, round_.number, strikes), daemon=True)
            for part in round_.parts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._mend()
        resumed = self.court.resume_all()
        self.strikes += strikes
        self._waiting += strikes
        told = "; ".join(
            f"{strike.fault}: {strike.error or strike.proof.words}"
            + ("" if strike.proof.count else " — DID NOTHING")
            for strike in strikes
        )
        more = f"; resumed {', '.join(resumed)}" if resumed else ""
        self.say(f"round {round_.number}: {told}{more}")
        time.sleep(round_.calm_s)

    def _strike(self, part: Part, number: int, strikes: list[Strike]) -> None:
        fault = BY_NAME[part.fault]
        time.sleep(part.begins_s)
        began = time.time()
        proof, error = Proof(0), ""
        try:
            proof = fault.run(self.world, Span(part.seconds, random.Random(part.seed)))
        except Exception as exc:  # noqa: BLE001  a fault that fails is told, and the others go on
            error = f"{type(exc).__name__}: {exc}"
        strikes.append(Strike(part.fault, number, began, time.time(), proof, error))
        if fault.blurs:
            self.court.blurred.append((began, time.time() + _BLURS_ON_S))

    def _mend(self) -> None:
        self.world.mend()
        self.world.gateway.clear()
        self.world.gateway.know_keys(on=False)
        self.world.proxy.calm()

    def _judge(self, *, whole: bool) -> None:
        judgement = self.court.judge(whole=whole)
        self.judgements.append(judgement)
        for strike in self.strikes if whole else self._waiting:
            _charge(strike, strike.breaks, judgement.breaks)
            _charge(strike, strike.forgotten, judgement.forgotten)
        self._waiting = []
        states = ", ".join(f"{n} {state}" for state, n in judgement.states.most_common())
        verdict = "every promise kept" if judgement.kept else f"{len(judgement.breaks)} BREAKS"
        self.say(
            f"judgement: {judgement.messages} messages ({states}) decided after "
            f"{self.court.decided_after_s:.1f} s, heard after {self.court.heard_after_s:.1f} s; "
            f"{judgement.resent} accepted again after an uncertain try, "
            f"{len(judgement.forgotten)} forgotten by Redis: {verdict}"
        )
        for each in judgement.breaks[:10]:
            self.say(f"  BREAK {each.promise}: {each.key} {each.why}")

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_S):
            with suppress(RedisError, OSError):
                self.bells_seen += self.court.search_queues()
                self.court.watch.look()


# The last judgement finds again what an earlier one has found.
def _charge(strike: Strike, known: list[Break], found: list[Break]) -> None:
    known += [each for each in found if _may_be_due_to(each, strike) and each not in known]


# What has no time of its own may be due to any fault; a message also to what struck while it was under way.
def _may_be_due_to(each: Break, strike: Strike) -> bool:
    return each.at == 0.0 or strike.began - 30.0 <= each.at <= strike.ended + 5.0
