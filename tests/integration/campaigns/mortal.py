"""A feeder that is killed at a call of a script: before it is made, or before its answer is used."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plexsend.campaigns.feeds.feeding import Feeder
from plexsend.outbox.redis.store import Store
from tests.integration.campaigns.sending import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def feed_until(url: str, prefix: str, root: str, group: str, calls: int, *, is_made: bool) -> None:
    """Feed a run in this process, and die with call number `calls`; `is_made`: once Redis has done it."""
    store = Store.connect(url, prefix)
    run, lent_connection, left = store.run, store.lent_connection, [calls]

    @contextmanager
    def mortal() -> Iterator[None]:
        left[0] -= 1
        mine = left[0]
        if mine == 0 and not is_made:
            os.kill(os.getpid(), signal.SIGKILL)
        yield
        if mine == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def mortal_run(*args: Any, **options: Any) -> Any:
        with mortal():
            return run(*args, **options)

    # Calls that are answered later go this way.
    @contextmanager
    def mortal_connection() -> Iterator[Any]:
        with mortal(), lent_connection() as connection:
            yield connection

    store.run = mortal_run  # type: ignore[method-assign]  # the double is the point
    store.lent_connection = mortal_connection  # type: ignore[method-assign]  # the same
    Feeder(store, settings_of(Path(root))).feed("main", group)
