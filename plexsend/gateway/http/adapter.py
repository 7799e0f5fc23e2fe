"""The pools of one thread's connections, as requests uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests import Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

from plexsend.gateway.http.connections import WatchedConnection, WatchedTlsConnection, bound
from plexsend.gateway.http.way import Way

if TYPE_CHECKING:
    from requests import PreparedRequest

    from plexsend.gateway.http.exchange import Exchange


class WatchedAdapter(HTTPAdapter):
    """Connections of one thread, each of which reports to the thread's `exchange`."""

    def __init__(self, exchange: Exchange, way: Way | None = None) -> None:
        super().__init__(pool_connections=len(_KINDS) * 4, pool_maxsize=1, max_retries=0)
        self.exchange = exchange
        self._way = way or Way()
        self._kinds = {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": bound(connection, exchange)})
            for scheme, (pool, connection) in _KINDS.items()
        }
        self.poolmanager.pool_classes_by_scheme = self._kinds
        self._pools: dict[str | None, Any] = {}

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Return the pools of a proxy, with connections as watched as the others."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = self._kinds
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Set whose certificates are trusted; OSError where their file is gone."""
        try:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]  # requests has no types here
        except OSError:
            self.exchange.fail(
                "CA_FILE", "the file of trusted certificates is gone; PLEXSEND_CA_FILE names it"
            )
            raise

    # These methods leave out what `requests` looks up again for each request, and what nobody reads from an
    # answer: proxies, cookies, encodings.

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Return the pool of a request's host."""
        pool = self._pools.get(request.url)
        if pool is None:
            proxies = self._way.proxies(request.url or "")
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            self._pools[request.url] = pool
        return pool

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:  # noqa: ARG002  the signature of requests
        """Return the path that a request asks for."""
        return request.path_url

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:  # noqa: ARG002  the signature of requests
        """Return an answer with status, headers and what its body is read from."""
        response = Response()
        response.status_code, response.headers, response.raw = resp.status, resp.headers, resp
        return response

    def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        # urllib3 leaves it to the garbage collector, and an exception of before may still refer to a pool.
        for pool in self._pools.values():
            pool.close()
        super().close()
        self._pools.clear()


_KINDS: dict[str, tuple[type[HTTPConnectionPool], type[WatchedConnection]]] = {
    "http": (HTTPConnectionPool, WatchedConnection),
    "https": (HTTPSConnectionPool, WatchedTlsConnection),
}
