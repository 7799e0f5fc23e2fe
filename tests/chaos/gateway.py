"""A gateway that lies: it takes requests as API PLEX does, does wrong what it is told to, and keeps a ledger.

It is no part of the product and imports nothing of it. It runs as a process of its own:

    python -m tests.chaos.gateway --port P --ledger FILE [--control C] [--receipts FILE] [--knows-keys]
                                  [--no-remember] [--uploads FILE]

CHAOS_SECRETS, an object in JSON, names the secret of each user; without it every secret is right. How
it posts receipts of what it accepted is in `gateway_receipts`, how it takes pictures in `gateway_uploads`.

Every POST to a path with `/send` or `/submit` is judged: C100 for each item unless a fault says otherwise,
and 71003 for a key that it accepted before from the same user if it knows keys. For each request seen whole
there is one line of JSON in the ledger, written before any of the answer leaves:

    {"n", "at": unix seconds, "path", "user", "msg_type", "keys", "to", "marks", "codes", "fault",
     "answer": whole|part|none}

`codes` is what was decided, whatever was said: C100 is an item that would be delivered; an empty code is one
that was dropped. `answer` is how much usable answer was meant to leave. A body that cannot be read has no
keys and the fault "unreadable": whoever sends such is broken. Started on an old ledger, it goes on in it.

    POST /control {"fault": name, "share": 0..1, "seconds": s, "seed": n, ...}   beside those that stand
    POST /control {"of_uploads": true, "fault": name, ...}                       strikes pictures instead
    POST /control {"fault": null}                                                lets none stand
    POST /control {"knows_keys": true|false}
    GET /control    {"faults": [...], "knows_keys": ...}
    GET /stats      {"requests", "accepted", "wrong_secrets", "receipts": {...},
                    "faults": {name: how often it struck}, "uploads": {...}}

Orders come in by the same port, and by the control port as well if one is given, which no fault touches. The
faults and their options stand in `gateway_faults`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.chaos.gateway_answers import ACCEPTED, BAD_ITEM, UNREADABLE, Answer, answer, refuse_secret
from tests.chaos.gateway_faults import AT_ACCEPT, CONTRADICT, REFUSE, WHEN_DUE, BadOrder, Fault, Faults
from tests.chaos.gateway_http import Ended, Head, Unreadable, deliver, read_head, read_items, send, write_http
from tests.chaos.gateway_ledger import Ledger, Line
from tests.chaos.gateway_receipts import URLS, Receipts
from tests.chaos.gateway_uploads import Uploads
from tests.chaos.listener import Listener, reset

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS = "CHAOS_SECRETS"
"""The variable with the secrets: the command line of a process is no secret."""


class Gateway:
    """The listening sides, and what stands behind them."""

    def __init__(
        self,
        port: int,
        ledger: Ledger,
        *,
        control: int | None,
        remember: bool,
        knows_keys: bool,
        secrets: Mapping[str, str] | None = None,
        receipts: Receipts | None = None,
        uploads: Uploads | None = None,
    ) -> None:
        self._uploads = uploads
        self._receipts = receipts
        self._secrets = secrets
        self._wrong_secrets = 0
        self._ledger = ledger
        self._remember = remember
        self._knows_keys = knows_keys
        self._faults = Faults(own_control_port=control is not None)
        self._idle: set[asyncio.StreamWriter] = set()
        self._listener = Listener(port, self._serve)
        self._control = None if control is None else Listener(control, self._serve_control)

    async def start(self) -> None:
        """Take connections from now on."""
        await self._listener.start()
        if self._control is not None:
            await self._control.start()
        if self._receipts is not None:
            self._receipts.start()

    async def _serve_control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await read_head(reader):
            await self._obey(head, await reader.readexactly(head.body_bytes), writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Drawn here already, as a reset at accept comes before there is a request.
        fault = self._faults.draw() if self._faults.stands(AT_ACCEPT) else None
        drawn = fault is not None
        with suppress(Ended):
            if fault is not None and fault.name == AT_ACCEPT:
                self._strike(fault, writer)
            while True:
                first = await self._await_request(reader, writer)
                if not drawn or (fault is not None and not self._faults.stands(fault.name)):
                    fault = self._faults.draw()
                drawn = False
                if fault is not None and fault.name == AT_ACCEPT:
                    self._strike(fault, writer)
                head = await read_head(reader, first)
                if head is None:
                    return
                if head.is_send:
                    await self._take(head, fault, reader, writer)
                elif self._uploads is not None and self._uploads.is_one(head):
                    await self._uploads.take(head, reader, writer)
                else:
                    await self._obey(head, await reader.readexactly(head.body_bytes), writer)
                if self._faults.stands(REFUSE):
                    return

    async def _await_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        self._idle.add(writer)
        try:
            first = await reader.read(1)
        finally:
            self._idle.discard(writer)
        if not first:
            raise Ended
        return first

    async def _take(
        self, head: Head, fault: Fault | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        name = "" if fault is None else fault.name
        if fault is not None and name == "reset_headers":
            self._strike(fault, writer)
        if fault is not None and name == "reset_during":
            await reader.readexactly(head.body_bytes // 2)
            self._strike(fault, writer)
        body = await reader.readexactly(head.body_bytes)
        try:
            seen, msg_type = read_items(body)
        except Unreadable:
            self._ledger.write(Line(head.path, head.user, "", (), "unreadable"), UNREADABLE)
            await send(writer, write_http(UNREADABLE))
            return
        keys = [item.key for item in seen]
        if self._secrets is not None and self._secrets.get(head.user) != head.secret:
            self._wrong_secrets += 1
            told = refuse_secret(keys)
            self._ledger.write(Line(head.path, head.user, msg_type, tuple(seen), "wrong_secret"), told)
            await send(writer, write_http(told))
            return
        told = answer(keys, lambda key: self._knows(head.user, key), fault)
        self._ledger.write(Line(head.path, head.user, msg_type, tuple(seen), name), told)
        if self._receipts is not None:
            taken = [key for key, code in zip(keys, told.codes, strict=True) if code == ACCEPTED]
            early = self._receipts.owe(head.user, head.path, taken, when_due=name == WHEN_DUE)
            if name == CONTRADICT:
                refused = [key for key, code in zip(keys, told.codes, strict=True) if code == BAD_ITEM]
                early += self._receipts.contradict(head.user, head.path, refused)
            await self._receipts.wait_tried(early)
        if fault is None:
            await send(writer, write_http(told))
        else:
            self._faults.struck[name] += 1
            await deliver(told, fault, reader, writer)

    def _knows(self, user: str, key: str) -> bool:
        return self._knows_keys and self._remember and self._ledger.knows(user, key)

    def _strike(self, fault: Fault, writer: asyncio.StreamWriter) -> None:
        self._faults.struck[fault.name] += 1
        reset(writer)
        raise Ended

    async def _obey(self, head: Head, body: bytes, writer: asyncio.StreamWriter) -> None:
        status, said = 200, {}
        try:
            if head.path == "/stats":
                said = self._stats()
            elif head.path == "/control":
                if head.method == "POST":
                    await self._change(json.loads(body))
                said = {"faults": self._faults.standing(), "knows_keys": self._knows_keys}
            else:
                status, said = 404, {"error": f"no path {head.path}"}
        except (BadOrder, ValueError) as exc:
            status, said = 400, {"error": str(exc)}
        await send(writer, write_http(Answer((), status, json.dumps(said).encode(), "whole")))

    def _stats(self) -> dict[str, Any]:
        return {
            "requests": self._ledger.requests,
            "accepted": self._ledger.accepted,
            "wrong_secrets": self._wrong_secrets,
            "faults": self._faults.struck,
            "receipts": None if self._receipts is None else self._receipts.stats(),
            "uploads": None if self._uploads is None else self._uploads.stats(),
        }

    async def _change(self, order: Any) -> None:
        if not isinstance(order, dict):
            raise BadOrder("an order is an object")
        if "knows_keys" in order:
            self._knows_keys = bool(order.pop("knows_keys"))
            if not order:
                return
        if order.pop("of_uploads", False) and self._uploads is not None:
            self._uploads.faults.set(order)
            return
        if order == {"fault": None}:
            self._faults.clear()
            if self._uploads is not None:
                self._uploads.faults.clear()
            self._listener.end_refusing()
            return
        fault = self._faults.set(order)
        if fault.name == REFUSE:
            self._faults.struck[REFUSE] += 1
            await self._listener.refuse_for(order["seconds"])
            # Kept connections would go on as if nothing were.
            for writer in tuple(self._idle):
                writer.close()


async def _run(args: argparse.Namespace) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    ledger = Ledger(args.ledger)
    known, urls = os.environ.get(SECRETS), os.environ.get(URLS)
    receipts = Receipts(json.loads(urls), args.receipts) if urls else None
    uploads = Uploads(args.uploads) if args.uploads else None
    gateway = Gateway(
        args.port,
        ledger,
        control=args.control,
        remember=args.remember,
        knows_keys=args.knows_keys,
        secrets=json.loads(known) if known else None,
        receipts=receipts,
        uploads=uploads,
    )
    await gateway.start()
    await ended.wait()
    if receipts is not None:
        receipts.close()
    if uploads is not None:
        uploads.close()
    ledger.close()


def main() -> None:
    """Run until a signal ends it."""
    parser = argparse.ArgumentParser(description="A gateway that lies.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control", type=int)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--receipts", type=Path, help="the ledger of receipts")
    parser.add_argument("--uploads", type=Path, help="the ledger of pictures")
    parser.add_argument("--remember", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--knows-keys", action="store_true")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
