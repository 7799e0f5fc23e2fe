"""A feeder that is killed at a call of a script: before it is made, or before its answer is read."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from plexsend.campaigns.feeds.feeding import Feeder
from plexsend.outbox.redis.store import Store
from tests.integration.campaigns.sending import settings_of


def feed_until(url: str, prefix: str, root: str, group: str, calls: int, *, is_made: bool) -> None:
    """Feed a run in this process, and die with call number `calls`; `is_made`: once Redis has done it."""
    store = Store.connect(url, prefix)
    run, left = store.run, [calls]

    def mortal(*args: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and not is_made:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = run(*args, **options)
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    store.run = mortal  # type: ignore[method-assign]  # the double is the point
    Feeder(store, settings_of(Path(root))).feed("main", group)
