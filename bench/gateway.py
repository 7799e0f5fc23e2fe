"""The bench's gateway as a process: started, asked what has come, and made to forget it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

from bench.programs import measure
from plexsend.stack.ports import free_port

_SCRIPT = Path(__file__).with_name("standin.py")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request: when it came (seconds, monotonic, of this machine) and how many messages it held."""

    at_s: float
    messages: int


class Gateway:
    """One gateway process on a port of its own. Ends with its `with` block.

    Args:
        folder: Where its log goes.
        python: The interpreter of the gateway's own environment; None: this one, without uvloop.
        delay_ms: How long it takes to answer a request.
        keep_keys: Whether it remembers when each message came.
    """

    def __init__(
        self, folder: Path, *, python: Path | None = None, delay_ms: float = 0, keep_keys: bool = False
    ) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [str(python or sys.executable), str(_SCRIPT), str(port), str(delay_ms), str(int(keep_keys))]
        self.program = measure(command, log=folder / f"gateway-{port}.log", folder=folder)
        self.program.wait_for("ready")
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self.program.end()

    def total(self) -> int:
        """Return how many messages have come."""
        return int(self._ask("GET", "/total"))

    def stats(self) -> dict[str, Any]:
        """Return totals, messages by second and the gateway's own processor time."""
        found: dict[str, Any] = self._ask("GET", "/stats")
        return found

    def arrivals(self) -> list[Arrival]:
        """Return every request in the order of coming."""
        at_s, messages = self._ask("GET", "/arrivals")
        return [Arrival(*one) for one in zip(at_s, messages, strict=True)]

    def moments(self) -> list[tuple[str, float]]:
        """Return each message's key and when it came (seconds, monotonic), in the order of coming."""
        return [(key, at_s) for key, at_s in self._ask("GET", "/keys")]

    def reset(self, *, delay_ms: float = 0) -> None:
        """Forget what has come, and answer with this delay from now on."""
        self._ask("POST", "/reset", str(delay_ms).encode())

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        self._connection.request(method, path, body)
        return json.loads(self._connection.getresponse().read())
