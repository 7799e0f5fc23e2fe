"""A single write that a server whose memory is full takes too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.outbox.arguments import PUT
from plexsend.outbox.redis.scripts import Script

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def put(store: Store, command: str, key: str, *values: str) -> Any:
    """Send a command that writes a key, and return its answer.

    For what the workers must have before they send, and for what stops them: as a command of its own it
    would be refused while memory is full, and nothing else frees it.
    """
    (answer,) = store.run_for_fleet(
        Script.PUT, [*PUT.write(command=command, key=key.removeprefix(store.keys.prefix)), *values]
    )
    return answer
