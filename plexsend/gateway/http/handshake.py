"""Connecting to a gateway and nothing more: no request is made, so nothing can be sent by it."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import ProxyConfig
from urllib3.util import parse_url
from urllib3.util.connection import create_connection
from urllib3.util.ssl_match_hostname import CertificateError

from plexsend.clock import elapsed_s
from plexsend.gateway.http.adapter import WatchedAdapter
from plexsend.gateway.http.connections import WatchedConnection, WatchedTlsConnection, bound
from plexsend.gateway.http.exchange import Exchange, Timeouts
from plexsend.gateway.http.way import Way

if TYPE_CHECKING:
    from collections.abc import Sequence
    from urllib.parse import SplitResult

    from plexsend.names import Names

_DEFAULT_PORTS = {"https": 443, "http": 80}
_PROBE_S = 1.05
"""For each address beside the one that answered: just above TCP's first retransmission."""
_LOOK_UP_S = 6.5
"""How long a name may take here, where nothing waits to be sent: longer than a dead name server costs."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What came of connecting."""

    failure: str = ""
    """Why it did not succeed; empty where it did."""
    protocol: str = ""
    """The version of TLS; empty for http, which is for this machine alone."""
    ends_s: float | None = None
    """When the certificate ends, in seconds since 1970; None for http."""
    host: str = ""
    """Whose name was looked up: the gateway's, or the proxy's."""
    name_s: float = 0.0
    """How long that took."""
    silent: Sequence[str] = field(default=())
    """Those of the host's addresses that took no connection."""
    addresses: int = 0
    """How many it has."""


def shake_hands(
    base_url: str, way: Way | None = None, *, timeout_s: float, names: Names | None = None
) -> Handshake:
    """Connect to a gateway's scheme and host as the client does, by the same way, and hang up."""
    url = urlsplit(base_url)
    timeouts = Timeouts(connect_s=timeout_s, start_s=_LOOK_UP_S)
    exchange = Exchange(timeouts, elapsed_s, timeout_s, names=names)
    connection = _connection(url, way or Way(), exchange)
    host = connection.host
    failure, protocol, ends = "", "", ""
    with closing(connection):
        try:
            connection.connect()
        except (OSError, HTTPException, CertificateError):
            failure = exchange.words
        else:
            # A plain socket has neither.
            secure: Any = connection.sock
            protocol = secure.version() if url.scheme == "https" else ""
            ends = str(secure.getpeercert().get("notAfter", "")) if url.scheme == "https" else ""
        port = connection.port
    found = exchange.addresses
    return Handshake(
        failure,
        protocol,
        ssl.cert_time_to_seconds(ends) if ends else None,
        host,
        exchange.name_s,
        _silent(found, port) if len(found) > 1 else (),
        len(found),
    )


def _connection(url: SplitResult, way: Way, exchange: Exchange) -> WatchedConnection:
    host, port = url.hostname or "", url.port or _DEFAULT_PORTS[url.scheme]
    timeout_s = exchange.timeouts.connect_s
    if url.scheme == "http":
        return bound(WatchedConnection, exchange)(host, port, timeout=timeout_s)
    kind: Any = bound(WatchedTlsConnection, exchange)
    trusted = {"cert_reqs": "CERT_REQUIRED", "ca_certs": way.ca_file or DEFAULT_CA_BUNDLE_PATH}
    proxy = next(iter(way.proxies(url.geturl()).values()), "")
    if not proxy:
        direct: WatchedConnection = kind(host, port, timeout=timeout_s, **trusted)
        return direct
    place = parse_url(proxy)
    through: WatchedConnection = kind(
        place.host,
        place.port or _DEFAULT_PORTS[place.scheme or ""],
        timeout=timeout_s,
        proxy=place,
        proxy_config=ProxyConfig(None, False, None, None),  # noqa: FBT003  urllib3's signature
        **trusted,
    )
    headers = WatchedAdapter(exchange).proxy_headers(proxy)
    through.set_tunnel(host, port, headers, scheme=place.scheme or "")
    return through


def _silent(addresses: Sequence[str], port: int) -> tuple[str, ...]:
    with ThreadPoolExecutor(len(addresses)) as threads:
        took = list(threads.map(lambda address: _takes(address, port), addresses))
    return tuple(address for address, taken in zip(addresses, took, strict=True) if not taken)


# One that refuses costs nobody any time.
def _takes(address: str, port: int) -> bool:
    try:
        create_connection((address, port), _PROBE_S).close()
    except TimeoutError:
        return False
    except OSError:
        return True
    return True
