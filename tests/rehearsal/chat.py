"""The chat that Alertmanager posts to: who is woken, by what, and what is over."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

OVER = "Over"


class Chat:
    """A hook at an address; it remembers the title of each post."""

    def __init__(self, host: str, port: int) -> None:
        self.titles: dict[str, list[str]] = defaultdict(list)
        """Alert → how each post about it begins: PAGE, Warning or Over."""
        self.url = f"http://{host}:{port}/hook"
        titles = self.titles

        class Handler(BaseHTTPRequestHandler):
            """Takes one post."""

            def do_POST(self) -> None:
                """Remember it, and say that it was taken."""
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                with suppress(ValueError):
                    for title in _titles(json.loads(body)):
                        word, _, alert = title.partition(": ")
                        titles[alert].append(word)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: Any) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="chat", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


def _titles(post: Any) -> Iterator[str]:
    for attachment in post.get("attachments", ()) if isinstance(post, dict) else ():
        yield str(attachment.get("title", ""))
