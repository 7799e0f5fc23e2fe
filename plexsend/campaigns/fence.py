"""The fence between a feeder and the outbox: what it adds counts under its lease alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import OutboxError
from plexsend.outbox.runs.failures import RunMustWait
from plexsend.outbox.runs.run import RunFeed
from plexsend.producers.refused import REFUSED, why_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.campaigns.supply import Block
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.runs.run import Lease
    from plexsend.outbox.submit import NewMessage, Submitted, Submitter


class FeedingRefused(OutboxError):
    """The outbox takes none of these messages as the fleet is now: nothing is wrong with their rows."""


class FencedTaker:
    """Takes the messages of one slice in. At the end of a pipeline.

    Where a call has all messages of a block, the mark moves in the same call: neither without the other.

    Args:
        submitter: Where they go.
        lease: Under which they are fed.
        since: The next row to be fed, as the feeder knows it.
        under_way: The blocks that were begun and not noted yet, the oldest first.
        wait: Waits so many seconds for the rate of the run; returns False where there is no time for that.
    """

    def __init__(
        self,
        submitter: Submitter,
        lease: Lease,
        since: int,
        under_way: Sequence[Block],
        wait: Callable[[float], bool],
    ) -> None:
        self.since = since
        """Where the mark is, as Redis answered last."""
        self._submitter = submitter
        self._lease = lease
        self._under_way = under_way
        self._wait = wait

    def add(
        self,
        lane: Lane,
        messages: Sequence[NewMessage],
        *,
        stamp: str,
        most_items: int,
        send_at_ms: int | None,
        expires_at_ms: int | None,
    ) -> Sequence[Submitted]:
        """Take messages in; raises RunFenced, RunMustWait or FeedingRefused where none is."""
        feed = self._feed(len(messages))
        while True:
            try:
                answers = self._submitter.add(
                    lane,
                    messages,
                    stamp=stamp,
                    most_items=most_items,
                    send_at_ms=send_at_ms,
                    expires_at_ms=expires_at_ms,
                    feed=feed,
                )
                break
            except RunMustWait as exc:
                if not self._wait(exc.wait_ms / 1000):
                    raise
        for message, answer in zip(messages, answers, strict=True):
            if answer.outcome in REFUSED:
                problem = why_refused(answer.outcome, lane, message.msg_key)
                raise FeedingRefused(f"{problem.field} {problem.reason}. {problem.remedy}")
        if feed.fed:
            self.since = feed.fed
        return answers

    def _feed(self, messages: int) -> RunFeed:
        block = self._under_way[0]
        if messages < len(block.rows):
            return RunFeed(self._lease.number, self.since)
        return RunFeed(self._lease.number, self.since, block.end, block.end - self.since - messages)
