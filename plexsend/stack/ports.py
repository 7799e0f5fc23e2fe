"""Ports of this machine: a free one, and whether one can be had."""

from __future__ import annotations

import socket

from plexsend.errors import NotPossible

HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port that the system names as free: processes that ask at once get different ones."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def refuse_taken(port: int) -> None:
    """Raise NotPossible where a server could not listen on this port."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            raise NotPossible(
                f"Port {port} cannot be used: {exc.strerror}. Choose another, or none for a free one."
            ) from exc
