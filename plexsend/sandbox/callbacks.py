"""Where receipts are posted: the URL that a person sets in the service console, one for each account.

Its path is the only secret that it has, so it is never shown whole.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOOK_S = 0.5
"""How often a file is looked at that holds the URL."""
MASK = "***"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Target:
    """Where one receipt goes."""

    host: str
    port: int
    path: str = field(repr=False)

    @property
    def shown(self) -> str:
        """The URL as it may be shown: the last part of its path is the secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{self.path.rpartition('/')[0]}/{MASK}"


def read_url(url: object) -> Target:
    """Return the target that a URL names. ValueError says what is wrong with it and does not show it."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("the URL for receipts is not printable ASCII")
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError:
        raise ValueError("the URL for receipts cannot be read") from None
    if parts.scheme != "http" or not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError("the URL for receipts looks like http://127.0.0.1:8081/receipts/main/SECRET")
    if not _is_this_machine(parts.hostname):
        raise ValueError("the sandbox posts to this machine alone: name 127.0.0.1 or localhost")
    return Target(parts.hostname, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Callbacks:
    """The URLs of all accounts. Thread-safe.

    Args:
        url: For every account that has none of its own; None: their receipts are posted nowhere.
        file: Holds such a URL, in its only line. It may be written later, and anew; `url` counts before it.
        clock: Seconds that never go back.
    """

    def __init__(self, *, url: str | None, file: Path | None, clock: Callable[[], float]) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._of_all = None if url is None else read_url(url)
        self._own: dict[str, Target | None] = {}
        self._file = file
        self._read: Target | None = None
        self._look_at_s = -math.inf

    def set(self, account: str | None, url: str | None) -> None:
        """Set the URL of an account, or of all that have none of their own. ValueError: it is none."""
        target = None if url is None else read_url(url)
        with self._lock:
            if account is None:
                self._of_all = target
                # Who takes it away means it, whatever a file says.
                self._file = self._read = None
            else:
                self._own = {**self._own, account: target}

    def get(self, account: str) -> Target | None:
        """Return where receipts of an account go; None: nowhere."""
        if account in self._own:
            return self._own[account]
        if self._of_all is None and self._file is not None and self._clock() >= self._look_at_s:
            self._read_file()
        return self._of_all or self._read

    def _read_file(self) -> None:
        with self._lock:
            # Another thread may have read it meanwhile. Before it has, nobody may say that there is no URL.
            if self._file is None or self._clock() < self._look_at_s:
                return
            try:
                self._read = read_url(self._file.read_text("utf-8").strip())
            except FileNotFoundError:
                # It is not written yet.
                self._read = None
            except (OSError, ValueError) as exc:
                self._read = None
                why = exc.strerror if isinstance(exc, OSError) else exc
                _log.warning("the file with the URL for receipts cannot be used: %s", why)
            self._look_at_s = self._clock() + LOOK_S
