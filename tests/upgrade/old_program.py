"""A program of 0.2.0, as Redis meets it: its four scripts, word for word, and the order of their arguments.

scripts/ holds what 0.2.0 sent to Redis. It never changes: programs of that version are out there.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plexsend.gateway.items import get_loader
from plexsend.outbox.replies import text
from plexsend.outbox.submit import SubmitOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store

SERVICES = ("mms-bulk", "mms-standard")
_ITEM = {
    "sender_number": "0221234567",
    "receiver_number": "01023456789",
    "msg": "안녕하세요",
    "file_path": ["https://images/1.jpg"],
}
_SCRIPTS = Path(__file__).parent / "scripts"
_ITEMS_A_BATCH = 10
_WAITS = ("30000", "1800000", "1000", "60000")
"""Steps of the holds: credit and shut, first and longest."""
_ANSWER = 7
_VALUES_A_MESSAGE = 4


class OldProgram:
    """A producer and a worker of 0.2.0 in one, whose gateway accepts everything.

    Args:
        store: Whose server and prefix it uses; nothing else of it.
        name: The name of its process.
    """

    def __init__(self, store: Store, name: str = "old") -> None:
        self._client = store.client
        self._prefix = store.keys.prefix
        self._name = name
        self._drains = count(1)
        self.sent: list[str] = []
        """The key of every message that it sent."""

    def submit(self, lane: Lane, keys: Sequence[str]) -> list[str]:
        """Submit messages and return what became of each."""
        loader = get_loader(lane.service)
        entries: list[Any] = []
        for key in keys:
            body = loader.load({"msg_key": key, **_ITEM}).body
            entries += [key, body, blake2b(body, digest_size=16).digest()]
        head = (lane.name, _ITEMS_A_BATCH, 0, 0, 0, str(loader.stamp), "0.8")
        reply = self._run("submit", lane.account, *head, 0, *entries)
        if text(reply[0]) == "announce":
            self._client.sadd(f"{self._prefix}lanes", lane.name)
            reply = self._run("submit", lane.account, *head, 1, *entries)
        outcomes = [text(value) for value in reply[::2]]
        assert set(outcomes) <= set(SubmitOutcome), outcomes
        return outcomes

    def take(self, lane: Lane, drain: str, sequence: int = 1) -> tuple[list[str], tuple[str, str, str]]:
        """Take a batch; returns its keys, and its token, its number and when it was taken."""
        reply = self._advance(lane, drain, sequence, "take", ("", 0, 0), ())
        if text(reply[0]) != "taken":
            return [], ("", "0", "0")
        keys = [text(key) for key in reply[_ANSWER::_VALUES_A_MESSAGE]]
        return keys, (text(reply[3]), text(reply[4]), text(reply[1]))

    def stop(
        self, lane: Lane, drain: str, sequence: int, batch: tuple[str, str, str], keys: Sequence[str]
    ) -> None:
        """Settle a batch as accepted, and give the lease back."""
        self.sent += keys
        self._advance(lane, drain, sequence, "stop", batch, keys)

    def drain(self, lane: Lane) -> None:
        """Send a lane's messages until there is nothing to send."""
        drain = f"{self._name}.{next(self._drains)}"
        for sequence in count(1, 2):
            keys, batch = self.take(lane, drain, sequence)
            if not keys:
                return
            self.stop(lane, drain, sequence + 1, batch, keys)

    def sweep(self, account: str = "main") -> list[str]:
        """Do a round of housekeeping; returns the names of the lanes that it would ring for."""
        entry = f"{self._name}|16|{','.join(SERVICES)}"
        services: list[Any] = []
        for service in SERVICES:
            services += [service, 16, 8, "0.0", 0, _ITEMS_A_BATCH]
        head = (self._name, entry, 7 * 86_400_000, 60_000, 32, len(SERVICES))
        reply = self._run("sweep", account, *head, *services)
        return [text(lane) for lane, _ in reply[2]]

    def _advance(  # noqa: PLR0917  as many as the script needs
        self,
        lane: Lane,
        drain: str,
        sequence: int,
        mode: str,
        batch: tuple[Any, Any, Any],
        accepted: Sequence[str],
    ) -> list[Any]:
        settled: list[Any] = [*batch, 0]
        if accepted:
            settled = [*batch, 1, "request", len(accepted), ""]
            settled += [batch[0], "accepted", 0, 0, 0, 0, "C100", "", len(accepted), *accepted]
        head = (lane.name, lane.service, drain, sequence, mode, "", 0, 0, _ITEMS_A_BATCH, "0.0", 0, 8, 60_000)
        return self._run("advance", lane.account, *head, *_WAITS, *settled)

    def _run(self, script: str, account: str, *args: Any) -> list[Any]:
        content = (_SCRIPTS / f"{script}.txt").read_text("utf-8")
        return list(self._client.eval(content, 1, f"{self._prefix}{{{account}}}:", *args))
