"""The way out to the gateway: through which proxy, and whose certificates are trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from plexsend.settings.urls import is_loopback

if TYPE_CHECKING:
    from plexsend.settings import ProxyAddress, Settings


@dataclass(frozen=True, slots=True)
class Way:
    """How connections leave this machine; the environment's own proxies and certificates are not used."""

    proxy: ProxyAddress | None = None
    """None: straight to the gateway. To this machine itself none is ever used."""
    ca_file: str | None = None
    """The file of the authorities that are trusted; None: the public ones, as certifi has them."""

    @classmethod
    def of(cls, settings: Settings) -> Way:
        """Return the way that these settings name."""
        return cls(settings.proxy, settings.ca_file)

    @property
    def verify(self) -> bool | str:
        """What requests calls `verify`."""
        return self.ca_file or True

    def proxies(self, url: str) -> dict[str, str]:
        """Return what requests calls `proxies`, for one URL."""
        if self.proxy is None or is_loopback(urlsplit(url).hostname or ""):
            return {}
        return {"https": self.proxy.url}
