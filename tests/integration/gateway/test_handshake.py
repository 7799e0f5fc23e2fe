"""Connecting to a gateway and nothing more."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plexsend.gateway.http.handshake import Handshake, shake_hands
from plexsend.gateway.http.way import Way
from plexsend.stack.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

CERTIFICATE = Path(__file__).with_name("self_signed.pem")


@pytest.fixture
def secure() -> Iterator[str]:
    """A server with TLS that keeps what it is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with socket.create_server(("localhost", 0)) as server:

        def serve() -> None:
            try:
                plain, _ = server.accept()
                with plain, context.wrap_socket(plain, server_side=True) as secure:
                    assert secure.recv(1) == b""
            except OSError:
                pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://localhost:{server.getsockname()[1]}"
        thread.join(5)


def test_a_trusted_certificate_shows_its_end(secure: str) -> None:
    found = shake_hands(secure, Way(ca_file=str(CERTIFICATE)), timeout_s=5)
    assert (found.failure, found.protocol) == ("", "TLSv1.3")
    assert found.ends_s is not None


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: str) -> None:
    assert shake_hands(secure, timeout_s=5).failure.startswith("the certificate of localhost is refused: ")


def test_silence_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = shake_hands(f"https://127.0.0.1:{server.getsockname()[1]}", timeout_s=0.05)
    assert found.failure == "127.0.0.1 takes no connection in time"


def test_nobody_there() -> None:
    found = shake_hands(f"http://127.0.0.1:{free_port()}", timeout_s=5)
    assert found == Handshake(
        "127.0.0.1 cannot be reached (connection refused)",
        host="127.0.0.1",
        name_s=found.name_s,
        addresses=1,
    )
