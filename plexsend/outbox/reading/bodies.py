"""Whether the body of each message that needs one is the one that was submitted.

Bodies are most of what Redis keeps, and are read without a script, in which each would be copied twice more.
So a body and its record are not read in one look, and a message may have ended between the two. What seems
wrong is looked at once more, in a script together with its record.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from plexsend.outbox.arguments import AUDIT
from plexsend.outbox.redis.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from plexsend.outbox.redis.ahead import CallsAhead
    from plexsend.outbox.redis.store import Store

_BYTES_A_CALL = 128 * 1024
"""Of bodies: the server reads them in about 0.2 ms."""
_FIRST_MEAN_BYTES = 4 * 1024
"""So long are bodies taken to be before the first is seen."""


class BodyComparison:
    """Compares bodies with digests, as many in a call as fit into 128 KiB if they are like the last ones.

    Args:
        store: Where they are.
        calls: By which they are read.
        note: Called with what is wrong: key, lane, what and more of each message.
    """

    def __init__(
        self, store: Store, calls: CallsAhead, note: Callable[[Iterable[Iterable[bytes]]], None]
    ) -> None:
        self._store = store
        self._calls = calls
        self._note = note
        self._mean_bytes = _FIRST_MEAN_BYTES

    def add(self, account: str, keys: Sequence[bytes], digests: Sequence[bytes]) -> None:
        """Add messages of an account that need a body, and its digest; empty: none is known."""
        start = self._store.keys.account(account).encode() + b"b:"
        size = max(1, _BYTES_A_CALL // self._mean_bytes)
        for at in range(0, len(keys), size):
            self._read(account, start, keys[at : at + size], digests[at : at + size])

    def _read(self, account: str, start: bytes, keys: Sequence[bytes], digests: Sequence[bytes]) -> None:
        def judge(bodies: Sequence[bytes | None]) -> None:
            self._mean_bytes = sum(len(body) for body in bodies if body) // len(bodies) + 1
            rows = zip(keys, digests, bodies, strict=True)
            doubtful = [key for key, digest, body in rows if body is None or not _is_right(body, digest)]
            if doubtful:
                args = AUDIT.write(act="contents", lane="", part="", since_ms=0)
                self._calls.add_script(Script.AUDIT, account, [*args, *doubtful], self._judge_again)

        self._calls.add(("MGET", *[start + key for key in keys]), judge)

    def _judge_again(self, reply: Sequence[Any]) -> None:
        breaks, bodies = reply
        self._note(breaks)
        self._note(_wrong(bodies))


def _is_right(body: bytes, digest: bytes) -> bool:
    # The last one is of the body, whatever the message is known by.
    return not digest or blake2b(body, digest_size=16).digest() == digest[-16:]


def _wrong(bodies: Sequence[bytes]) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    for at in range(0, len(bodies), 4):
        key, lane, digest, body = bodies[at : at + 4]
        if not _is_right(body, digest):
            yield key, lane, b"body digest", b""
