"""What a restored copy of Redis's file excuses, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.load import ACCOUNTS, first_of
from tests.chaos.promises import POSTS_S, Break, Promise

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping, Sequence

    from tests.chaos.evidence import Evidence, Record, Restore, Told

BY_PERSON = "PERSON"
"""The code of what a person said to have been sent."""
_SENT_AGAIN = "settle_resend"
"""The event of what a person had sent again."""


def find_restore(evidence: Evidence, first: float, second: float) -> Restore | None:
    """Return the restore by which an acceptance can have been forgotten before another came."""
    for restore in evidence.restores:
        if restore.copied_at - POSTS_S <= first <= restore.restored_at <= second:
            return restore
    return None


def is_excused(
    restore: Restore | None,
    key: str,
    record: Record | None,
    first: float,
    second: float,
    *,
    was_uncertain: bool,
) -> bool:
    """Whether a second acceptance is: a person asked for it, or a warning counts it, see `judge_restores`.

    `was_uncertain`: whether a try between was; that of a lane that parks is excused by no warning.
    """
    if restore is None or not restore.is_old:
        return restore is not None and not was_uncertain
    # Where a first is sent again, or waits for its receipt again, its fallback may go again too.
    if first_of(key) != key:
        return restore.settled_as == "resend" and not was_uncertain
    events = record.history if record else ()
    return restore.settled_as == "resend" and any(
        each.event == _SENT_AGAIN and first <= each.at <= second for each in events
    )


def is_try_forgotten(evidence: Evidence, first: float, second: float) -> bool:
    """Whether an uncertain try between two acceptances may be among what a restore forgot.

    What a killed worker had in hand when the copy was made is reclaimed after it, and goes again; then the
    history of that goes back too.
    """
    return any(first <= each.copied_at <= second <= each.restored_at for each in evidence.restores)


def is_fallback_forgotten(evidence: Evidence, key: str, accepted: Sequence[float]) -> bool:
    """Whether a fallback went in a time that a restore forgot: its first goes again, and may arrive."""
    return first_of(key) != key and any(
        each.copied_at - POSTS_S <= accepted[0] and accepted[-1] <= each.restored_at
        for each in evidence.restores
    )


def may_be_said_sent(told: Told, record: Record, evidence: Evidence) -> bool:
    """Whether a person may have said that it was sent, whatever the gateway knows of it."""
    added_at = told.added_at or told.asked_at
    return record.code == BY_PERSON and any(
        restore.settled_as == "sent" and added_at <= restore.restored_at for restore in evidence.restores
    )


def judge_restores(
    evidence: Evidence, arrived: Mapping[str, Sequence[float]], excused: Counter[Restore]
) -> Iterator[Break]:
    """Judge each restore of the run. `excused`: how many messages went again after a young one."""
    for account, at in evidence.odd_holds:
        yield Break(
            Promise.RESTORE, "", f"{account} was held as after a restore, though nothing was restored", at
        )
    for restore in evidence.restores:
        at, age = restore.restored_at, f"after a copy {restore.restored_at - restore.copied_at:.0f} s old"
        if restore.is_old:
            for account in sorted(set(ACCOUNTS) - restore.held):
                yield Break(Promise.RESTORE, "", f"{account} was not held {age}", at)
            for key, times in arrived.items():
                if any(at < each < restore.settled_at for each in times):
                    why = f"sent {age}, before a person decided"
                    yield Break(Promise.RESTORE, key, why, at)
        else:
            for account in sorted(restore.held):
                yield Break(Promise.RESTORE, "", f"{account} was held {age}", at)
            if excused[restore] > restore.warned:
                why = f"{excused[restore]} messages went again {age}, but warnings count {restore.warned}"
                yield Break(Promise.RESTORE, "", why, at)
