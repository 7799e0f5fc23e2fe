"""What a duplicate keeps: the times of its first submit, where others were asked for later."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from plexsend.errors import Problem
from plexsend.producers.moments import EXPIRES_AT, SEND_AT
from plexsend.producers.submissions import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.submit import KeptTimes
    from plexsend.terminal.moments import WallClock


def remarks_on(index: int, msg_key: str, kept: KeptTimes, clock: WallClock) -> Iterator[Remark]:
    """Yield a remark for each time of a duplicate that is another than the one asked for now.

    A retry that computes its times anew must not fail, so the message stays a duplicate and its times stay
    what they were: the remark says what they are, and how they are changed.
    """
    key = shlex.quote(msg_key)
    if kept.send_at_ms is not None:
        at = f"at {clock.words(kept.send_at_ms)}" if kept.send_at_ms else "as soon as it can"
        reason = f"is not changed: the message was submitted before, and it goes {at}"
        remedy = f"`plexsend reschedule {key} TIME` gives it another time."
        yield Remark(index, msg_key, Problem(SEND_AT, reason, remedy))
    if kept.expires_at_ms is not None:
        when = f"expires at {clock.words(kept.expires_at_ms)}" if kept.expires_at_ms else "never expires"
        reason = f"is not changed: the message was submitted before, and {when}"
        remedy = f"If it must differ, `plexsend cancel {key}` and submit it under another key."
        yield Remark(index, msg_key, Problem(EXPIRES_AT, reason, remedy))
