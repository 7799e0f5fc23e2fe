"""The lying gateway's way with pictures: takes them, tells their addresses, or fails as it is told to.

The ledger has one line of JSON for each picture that was taken, written before any of the answer leaves:

    {"at", "user", "content": product and hash, "url", "fault", "answer": whole|part|none}

Of faults it has those that fit: an outage refuses, what is accepted elsewhere is taken here.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

from tests.chaos.gateway_answers import Answer
from tests.chaos.gateway_faults import Faults
from tests.chaos.gateway_http import Ended, deliver, send, write_http
from tests.chaos.listener import reset

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from tests.chaos.gateway_faults import Fault
    from tests.chaos.gateway_http import Head

PRODUCTS = {"/image/v1/mms/": "mms", "/file/v1/rcs/image/": "rcs-mms"}
_REFUSING = {"http_500": 500, "http_503": 503, "http_504": 504, "http_429": 429}
_LEFT = {"reset_after": "none", "read_timeout": "none", "cut_answer": "part"}


class Uploads:
    """What takes pictures.

    Args:
        ledger: Where each is written down.
    """

    def __init__(self, ledger: Path) -> None:
        self._file = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._taken = 0
        self.faults = Faults(own_control_port=True)

    @staticmethod
    def is_one(head: Head) -> bool:
        """Return whether a request uploads a picture."""
        return head.method == "POST" and head.path.startswith(tuple(PRODUCTS))

    async def take(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one; Ended where its connection does not go on."""
        fault = self.faults.draw()
        if fault is not None:
            self.faults.struck[fault.name] += 1
        if fault is not None and fault.name == "reset_during":
            await reader.readexactly(head.body_bytes // 2)
            reset(writer)
            raise Ended
        body = await reader.readexactly(head.body_bytes)
        told = self._answer(head, body, fault)
        if fault is None:
            await send(writer, write_http(told))
        else:
            await deliver(told, fault, reader, writer)

    def stats(self) -> dict[str, Any]:
        """Return how many were taken, and how often each fault struck."""
        return {"taken": self._taken, "faults": self.faults.struck}

    def close(self) -> None:
        """Close the ledger."""
        os.close(self._file)

    def _answer(self, head: Head, body: bytes, fault: Fault | None) -> Answer:
        name = "" if fault is None else fault.name
        if fault is not None and name in _REFUSING and not fault.options.get("accepted"):
            return Answer((), _REFUSING[name], b"", "whole")
        product = next(word for path, word in PRODUCTS.items() if head.path.startswith(path))
        left = "none" if name in _REFUSING else _LEFT.get(name, "whole")
        url = self._note(head.user, product, body, name, left)
        if name in _REFUSING:
            return Answer((), _REFUSING[name], b"", "none")
        said: dict[str, Any] = {"code": "C100", "image_url": url}
        if product != "mms":
            said = {"code": "C100", "data": [{"file": url}]}
        return Answer((), 200, json.dumps(said).encode(), left)

    def _note(self, user: str, product: str, body: bytes, fault: str, left: str) -> str:
        picture = body[body.index(b"\r\n\r\n") + 4 : body.rindex(b"\r\n--")]
        content = f"{product}:{hashlib.sha256(picture).hexdigest()[:16]}"
        self._taken += 1
        name = f"{content.partition(':')[2]}-{time.time_ns()}"
        url = f"https://images/{name}.jpg" if product == "mms" else f"maapfile://{name}"
        facts = {"user": user, "content": content, "url": url, "fault": fault, "answer": left}
        os.write(self._file, json.dumps({"at": time.time(), **facts}).encode() + b"\n")
        return url
