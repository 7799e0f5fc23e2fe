"""A bare route on the server of receipts: one awaited write to Redis a request. `receipts_bare.py PORT`.

It parses a post as JSON and answers once Redis has it, and does nothing else: no secret, no guard, no record.
"""

from __future__ import annotations

import json
import os
import sys

import falcon.asgi
import uvicorn
from redis.asyncio import Redis


class Receipts:
    """Takes posts."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Take a post, and answer once Redis has it."""
        results = json.loads(await req.stream.read())["results"]
        await self._client.rpush("bare", *(json.dumps(result) for result in results))
        resp.data = b'{"code": "100", "desc": "success"}'
        resp.content_type = falcon.MEDIA_JSON


def main(port: int) -> None:
    """Serve until a signal."""
    app = falcon.asgi.App()
    app.add_route("/receipts", Receipts(Redis.from_url(os.environ["BENCH_REDIS"])))
    uvicorn.run(
        app, port=port, log_config=None, access_log=False, ws="none", lifespan="off", proxy_headers=False
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
