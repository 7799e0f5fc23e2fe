"""A name server that lies, inside each process: what it says of the gateway's host is in a file.

The file, named by CHAOS_NAMES, is JSON: `delay_s`, how long a look-up takes, and `addresses`, what it finds.
Each look-up is one byte in a file beside it.
"""

from __future__ import annotations

import json
import os
import select
import socket
from pathlib import Path
from typing import Any

HOST = "localhost"
"""The gateway's host: the only name for which no TLS is asked. Valkey is found by its address."""
VARIABLE = "CHAOS_NAMES"
"""The variable that names the file."""
GOOD = "127.0.0.1"
"""The address that takes connections."""


def install() -> None:
    """Let this process find the gateway's host in the file; all other names as before."""
    path, look_up = os.environ.get(VARIABLE), socket.getaddrinfo
    if not path:
        return

    def find(host: Any, port: Any, *more: Any, **named: Any) -> list[Any]:
        if host != HOST:
            return look_up(host, port, *more, **named)
        said = read(Path(path))
        with counter(Path(path)).open("ab") as file:
            file.write(b".")
        # Not `time.sleep`, which a shifted clock breaks.
        select.select([], [], [], said["delay_s"])
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kind, (address, int(port or 0))) for address in said["addresses"]]

    socket.getaddrinfo = find


def counter(path: Path) -> Path:
    """Return the file with a byte for each look-up."""
    return path.with_suffix(".count")


def read(path: Path) -> dict[str, Any]:
    """Return what the name server says now."""
    said: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return said


def write(path: Path, *, delay_s: float = 0.0, addresses: tuple[str, ...] = (GOOD,)) -> None:
    """Let it say this from now on; no process reads a half of it."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"delay_s": delay_s, "addresses": addresses}), encoding="utf-8")
    new.replace(path)


def looked_up(path: Path) -> int:
    """Return how many look-ups there were."""
    return counter(path).stat().st_size if counter(path).exists() else 0
