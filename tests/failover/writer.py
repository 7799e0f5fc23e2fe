"""A producer that goes on for as long as it is let, and remembers what it was told."""

from __future__ import annotations

import threading
import time
import zlib
from typing import TYPE_CHECKING, Self

from plexsend.errors import OutboxError
from plexsend.producers.submissions import SubmitInterrupted

if TYPE_CHECKING:
    from plexsend.producers import Producer
    from plexsend.producers.submissions import Submission

ITEMS_AT_ONCE = 10


class Writer:
    """Submits ten items at a time, and those whose fate it was not told again until it is.

    Args:
        producer: Through which the items go in.
        service: Where they go.
        name: What their keys begin with.
        pause_s: Between two submits.
    """

    def __init__(self, producer: Producer, service: str, name: str, *, pause_s: float) -> None:
        self._producer = producer
        self._service = service
        self._name = name
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"writer-{name}", daemon=True)
        self.added: dict[str, float] = {}
        """Key → when (s since 1970) the producer was told that it is in: added, or a duplicate of its own."""
        self.untold: set[str] = set()
        """Keys of which nobody knows, not even the producer."""
        self.failures: list[tuple[float, str]] = []
        """When a submit failed, and the words."""
        self.surprise: BaseException | None = None
        """What a producer must never see."""
        self._numbers = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Stop submitting; raises what a producer must never see."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(30)
        if self.surprise is not None:
            raise self.surprise

    def submit_once(self) -> None:
        """Submit the next ten items here and now."""
        self._submit(self._next_keys())

    def first_added_after(self, at_s: float) -> float | None:
        """Return when the producer was first told "added" after that moment."""
        return min((told for told in list(self.added.values()) if told >= at_s), default=None)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._submit(sorted(self.untold) or self._next_keys())
                self._stop.wait(self._pause_s)
        except BaseException as exc:  # noqa: BLE001  told to the test by `end`
            self.surprise = exc

    def _next_keys(self) -> list[str]:
        first, self._numbers = self._numbers, self._numbers + ITEMS_AT_ONCE
        return [f"{self._name}-{number}" for number in range(first, self._numbers)]

    def _submit(self, keys: list[str]) -> None:
        try:
            self._note(self._producer.submit(self._service, [item(key) for key in keys]))
        except SubmitInterrupted as stopped:
            self.failures.append((time.time(), str(stopped.cause)))
            self._note(stopped.submission)
        except OutboxError as exc:
            self.failures.append((time.time(), str(exc)))
            self.untold.update(keys)

    def _note(self, submission: Submission) -> None:
        assert not submission.invalid, submission.invalid
        assert not submission.conflicts, submission.conflicts
        told = time.time()
        known = {
            *(each.msg_key for each in submission.added),
            *(each.msg_key for each in submission.duplicates),
        }
        self.added.update(dict.fromkeys(known, told))
        self.untold -= known
        self.untold.update(each.msg_key for each in submission.unknown)
        self.untold.update(each.msg_key for each in submission.not_added)


def item(msg_key: str) -> dict[str, object]:
    """Return a valid item of this key."""
    return {
        "msg_key": msg_key,
        "sender_number": "0221234567",
        "receiver_number": f"0102{zlib.crc32(msg_key.encode()) % 10_000_000:07d}",
        "msg": f"예약이 확정되었습니다. {msg_key}",
        "file_path": ["https://images/1.jpg"],
    }


def pace(per_s: float) -> float:
    """Return the pause between two submits of ten items for so many items a second."""
    return ITEMS_AT_ONCE / per_s
