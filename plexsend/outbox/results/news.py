"""Waiting until readers may have something to hear: one call blocks over the streams of all accounts."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.results.readers import Reader

LONGEST_WAIT_S = 5.0
"""Spans of other processes lapse, and replays begin, without a word in the streams."""
_SLICE_S = 1.0
"""One call blocks for less than a connection may be silent."""
_STOP_SLICE_S = 0.25
"""The same where somebody may ask to stop."""
_AHEAD = 100
"""Entries that a call brings back, for the next read."""


class StopEvent(Protocol):
    """What says that a wait shall end: a `threading.Event`, or what looks at several things."""

    def is_set(self) -> bool:
        """Return whether it shall end."""
        ...

    def wait(self, timeout: float) -> object:
        """Wait until then, for at most so many seconds."""
        ...


def wait(store: Store, readers: Sequence[Reader], timeout_s: float, *, stop: StopEvent | None = None) -> None:
    """Wait until one of these readers may have something to read, for at most the time, or five seconds.

    Args:
        store: Where the results are.
        readers: Of different accounts, each after a read that returned None.
        timeout_s: How long at most.
        stop: Ends the wait within a quarter of a second.

    Raises OutboxError and its kinds.
    """
    until_s = elapsed_s() + min(timeout_s, LONGEST_WAIT_S)
    until_s = min([until_s, *(reader.lapses_s for reader in readers if reader.lapses_s is not None)])
    hearing = [reader for reader in readers if not reader.is_full]
    if any(reader.has_ahead for reader in hearing):
        return
    slice_s = _SLICE_S if stop is None else _STOP_SLICE_S
    while not (stop and stop.is_set()) and (left_s := until_s - elapsed_s()) > 0:
        if not hearing:
            (stop or threading.Event()).wait(min(left_s, slice_s))
        elif _listen(store, hearing, min(left_s, slice_s)):
            return


def _listen(store: Store, readers: Sequence[Reader], block_s: float) -> bool:
    streams = {store.keys.results(reader.account): reader for reader in readers}
    # 0 would block for ever.
    ms = max(1, round(block_s * 1000))
    cursors = [reader.cursor for reader in streams.values()]
    try:
        reply = store.read("XREAD", "COUNT", _AHEAD, "BLOCK", ms, "STREAMS", *streams, *cursors)
    except OutboxError as exc:
        if "WRONGTYPE" not in str(exc.__cause__):
            raise
        # The next read puts aside what another program put there.
        return True
    for key, entries in reply or ():
        streams[text(key)].take_ahead(entries)
    return bool(reply)
