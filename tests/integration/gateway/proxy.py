"""A company's proxy on 127.0.0.1: it takes CONNECT, and passes on to one port whatever host is asked for."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

LOGIN = b"Proxy-Authorization: Basic a2ltOnBAc3M="
"""kim:p@ss."""


class Proxy:
    """Passes on to `port`, or answers with `refuses`, a status line.

    Args:
        port: Of the server on 127.0.0.1 that it passes on to.
        refuses: Such as `407 Proxy Authentication Required`; empty: it passes on. `hang up`: it closes;
            `drip`: its answer has no end.
    """

    def __init__(self, port: int, *, refuses: str = "") -> None:
        self.heads: list[bytes] = []
        """What it was asked, up to the empty line."""
        self._port = port
        self._refuses = refuses
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = [self._listener]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """End it and all that it passes on."""
        self._stopping.set()
        for sock in list(self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            self._begin(self._take, client)

    def _begin(self, target: object, *arguments: socket.socket) -> None:
        thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type]  # methods of this class
        self._threads.append(thread)
        thread.start()

    def _take(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(65_536)
            if not piece:
                return
            head += piece
        self.heads.append(head)
        if self._refuses == "hang up":
            client.close()
            return
        if self._refuses == "drip":
            with suppress(OSError):
                while not self._stopping.wait(0.02):
                    client.sendall(b"H")
            return
        if self._refuses:
            client.sendall(f"HTTP/1.1 {self._refuses}\r\nContent-Length: 0\r\n\r\n".encode())
            client.close()
            return
        server = socket.create_connection(("127.0.0.1", self._port))
        self._open.append(server)
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._begin(self._pass_on, server, client)
        self._pass_on(client, server)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65_536):
                target.sendall(piece)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
