"""The log line of a batch's fate."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from plexsend.outbox.messages import EffectKind, Outcome

if TYPE_CHECKING:
    from plexsend.outbox.messages import Batch, Settlement

_QUIET = {EffectKind.REQUEST, EffectKind.ANSWERED}
_NEEDS_A_PERSON = {EffectKind.AUTH, EffectKind.FAULT}


def log_fate(log: Any, batch: Batch, settlement: Settlement) -> None:
    """Log one batch: info: it went; warning: something goes again or is held; error: a person must look."""
    effects = {effect.kind: effect for effect in settlement.effects if effect.kind not in _QUIET}
    outcomes = Counter(entry.outcome for entry in settlement.entries)
    fields: dict[str, Any] = {str(outcome): count for outcome, count in outcomes.items()}
    codes = sorted({entry.code for entry in settlement.entries if entry.code})
    fields |= {"take": batch.take, "messages": len(batch.messages), "codes": ",".join(codes)}
    if _NEEDS_A_PERSON & effects.keys():
        kind = next(iter(_NEEDS_A_PERSON & effects.keys()))
        log.error("held until a person acts", **fields, hold=str(kind), reason=effects[kind].text)
    elif effects or outcomes.keys() - {Outcome.ACCEPTED, Outcome.REJECTED}:
        reasons = "; ".join(f"{kind}: {effect.text}" for kind, effect in effects.items())
        log.warning("batch not sent whole", **fields, reason=reasons)
    else:
        log.info("batch sent", **fields)
