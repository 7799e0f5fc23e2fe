"""Where results come from, as a loop over them sees it: streams in Redis, or one in memory for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.results.news import StopEvent
    from plexsend.outbox.results.spans import Span


class SpanReader(Protocol):
    """A reader of one account, as one process uses it: spans are given to one process at a time."""

    @property
    def account(self) -> str:
        """Whose results it reads."""
        ...

    def read(self, most: int = 100, done: str = "") -> Span | None:
        """Return the next span, of at most so many entries; None where there is none now.

        `done`: the first id of a span that is done with, ended in the same call; empty: none.
        """
        ...

    def done(self, first: str) -> None:
        """End the span that begins with this id."""
        ...

    def give_back(self, first: str, next_id: str) -> None:
        """End the span that begins with `first`; what it has from `next_id` on is given again."""
        ...


class ResultSource(Protocol):
    """The results of an outbox."""

    @property
    def ends(self) -> bool:
        """Whether nothing comes by itself: what waits for more would wait for ever."""
        ...

    def accounts(self) -> list[str]:
        """Return the accounts that may have results."""
        ...

    def began_ms(self, name: str) -> int | None:
        """Return when a reader of this name began, in the first of its accounts.

        0: before all that there was, at least in one account; None: in none yet.
        """
        ...

    def reader(
        self, account: str, name: str, process: str, *, from_start: bool, since_ms: int, lease_ms: int
    ) -> SpanReader:
        """Return a reader of an account.

        It begins at the oldest result that is kept; without `from_start` with what came since a time, or,
        where that is 0, with what comes from now on.
        """
        ...

    def wait(self, readers: Sequence[SpanReader], timeout_s: float, stop: StopEvent) -> None:
        """Return when one of these may have something to read, the time is over, or it shall stop."""
        ...
