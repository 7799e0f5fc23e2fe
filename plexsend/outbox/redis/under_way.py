"""A call of a script that was sent and is answered later: its caller does something else meanwhile."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from redis.exceptions import ResponseError

from plexsend.errors import KeySpoilt
from plexsend.outbox.redis.connections import read_reply
from plexsend.outbox.redis.spoilt_keys import SPOILT, read_spoilt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.redis.scripts import Script
    from plexsend.outbox.redis.store import Store


class CallUnderWay:
    """One call, on a connection of its own, which is closed where nobody asks for the reply.

    It needs no thread. One that waits for a server pays for each send and each reply: it gets the
    interpreter back up to 5 ms later, from a thread that computes.

    Args:
        store: Where it goes. Raises OutboxError and its kinds where it cannot be sent.
        script: The script.
        account: On whose keys it runs.
        args: Its arguments.
    """

    def __init__(self, store: Store, script: Script, account: str, args: Sequence[str | bytes | int]) -> None:
        self._store = store
        self._lent = ExitStack()
        with ExitStack() as stack:
            self._connection = stack.enter_context(store.lent_connection())
            self._connection.send_command(*store.command_of(script, account, args))
            self._lent = stack.pop_all()

    def reply(self) -> list[Any] | None:
        """Return the reply, text still as bytes; None where the same call must be made again, by the store.

        That is so where the server refused it, where the account is not on this server, and where another
        program spoilt a key: each was either not run or changed nothing, and the store knows what to do.
        Raises OutboxError and its kinds where no reply came. To be called once.
        """
        with self._lent:
            reply = read_reply(self._connection)
        if isinstance(reply, ResponseError) or (reply and reply[0] == b"moved"):
            return None
        if reply and reply[0] == SPOILT:
            # What only a person can decide on is met again by the next call.
            with suppress(KeySpoilt):
                self._store.on_put_aside(read_spoilt(reply))
            return None
        return list(reply)
