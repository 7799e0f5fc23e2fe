"""Logging in with a password that may change: new connections read the file that holds the URL."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from redis.credentials import CredentialProvider
from redis.exceptions import ConnectionError as RedisConnectionError

from plexsend.clock import elapsed_s
from plexsend.errors import SettingsError

if TYPE_CHECKING:
    from plexsend.settings import RedisAddress

AGAIN_S = 1.0
"""Between two looks at the file, however many connections are refused."""


class LoginRefused(RedisConnectionError):
    """The server refuses a login that came from a file: it may be another one soon."""


class FileLogin(CredentialProvider):
    """User and password of a URL in a file, as they are there now. Safe to share between threads."""

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._known = _login(address.login)
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """Return what a new connection logs in with; nothing where the URL names neither."""
        with self._lock:
            if elapsed_s() - self._read_at >= AGAIN_S:
                self._read_at = elapsed_s()
                # It is being written, or is wrong: what was read before may still be right.
                with suppress(SettingsError):
                    self._known = _login(self._address.read_login())
            return self._known


def _login(login: tuple[str | None, str | None]) -> tuple[str] | tuple[str, str]:
    user, password = login
    if not password:
        # redis-py takes an empty tuple for no login at all.
        return ()  # type: ignore[return-value]  # its types do not know that
    return (user, password) if user else (password,)
