"""The streams of results in Redis, as loops over results see them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from plexsend.outbox.reading import queries
from plexsend.outbox.reading.groups import DEFAULT_ACCOUNT
from plexsend.outbox.results import news
from plexsend.outbox.results.overview import began_ms
from plexsend.outbox.results.readers import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.results.news import StopEvent
    from plexsend.producers.guards import Policies
    from plexsend.producers.sources import SpanReader

_log = logging.getLogger("plexsend")


class Streams:
    """The results of an outbox in Redis.

    Args:
        store: Where it is.
        policies: What the fleet agreed on.
    """

    ends = False

    def __init__(self, store: Store, policies: Policies) -> None:
        self._store = store
        self._policies = policies

    def accounts(self) -> list[str]:
        """Return the accounts that ever had a message, and `main` where none had one.

        So a reader that is there before the first message has begun somewhere, and misses no account that
        comes while it is not running.
        """
        return queries.accounts(self._store) or [DEFAULT_ACCOUNT]

    def began_ms(self, name: str) -> int | None:
        """Return when a reader of this name began, in the first of its accounts; None: in none yet."""
        return began_ms(self._store, name)

    def reader(
        self, account: str, name: str, process: str, *, from_start: bool, since_ms: int, lease_ms: int
    ) -> Reader:
        """Return a reader; it begins at the oldest result that is kept, since a time, or behind all.

        Logs it where nothing is published that it could hear.
        """
        self._policies.look()
        if not self._policies.of(account).account_wide("results_keep_days"):
            _log.warning(
                "The reader %s hears nothing of the account %s: no results are kept (results_keep_days is "
                "0). `plexsend policy set all results_keep_days=7` changes that.",
                name,
                account,
            )
        return Reader(
            self._store,
            account,
            name,
            process,
            from_start=from_start,
            since_ms=since_ms,
            lease_ms=lease_ms,
        )

    def wait(self, readers: Sequence[SpanReader], timeout_s: float, stop: StopEvent) -> None:
        """Return when one of these may have something to read, the time is over, or it shall stop."""
        news.wait(self._store, cast("Sequence[Reader]", readers), timeout_s, stop=stop)
