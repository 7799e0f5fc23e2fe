"""A stand-in for the gateway: it answers after 100 ms, writes down what it took, and can be told what to say.

    python -m tests.rehearsal.gateway --host H --port P --control P --ledger FILE --certificate FILE

It speaks TLS where a certificate is named. Orders are members of a JSON object, posted to the control port;
each stays in force until another replaces it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.chaos.gateway_answers import ACCEPTED, BAD_ITEM, UNREADABLE, Answer, refuse_secret
from tests.chaos.gateway_http import Ended, Unreadable, read_head, read_items, send, write_http
from tests.chaos.gateway_ledger import Ledger, Line
from tests.chaos.listener import reset
from tests.rehearsal.posting import Posting, Receipts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.gateway_http import Head

NEW_CODE = "Z999"
"""A code that no guide names."""


@dataclass
class Orders:
    """What the gateway was told."""

    delay_s: float = 0.1
    answer: str = "accept"
    """accept, reset, unavailable, not_found, credit, new_code or bad_item."""
    share: float = 1.0
    """How many of the requests get that answer; the others are accepted."""
    secrets: dict[str, str] = field(default_factory=dict)
    """User → the secret that is right; empty: every one is."""

    def take(self, order: dict[str, Any]) -> None:
        """Replace what the order names."""
        for name, value in order.items():
            if name not in self.__dataclass_fields__:
                raise ValueError(f"no order {name}")
            setattr(self, name, value)


class Gateway:
    """Both listening sides."""

    def __init__(self, ledger: Ledger, posting: Posting, tls: ssl.SSLContext | None) -> None:
        self.orders = Orders()
        self._ledger = ledger
        self._posting = posting
        self._tls = tls
        self._wrong_secrets = 0
        self._dice = random.Random(16)

    async def start(self, host: str, port: int, control: int) -> None:
        """Take connections from now on."""
        await asyncio.start_server(self._serve, host, port, ssl=self._tls)
        await asyncio.start_server(self._obey, "127.0.0.1", control)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(Ended, OSError, EOFError):
            while head := await read_head(reader):
                await self._take(head, await reader.readexactly(head.body_bytes), writer)
        writer.close()

    async def _take(self, head: Head, body: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            seen, msg_type = read_items(body)
        except Unreadable:
            await send(writer, write_http(UNREADABLE))
            return
        keys = [item.key for item in seen]
        orders = self.orders
        name = orders.answer if self._dice.random() < orders.share else "accept"
        right = orders.secrets.get(head.user)
        if right is not None and right != head.secret:
            self._wrong_secrets += 1
            name, told = "wrong_secret", refuse_secret(keys)
        else:
            told = _answer(keys, name)
        fault = "" if name == "accept" else name
        self._ledger.write(Line(head.path, head.user, msg_type, tuple(seen), fault), told)
        taken = [key for key, code in zip(keys, told.codes, strict=True) if code == ACCEPTED]
        await asyncio.sleep(orders.delay_s)
        if name == "reset":
            reset(writer)
            raise Ended
        self._posting.owe(taken)
        await send(writer, write_http(told))

    async def _obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(Ended, OSError, EOFError):
            head = await read_head(reader)
            if head is None:
                return
            body = await reader.readexactly(head.body_bytes)
            status, said = 200, {}
            try:
                order = json.loads(body) if body else {}
                if "certificate" in order and self._tls is not None:
                    self._tls.load_cert_chain(order.pop("certificate"))
                await self._posting.take(order)
                self.orders.take(order)
                said = {
                    "requests": self._ledger.requests,
                    "accepted": self._ledger.accepted,
                    "wrong_secrets": self._wrong_secrets,
                    "receipts": self._posting.stats(),
                }
            except (ValueError, OSError) as exc:
                status, said = 400, {"error": str(exc)}
            await send(writer, write_http(Answer((), status, json.dumps(said).encode(), "whole")))
        writer.close()


def _answer(keys: Sequence[str], name: str) -> Answer:
    if name in _ENVELOPES:
        status, code = _ENVELOPES[name]
        body = json.dumps({"code": code, "name": name, "description": "said by the stand-in"}).encode()
        return Answer((code,) * len(keys), status, body, "whole")
    code = {"bad_item": BAD_ITEM, "new_code": NEW_CODE, "credit": "G150"}.get(name, ACCEPTED)
    results = [{"code": code, "desc": name, "msg_key": key} for key in keys]
    left = "none" if name == "reset" else "whole"
    return Answer((code,) * len(keys), 200, json.dumps({"results": results}).encode(), left)


_ENVELOPES = {"unavailable": (503, "C503"), "not_found": (404, "C404_1")}


async def _run(args: argparse.Namespace) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    tls = None
    if args.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(args.certificate)
    posting = Posting(Receipts())
    gateway = Gateway(Ledger(args.ledger), posting, tls)
    await gateway.start(args.host, args.port, args.control)
    posting.start()
    print("ready", flush=True)  # noqa: T201  what its parent waits for
    await ended.wait()


def main() -> None:
    """Run until a signal ends it."""
    parser = argparse.ArgumentParser(description="A gateway that does as it is told.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--certificate", type=Path)
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
