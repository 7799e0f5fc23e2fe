"""The application for a server: it is made of its parts, begins with the server and ends with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import falcon
import falcon.asgi

from plexsend.errors import PlexsendError
from plexsend.gateway.environment import read_settings
from plexsend.logs import get_logger
from plexsend.outbox.redis.store import Store
from plexsend.outbox.refusals import RefusedBecause
from plexsend.web import health
from plexsend.web.answers import NOT_FOUND, UNAVAILABLE
from plexsend.web.parts import Parts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from falcon.asgi import Request, Response

    from plexsend.settings import Settings
    from plexsend.web.answers import Answer

_FIRST_LOOK_S = 1.0
"""How long a start waits for Redis: without an answer it begins all the same."""
_log = get_logger("web.app")


class App:
    """An ASGI application with some parts. It reads the environment when it begins, not when it is imported.

    Args:
        names: Its parts, names of PARTS.
        settings: None: read from the environment.
        port: Where it listens, for others; 0 where another program does that.
    """

    def __init__(self, *names: str, settings: Settings | None = None, port: int = 0) -> None:
        self._names = names
        self._settings = settings
        self._port = port
        self._parts: Parts | None = None
        self._falcon: falcon.asgi.App[Request, Response] | None = None

    @property
    def parts(self) -> Parts:
        """What its parts share; it begins where it has not begun yet."""
        if self._parts is None:
            self.begin()
        assert self._parts is not None  # noqa: S101  begin() made it
        return self._parts

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        """Answer what a server asks."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self._falcon is None:
            # The server has no lifespan.
            self.begin()
        assert self._falcon is not None  # noqa: S101  begin() made it
        assert self._parts is not None  # noqa: S101  begin() made them
        answering = self._parts.ahead(scope, receive)
        if answering is not None:
            await _send(answering, send)
            return
        await self._falcon(scope, receive, send)  # type: ignore[arg-type]  # a server's scope is a dict

    def begin(self) -> None:
        """Read the settings, and start what the parts need. Raises SettingsError; Redis may be away."""
        if self._falcon is not None:
            return
        settings = self._settings or read_settings()
        store = Store.connect(settings.redis, settings.key_prefix, idle_s=settings.idle_s)
        parts = self._parts = Parts(settings, store, self._names, self._port)
        made = _make(parts, {**health.routes(parts), **parts.routes()})
        for start in parts.starts:
            start()
        parts.pulse.start(_FIRST_LOOK_S)
        self._falcon = made

    def end(self) -> None:
        """End what was started; what waits is written first."""
        parts, self._parts, self._falcon = self._parts, None, None
        if parts is not None:
            for stop in reversed(parts.stops):
                stop()
            parts.pulse.stop()
            parts.store.close()

    async def _live(self, receive: Any, send: Any) -> None:
        loop = asyncio.get_running_loop()
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                try:
                    await loop.run_in_executor(None, self.begin)
                except PlexsendError as exc:
                    await send({"type": "lifespan.startup.failed", "message": str(exc)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                await loop.run_in_executor(None, self.end)
                await send({"type": "lifespan.shutdown.complete"})
                return


def _make(parts: Parts, routes: Mapping[str, object]) -> falcon.asgi.App[Request, Response]:
    app: falcon.asgi.App[Request, Response] = falcon.asgi.App()
    app.req_options.strip_url_path_trailing_slash = True
    app.router_options.default_to_on_request = True

    async def refuse(req: Request, resp: Response | None, **_: object) -> None:
        del req
        parts.refused.note(RefusedBecause.PATH)
        # It is None for a WebSocket, which falcon then closes.
        if resp is not None:
            NOT_FOUND.put(resp)

    async def fail(req: Request, resp: Response, error: Exception, params: object) -> None:
        del req, params
        _log_failure(error)
        UNAVAILABLE.put(resp)

    for path, resource in routes.items():
        app.add_route(path, resource)
    app.add_sink(refuse)
    app.add_error_handler(Exception, fail)
    return app


async def _send(answering: Awaitable[Answer | None], send: Any) -> None:
    try:
        answer = await answering
    except Exception as exc:  # noqa: BLE001  a request's edge: it must come again
        _log_failure(exc)
        answer = UNAVAILABLE
    if answer is not None:
        await answer.send(send)


# Its text may hold what came, so only its kind is logged, with where it happened.
def _log_failure(error: Exception) -> None:
    _log.error("request failed", error=type(error).__name__, where=_where(error))


def _where(error: Exception) -> str:
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return "" if at is None else f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}"
