"""Why the outbox itself did not add a valid item, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import Problem
from plexsend.outbox.lanes import Advertising
from plexsend.outbox.submit import SubmitOutcome
from plexsend.producers.advertisements import ADVERTISEMENT
from plexsend.producers.fallbacks import FALLBACK

if TYPE_CHECKING:
    from plexsend.outbox.lanes import Lane


def why_refused(outcome: SubmitOutcome, lane: Lane, msg_key: str) -> Problem:
    """Return the problem of a message that was not added, by what the outbox answered."""
    if outcome is SubmitOutcome.MIXED:
        return _mixed(lane)
    return _OF_ALL_LANES.get(outcome) or _spoilt(lane, msg_key)


_OF_ALL_LANES = {
    SubmitOutcome.OTHER_KEY: Problem(
        ADVERTISEMENT,
        "cannot be sent: PLEXSEND_NUMBER_KEY of this environment is not the one under which the account "
        "knows who refused",
        "Set the key that the other processes have.",
    ),
    SubmitOutcome.TOO_EARLY: Problem(
        ADVERTISEMENT,
        "cannot be sent yet: an older version of plexsend runs beside this one, and would send it in the "
        "quiet hours too",
        "Submit it ten minutes after the last process of that version has ended.",
    ),
    SubmitOutcome.NO_FALLBACKS_YET: Problem(
        FALLBACK,
        "cannot be kept yet: an older version of plexsend runs beside this one, and would never send it",
        "Submit it ten minutes after the last process of that version has ended, or without one.",
    ),
}


def _mixed(lane: Lane) -> Problem:
    is_one = lane.advertising is not Advertising.NO
    there = "other messages" if is_one else "advertisements"
    return Problem(
        ADVERTISEMENT,
        f"{'is' if is_one else 'is not'} set, and the group {lane.group} holds {there}",
        "Give it a group of its own: a group holds advertisements alone, or none.",
    )


def _spoilt(lane: Lane, msg_key: str) -> Problem:
    return Problem(
        "msg_key",
        f"another program put something else into Redis where the record of this key belongs, in the "
        f"key that ends in {{{lane.account}}}:m:{msg_key}",
        "Rename or delete that key in Redis, or give the message another one.",
    )


REFUSED = frozenset({SubmitOutcome.MIXED, *_OF_ALL_LANES})
"""Outcomes that say something of an item, not of what is in Redis."""
