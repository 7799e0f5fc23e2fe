"""Calls of which the next are sent before the last is answered: the server works while replies are judged.

Neither a thread nor a second connection is needed for it, so nothing is left behind, and what fails is raised
where the calls are finished.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis.exceptions import NoScriptError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.outbox.redis.scripts import Script
    from plexsend.outbox.redis.store import Store

_UNDER_WAY = 3
"""Calls at once: the server works on one and has the next, while the reply of the third is judged. It serves
nobody between calls that came together, so more would make others wait."""


@dataclass(slots=True)
class _Call:
    command: tuple[str | bytes | int, ...]
    then: Callable[[Any], object]
    script: Script | None = None


class CallsAhead:
    """Calls that only read, and what is to be done with each reply. One thread uses it.

    Replies come in the order of the calls. What is done with one may add calls: they come behind the others,
    so that of a page after page only two are ever kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[_Call] = deque()

    def add(self, command: tuple[str | bytes | int, ...], then: Callable[[Any], object]) -> None:
        """Add a command. Nothing is sent before `finish`."""
        self._waiting.append(_Call(command, then))

    def add_script(
        self,
        script: Script,
        account: str,
        args: Sequence[str | bytes | int],
        then: Callable[[Any], object],
    ) -> None:
        """Add a script on an account's keys, which runs wherever the account's messages are."""
        self._waiting.append(_Call(self._store.command_of(script, account, args), then, script))

    def finish(self) -> None:
        """Send all calls and do what is to be done with their replies, until none is left.

        Raises OutboxError where a call fails: the replies of those under way are lost, and no other is sent.
        """
        under_way: deque[_Call] = deque()
        with self._store.lent_connection() as connection:
            while self._waiting or under_way:
                while self._waiting and len(under_way) < _UNDER_WAY:
                    call = self._waiting.popleft()
                    # A check makes the connection anew, and replies that are under way would be lost.
                    connection.send_command(*call.command, check_health=not under_way)
                    under_way.append(call)
                self._read(connection, under_way.popleft())

    def _read(self, connection: Any, call: _Call) -> None:
        try:
            reply = connection.read_response()
        except NoScriptError:
            if call.script is None:
                raise
            # It did not run. Loaded, it is known to those that follow.
            self._store.load(call.script)
            self._waiting.append(_Call(call.command, call.then))
            return
        call.then(reply)
