"""Reads that a key of another type does not end: it answers as though it were not there, and is remembered.

Another program may have put it in the place of ours. What is beside it must be seen all the same, and the key
must be named: commands and workers report what their store remembers.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from redis.exceptions import ResponseError

from plexsend.errors import OutboxError
from plexsend.outbox.redis.key_types import RENAME_AWAY
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from plexsend.outbox.redis.store import Store

_WRONG_TYPE = "WRONGTYPE"
_EMPTY: Mapping[str, Callable[[], Any]] = {
    "HGETALL": dict,
    "HKEYS": list,
    "LRANGE": list,
    "SMEMBERS": set,
    "ZRANGE": list,
    "ZRANGEBYSCORE": list,
    "HEXISTS": bool,
    "HLEN": int,
    "LLEN": int,
    "SCARD": int,
    "ZCARD": int,
}
"""Command → what it answers of a key that is not there, where that is not None."""


def execute(store: Store, pipe: Any) -> list[Any]:
    """Send the commands of a pipeline and return the answers; each command's first argument is its key."""
    asked = [args for args, _ in pipe.command_stack]
    with mapped():
        replies = pipe.execute(raise_on_error=False)
        for at, (reply, args) in enumerate(zip(replies, asked, strict=True)):
            if isinstance(reply, Exception):
                if not is_wrong_type(reply):
                    raise reply
                store.spoilt.add(text(args[1]))
                replies[at] = _nothing(args)
            elif len(args) > 1:
                # Somebody renamed it away meanwhile.
                store.spoilt.discard(text(args[1]))
    return list(replies)


def ask(store: Store, call: Callable[[Any], Any]) -> Any:
    """Send one command, which `call` gives to a pipeline, and return the answer."""
    pipe = store.client.pipeline(transaction=False)
    call(pipe)
    (answer,) = execute(store, pipe)
    return answer


def insist(store: Store, call: Callable[[Any], Any]) -> Any:
    """Do the same where something is decided by the answer: raises OutboxError where the key is spoilt."""
    pipe = store.client.pipeline(transaction=False)
    call(pipe)
    key = text(pipe.command_stack[0][0][1])
    (answer,) = execute(store, pipe)
    if key in store.spoilt:
        raise OutboxError(
            f"The key {key} in Redis is of another type: another program wrote it, and nothing is guessed. "
            f"Find that program, then rename the key away: {RENAME_AWAY}"
        )
    return answer


@contextmanager
def up_to(store: Store, key: str) -> Iterator[None]:
    """Let a loop over the pages of one key end where that is of another type."""
    try:
        with mapped():
            yield
    except Exception as exc:
        if not is_wrong_type(exc.__cause__):
            raise
        store.spoilt.add(key)


def is_wrong_type(exc: object) -> bool:
    """Return whether this is what the server answers for a key of another type."""
    return isinstance(exc, ResponseError) and str(exc).startswith(_WRONG_TYPE)


def _nothing(args: tuple[Any, ...]) -> Any:
    command = str(args[0])
    if command == "HMGET":
        return [None] * (len(args) - 2)
    make = _EMPTY.get(command)
    return None if make is None else make()
