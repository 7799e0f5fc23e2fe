"""Opening what a command works on: the settings, and the outbox they name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.errors import Problem
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings
    from plexsend.terminal.screen import Screen


def open_settings(screen: Screen) -> Settings:
    """Return the settings, and warn of what is doubtful about them. Call it once in a command."""
    from plexsend.gateway.environment import read_settings

    settings = read_settings()
    for problem in settings.warnings:
        screen.warn(problem)
    return settings


@contextmanager
def open_outbox(screen: Screen) -> Iterator[tuple[Settings, Store]]:
    """Give the settings and the outbox, and close its connections afterwards."""
    settings = open_settings(screen)
    from plexsend.outbox.form import form_in_force
    from plexsend.outbox.redis.store import Store

    store = Store.connect(settings.redis, settings.key_prefix, idle_s=settings.idle_s)
    try:
        # What a newer program writes must be neither misread nor changed.
        form_in_force(store)
        yield settings, store
    finally:
        store.close()
        for key in sorted(store.spoilt):
            screen.warn(_spoilt(key, settings.key_prefix))


def _spoilt(key: str, prefix: str) -> Problem:
    from plexsend.errors import Problem
    from plexsend.outbox.reading.discrepancies import remedy_of_key

    reason = "it is of another type: another program wrote it, and it counts as empty here"
    return Problem(key, reason, remedy_of_key(key.removeprefix(prefix)))
