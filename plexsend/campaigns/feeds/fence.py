"""The fence between a feeder and the outbox: what it adds counts under its lease alone."""

from __future__ import annotations

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
    """Takes the messages of one slice in, a hundred at a time. At the end of a pipeline.

    Where a call of the pipeline has all messages of a block, the mark moves with each hundred, in the call
    that adds them: neither without the other.

    Args:
        submitter: Where they go.
        lease: Under which they are fed.
        since: The next row to be fed, as the feeder knows it.
        under_way: The blocks that were begun and not noted yet, the oldest first.
        wait: Waits so many seconds for the rate of the run; returns False where there is no time for that.
        note: Called before each call with the row up to which it goes, and again when its answer is there.
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
        """Take messages in; raises RunFenced, RunMustWait or FeedingRefused where the rest is not."""
        block = self._under_way[0]
        is_whole = len(messages) == len(block.rows)
        answers: list[Submitted] = []
        for at in range(0, len(messages), AT_ONCE):
            page = messages[at : at + AT_ONCE]
            end = block.rows[at + AT_ONCE][0] if is_whole and at + AT_ONCE < len(messages) else block.end
            # Before it is added: what is added and forgotten again must be known.
            self._note(end)
            feed = RunFeed(self._lease.number, self.since)
            if is_whole:
                feed = RunFeed(self._lease.number, self.since, end, end - self.since - len(page))
            answers += self._add(
                partial(
                    self._submitter.add,
                    lane,
                    page,
                    stamp=stamp,
                    most_items=most_items,
                    send_at_ms=send_at_ms,
                    expires_at_ms=expires_at_ms,
                    feed=feed,
                ),
                lane,
                page,
            )
            if is_whole:
                self.since = end
                self._note(end)
        return answers

    def _add(
        self, call: Callable[[], Sequence[Submitted]], lane: Lane, messages: Sequence[NewMessage]
    ) -> Sequence[Submitted]:
        while True:
            try:
                answers = call()
                break
            except RunMustWait as exc:
                if not self._wait(exc.wait_ms / 1000):
                    raise
        for message, answer in zip(messages, answers, strict=True):
            if answer.outcome in REFUSED:
                problem = why_refused(answer.outcome, lane, message.msg_key)
                raise FeedingRefused(f"{problem.field} {problem.reason}. {problem.remedy}")
        return answers
