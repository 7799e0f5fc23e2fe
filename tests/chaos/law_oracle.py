"""Whether advertisements kept to the law, by what the gateway saw of them and when."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from tests.chaos.evidence import ACCEPTED
from tests.chaos.gateway_marks import MARKED, PLAIN
from tests.chaos.law import opens_between
from tests.chaos.load import ONCE_A_DAY, QUIET, first_of, lane_of, receiver_of
from tests.chaos.promises import LEEWAY_S, POSTS_S, Break, Promise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.evidence import Evidence, Record, Told
    from tests.chaos.load import Lane

SUPPRESSED, AD_GAP = "SUPPRESSED", "AD_GAP"
LAWFUL = frozenset({SUPPRESSED, AD_GAP})
"""Codes of messages that ended, or are parked, since they must not go."""


def judge_law(evidence: Evidence) -> Iterator[Break]:
    """Judge each item that reached the gateway since the last judgement."""
    for request in evidence.requests:
        if request.at < evidence.since:
            continue
        for key, code, to, mark in zip(
            request.keys, request.codes, request.to, request.marks, strict=bool(request.to)
        ):
            lane = lane_of(key)
            if lane is None:
                continue
            yield from _judge_marks(key, lane, to, mark, request.at)
            if code == ACCEPTED:
                yield from _judge_hours(evidence, key, lane, request.at)
                yield from _judge_refusal(evidence, key, lane, request.at)
    yield from _judge_gap(evidence)


def is_lawful(told: Told, record: Record, evidence: Evidence) -> bool:
    """Return whether a message may have ended as it did since it must not go."""
    lane = lane_of(told.key)
    if lane is None or record.code not in LAWFUL:
        return False
    if record.code == AD_GAP:
        return bool(lane.ad) and lane.account == ONCE_A_DAY
    law, number, is_ad = evidence.law, receiver_of(told.key), bool(lane.ad)
    end = record.history[-1].at + LEEWAY_S if record.history else inf
    start = told.asked_at - LEEWAY_S
    of_receipts = law.of_receipts.get((lane.account, number), ()) if is_ad else ()
    return law.refusals.possible(lane.account, number, start, end, is_ad=is_ad) or any(
        each.owed_at <= end for each in of_receipts
    )


def _judge_marks(key: str, lane: Lane, to: str, mark: str, at: float) -> Iterator[Break]:
    wanted = MARKED if lane.ad else PLAIN
    if mark != wanted:
        yield Break(Promise.MARKS, key, f"reached the gateway {mark}, not {wanted}", at)
    if to != receiver_of(key):
        yield Break(Promise.END, key, "went to another number", at)


# A batch that was taken just before goes still: that is what the minutes before the law's hour are for.
def _judge_hours(evidence: Evidence, key: str, lane: Lane, at: float) -> Iterator[Break]:
    if lane.ad != QUIET:
        return
    start = at - POSTS_S - LEEWAY_S
    spans = list(evidence.fleet.policies.spans(lane.account, "quiet_hours", start, at + LEEWAY_S))
    if spans and not any(opens_between(*span) for span in spans):
        hours = sorted({hours or "the usual ones" for hours, _, _ in spans})
        yield Break(Promise.QUIET, key, f"accepted in quiet hours ({', '.join(hours)})", at)


def _judge_refusal(evidence: Evidence, key: str, lane: Lane, at: float) -> Iterator[Break]:
    number, start, is_ad = receiver_of(key), at - POSTS_S - LEEWAY_S, bool(lane.ad)
    found = evidence.law.refusals.binding(lane.account, number, start, at + LEEWAY_S, is_ad=is_ad)
    if found is not None and not _is_restored(evidence, found.asked_at, at):
        why = f"accepted {at - found.answered_at:.1f} s after its number was suppressed ({found.kind})"
        yield Break(Promise.REFUSED, key, why, at, found.asked_at)
    for receipt in evidence.law.of_receipts.get((lane.account, number), ()) if is_ad else ():
        # Of two receipts of a message that contradict each other one counts.
        if (
            0 < receipt.taken_at < start
            and len(evidence.sequel.receipts[receipt.key]) == 1
            and not _is_taken_back(evidence, lane.account, number, receipt.owed_at)
            and not _is_restored(evidence, receipt.posted_at, at)
            and not evidence.planted_in(receipt.key, "m")
        ):
            why = f"accepted {at - receipt.taken_at:.1f} s after a receipt said that its number refuses"
            yield Break(Promise.REFUSED, key, why, at, receipt.posted_at - POSTS_S)
            return


def _is_taken_back(evidence: Evidence, account: str, number: str, since: float) -> bool:
    return any(
        each.taken_back_at < inf and each.gone_at >= since
        for each in evidence.law.refusals.of(account, number)
    )


def _is_restored(evidence: Evidence, since: float, until: float) -> bool:
    return any(each.copied_at - POSTS_S <= until and since <= each.restored_at for each in evidence.restores)


def _judge_gap(evidence: Evidence) -> Iterator[Break]:
    seen: dict[str, tuple[str, float]] = {}
    for request in evidence.requests:
        if request.at < evidence.law.once_a_day_since + POSTS_S:
            continue
        for key, code in zip(request.keys, request.codes, strict=True):
            lane = lane_of(key)
            if code != ACCEPTED or lane is None or not lane.ad or lane.account != ONCE_A_DAY:
                continue
            chain, at = seen.setdefault(receiver_of(key), (first_of(key), request.at))
            is_second = chain != first_of(key) and request.at >= evidence.since
            if is_second and not _is_restored(evidence, at, request.at):
                why = f"a second advertisement to its number {request.at - at:.1f} s after {chain}"
                yield Break(Promise.GAP, key, why, request.at, at - POSTS_S)
