"""What a person reads who puts advertisements in while they wait for the morning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.reading import queries
from plexsend.outbox.reading.quiet import NOT_RENEWED, read_quiet

if TYPE_CHECKING:
    from plexsend.cli.timing import Timing
    from plexsend.outbox.redis.store import Store
    from plexsend.terminal.screen import Screen


def note_morning(screen: Screen, store: Store, account: str, timing: Timing) -> None:
    """Print until when advertisements wait that were put in now; nothing where they may go."""
    if screen.as_json:
        return
    send_at_ms = 0 if timing.send_at is None else round(timing.send_at.timestamp() * 1000)
    at_ms = max(queries.server_ms(store), send_at_ms)
    quiet = read_quiet(store, account)
    if not quiet.holds(at_ms):
        return
    morning = quiet.morning(at_ms)
    until = f"they go {morning}" if morning else NOT_RENEWED
    screen.note(f"Advertisements without night_consent wait for the morning: {until}.")
