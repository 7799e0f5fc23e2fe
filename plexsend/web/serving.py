"""A server of its own for some parts: `plexsend serve`. It runs until it is told to stop."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from plexsend.errors import NotPossible
from plexsend.logs import configure
from plexsend.settings import LogFormat
from plexsend.signals import hearing
from plexsend.web.app import App
from plexsend.web.connections import Bounds, bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from plexsend.settings import Settings

KEEP_ALIVE_S = 5
"""How long a connection may be idle: uvicorn remembers one for so long, however it ended."""
_FINISH_S = 5
"""What is under way at the end may take so long: more than an answer takes."""
_SWITCH_S = 0.0005
"""How long the loop keeps the interpreter while the thread that writes waits for it. With Python's 5 ms the
thread gets it only once the loop has nothing to do: so each waits for the other, and both for Redis."""
_BACKLOG = 512
_STOPS = (signal.SIGINT, signal.SIGTERM)
_FORM = "[%(asctime)s: %(levelname)s/%(name)s] %(message)s"


def serve(
    names: tuple[str, ...], settings: Settings, *, host: str, port: int, ready: Callable[[str], None]
) -> None:
    """Serve parts until SIGTERM or Ctrl-C, then finish what came. For the main thread.

    Args:
        names: The parts.
        settings: What they go by.
        host: Where to listen.
        port: 0 takes a free one.
        ready: Called with the server's address once it listens.

    Raises SettingsError where a part lacks something, and NotPossible where nothing can listen there.
    """
    _set_up_logs(settings)
    listener = _listen(host, port)
    with listener, _short_turns():
        bound_port = int(listener.getsockname()[1])
        app = App(*names, settings=settings, port=bound_port)
        app.begin()
        try:
            server = _Server(config_of(app, Bounds(app.parts.refused)), lambda: ready(_url(host, bound_port)))
            _run(server, listener)
        finally:
            app.end()


def config_of(app: App, bounds: Bounds) -> uvicorn.Config:
    """Return what uvicorn goes by."""
    return uvicorn.Config(
        app,
        http=bounded(bounds),
        ws="none",
        lifespan="off",
        log_config=None,
        # Paths hold secrets.
        access_log=False,
        # X-Forwarded-For is read by PLEXSEND_TRUSTED_PROXIES alone.
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=_FINISH_S,
    )


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to `_run`: uvicorn would hear ignored ones too, and raise all again at its end."""
        yield


@contextmanager
def _short_turns() -> Iterator[None]:
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before_s)


def _run(server: _Server, listener: socket.socket) -> None:
    with hearing(server.handle_exit, *_STOPS):
        server.run([listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except BaseException:
            listener.close()
            raise
    except OSError as exc:
        raise NotPossible(
            f"Nothing can listen at {host} port {port}: {exc.strerror}. "
            "Choose another with --host and --port; port 0 takes a free one."
        ) from exc
    return listener


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _set_up_logs(settings: Settings) -> None:
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter(_FORM))
        root.addHandler(handler)
        root.setLevel(logging.INFO)
    configure(root, json=settings.log is LogFormat.JSON)
    # It says when it starts and stops, as we do, and a line for each request that is not HTTP.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
