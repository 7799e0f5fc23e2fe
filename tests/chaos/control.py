"""The remote controls of the lying gateway and the lying wire, for whoever makes the faults."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMEOUT_S = 5.0


class Refused(Exception):
    """The other side understood and said no: the text tells why."""


class GatewayControl:
    """Tells a gateway process what to do wrong. Each call has a connection of its own.

    Args:
        port: The gateway's control port, or its only port if it has no other.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def wait_ready(self, within_s: float = 10.0) -> None:
        """Return once the gateway answers; TimeoutError when it does not."""
        _wait_ready(self.stats, within_s)

    def set(self, fault: str, **options: Any) -> dict[str, Any]:
        """Let a fault stand beside the others, or change it: `share`, `seconds`, `seed`, own options."""
        return self._call("POST", "/control", {"fault": fault, **options})

    def set_of_uploads(self, fault: str, **options: Any) -> dict[str, Any]:
        """Let a fault strike pictures that are uploaded."""
        return self._call("POST", "/control", {"of_uploads": True, "fault": fault, **options})

    def clear(self) -> dict[str, Any]:
        """Let no fault stand."""
        return self._call("POST", "/control", {"fault": None})

    def know_keys(self, *, on: bool) -> dict[str, Any]:
        """Answer 71003 for a key accepted before (on), or accept it again (off)."""
        return self._call("POST", "/control", {"knows_keys": on})

    def standing(self) -> dict[str, Any]:
        """Return what stands: `faults`, and `knows_keys`."""
        return self._call("GET", "/control")

    def stats(self) -> dict[str, Any]:
        """Return `requests` seen whole, items `accepted`, and under `faults` how often each has struck."""
        return self._call("GET", "/stats")

    def _call(self, method: str, path: str, told: dict[str, Any] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_S)
        try:
            connection.request(method, path, None if told is None else json.dumps(told))
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise Refused(answer["error"])
        return answer


class ProxyControl:
    """Tells a proxy process what to do to the wire. Each call has a connection of its own.

    Args:
        port: The proxy's control port.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def wait_ready(self, within_s: float = 10.0) -> None:
        """Return once the proxy answers; TimeoutError when it does not."""
        _wait_ready(self.stats, within_s)

    def calm(self) -> None:
        """End everything that stands; doorbells kept back as stale stay kept until `replay`."""
        self._call("pass")

    def reset(self) -> int:
        """Reset all connections now and return how many those were."""
        return int(self._call("reset")["connections"])

    def refuse(self, seconds: float) -> None:
        """Refuse new connections for a time; those that stand go on."""
        self._call("refuse", seconds=seconds)

    def blackhole(self, seconds: float) -> None:
        """Take connections and bytes and deliver nothing for a time; then what waited goes on its way."""
        self._call("blackhole", seconds=seconds)

    def lose_reply(self, sha: str, n: int = 1) -> None:
        """Let the server run the script's next `n` calls, and reset the client instead of replying."""
        self._call("lose_reply", sha=sha, n=n)

    def lose_request(self, sha: str, n: int = 1) -> None:
        """Reset the client at the script's next `n` calls, before the server has seen them."""
        self._call("lose_request", sha=sha, n=n)

    def delay(self, ms: float) -> None:
        """Hold every piece of a reply back for `ms` milliseconds; 0 ends it."""
        self._call("delay", ms=ms)

    def bells(self, mode: str, share: float = 1.0, seed: int = 0, *, delay_s: float = 1.0) -> None:
        """Lose, double, delay (by `delay_s`) or keep back (stale) this share of the doorbells; or pass."""
        self._call("bells", mode=mode, share=share, seed=seed, delay_s=delay_s)

    def replay(self) -> int:
        """Ring the stale doorbells that were kept back, and return how many those were."""
        return int(self._call("replay")["bells"])

    def stats(self) -> dict[str, Any]:
        """Return how often each thing was done, by name, and what stands."""
        return self._call("stats")

    def _call(self, do: str, **how: Any) -> dict[str, Any]:
        with socket.create_connection(("127.0.0.1", self._port), timeout=_TIMEOUT_S) as sock:
            sock.sendall(json.dumps({"do": do, **how}).encode() + b"\n")
            with sock.makefile("rb") as lines:
                line = lines.readline()
        if not line:
            raise ConnectionError("the proxy closed without an answer")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer


def _wait_ready(ask: Callable[[], object], within_s: float) -> None:
    until_s = time.monotonic() + within_s
    while True:
        try:
            ask()
        except OSError:
            if time.monotonic() > until_s:
                raise TimeoutError(f"no answer within {within_s} s") from None
            time.sleep(0.02)
        else:
            return
