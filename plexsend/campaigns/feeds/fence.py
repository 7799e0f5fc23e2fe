"""The fence between a feeder and the outbox: what it adds counts under its lease alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from plexsend.errors import OutboxError
from plexsend.outbox.runs.failures import RunMustWait
from plexsend.outbox.runs.run import RunFeed
from plexsend.producers.refused import REFUSED, why_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.campaigns.feeds.supply import Block
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.runs.run import Lease
    from plexsend.outbox.submit import NewMessage, Submitted, Submitter

AT_ONCE = 100
"""Rows in one call: of 500 everybody else waits five times as long (docs/performance.md)."""


class FeedingRefused(OutboxError):
    """The outbox takes none of these messages as the fleet is now: nothing is wrong with their rows."""


class FencedTaker:
    """Takes the messages of one slice in, a block at a time. At the end of a pipeline.

    A block is sent, and what became of it is asked for once the next one is judged. Where a call has all
    messages of a block, the mark moves in the call that adds them: neither without the other.

    Args:
        submitter: Where they go.
        lease: Under which they are fed.
        since: The next row to be fed, as the feeder knows it.
        under_way: The blocks that were begun and not noted yet, the oldest first.
        wait: Waits so many seconds for the rate of the run; returns False where there is no time for that.
        note: Called before each call with the row up to which it goes.
    """

    def __init__(
        self,
        submitter: Submitter,
        lease: Lease,
        since: int,
        under_way: Sequence[Block],
        *,
        wait: Callable[[float], bool],
        note: Callable[[int], None],
    ) -> None:
        self.since = since
        """Where the mark is, as Redis answered last."""
        self._submitter = submitter
        self._lease = lease
        self._under_way = under_way
        self._wait = wait
        self._note = note

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
        """Take messages in; raises RunFenced, RunMustWait or FeedingRefused where they are not."""
        answers_of = self.send(
            lane,
            messages,
            stamp=stamp,
            most_items=most_items,
            send_at_ms=send_at_ms,
            expires_at_ms=expires_at_ms,
        )
        return answers_of()

    def send(
        self,
        lane: Lane,
        messages: Sequence[NewMessage],
        *,
        stamp: str,
        most_items: int,
        send_at_ms: int | None,
        expires_at_ms: int | None,
    ) -> Callable[[], Sequence[Submitted]]:
        """Send messages and return what waits for their answers, and raises as `add` does."""
        block = self._under_way[0]
        # Before it is sent: what is added and forgotten again must be known. How far the block before it came
        # is noted with it.
        self._note(block.end)
        feed = RunFeed(self._lease.number, self.since)
        if len(messages) == len(block.rows):
            feed = replace(feed, fed=block.end, skipped=block.end - self.since - len(messages))
        begin = partial(
            self._submitter.begin,
            lane,
            messages,
            stamp=stamp,
            most_items=most_items,
            send_at_ms=send_at_ms,
            expires_at_ms=expires_at_ms,
            feed=feed,
        )
        return partial(self._answers, begin, begin(), lane, messages, feed)

    def _answers(
        self,
        begin: Callable[[], Callable[[], Sequence[Submitted]]],
        answers_of: Callable[[], Sequence[Submitted]],
        lane: Lane,
        messages: Sequence[NewMessage],
        feed: RunFeed,
    ) -> Sequence[Submitted]:
        while True:
            try:
                answers = answers_of()
                break
            except RunMustWait as exc:
                if not self._wait(exc.wait_ms / 1000):
                    raise
                answers_of = begin()
        for message, answer in zip(messages, answers, strict=True):
            if answer.outcome in REFUSED:
                problem = why_refused(answer.outcome, lane, message.msg_key)
                raise FeedingRefused(f"{problem.field} {problem.reason}. {problem.remedy}")
        self.since = max(self.since, feed.fed)
        return answers
