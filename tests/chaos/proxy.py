"""A wire that lies: between clients and a Redis server, it loses, delays and cuts what it is told to.

It is no part of the product and imports nothing of it. It runs as a process of its own:

    python -m tests.chaos.proxy --listen P --to Q --control C

It follows commands and replies, so that it can lose exactly one of them. It stores nothing of them but
doorbells that it keeps back, and logs nothing; it only counts. An order is a line of JSON to the control
port, answered by a line: what is told below, `{}`, or `{"error": text}` if it cannot be done.

- `{"do": "pass"}` ends everything that stands; stale doorbells stay kept
- `{"do": "reset"}` resets all connections now; tells `connections`, how many
- `{"do": "refuse", "seconds": s}` refuses new connections for a time; those that stand go on
- `{"do": "blackhole", "seconds": s}` takes connections and bytes and delivers nothing for a time; then all
  that waited goes on its way, from clients that have gone, too
- `{"do": "lose_reply", "sha": sha1, "n": n}` lets the server run the script and resets the client, n times
- `{"do": "lose_request", "sha": sha1, "n": n}` resets the client before the server sees the script, n times
- `{"do": "delay", "ms": ms}` holds each piece of a reply back for a time; 0 ends it
- `{"do": "bells", "mode": m, "share": 0..1, "seed": n, "delay_s": s}` does to this share of the doorbells:
  `pass` nothing, `lose` answers and forwards nothing, `double` pushes twice and answers once, `delay` answers
  at once and pushes `delay_s` (1) later over a connection of its own, `stale` answers and keeps for `replay`
- `{"do": "replay"}` rings the stale doorbells, oldest first; tells `bells`, how many
- `{"do": "stats"}` tells the counters

A script is known by its sha1 also when it comes whole (EVAL). A call that the server answers with an error
(it does not know the script, say) is passed on and not counted. Doorbells are LPUSHes to a queue of Celery,
whose key ends with `celery:<queue>`.

Counters: `connections`, `open`, `commands`, `resets` (connections), `refusals` (times: refused connections
are known to the kernel only), `blackholes`, `held` (pieces that waited in one), `replies_delayed`,
`unreachable` (connections for which the server could not be reached), `bells_seen`, `bells_lose`,
`bells_double`, `bells_delay`, `bells_stale`, `bells_rung` (later), `bells_unrung` (later, but the server was
away), `kept`; `replies_lost` and `requests_lost` by script; `standing`: what stands now.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import random
import signal
from typing import TYPE_CHECKING, Any

from tests.chaos.listener import Listener
from tests.chaos.proxy_resp import write_command
from tests.chaos.proxy_rules import BELL_MODES, Bell, Bells
from tests.chaos.proxy_wire import Line, Wire

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

_RING_S = 5.0


class Proxy:
    """The listening sides, the connections, and what stands."""

    def __init__(self, listen: int, to: int, control: int) -> None:
        self._line = Line(ring_later=self._ring_later)
        self._line.through.set()
        self._rules = self._line.rules
        self._to = to
        self._listener = Listener(listen, self._serve)
        self._control = Listener(control, self._serve_control)
        self._connections: set[Wire] = set()
        self._ringing: set[asyncio.Task[None]] = set()
        self._lit: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Take connections from now on."""
        await self._listener.start()
        await self._control.start()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._rules.done["connections"] += 1
        try:
            server = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            self._rules.done["unreachable"] += 1
            return
        wire = Wire(self._line, (reader, writer), server)
        self._connections.add(wire)
        try:
            await wire.run()
        finally:
            self._connections.discard(wire)

    async def _serve_control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            try:
                order = json.loads(line)
                said = await self._obey(order.pop("do"), order)
            except (ValueError, KeyError, TypeError, AttributeError) as exc:
                said = {"error": f"{type(exc).__name__}: {exc}"}
            writer.write(json.dumps(said).encode() + b"\n")
            await writer.drain()

    async def _obey(self, do: str, how: dict[str, Any]) -> dict[str, Any]:
        orders: dict[str, Callable[[dict[str, Any]], Any]] = {
            "pass": lambda _: self._calm(),
            "reset": lambda _: {"connections": self._reset()},
            "refuse": self._refuse,
            "blackhole": self._blackhole,
            "lose_reply": lambda how: _count(self._rules.lose_reply, how),
            "lose_request": lambda how: _count(self._rules.lose_request, how),
            "delay": self._delay,
            "bells": self._set_bells,
            "replay": lambda _: self._replay(),
            "stats": lambda _: self._stats(),
        }
        if do not in orders:
            raise ValueError(f"no order {do!r}; orders are: {', '.join(orders)}")
        said = orders[do](how)
        return (await said if inspect.isawaitable(said) else said) or {}

    def _calm(self) -> None:
        self._rules.calm()
        self._line.delay_ms = 0.0
        self._line.through.set()
        self._listener.end_refusing()

    def _reset(self) -> int:
        wires = list(self._connections)
        for wire in wires:
            wire.cut()
        self._rules.done["resets"] += len(wires)
        return len(wires)

    async def _refuse(self, how: dict[str, Any]) -> None:
        await self._listener.refuse_for(float(how["seconds"]))
        self._rules.done["refusals"] += 1

    def _delay(self, how: dict[str, Any]) -> None:
        self._line.delay_ms = float(how["ms"])

    def _set_bells(self, how: dict[str, Any]) -> None:
        self._rules.bells = _read_bells(how)

    def _blackhole(self, how: dict[str, Any]) -> None:
        seconds = float(how["seconds"])
        self._rules.done["blackholes"] += 1
        self._line.through.clear()
        if self._lit is not None:
            self._lit.cancel()
        self._lit = asyncio.get_running_loop().call_later(seconds, self._line.through.set)

    async def _replay(self) -> dict[str, Any]:
        bells, self._rules.kept = self._rules.kept, []
        for bell in bells:
            await self._ring(bell)
        return {"bells": len(bells)}

    def _ring_later(self, bell: Bell) -> None:
        task = asyncio.create_task(self._ring_after(bell, self._rules.bells.delay_s))
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)

    async def _ring_after(self, bell: Bell, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._ring(bell)

    async def _ring(self, bell: Bell) -> None:
        try:
            async with asyncio.timeout(_RING_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._to)
                try:
                    writer.write(write_command([b"SELECT", bell.db]) + bell.command)
                    replies = [await reader.readline(), await reader.readline()]
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            replies = []
        rung = len(replies) == 2 and replies[1].startswith(b":")
        self._rules.done["bells_rung" if rung else "bells_unrung"] += 1

    def _stats(self) -> dict[str, Any]:
        rules = self._rules
        return {
            **dict.fromkeys(_COUNTERS, 0),
            **rules.done,
            "open": len(self._connections),
            "kept": len(rules.kept),
            "replies_lost": dict(rules.replies_lost),
            "requests_lost": dict(rules.requests_lost),
            "standing": {
                "delay_ms": self._line.delay_ms,
                "blackhole": not self._line.through.is_set(),
                "bells": rules.bells.mode,
                "lose_reply": dict(+rules.lose_reply),
                "lose_request": dict(+rules.lose_request),
            },
        }


_COUNTERS = (
    "connections",
    "commands",
    "resets",
    "refusals",
    "blackholes",
    "held",
    "replies_delayed",
    "unreachable",
    "bells_seen",
    "bells_lose",
    "bells_double",
    "bells_delay",
    "bells_stale",
    "bells_rung",
    "bells_unrung",
)


def _count(left: Counter[str], how: dict[str, Any]) -> None:
    left[str(how["sha"]).lower()] = int(how.get("n", 1))


def _read_bells(how: dict[str, Any]) -> Bells:
    if how["mode"] not in BELL_MODES:
        raise ValueError(f"modes are: {', '.join(BELL_MODES)}")
    dice = random.Random(f"bells {how.get('seed', 0)}")
    return Bells(how["mode"], float(how.get("share", 1)), float(how.get("delay_s", 1)), dice)


async def _run(args: argparse.Namespace) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await Proxy(args.listen, args.to, args.control).start()
    await ended.wait()


def main() -> None:
    """Run until a signal ends it."""
    parser = argparse.ArgumentParser(description="A wire that lies.")
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--to", type=int, required=True)
    parser.add_argument("--control", type=int, required=True)
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
