"""Health: `live` says whether this process must be restarted, `ready` whether it can do its work now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import falcon

if TYPE_CHECKING:
    from collections.abc import Mapping

    from falcon.asgi import Request, Response

    from plexsend.web.parts import Parts


def routes(parts: Parts) -> Mapping[str, object]:
    """Return the paths of health, which every process has."""
    return {"/health/live": _Live(parts), "/health/ready": _Ready(parts)}


class _Live:
    # Redis may be away for hours, and a restart would not bring it back: only a thread that ended counts.
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def on_get(self, _: Request, resp: Response) -> None:
        _answer(resp, "" if all(lives() for lives in self._parts.alive) else "a thread of it ended")


class _Ready:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def on_get(self, _: Request, resp: Response) -> None:
        _answer(resp, self._parts.pulse.trouble)


def _answer(resp: Response, trouble: str) -> None:
    resp.status = falcon.HTTP_503 if trouble else falcon.HTTP_200
    resp.content_type = falcon.MEDIA_JSON
    resp.data = json.dumps({"ok": not trouble, "why": trouble or None}).encode()
