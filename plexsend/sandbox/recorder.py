"""The last requests as the sandbox received them."""

from __future__ import annotations

import base64
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.sandbox.wire import Head

MASK = "***"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request. Its Authorization is masked, and its body is there only if bodies are kept."""

    method: str
    path: str
    """As sent, with the query."""
    headers: tuple[tuple[str, str], ...]
    """As sent, in order."""
    account: str | None
    """The userID of the Authorization header, if it had one."""
    size_bytes: int
    body: bytes | None = field(repr=False)
    """None: not kept, or not read."""

    def to_json(self) -> dict[str, object]:
        """Return the request as JSON knows it; the body is base64, since it may be anything."""
        return {
            "method": self.method,
            "path": self.path,
            "headers": [list(header) for header in self.headers],
            "account": self.account,
            "size_bytes": self.size_bytes,
            "body": None if self.body is None else base64.b64encode(self.body).decode(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Seen:
        """Return the request that `to_json` wrote."""
        return cls(
            method=value["method"],
            path=value["path"],
            headers=tuple((name, text) for name, text in value["headers"]),
            account=value["account"],
            size_bytes=value["size_bytes"],
            body=None if value["body"] is None else base64.b64decode(value["body"]),
        )


class Recorder:
    """A ring of the last requests. Bodies hold numbers and texts, so they are kept only when asked for."""

    def __init__(self, *, keep_requests: int, keep_bodies: bool) -> None:
        self._lock = threading.Lock()
        self._ring: deque[Seen] = deque(maxlen=keep_requests)
        self._keep_bodies = keep_bodies

    def add(self, head: Head, account: str | None, body: bytes | None) -> None:
        """Remember a request; a body of None was not read."""
        headers = tuple(
            (name, MASK if name.lower() == "authorization" else value) for name, value in head.headers
        )
        kept = body if self._keep_bodies else None
        path = f"{head.path}?{head.query}" if head.query else head.path
        seen = Seen(head.method, path, headers, account, len(body or b""), kept)
        with self._lock:
            self._ring.append(seen)

    def list_seen(self) -> list[Seen]:
        """Return the remembered requests, oldest first."""
        with self._lock:
            return list(self._ring)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._ring.clear()
