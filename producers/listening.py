"""Listening: the loops over results that applications write, in a thread or in asyncio."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from plexsend.errors import ResultsMissed
from plexsend.producers.calls import Calls
from plexsend.producers.hearing import Hearing, Rhythm
from plexsend.producers.wanted import check_most

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from plexsend.outbox.results.spans import Span
    from plexsend.producers.results import Result
    from plexsend.producers.sources import ResultSource
    from plexsend.producers.wanted import Wanted

T = TypeVar("T")

RHYTHM = Rhythm()


class Results:
    """Results to loop over. Each loop begins where the reader's last one ended.

    A result is done with when the loop comes round for the next one. What a loop has in hand when it is left,
    by `break` or an error, is given again, with all that is behind it.

    Args:
        source: Where they come from.
        wanted: What the loop asks for.
        rhythm: How often it does what it does again and again.
    """

    def __init__(self, source: ResultSource, wanted: Wanted, rhythm: Rhythm = RHYTHM) -> None:
        self._source = source
        self._wanted = wanted
        self._rhythm = rhythm

    def __iter__(self) -> Generator[Result, None, None]:
        """Yield results one by one, and wait for more unless `follow` is off."""
        with closing(self.batches(1)) as batches:
            for batch in batches:
                yield from batch

    def batches(self, most: int = 500) -> Generator[list[Result], None, None]:
        """Yield lists of results: at once what is there, up to so many, never an empty one.

        A list is done with when the loop comes round for the next one.

        Args:
            most: Results in one list, 1 to 10,000.

        Raises UsageError for another number.
        """
        check_most(most)
        return self._batches(most)

    def _batches(self, most: int) -> Generator[list[Result], None, None]:
        hearing = Hearing(self._source, self._wanted, self._rhythm)
        try:
            while (span := hearing.next()) is not None:
                _report_missed(self._wanted, hearing.account, span)
                yield from hearing.batches(span, most)
        finally:
            hearing.close()


class AsyncResults:
    """Results to loop over with `async for`, otherwise as Results. Redis is waited for in a thread.

    A task that is cancelled gives back what it has in hand.

    Args:
        source: Where they come from.
        wanted: What the loop asks for.
        rhythm: How often it does what it does again and again.
    """

    def __init__(self, source: ResultSource, wanted: Wanted, rhythm: Rhythm = RHYTHM) -> None:
        self._source = source
        self._wanted = wanted
        self._rhythm = rhythm

    async def __aiter__(self) -> AsyncGenerator[Result, None]:
        """Yield results one by one, and wait for more unless `follow` is off."""
        async with aclosing(self.batches(1)) as batches:
            async for batch in batches:
                for result in batch:
                    yield result

    def batches(self, most: int = 500) -> AsyncGenerator[list[Result], None]:
        """Yield lists of results, as `Results.batches` does.

        Args:
            most: Results in one list, 1 to 10,000.

        Raises UsageError for another number.
        """
        check_most(most)
        return self._batches(most)

    async def _batches(self, most: int) -> AsyncGenerator[list[Result], None]:
        hearing = Hearing(self._source, self._wanted, self._rhythm)
        try:
            while (span := await _in_thread(hearing.next)) is not None:
                _report_missed(self._wanted, hearing.account, span)
                for batch in hearing.batches(span, most):
                    yield batch
        finally:
            # The thread may still be waiting in `next`, which then ends.
            hearing.end()
            await _in_thread(hearing.close)


async def _in_thread(call: Callable[[], T]) -> T:
    """Return what a call returns that is made in a thread of its own.

    Not one of asyncio's own threads: they are few, and a reader keeps one for as long as nothing comes. A
    task that is cancelled does not cancel the call.
    """
    return await asyncio.shield(asyncio.wrap_future(Calls().begin(call)))


def _report_missed(wanted: Wanted, account: str, span: Span) -> None:
    found = span.missed
    # Where the stream began anew nothing was missed: all that is in it is given.
    if found is None or found.why not in _WHY_MISSED:
        return
    since, until = (datetime.fromtimestamp(at_ms / 1000, UTC) for at_ms in (found.from_ms, found.to_ms))
    missed = ResultsMissed(wanted.reader, account, since, until, _WHY_MISSED[found.why])
    if wanted.on_missed is None:
        raise missed
    wanted.on_missed(missed)


_WHY_MISSED = {
    "trimmed": "they were not read as long as they were kept (the policy results_keep_days)",
    "deleted": "somebody took them out of Redis",
    "skipped": "somebody put the reader behind them",
    "unreadable": "a newer plexsend wrote them, and this one cannot read them: update it before a replay",
    "lost": "Redis lost them",
}
"""Why a reader never got results, by the words of outbox.results.readers."""
