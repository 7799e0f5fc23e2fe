"""Connecting to a gateway and nothing more: no request is made, so nothing can be sent by it."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Handshake:
    """What came of connecting."""

    failure: str = ""
    """Why it did not succeed; empty where it did."""
    protocol: str = ""
    """The version of TLS; empty for http, which is for this machine alone."""
    ends_s: float | None = None
    """When the certificate ends, in seconds since 1970; None for http."""


def shake_hands(base_url: str, *, timeout_s: float) -> Handshake:
    """Connect to a gateway's scheme and host as the client does, with the same certificates, and hang up."""
    url = urlsplit(base_url)
    place = (url.hostname or "", url.port or _DEFAULT_PORTS[url.scheme])
    try:
        with socket.create_connection(place, timeout=timeout_s) as plain:
            if url.scheme == "http":
                return Handshake()
            context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
            with context.wrap_socket(plain, server_hostname=place[0]) as secure:
                certificate = secure.getpeercert() or {}
                ends = str(certificate.get("notAfter", ""))
                return Handshake(
                    protocol=secure.version() or "", ends_s=ssl.cert_time_to_seconds(ends) if ends else None
                )
    except OSError as exc:
        return Handshake(_words(exc, timeout_s))


def _words(exc: OSError, timeout_s: float) -> str:
    if isinstance(exc, socket.gaierror):
        return "its name is not found"
    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {exc.verify_message}"
    if isinstance(exc, ssl.SSLError):
        return f"TLS fails: {exc.reason or 'no reason is given'}"
    if isinstance(exc, TimeoutError):
        return f"it does not answer within {timeout_s:g} s"
    return f"the connection fails: {(exc.strerror or type(exc).__name__).lower()}"
