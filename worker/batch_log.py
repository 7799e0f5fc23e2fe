"""The log lines that say what became of a drain's batches."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from plexsend.clock import elapsed_s
from plexsend.outbox.batches import EffectKind, Outcome
from plexsend.outbox.reasons import HOLD_RULES, Ends

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.batches import Batch, Settlement

MOST_KEYS = 10
"""The most keys that one line names: as many as a batch has."""

GATHERED_S = 1.0
"""Seconds between two lines on batches that went as they should: one line a batch costs a drain a quarter of
its pace, and nobody can read a thousand lines a second."""

_QUIET = {EffectKind.REQUEST, EffectKind.ANSWERED}
_NEEDS_A_PERSON = {rule.begun_by for rule in HOLD_RULES if rule.begun_by and rule.ends is Ends.BY_PERSON}
_AS_IT_SHOULD = {Outcome.ACCEPTED, Outcome.REJECTED}


class BatchLog:
    """Logs what became of one drain's batches.

    info: they went; warning: something goes again or is held; error: a person must look. Warnings and errors
    are logged at once, on lines of their own. Every message that was not accepted is named by its key.

    Args:
        log: Where the lines go.
        clock: Seconds, monotonic.
    """

    def __init__(self, log: Any, clock: Callable[[], float] = elapsed_s) -> None:
        self._log = log
        self._clock = clock
        self._logged_s = float("-inf")
        self._forget()

    def _forget(self) -> None:
        self._batches = self._messages = 0
        self._first_take = self._last_take = 0
        self._verdicts: Counter[tuple[Outcome, str]] = Counter()
        self._rejected: list[str] = []

    def note(self, batch: Batch, settlement: Settlement) -> None:
        """Log one batch, at once or together with those that follow soon."""
        verdicts = Counter([(verdict.outcome, verdict.code) for verdict in settlement.verdicts])
        effects = {effect.kind: effect.text for effect in settlement.effects if effect.kind not in _QUIET}
        if effects or any(outcome not in _AS_IT_SHOULD for outcome, _ in verdicts):
            self.end()
            self._log_trouble(batch, settlement, verdicts, effects)
            return
        rejected = _not_accepted(settlement)
        if len(self._rejected) + len(rejected) > MOST_KEYS:
            self.end()
        self._rejected += rejected
        if not self._batches:
            self._first_take = batch.take
        self._last_take = batch.take
        self._batches += 1
        self._messages += len(batch.messages)
        self._verdicts += verdicts
        if self._clock() - self._logged_s >= GATHERED_S:
            self.end()

    def end(self) -> None:
        """Log the batches that were noted and not logged yet."""
        if not self._batches:
            return
        takes = str(self._first_take) if self._batches == 1 else f"{self._first_take}-{self._last_take}"
        self._log.info(
            "batches sent",
            batches=self._batches,
            **_count(self._verdicts),
            takes=takes,
            messages=self._messages,
            codes=_codes(self._verdicts),
            **({"msg_keys": self._rejected} if self._rejected else {}),
        )
        self._logged_s = self._clock()
        self._forget()

    def _log_trouble(
        self,
        batch: Batch,
        settlement: Settlement,
        verdicts: Counter[tuple[Outcome, str]],
        effects: dict[EffectKind, str],
    ) -> None:
        fields = {
            **_count(verdicts),
            "take": batch.take,
            "messages": len(batch.messages),
            "codes": _codes(verdicts),
            "msg_keys": _not_accepted(settlement),
        }
        if _NEEDS_A_PERSON & effects.keys():
            kind = next(iter(_NEEDS_A_PERSON & effects.keys()))
            self._log.error("held until a person acts", **fields, hold=str(kind), reason=effects[kind])
        else:
            reasons = "; ".join(f"{kind}: {text}" for kind, text in effects.items())
            reason = reasons or _first_detail(settlement)
            self._log.warning("batch not sent whole", **fields, reason=reason)


# Of a batch that was given back before anything was sent it is what all messages have.
def _first_detail(settlement: Settlement) -> str:
    of_trouble = (each.detail for each in settlement.verdicts if each.outcome not in _AS_IT_SHOULD)
    return next((detail for detail in of_trouble if detail), "")


def _not_accepted(settlement: Settlement) -> list[str]:
    return [verdict.msg_key for verdict in settlement.verdicts if verdict.outcome is not Outcome.ACCEPTED]


def _count(verdicts: Counter[tuple[Outcome, str]]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for (outcome, _), count in verdicts.items():
        counts[str(outcome)] += count
    return counts


def _codes(verdicts: Counter[tuple[Outcome, str]]) -> str:
    return ",".join(sorted({code for _, code in verdicts if code}))
