"""Writes that a server whose memory is full takes too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from plexsend.errors import OutboxFull, WrongServer
from plexsend.outbox.arguments import PUT
from plexsend.outbox.redis.failures import error_of
from plexsend.outbox.redis.reads import is_wrong_type
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.redis.store import Store

_AGAIN = frozenset({"LTRIM", "HDEL", "LREM"})
"""Take something away: a full server does them, and after what it refused they are done once more."""


def put(store: Store, command: str, key: str, *values: str) -> Any:
    """Send a command that writes a key, and return its answer.

    For what the workers must have before they send, and for what stops them: as a command of its own it
    would be refused while memory is full, and nothing else frees it.
    """
    (answer,) = store.run_for_fleet(
        Script.PUT, [*PUT.write(command=command, key=key.removeprefix(store.keys.prefix)), *values]
    )
    return answer


def put_together(store: Store, commands: Sequence[Sequence[str]], *, is_atomic: bool = False) -> None:
    """Send commands that write, in one round trip; with memory full those that are refused are put.

    For what people are to see while memory is full, then most of all. A key that another program spoilt is
    passed over, and is among `store.spoilt`, unless all or none are to be done.

    Args:
        store: Where to.
        commands: Each with its key and values.
        is_atomic: Whether all or none of them are done, unless memory is full.

    Raises OutboxFull where the login may not run the script that a full server takes.
    """
    pipe = store.client.pipeline(transaction=is_atomic)
    for command in commands:
        pipe.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    try:
        with mapped():
            replies = pipe.execute(raise_on_error=False)
    except OutboxFull as full:
        # None of them is done.
        _put_each(store, commands, full)
        return
    refused: list[Sequence[str]] = []
    for command, reply in zip(commands, replies, strict=True):
        error = error_of(reply) if isinstance(reply, RedisError) else None
        if isinstance(error, OutboxFull) or (error is None and refused and command[0] in _AGAIN):
            refused.append(command)
        elif is_wrong_type(reply) and not is_atomic:
            store.spoilt.add(command[1])
        elif error is not None:
            raise error from reply
    if refused:
        _put_each(store, refused, OutboxFull("Redis is full."))


def _put_each(store: Store, commands: Sequence[Sequence[str]], full: OutboxFull) -> None:
    for command, key, *values in commands:
        try:
            put(store, command, key, *values)
        except WrongServer as exc:
            raise full from exc
