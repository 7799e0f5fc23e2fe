"""Whether receipts that were taken are in the records, and readers and the archive heard how all ended."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.chaos.load import lane_of
from tests.chaos.promises import FORGETS_S, LEEWAY_S, POSTS_S, Break, Promise
from tests.chaos.receipt_codes import ORDER, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.chaos.evidence import Evidence, Record, Told
    from tests.chaos.sequel import Archived, Receipt

SENT = frozenset(ORDER)
"""States of what the gateway has, whatever became of it."""
_BY_RECEIPT = SENT - {"accepted"}
_LIVING = frozenset({"scheduled", "waiting", "sending"})
_ENDED = SENT | {"rejected", "failed", "expired", "cancelled"}


def is_contradicted(told: Told, record: Record, evidence: Evidence, *, is_refused: bool) -> bool:
    """Return whether a receipt says undelivered of a message that the gateway refused: either may count."""
    return is_refused and record.state == "undelivered" and told.key in evidence.sequel.receipts


def judge_receipts(
    evidence: Evidence, told: Told, record: Record, accepted: Sequence[float], *, is_refused: bool
) -> Iterator[Break]:
    """Judge what became of one message by its receipts; `is_refused`: whether the gateway ever refused it."""
    lane = lane_of(told.key)
    # What is under way still is judged as such: its receipt waits for its answer.
    if lane is None or record.state in _LIVING:
        return
    receipts = evidence.sequel.receipts.get(told.key, ())
    says = [(receipt, state_of(lane.path, receipt.code)) for receipt in receipts]
    if record.state in _BY_RECEIPT and record.state not in {state for _, state in says}:
        why = f"its record says {record.state}, and no receipt does"
        yield Break(Promise.RECEIPT, told.key, why, told.added_at or told.asked_at)
    for receipt, state in says:
        if not receipt.taken_at or _place(record.state) >= ORDER.index(state):
            continue
        if _is_excused(evidence, receipt, accepted):
            continue
        # It is about a request that was refused, and such a one is only noted.
        if is_refused and state == "undelivered" and not any(at <= receipt.taken_at for at in accepted):
            continue
        why = f"its receipt {receipt.code} ({state}) was answered 200, and its record says {record.state}"
        # A kill forgets the receipt, or that the message was sent: then the receipt is only noted.
        before = [at for at in accepted if at <= receipt.posted_at]
        since = (before[-1] if before else receipt.posted_at) - POSTS_S
        yield Break(Promise.RECEIPT, told.key, why, receipt.taken_at, since)


def judge_sequel(evidence: Evidence) -> Iterator[Break]:
    """Judge readers and the archive."""
    sequel = evidence.sequel
    if not sequel.is_there:
        return
    for reader, n in sequel.behind.items():
        yield Break(Promise.HEARD, "", f"the reader {reader} has {n} entries before it still")
    yield from _judge_proof(evidence)
    for told in evidence.told.values():
        record = evidence.records.get(told.key)
        if record is not None:
            yield from _judge_heard(evidence, told, record)
            yield from _judge_archived(evidence, told, record)
    for name in sequel.torn:
        yield Break(Promise.ARCHIVE, "", f"{name} has a line that is not whole")


def _place(state: str) -> int:
    return ORDER.index(state) if state in SENT else -1


# What a copy that was put back does not know: the receipt itself, or that the message was sent.
def _is_excused(evidence: Evidence, receipt: Receipt, accepted: Sequence[float]) -> bool:
    if any(
        each.since <= receipt.taken_at and receipt.posted_at <= each.until
        for each in evidence.planted_in(receipt.key, "m")
    ):
        return True
    for restore in evidence.restores:
        since = restore.copied_at - POSTS_S
        if since <= receipt.taken_at <= max(restore.restored_at, restore.settled_at) + LEEWAY_S:
            return True
        if receipt.taken_at > restore.restored_at and any(
            since <= at <= restore.restored_at for at in accepted
        ):
            return True
    return False


def _judge_proof(evidence: Evidence) -> Iterator[Break]:
    for reader, proof in evidence.sequel.proofs.items():
        what = f"plexsend audit --results {reader}"
        if "ok" not in proof:
            yield Break(Promise.HEARD, "", f"{what} told nothing")
        elif not proof["ok"]:
            for each in proof.get("missing", ()):
                why = f"{what}: {each.get('state')} was not given ({each.get('why')})"
                yield Break(Promise.HEARD, str(each.get("msg_key")), why)
            if not proof.get("missing"):
                yield Break(Promise.HEARD, "", f"{what} is not ok, and names nothing")


def _judge_heard(evidence: Evidence, told: Told, record: Record) -> Iterator[Break]:
    for reader, by_key in evidence.sequel.heard.items():
        heard = by_key.get(told.key, frozenset())
        if record.state in _ENDED | {"uncertain"} and record.state not in heard:
            why = (
                f"it is {record.state}, and the reader {reader} heard {', '.join(sorted(heard)) or 'nothing'}"
            )
            yield Break(Promise.HEARD, told.key, why, told.added_at or told.asked_at)


def _judge_archived(evidence: Evidence, told: Told, record: Record) -> Iterator[Break]:
    lines = sorted(evidence.sequel.archived.get(told.key, ()), key=lambda line: line.at)
    for first, second in pairwise(lines):
        if first == second:
            yield Break(Promise.ARCHIVE, told.key, f"the archive says {first.state} twice", _at(first))
    if record.state not in _ENDED:
        return
    if not lines:
        why = f"it is {record.state}, and the archive has no line of it"
        yield Break(Promise.ARCHIVE, told.key, why, told.added_at or told.asked_at)
    # Within a millisecond there is no order.
    elif record.state not in {line.state for line in lines if line.at == lines[-1].at}:
        at = _at(lines[-1])
        if not any(each.copied_at - FORGETS_S <= at <= each.restored_at for each in evidence.restores):
            why = f"it is {record.state}, and the archive's last line says {lines[-1].state}"
            # What Redis forgot the archive knows still.
            yield Break(Promise.ARCHIVE, told.key, why, at, at - LEEWAY_S)


def _at(line: Archived) -> float:
    return datetime.fromisoformat(line.at).timestamp()
