"""Why there is no connection: a word that does not change, and words for people."""

from __future__ import annotations

import re
import ssl

from urllib3.util.ssl_match_hostname import CertificateError

_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: (\d{3})")
_LOGIN_WANTED = "407"


def explain(exc: Exception, whom: str, *, target: str | None, through: bool) -> tuple[str, str]:
    """Return what failed in connecting. Pure.

    Args:
        exc: What was raised.
        whom: The host that was connected to, or the proxy.
        target: The host behind the proxy; None without one.
        through: Whether the proxy had taken the connection.
    """
    refused = _TUNNEL_REFUSED.match(str(exc))
    if refused is not None and refused[1] == _LOGIN_WANTED:
        return "PROXY", f"{whom} wants another login (407); it is in PLEXSEND_PROXY_URL"
    if refused is not None:
        return "PROXY", f"{whom} does not let {target} be reached ({refused[1]})"
    reached = f"{target} through {whom}" if through else whom
    if isinstance(exc, ssl.SSLCertVerificationError):
        words = f"the certificate of {reached} is refused: {exc.verify_message}"
        return "TLS", f"{words} (PLEXSEND_CA_FILE names whose are trusted)"
    if isinstance(exc, (ssl.SSLError, CertificateError)):
        return "TLS", f"TLS with {reached} fails ({getattr(exc, 'reason', None) or 'certificate'})"
    if isinstance(exc, TimeoutError):
        return "CONNECT_TIMEOUT", f"{reached} takes no connection in time"
    why = (getattr(exc, "strerror", None) or "closed").lower()
    return ("PROXY" if through else "REFUSED"), f"{reached} cannot be reached ({why})"
